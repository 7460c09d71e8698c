//! Sealing and opening, and keyed hashes.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dangol_domain::{BillingKey, Secret};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::cache::{DataKey, DataKeys};
use crate::sealed::{Binding, NONCE_LENGTH, SealedText, seal};
use crate::{KeyRing, VaultError, credentials};

const DATA_KEY: &str = "data key";
const BILLING_KEY: &str = "billing key";
const CREDENTIALS: &str = "channel credentials";

/// Where a billing key belongs: it opens there and nowhere else.
pub struct KeyContext<'a> {
    /// The merchant's user code.
    pub merchant: &'a str,
    /// The merchant's name for the customer's billing key.
    pub customer_uid: &'a str,
    /// The provider that issued the key, as V1 names it.
    pub pg: &'a str,
}

/// Where channel credentials belong: they open there and nowhere else.
pub struct ChannelContext<'a> {
    /// The merchant's user code.
    pub merchant: &'a str,
    /// The channel's key.
    pub channel_key: &'a str,
    /// The provider, as V1 names it.
    pub pg: &'a str,
}

/// Seals and opens billing keys and channel credentials, and makes keyed hashes.
///
/// It can be shared between threads. It has no `Debug`; keys are wiped when it is dropped.
pub struct Vault {
    ring: KeyRing,
    data_keys: DataKeys,
}

impl Vault {
    /// A vault over a ring whose [`KeyRing::matches`] was asked.
    pub fn new(ring: KeyRing) -> Vault {
        Vault {
            ring,
            data_keys: DataKeys::default(),
        }
    }

    /// The ring that wraps new data keys.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// A new data key for a merchant, wrapped by the ring's active key, to be stored in the merchant's row:
    /// `v1.<key id>.<nonce>.<ciphertext>`. `random` is uniformly random, the key and then the nonce;
    /// the caller wipes it.
    pub fn make_data_key(&self, merchant: &str, random: &[u8; 32 + NONCE_LENGTH]) -> String {
        let (bytes, nonce) = random.split_at(32);
        let nonce = nonce.try_into().expect("what is left of 44 bytes is 12");
        let active = self.ring.active();
        let cipher = Aes256Gcm::new((&*active.bytes).into());
        seal(
            &cipher,
            &active.id,
            &data_key_place(&[merchant]),
            nonce,
            bytes,
        )
    }

    /// Seals a billing key under the merchant's data key. `nonce` is uniformly random, new for each call.
    ///
    /// # Errors
    /// As for the data key in [`Vault::open_key`].
    pub fn seal_key(
        &self,
        data_key: &str,
        context: &KeyContext<'_>,
        nonce: [u8; NONCE_LENGTH],
        key: &BillingKey,
    ) -> Result<String, VaultError> {
        let place = [context.merchant, context.customer_uid, context.pg];
        let binding = Binding {
            what: BILLING_KEY,
            place: &place,
        };
        let plain = key.expose().as_bytes();
        self.seal_under(data_key, context.merchant, &binding, nonce, plain)
    }

    /// Opens a billing key.
    ///
    /// # Errors
    /// [`VaultError::Refused`] when a text was changed or belongs elsewhere; [`VaultError::KeyUnknown`] when the
    /// ring lacks the key; [`VaultError::DataKeyOther`]; [`VaultError::Format`].
    pub fn open_key(
        &self,
        data_key: &str,
        context: &KeyContext<'_>,
        sealed: &str,
    ) -> Result<BillingKey, VaultError> {
        let place = [context.merchant, context.customer_uid, context.pg];
        let binding = Binding {
            what: BILLING_KEY,
            place: &place,
        };
        let mut plain = self.open_under(data_key, context.merchant, &binding, sealed)?;
        match String::from_utf8(mem::take(&mut *plain)) {
            Ok(text) => Ok(BillingKey::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(VaultError::Format { what: BILLING_KEY })
            }
        }
    }

    /// Seals a channel's credentials (name → value) under the merchant's data key. `nonce` is uniformly random,
    /// new for each call. Names are sealed as well.
    ///
    /// # Errors
    /// As for the data key in [`Vault::open_key`].
    pub fn seal_credentials(
        &self,
        data_key: &str,
        context: &ChannelContext<'_>,
        nonce: [u8; NONCE_LENGTH],
        values: &BTreeMap<String, Secret>,
    ) -> Result<String, VaultError> {
        let place = [context.merchant, context.channel_key, context.pg];
        let binding = Binding {
            what: CREDENTIALS,
            place: &place,
        };
        let plain = credentials::write(values);
        self.seal_under(data_key, context.merchant, &binding, nonce, &plain)
    }

    /// Opens a channel's credentials.
    ///
    /// # Errors
    /// As [`Vault::open_key`].
    pub fn open_credentials(
        &self,
        data_key: &str,
        context: &ChannelContext<'_>,
        sealed: &str,
    ) -> Result<BTreeMap<String, Secret>, VaultError> {
        let place = [context.merchant, context.channel_key, context.pg];
        let binding = Binding {
            what: CREDENTIALS,
            place: &place,
        };
        let plain = self.open_under(data_key, context.merchant, &binding, sealed)?;
        credentials::read(&plain).ok_or(VaultError::Format { what: CREDENTIALS })
    }

    /// A hash that only the holder of the ring can make: HMAC-SHA-256 under a key that HKDF derives from the
    /// server secret for this label. Different labels give unrelated hashes of the same bytes.
    pub fn keyed_hash(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        let derive = Hkdf::<Sha256>::from_prk(&*self.ring.server_secret)
            .expect("32 bytes are as long as the hash, which is enough");
        let mut key = Zeroizing::new([0; 32]);
        derive
            .expand_multi_info(&[b"dangol keyed hash v1:", label.as_bytes()], &mut *key)
            .expect("32 bytes are within HKDF's limit");
        crate::ring::hmac(&key, &[bytes])
    }

    /// A merchant's secret for signing webhooks, in a generation: derived, so that none is stored. In the form of Standard
    /// Webhooks: `whsec_` and Base64.
    pub fn webhook_secret(&self, merchant: &str, generation: i64) -> Secret {
        let key = self.webhook_key(merchant, generation);
        Secret::new(format!("whsec_{}", STANDARD.encode(*key)))
    }

    /// The signature of a webhook's signed content under a generation of a merchant's secret, in Base64.
    pub fn sign_webhook(&self, merchant: &str, generation: i64, content: &[u8]) -> String {
        let key = self.webhook_key(merchant, generation);
        STANDARD.encode(crate::ring::hmac(&key, &[content]))
    }

    fn webhook_key(&self, merchant: &str, generation: i64) -> Zeroizing<[u8; 32]> {
        let place = format!("{merchant}.{generation}");
        Zeroizing::new(self.keyed_hash("webhook_secret", place.as_bytes()))
    }

    /// Whether two values are the same, in a time that does not depend on where they differ. Their lengths are
    /// not hidden.
    pub fn same(a: &[u8], b: &[u8]) -> bool {
        a.ct_eq(b).into()
    }

    fn seal_under(
        &self,
        data_key: &str,
        merchant: &str,
        binding: &Binding<'_>,
        nonce: [u8; NONCE_LENGTH],
        plain: &[u8],
    ) -> Result<String, VaultError> {
        let key = self.data_key(data_key, merchant)?;
        Ok(seal(&key.cipher, &key.id, binding, nonce, plain))
    }

    fn open_under(
        &self,
        data_key: &str,
        merchant: &str,
        binding: &Binding<'_>,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.data_key(data_key, merchant)?;
        let sealed = SealedText::read(sealed, binding.what)?;
        if sealed.key_id != key.id {
            return Err(VaultError::DataKeyOther { what: binding.what });
        }
        sealed.open(&key.cipher, binding)
    }

    /// The merchant's data key, unwrapped at its first use and kept from then on.
    fn data_key(&self, wrapped: &str, merchant: &str) -> Result<Arc<DataKey>, VaultError> {
        if let Some(key) = self.data_keys.find(wrapped, merchant) {
            return Ok(key);
        }
        let sealed = SealedText::read(wrapped, DATA_KEY)?;
        let wrapping = self
            .ring
            .key(sealed.key_id)
            .ok_or_else(|| VaultError::KeyUnknown {
                what: DATA_KEY,
                key_id: sealed.key_id.to_owned(),
                place: self.ring.place.clone(),
            })?;
        let cipher = Aes256Gcm::new((&*wrapping.bytes).into());
        let plain = sealed.open(&cipher, &data_key_place(&[merchant]))?;
        let format = VaultError::Format { what: DATA_KEY };
        let mut bytes = Zeroizing::new([0; 32]);
        if plain.len() != bytes.len() {
            return Err(format);
        }
        bytes.copy_from_slice(&plain);
        let key = Arc::new(DataKey::new(merchant, &bytes));
        self.data_keys.keep(wrapped, Arc::clone(&key));
        Ok(key)
    }
}

fn data_key_place<'a>(place: &'a [&'a str]) -> Binding<'a> {
    Binding {
        what: DATA_KEY,
        place,
    }
}
