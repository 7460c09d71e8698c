//! A sealed text: `v1.<key id>.<nonce>.<ciphertext and tag>`, AES-256-GCM, base64url without padding.
//!
//! What it is and where it belongs is not in it, but is authenticated with it ([`Binding`]).

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::ring_text::is_id;

/// Bytes of a nonce. Nonces are random, so one key seals at most 2^32 texts (NIST SP 800-38D, 8.3).
pub(crate) const NONCE_LENGTH: usize = 12;

/// Bytes of a tag.
const TAG_LENGTH: usize = 16;

/// What a sealed text is and where it belongs.
pub(crate) struct Binding<'a> {
    /// The kind of content, also for messages.
    pub(crate) what: &'static str,
    /// The owner and the place, in a fixed order for each kind.
    pub(crate) place: &'a [&'a str],
}

impl Binding<'_> {
    /// The associated data: format, kind, key and place, each with its length before it, so that no two
    /// lists of parts give the same bytes.
    fn associated_data(&self, key_id: &str) -> Vec<u8> {
        let mut data = Vec::with_capacity(192);
        for part in ["dangol sealed text v1", self.what, key_id] {
            push_part(&mut data, part);
        }
        for part in self.place {
            push_part(&mut data, part);
        }
        data
    }
}

/// Appends a text with its length before it.
pub(crate) fn push_part(data: &mut Vec<u8>, part: &str) {
    data.extend_from_slice(&(part.len() as u64).to_be_bytes());
    data.extend_from_slice(part.as_bytes());
}

/// A sealed text, taken apart but not opened.
pub(crate) struct SealedText<'a> {
    pub(crate) key_id: &'a str,
    nonce: [u8; NONCE_LENGTH],
    /// Ciphertext and tag; the plaintext once opened.
    body: Zeroizing<Vec<u8>>,
}

impl<'a> SealedText<'a> {
    /// Takes a text apart. It has one spelling only: another alphabet, padding or stray bits are refused.
    pub(crate) fn read(text: &'a str, what: &'static str) -> Result<SealedText<'a>, VaultError> {
        let format = || VaultError::Format { what };
        let mut parts = text.strip_prefix("v1.").ok_or_else(format)?.split('.');
        let (Some(key_id), Some(nonce), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(format());
        };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| format());
        let nonce = decoded(nonce)?.try_into().map_err(|_| format())?;
        let body = Zeroizing::new(decoded(body)?);
        if !is_id(key_id) || body.len() < TAG_LENGTH {
            return Err(format());
        }
        Ok(SealedText {
            key_id,
            nonce,
            body,
        })
    }

    /// The plaintext, if the seal holds for this key and place.
    pub(crate) fn open(
        mut self,
        cipher: &Aes256Gcm,
        binding: &Binding<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let data = binding.associated_data(self.key_id);
        cipher
            .decrypt_in_place(&Nonce::from(self.nonce), &data, &mut *self.body)
            .map_err(|_| VaultError::Refused { what: binding.what })?;
        Ok(self.body)
    }
}

/// Seals `plain`. The nonce must be random: with the same key, never the same one twice.
pub(crate) fn seal(
    cipher: &Aes256Gcm,
    key_id: &str,
    binding: &Binding<'_>,
    nonce: [u8; NONCE_LENGTH],
    plain: &[u8],
) -> String {
    // Room for the tag from the start: a buffer that grows would leave the plaintext behind.
    let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_LENGTH));
    body.extend_from_slice(plain);
    let data = binding.associated_data(key_id);
    cipher
        .encrypt_in_place(&Nonce::from(nonce), &data, &mut *body)
        .expect("GCM's limit of 64 GiB is far above what is sealed here");
    let mut text = format!("v1.{key_id}.");
    URL_SAFE_NO_PAD.encode_string(nonce, &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(&*body, &mut text);
    text
}
