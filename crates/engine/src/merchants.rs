//! Merchants, cached for moments: each request needs one, and its row hardly ever changes.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dangol_domain::UserCode;
use dangol_store::merchants::{self, MerchantRecord};

use crate::{Engine, FlowError};

/// How long a cached row is believed, ms of the local clock. Other nodes' changes are seen after that.
pub(crate) const CACHE_MS: i64 = 2_000;

/// A row and when it was read.
type Cached = (i64, Arc<MerchantRecord>);

/// The cache.
#[derive(Default)]
pub struct Merchants(RwLock<HashMap<UserCode, Cached>>);

impl Merchants {
    /// Forgets everything: a row was changed here.
    pub fn forget(&self) {
        self.0.write().unwrap_or_else(|e| e.into_inner()).clear();
    }
}

impl Engine {
    /// A merchant by user code.
    pub async fn merchant(
        &self,
        code: &UserCode,
    ) -> Result<Option<Arc<MerchantRecord>>, FlowError> {
        let now = self.clock.local_ms();
        let cached = self
            .merchants
            .0
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .get(code)
            .cloned();
        if let Some((at, record)) = cached
            && now - at < CACHE_MS
        {
            return Ok(Some(record));
        }
        let Some(record) = merchants::find(&self.db, code).await? else {
            return Ok(None);
        };
        let record = Arc::new(record);
        let mut cache = self.merchants.0.write().unwrap_or_else(|e| e.into_inner());
        cache.insert(code.clone(), (now, record.clone()));
        Ok(Some(record))
    }
}
