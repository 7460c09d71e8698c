//! Channels, opened and cached for moments: their credentials are unsealed once, not once a charge.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dangol_domain::UserCode;
use dangol_gateway::contract::{Channel, Gateway};
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::MerchantRecord;
use dangol_vault::ChannelContext;

use crate::merchants::CACHE_MS;
use crate::{Engine, FlowError};

/// A channel ready for use.
pub struct OpenChannel {
    /// Its row.
    pub record: ChannelRecord,
    /// Its PG.
    pub gateway: &'static dyn Gateway,
    /// What the connector gets.
    pub channel: Channel,
}

type Cached = (i64, Arc<Vec<Arc<OpenChannel>>>);

/// The cache.
#[derive(Default)]
pub struct Channels(RwLock<HashMap<UserCode, Cached>>);

impl Channels {
    /// Forgets everything: a channel was added or removed here.
    pub fn forget(&self) {
        self.0.write().unwrap_or_else(|e| e.into_inner()).clear();
    }
}

impl Engine {
    /// A merchant's channels, default first.
    pub async fn channels_of(
        &self,
        merchant: &MerchantRecord,
    ) -> Result<Arc<Vec<Arc<OpenChannel>>>, FlowError> {
        let now = self.clock.local_ms();
        let cached = self
            .channels
            .0
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .get(&merchant.merchant)
            .cloned();
        if let Some((at, channels)) = cached
            && now - at < CACHE_MS
        {
            return Ok(channels);
        }
        let mut opened = Vec::new();
        for record in channels::of_merchant(&self.db, &merchant.merchant).await? {
            opened.push(Arc::new(self.open_channel(merchant, record)?));
        }
        let opened = Arc::new(opened);
        let mut cache = self.channels.0.write().unwrap_or_else(|e| e.into_inner());
        cache.insert(merchant.merchant.clone(), (now, opened.clone()));
        Ok(opened)
    }

    /// One channel of a merchant.
    pub async fn channel(
        &self,
        merchant: &MerchantRecord,
        key: &str,
    ) -> Result<Option<Arc<OpenChannel>>, FlowError> {
        let channels = self.channels_of(merchant).await?;
        Ok(channels
            .iter()
            .find(|c| c.record.channel_key == key)
            .cloned())
    }

    /// Unseals a channel's credentials and finds its PG.
    pub fn open_channel(
        &self,
        merchant: &MerchantRecord,
        record: ChannelRecord,
    ) -> Result<OpenChannel, FlowError> {
        let entry = dangol_gateway::find(&record.provider).ok_or_else(|| {
            FlowError::Setup(format!("this build has no gateway for {}", record.provider))
        })?;
        let context = ChannelContext {
            merchant: record.merchant.as_str(),
            channel_key: &record.channel_key,
            pg: &record.provider,
        };
        let credentials =
            self.vault
                .open_credentials(&merchant.data_key, &context, &record.credentials)?;
        let channel = Channel {
            pg_id: record.pg_id.clone(),
            hosts: record.hosts.clone(),
            credentials,
            dialect: record.dialect.clone(),
        };
        Ok(OpenChannel {
            record,
            gateway: entry.gateway,
            channel,
        })
    }
}

/// Picks a channel as i'mport's SDK does: exact provider and MID; else the default when its provider matches; else
/// any channel of the provider; else the default. So an unknown `pg` opens the default channel, and a known provider
/// with an unknown MID that provider's default.
pub fn pick<'a>(
    channels: &'a [Arc<OpenChannel>],
    pg: Option<&str>,
    key: Option<&str>,
) -> Option<&'a Arc<OpenChannel>> {
    let windows = || channels.iter().filter(|c| c.record.kind == "payment");
    if let Some(found) = key.and_then(|key| windows().find(|c| c.record.channel_key == key)) {
        return Some(found);
    }
    let pg = pg.unwrap_or("").trim();
    let (provider, mid) = pg.split_once('.').unwrap_or((pg, ""));
    // The list has the default first, so the first of a provider is its default.
    windows()
        .find(|c| c.record.provider == provider && c.record.pg_id == mid)
        .or_else(|| windows().find(|c| c.record.provider == provider))
        .or_else(|| windows().next())
}
