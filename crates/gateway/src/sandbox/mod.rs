//! The sandbox: simulators of PGs on an origin of their own, with a journal of what each PG believes it did, a record of
//! every request, faults on demand, and timers that follow the sandbox's clock.
//!
//! A connector never uses anything from here: it speaks HTTP to a simulator as it does to the PG.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;

pub mod calls;
pub mod cards;
pub mod control;
pub mod form;
pub mod journal;
pub mod korea;
mod ledger;
mod meddle;
mod serve;
mod settings;
mod world;

pub use meddle::{Incoming, Meddling, close_connection};
pub use serve::{routes, serve};
pub use world::World;

/// The look that all simulated windows share.
pub const WINDOW_CSS: &str = include_str!("assets/window.css");

/// What the steps of a simulated window run.
pub const WINDOW_JS: &str = include_str!("assets/window.js");

/// Makes a PG's simulator in a world, from what the world's ledger remembers.
///
/// # Errors
/// When the ledger holds something that this simulator cannot read, or its settings are wrong.
pub type MakeSimulator = fn(Arc<World>) -> io::Result<Arc<dyn Simulator>>;

/// A PG, the PG's side.
#[async_trait]
pub trait Simulator: Send + Sync {
    /// The provider's name; its routes live under `/{provider}`.
    fn provider(&self) -> &'static str;

    /// Its routes, relative to `/{provider}`.
    fn router(self: Arc<Self>) -> axum::Router;

    /// Registers a merchant (idempotent, and remembered over restarts) and returns the credentials of its channel, by
    /// the names of the profile. Blocks for as long as making keys takes; meant for set-up, not for a request's path.
    ///
    /// # Errors
    /// `InvalidInput` when `pg_id` cannot be a merchant's id at this PG; else the ledger's own errors.
    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>>;

    /// What a channel's dialect must say for the connector to understand this simulator, where the PG's own words are not
    /// published and the simulator made some up.
    fn dialect(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Where a merchant's notices go, as the merchant would have told the PG in its merchant site. Said at every start and
    /// not remembered. PGs that are told with each order have no use for it.
    fn set_notice_url(&self, pg_id: &str, url: &str) {
        let _ = (pg_id, url);
    }

    /// When its next timer is due, ms.
    fn next_due_ms(&self) -> Option<i64>;

    /// Runs what is due by `now_ms`; how many timers ran, by name.
    async fn run_due(&self, now_ms: i64) -> Vec<(&'static str, usize)>;
}
