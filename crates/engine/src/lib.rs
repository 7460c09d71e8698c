//! The flows of a payment, which read top to bottom, and the jobs that finish what a crash, a lost answer or a
//! closed browser left open.
//!
//! Record intent → act → record outcome. There is no other path: recovery is the resolve job, committed with the
//! intent, firing.

pub mod allowed_networks;
pub mod channels;
pub mod clock;
pub mod error;
pub mod flow;
pub mod heard;
pub mod jobs;
pub mod merchants;
pub mod ports;
pub mod tokens;

mod inflight;
mod lanes;
mod receivers;

use std::net::IpAddr;
use std::sync::Arc;

use dangol_domain::network::Network;
use dangol_domain::{Clock, UserCode};
use dangol_gateway::wire::Wire;
use dangol_store::Db;
use dangol_vault::Vault;
use tokio::sync::{Notify, RwLock};
use tokio_util::task::TaskTracker;

pub use error::FlowError;
pub use lanes::Pace;

/// What an operator decides about the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether this is a sandbox: simulators, clock control, loopback webhooks.
    pub sandbox: bool,
    /// How long `again` waits for its charge before it answers with an open payment, ms.
    pub answer_budget_ms: u64,
    /// How long a window may take, ms.
    pub window_life_ms: i64,
    /// Where a PG returns browsers, as an origin (`http://127.0.0.1:8080`).
    pub public_url: String,
    /// The origin of window pages that load a PG's script: nothing else lives there.
    pub script_window_url: String,
    /// In live, the hosts that a browser may name in `notice_url` and `confirm_url`; subdomains included.
    pub notice_hosts: Vec<String>,
    /// How often a webhook is tried at most, 1 to 8; 1 is what V1 does.
    pub webhook_attempts: usize,
    /// Whether a payment's webhooks to one URL wait for each other.
    pub webhook_in_order: bool,
    /// Networks to which webhooks may go although they are not public.
    pub webhook_networks: Vec<Network>,
    /// Ports to which webhooks may go; any when empty.
    pub webhook_ports: Vec<u16>,
    /// Proxies in front of us: what they say in `X-Forwarded-For` about where a PG's notice, a buyer or a merchant's
    /// call came from is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How fast the scheduled charges of a channel leave this node.
    pub schedule_pace: Pace,
    /// How many calls a second a merchant may make of this node; 0 is any number.
    pub calls_per_second: u32,
    /// How many wrong credentials a minute may come from one address; 0 is any number.
    pub failed_logins_per_minute: u32,
}

impl Settings {
    /// The defaults, at a public URL.
    pub fn new(sandbox: bool, public_url: String, script_window_url: String) -> Settings {
        Settings {
            sandbox,
            answer_budget_ms: 25_000,
            window_life_ms: 30 * 60 * 1000,
            public_url,
            script_window_url,
            notice_hosts: Vec::new(),
            webhook_attempts: 8,
            webhook_in_order: false,
            webhook_networks: Vec::new(),
            webhook_ports: if sandbox {
                Vec::new()
            } else {
                vec![80, 443, 8080, 8443]
            },
            trusted_proxies: Vec::new(),
            schedule_pace: Pace {
                at_once: 16,
                per_second: 50,
            },
            calls_per_second: if sandbox { 0 } else { 300 },
            failed_logins_per_minute: if sandbox { 0 } else { 60 },
        }
    }

    /// Where a PG sends the notices of a channel.
    pub fn notice_url(&self, merchant: &UserCode, channel_key: &str) -> String {
        format!(
            "{}/notice/{}/{channel_key}",
            self.public_url,
            merchant.as_str()
        )
    }
}

/// Everything a flow stands on. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

/// The parts of an [`Engine`].
pub struct Parts {
    /// The store.
    pub db: Db,
    /// The only place that can open billing keys.
    pub vault: Vault,
    /// To PGs and merchants.
    pub wire: Arc<dyn Wire>,
    /// The database's clock plus the sandbox's offset.
    pub clock: Arc<clock::DatabaseClock>,
    /// Randomness.
    pub random: Arc<dyn ports::Random>,
    /// The operator's decisions.
    pub settings: Settings,
    /// Opened channels, cached for moments.
    pub channels: channels::Channels,
    /// Merchants, cached for moments.
    pub merchants: merchants::Merchants,
    /// From where merchants' servers may call, cached for moments.
    pub allowed_networks: allowed_networks::AllowedNetworks,
    /// Tokens, cached for moments.
    pub tokens: tokens::Tokens,
    pub(crate) inflight: inflight::InFlight,
    pub(crate) receivers: receivers::Receivers,
    /// What a sandbox's listeners hear.
    pub heard: heard::Heard,
    /// Scheduled charges on their way, by channel.
    pub(crate) lanes: lanes::Lanes,
    /// Charges, exchanges and inquiries on their way, for a clean stop.
    pub tasks: TaskTracker,
    /// Webhooks on their way. A stop need not wait for strangers: their leases end.
    pub deliveries: TaskTracker,
    /// Rung when a job was committed that is due at once.
    pub(crate) due: Notify,
    /// Held for reading while jobs run, for writing while the clock is moved by hand.
    pub(crate) gate: Arc<RwLock<()>>,
}

impl std::ops::Deref for Engine {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Engine {
    /// Puts an engine together.
    pub fn new(
        db: Db,
        vault: Vault,
        wire: Arc<dyn Wire>,
        clock: Arc<clock::DatabaseClock>,
        random: Arc<dyn ports::Random>,
        settings: Settings,
    ) -> Engine {
        Engine(Arc::new(Parts {
            db,
            vault,
            wire,
            clock,
            random,
            lanes: lanes::Lanes::new(settings.schedule_pace),
            settings,
            channels: channels::Channels::default(),
            merchants: merchants::Merchants::default(),
            allowed_networks: allowed_networks::AllowedNetworks::default(),
            tokens: tokens::Tokens::default(),
            inflight: inflight::InFlight::default(),
            receivers: receivers::Receivers::default(),
            heard: heard::Heard::default(),
            tasks: TaskTracker::new(),
            deliveries: TaskTracker::new(),
            due: Notify::new(),
            gate: Arc::new(RwLock::new(())),
        }))
    }

    /// Now, ms.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}
