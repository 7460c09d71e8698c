//! From where a merchant's server may call, cached for moments: each call asks.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dangol_domain::UserCode;
use dangol_domain::network::Network;
use dangol_store::allowed_networks;

use crate::merchants::CACHE_MS;
use crate::{Engine, FlowError};

/// Networks and when they were read.
type Cached = (i64, Arc<[Network]>);

/// The cache.
#[derive(Default)]
pub struct AllowedNetworks(RwLock<HashMap<UserCode, Cached>>);

impl Engine {
    /// The networks from which a merchant's server may call the V1 API; with none it may call from anywhere.
    pub async fn allowed_networks(&self, merchant: &UserCode) -> Result<Arc<[Network]>, FlowError> {
        let now = self.clock.local_ms();
        let cached = self
            .allowed_networks
            .0
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .get(merchant)
            .cloned();
        if let Some((at, networks)) = cached
            && now - at < CACHE_MS
        {
            return Ok(networks);
        }
        let networks: Arc<[Network]> = allowed_networks::all(&self.db, merchant).await?.into();
        let mut cache = self
            .allowed_networks
            .0
            .write()
            .unwrap_or_else(|e| e.into_inner());
        cache.insert(merchant.clone(), (now, networks.clone()));
        Ok(networks)
    }
}
