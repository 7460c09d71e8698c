//! What a sandbox folder has besides: its simulators, channels that point at them, and the demo merchant.

use std::io;
use std::path::Path;
use std::sync::Arc;

use dangol_domain::UserCode;
use dangol_engine::{Engine, FlowError};
use dangol_gateway::GATEWAYS;
use dangol_gateway::sandbox::{Simulator, World};
use dangol_store::merchants::{self, MerchantRecord};
use dangol_store::{StoreError, channels, meta};
use zeroize::Zeroizing;

use crate::ports;
use crate::sandbox::{ChannelError, DEMO_KEY, DEMO_MERCHANT, DEMO_SECRET, Sandbox, add_channel};

/// The origins of a sandbox.
pub struct Origins {
    /// The API and the window.
    pub main: String,
    /// The simulators.
    pub pg: String,
    /// The shop, where there is one.
    pub shop: Option<String>,
}

/// Opens the simulators' folder and makes every simulator from what it remembers.
pub fn open(folder: &Path, engine: &Engine, origins: Origins) -> io::Result<Arc<Sandbox>> {
    let world = World::open(
        folder,
        engine.clock.clone(),
        ports::random_u64(),
        &origins.pg,
        Arc::clone(&engine.wire),
    )?;
    let simulators: io::Result<Vec<Arc<dyn Simulator>>> = GATEWAYS
        .iter()
        .map(|entry| (entry.simulator)(Arc::clone(&world)))
        .collect();
    Ok(Arc::new(Sandbox {
        world,
        simulators: simulators?,
        main_url: origins.main,
        shop_url: origins.shop,
    }))
}

/// Points every channel at the simulators, and their notices at us: both may listen elsewhere than the last time.
pub async fn point_channels(engine: &Engine, sandbox: &Sandbox) -> Result<(), StoreError> {
    for merchant in merchants::all(&engine.db).await? {
        for mut channel in channels::of_merchant(&engine.db, &merchant.merchant).await? {
            let hosts = sandbox.hosts(&channel.provider);
            sandbox.point_notices(engine, &channel);
            if channel.sandbox && channel.hosts != hosts {
                channel.hosts = hosts;
                channels::set_hosts(&engine.db, &channel).await?;
            }
        }
    }
    Ok(())
}

/// The webhook endpoint that the demo set last; one that somebody else set stays.
const DEMO_WEBHOOK: &str = "demo_webhook";

/// Makes the demo merchant and a channel for each PG, the first one as the default, as far as they are missing.
pub async fn make_demo(engine: &Engine, sandbox: &Sandbox) -> Result<(), ChannelError> {
    let code = UserCode::parse(DEMO_MERCHANT).expect("a constant in the right form");
    let merchant = match merchants::find(&engine.db, &code)
        .await
        .map_err(FlowError::from)?
    {
        Some(merchant) => merchant,
        None => {
            let merchant = record(engine, code, "단골 상점", DEMO_KEY, DEMO_SECRET);
            merchants::insert(&engine.db, &merchant)
                .await
                .map_err(FlowError::from)?;
            merchant
        }
    };
    for entry in GATEWAYS {
        let profile = entry.gateway.profile();
        match add_channel(
            engine,
            sandbox,
            &merchant,
            &profile.provider,
            &profile.demo_pg_id,
            None,
            false,
        )
        .await
        {
            Ok(_) | Err(ChannelError::Exists) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends the demo merchant's webhooks to the shop, wherever it listens this time. An endpoint that somebody else set, or
/// took away, stays as it is.
pub async fn point_webhook(engine: &Engine, shop: &str) -> Result<(), StoreError> {
    let code = UserCode::parse(DEMO_MERCHANT).expect("a constant in the right form");
    let Some(merchant) = merchants::find(&engine.db, &code).await? else {
        return Ok(());
    };
    let last = meta::get(&engine.db, DEMO_WEBHOOK).await?;
    if last != merchant.webhook_url {
        return Ok(());
    }
    let url = format!("{shop}/webhook");
    merchants::set_webhook(
        &engine.db,
        &merchant.merchant,
        Some(&url),
        &merchant.webhook_type,
    )
    .await?;
    engine.merchants.forget();
    meta::set(&engine.db, DEMO_WEBHOOK, &url).await
}

/// A new merchant's row: the secret as a keyed hash, and a data key of its own.
pub fn record(
    engine: &Engine,
    code: UserCode,
    name: &str,
    imp_key: &str,
    imp_secret: &str,
) -> MerchantRecord {
    let random = Zeroizing::new(engine.random.bytes::<44>());
    MerchantRecord {
        data_key: engine.vault.make_data_key(code.as_str(), &random),
        merchant: code,
        name: name.to_owned(),
        imp_key: imp_key.to_ascii_lowercase(),
        secret_hash: engine.secret_hash(imp_secret),
        webhook_url: None,
        webhook_type: "application/json".to_owned(),
        created_at: engine.now_ms(),
        confirm_url: None,
        webhook_first: false,
        webhook_events: Default::default(),
    }
}
