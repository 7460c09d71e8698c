//! A sandbox's own parts: its simulators, their timers, its channels.

use std::collections::BTreeMap;
use std::sync::Arc;

use dangol_domain::ids::channel_key;
use dangol_engine::jobs::Timers;
use dangol_engine::{Engine, FlowError};
use dangol_gateway::profile::{Kind, Profile};
use dangol_gateway::sandbox::{Simulator, World};
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::MerchantRecord;
use dangol_vault::ChannelContext;

/// The published REST secret of the demo merchant: it guards nothing but a sandbox on loopback.
pub const DEMO_SECRET: &str =
    "ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f";
/// The demo merchant's user code.
pub const DEMO_MERCHANT: &str = "imp00000000";
/// The demo merchant's REST key.
pub const DEMO_KEY: &str = "imp_apikey";

/// The simulators of a sandbox and what stands around them.
pub struct Sandbox {
    /// What the simulators stand on.
    pub world: Arc<World>,
    /// The simulators.
    pub simulators: Vec<Arc<dyn Simulator>>,
    /// The main origin.
    pub main_url: String,
    /// The shop's origin; `None` when no shop is served.
    pub shop_url: Option<String>,
}

impl Sandbox {
    /// The simulator of a provider.
    pub fn simulator(&self, provider: &str) -> Option<&Arc<dyn Simulator>> {
        self.simulators
            .iter()
            .find(|simulator| simulator.provider() == provider)
    }

    /// Where a provider's channel finds its PG: each host of its profile is the simulator.
    pub fn hosts(&self, provider: &str) -> BTreeMap<String, String> {
        let url = self.world.url(provider);
        let entry = dangol_gateway::find(provider);
        let names = entry
            .into_iter()
            .flat_map(|entry| entry.gateway.profile().hosts.keys());
        names.map(|name| (name.clone(), url.clone())).collect()
    }

    /// Tells a channel's PG where its notices go.
    pub fn point_notices(&self, engine: &Engine, channel: &ChannelRecord) {
        let url = engine
            .settings
            .notice_url(&channel.merchant, &channel.channel_key);
        if let Some(simulator) = self.simulator(&channel.provider) {
            simulator.set_notice_url(&channel.pg_id, &url);
        }
    }
}

#[async_trait::async_trait]
impl Timers for Sandbox {
    fn next_due_ms(&self) -> Option<i64> {
        self.simulators
            .iter()
            .filter_map(|simulator| simulator.next_due_ms())
            .min()
    }

    async fn run_due(&self, now_ms: i64) -> Vec<(String, usize)> {
        let mut ran = Vec::new();
        for simulator in &self.simulators {
            let names = simulator.run_due(now_ms).await;
            ran.extend(
                names
                    .into_iter()
                    .map(|(name, count)| (name.to_owned(), count)),
            );
        }
        ran
    }
}

/// Why a sandbox channel could not be added.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No simulator plays this PG.
    #[error("pg: no simulator of that name; there are: {0}")]
    UnknownPg(String),
    /// The simulator refuses the MID.
    #[error("pg_id: {0}")]
    BadPgId(std::io::Error),
    /// The PG has no such channels.
    #[error("type: {0}")]
    BadKind(String),
    /// The merchant has a channel with this PG and MID.
    #[error("pg_id: there is a channel of this pg and pg_id already")]
    Exists,
    /// The store or the vault.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// The type of a new channel: the one that is asked for, else the PG's usual one.
///
/// # Errors
/// What was expected, when the PG has no such channels.
pub fn channel_kind(pg: &str, asked: Option<Kind>) -> Result<Kind, String> {
    let profile = dangol_gateway::find(pg).map(|entry| entry.gateway.profile());
    let kinds: &[Kind] = profile.map_or(&[], |profile| &profile.kinds);
    let kind = asked.or(profile.map(Profile::kind)).unwrap_or_default();
    if kinds.contains(&kind) {
        return Ok(kind);
    }
    let words: Vec<_> = kinds.iter().map(|kind| kind.v1()).collect();
    Err(format!("expected {}", words.join(" or ")))
}

/// Adds a channel to a simulator: a contract there, its credentials sealed here. Without a kind it is the PG's usual one.
pub async fn add_channel(
    engine: &Engine,
    sandbox: &Sandbox,
    merchant: &MerchantRecord,
    pg: &str,
    pg_id: &str,
    kind: Option<Kind>,
    default: bool,
) -> Result<ChannelRecord, ChannelError> {
    let Some(simulator) = sandbox.simulator(pg) else {
        let names: Vec<_> = sandbox.simulators.iter().map(|s| s.provider()).collect();
        return Err(ChannelError::UnknownPg(names.join(", ")));
    };
    let existing = channels::of_merchant(&engine.db, &merchant.merchant)
        .await
        .map_err(FlowError::from)?;
    if existing
        .iter()
        .any(|c| c.provider == pg && c.pg_id == pg_id)
    {
        return Err(ChannelError::Exists);
    }
    let kind = channel_kind(pg, kind).map_err(ChannelError::BadKind)?;
    let dialect = simulator.dialect();
    // Making keys takes a moment of computing.
    let (maker, mid) = (Arc::clone(simulator), pg_id.to_owned());
    let contract = tokio::task::spawn_blocking(move || maker.contract(&mid)).await;
    let credentials = contract
        .map_err(|error| FlowError::Setup(error.to_string()))?
        .map_err(ChannelError::BadPgId)?;
    let secrets = credentials
        .into_iter()
        .map(|(name, value)| (name, dangol_domain::Secret::new(value)))
        .collect();
    let key = channel_key(u128::from_le_bytes(engine.random.bytes()));
    let context = ChannelContext {
        merchant: merchant.merchant.as_str(),
        channel_key: &key,
        pg,
    };
    let sealed = engine
        .vault
        .seal_credentials(
            &merchant.data_key,
            &context,
            engine.random.bytes(),
            &secrets,
        )
        .map_err(FlowError::from)?;
    let record = ChannelRecord {
        merchant: merchant.merchant.clone(),
        channel_key: key,
        provider: pg.to_owned(),
        pg_id: pg_id.to_owned(),
        kind: kind.v1().to_owned(),
        name: format!("{pg} sandbox"),
        sandbox: true,
        is_default: default || existing.is_empty(),
        hosts: sandbox.hosts(pg),
        credentials: sealed,
        dialect,
        created_at: engine.now_ms(),
    };
    channels::insert(&engine.db, &record)
        .await
        .map_err(FlowError::from)?;
    engine.channels.forget();
    sandbox.point_notices(engine, &record);
    Ok(record)
}
