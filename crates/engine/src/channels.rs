//! Channels, opened and cached for moments: their credentials are unsealed once, not once a charge.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dangol_domain::UserCode;
use dangol_gateway::contract::{Channel, Gateway};
use dangol_gateway::profile::Kind;
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
/// with an unknown MID that provider's default. Only channels of the kind count: those of V1's other types are as if
/// they were not there.
pub fn pick<'a>(
    channels: &'a [Arc<OpenChannel>],
    kind: Kind,
    pg: Option<&str>,
    key: Option<&str>,
) -> Option<&'a Arc<OpenChannel>> {
    let of_kind = || channels.iter().filter(|c| c.record.kind == kind.v1());
    if let Some(found) = key.and_then(|key| of_kind().find(|c| c.record.channel_key == key)) {
        return Some(found);
    }
    let pg = pg.unwrap_or("").trim();
    let (provider, mid) = pg.split_once('.').unwrap_or((pg, ""));
    // The list has the default first, so the first of a provider is its default.
    of_kind()
        .find(|c| c.record.provider == provider && c.record.pg_id == mid)
        .or_else(|| of_kind().find(|c| c.record.provider == provider))
        .or_else(|| of_kind().next())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dangol_gateway::GATEWAYS;

    use super::*;

    /// A channel with its MID as its key.
    fn channel(kind: &str, provider: &str, pg_id: &str) -> Arc<OpenChannel> {
        let record = ChannelRecord {
            merchant: UserCode::parse("imp00000000").expect("a code"),
            channel_key: format!("key-{pg_id}"),
            provider: provider.to_owned(),
            pg_id: pg_id.to_owned(),
            kind: kind.to_owned(),
            name: String::new(),
            sandbox: true,
            is_default: false,
            hosts: BTreeMap::new(),
            credentials: String::new(),
            dialect: BTreeMap::new(),
            created_at: 0,
        };
        let channel = Channel {
            pg_id: pg_id.to_owned(),
            hosts: BTreeMap::new(),
            credentials: BTreeMap::new(),
            dialect: BTreeMap::new(),
        };
        let gateway = GATEWAYS[0].gateway;
        Arc::new(OpenChannel {
            record,
            gateway,
            channel,
        })
    }

    #[test]
    fn a_channel_is_picked_as_imports_sdk_does() {
        let channels = [
            channel("payment", "one", "A"),
            channel("payment", "two", "B"),
            channel("api_payment", "one", "C"),
            channel("api_payment", "three", "D"),
            channel("payment", "two", "E.1"),
            channel("payment", "one", "B"),
        ];
        let rows: &[(Option<&str>, Option<&str>, &str)] = &[
            // Nothing is asked: the default.
            (None, None, "one A"),
            (Some(""), None, "one A"),
            (Some(" "), None, "one A"),
            // A provider's default.
            (Some("one"), None, "one A"),
            (Some("two"), None, "two B"),
            (Some("two."), None, "two B"),
            // Exactly that one; a MID may have a dot, and is a provider's own.
            (Some("one.A"), None, "one A"),
            (Some("one.B"), None, "one B"),
            (Some("two.B"), None, "two B"),
            (Some("two.E.1"), None, "two E.1"),
            (Some(" two.E.1 "), None, "two E.1"),
            // A known provider with an unknown MID.
            (Some("one.E.1"), None, "one A"),
            (Some("two.E"), None, "two B"),
            (Some("two.b"), None, "two B"),
            // An unknown provider, and one that has no window.
            (Some("nobody"), None, "one A"),
            (Some("nobody.B"), None, "one A"),
            (Some(".B"), None, "one A"),
            (Some("TWO.B"), None, "one A"),
            (Some("three"), None, "one A"),
            (Some("three.D"), None, "one A"),
            (Some("one.C"), None, "one A"),
            // A key that exists wins over everything; another says nothing.
            (None, Some("key-E.1"), "two E.1"),
            (Some("one"), Some("key-E.1"), "two E.1"),
            (Some("two"), Some("key-unknown"), "two B"),
            (Some("two"), Some(""), "two B"),
            (Some("two"), Some("key-D"), "two B"),
        ];
        for (pg, key, expected) in rows {
            let picked = pick(&channels, Kind::Payment, *pg, *key).expect("there is a default");
            let record = &picked.record;
            let picked = format!("{} {}", record.provider, record.pg_id);
            assert_eq!(picked, *expected, "pg {pg:?}, key {key:?}");
        }
    }

    #[test]
    fn card_data_goes_to_a_channel_for_it_or_nowhere() {
        let channels = [
            channel("payment", "one", "A"),
            channel("api_payment", "one", "C"),
            channel("api_payment", "three", "D"),
        ];
        for (pg, key, expected) in [
            (None, None, "C"),
            (Some("three"), None, "D"),
            (Some("nobody"), None, "C"),
            (Some("one.A"), Some("key-A"), "C"),
            (None, Some("key-D"), "D"),
        ] {
            let picked = pick(&channels, Kind::ApiPayment, pg, key).expect("there is one");
            assert_eq!(picked.record.pg_id, expected, "pg {pg:?}, key {key:?}");
        }
        assert!(pick(&channels[..1], Kind::ApiPayment, None, Some("key-A")).is_none());
    }

    #[test]
    fn without_a_window_there_is_nothing_to_pick() {
        let channels = [
            channel("api_payment", "three", "D"),
            channel("payment", "one", "A"),
        ];
        let picked = pick(&channels, Kind::Payment, None, None).expect("one has a window");
        assert_eq!(picked.record.pg_id, "A", "the default has none");
        for (pg, key) in [(None, None), (Some("three.D"), Some("key-D"))] {
            assert!(pick(&channels[..1], Kind::Payment, pg, key).is_none());
            assert!(pick(&[], Kind::Payment, pg, key).is_none());
        }
    }
}
