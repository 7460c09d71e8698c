//! Data keys that were opened once, so that opening a billing key costs one decryption and not two.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::{Aes256Gcm, KeyInit};

use crate::ring::{KeyBytes, hex, hmac};

/// How many opened data keys are kept, about 1 kB each.
const CAPACITY: usize = 1024;

/// An opened data key, ready to seal and open. Its key schedule is wiped when it is dropped.
pub(crate) struct DataKey {
    /// Whose it is.
    pub(crate) merchant: String,
    /// Follows from the key itself, so it stays when the key is wrapped anew.
    pub(crate) id: String,
    pub(crate) cipher: Aes256Gcm,
}

impl DataKey {
    pub(crate) fn new(merchant: &str, bytes: &KeyBytes) -> DataKey {
        DataKey {
            merchant: merchant.to_owned(),
            id: format!("d{}", hex(&hmac(bytes, &[b"dangol data key id"])[..4])),
            cipher: Aes256Gcm::new((&**bytes).into()),
        }
    }
}

/// Opened data keys by their wrapped text.
#[derive(Default)]
pub(crate) struct DataKeys(RwLock<HashMap<Box<str>, Arc<DataKey>>>);

impl DataKeys {
    /// The opened key, if it was kept for this very merchant: a row that was copied to another merchant must
    /// meet the full check, and fail it.
    pub(crate) fn find(&self, wrapped: &str, merchant: &str) -> Option<Arc<DataKey>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(wrapped)
            .filter(|key| key.merchant == merchant)
            .cloned()
    }

    /// Keeps an opened key. When there is no more room all are forgotten: opening one again takes
    /// microseconds, so knowing which was used last would cost more than it saves.
    pub(crate) fn keep(&self, wrapped: &str, key: Arc<DataKey>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(wrapped.into(), key);
    }
}
