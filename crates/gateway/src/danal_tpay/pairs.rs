//! Danal's form of everything: `NAME=value` pairs, values percent-encoded from EUC-KR, the whole sealed by AES under the
//! contract's crypto key. The seal is no signature: that a text opens says that Danal or we wrote it.

use dangol_domain::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::codec_aes_cbc;
use crate::contract::{Channel, decode_korean};

/// Danal's constant, one for every merchant.
const IV: [u8; 16] = [
    0xd7, 0xd0, 0x2c, 0x92, 0xcb, 0x93, 0x0b, 0x66, 0x1f, 0x10, 0x7c, 0xb9, 0x26, 0x90, 0xfc, 0x83,
];
/// Bytes of a crypto key.
const KEY_BYTES: usize = 32;

/// What the encoding of forms leaves out of a value.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b' ');

/// What may stand in a value that a form's encoding made, that of browsers or of one of the languages around.
const ENCODED: &[u8] = b"*-._+%~!'()";

/// The channel's crypto key; `None` when it is no 64 hexadecimal digits.
pub fn crypto_key(channel: &Channel) -> Option<Vec<u8>> {
    let key = hex::decode(channel.credential("crypto_key")).ok()?;
    (key.len() == KEY_BYTES).then_some(key)
}

/// Seals a text of pairs.
pub fn seal(key: &[u8], plain: &str) -> Option<String> {
    codec_aes_cbc::encrypt(key, IV, plain.as_bytes())
}

/// Opens what was sealed, as it may arrive: percent-encoded once more, or with its `+` taken for spaces.
pub fn open(key: &[u8], sealed: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = percent_decode(sealed.trim().as_bytes()).collect();
    let base64 = String::from_utf8(bytes).ok()?.replace(' ', "+");
    codec_aes_cbc::decrypt(key, IV, &base64)
}

/// One letter in EUC-KR (its superset UHC), `?` where it has none.
pub fn euc_kr(letter: char) -> Vec<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::EUC_KR.encode(letter.encode_utf8(&mut buffer));
    match unmappable {
        true => vec![b'?'],
        false => bytes.into_owned(),
    }
}

/// A value as it travels.
pub fn encode(value: &str) -> String {
    let bytes: Vec<u8> = value.chars().flat_map(euc_kr).collect();
    percent_encode(&bytes, FORM).to_string().replace(' ', "+")
}

/// Pairs by name. Their values may be billing keys, so they have no `Debug`.
pub struct Pairs(Vec<(String, Secret)>);

impl Pairs {
    /// Reads pairs in any order. `None` when the text has none, when a part of it is no pair, or a name comes twice.
    pub fn read(text: &[u8]) -> Option<Pairs> {
        let mut pairs: Vec<(String, Secret)> = Vec::new();
        for part in text.trim_ascii().split(|byte| *byte == b'&') {
            if part.is_empty() {
                continue;
            }
            let at = part.iter().position(|byte| *byte == b'=')?;
            let name = std::str::from_utf8(&part[..at]).ok()?;
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let known = pairs.iter().any(|(known, _)| known == name);
            if name.is_empty() || !name.bytes().all(is_name) || known {
                return None;
            }
            pairs.push((name.to_owned(), Secret::new(decode(&part[at + 1..]))));
        }
        (!pairs.is_empty()).then_some(Pairs(pairs))
    }

    /// Reads pairs that came by way of a stranger. Without the key a sealed text can be cut and flipped, but that leaves
    /// 16 random bytes where it was done, and those are hardly ever a well-formed value.
    pub fn read_strictly(text: &[u8]) -> Option<Pairs> {
        let plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || b"&=".contains(byte) || ENCODED.contains(byte)
        };
        let escaped = text
            .split(|byte| *byte == b'%')
            .skip(1)
            .all(|after| after.len() >= 2 && after[..2].iter().all(u8::is_ascii_hexdigit));
        (text.iter().all(plain) && escaped).then(|| Pairs::read(text))?
    }

    /// A value; empty when it is missing.
    pub fn get(&self, name: &str) -> &str {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map_or("", |(_, value)| value.expose())
    }
}

/// A value as text. The guide says EUC-KR; what is none is read as whatever it can be.
fn decode(value: &[u8]) -> String {
    let spaced: Vec<u8> = value
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    let text = encoding_rs::EUC_KR
        .decode_without_bom_handling_and_without_replacement(&bytes)
        .map_or_else(|| decode_korean(&bytes), |text| text.into_owned());
    text.trim().to_owned()
}
