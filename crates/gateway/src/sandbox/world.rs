//! What simulators stand on.

use std::io;
use std::path::Path;
use std::sync::Arc;

use dangol_domain::Clock;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::calls::Calls;
use super::control::Control;
use super::journal::{Deed, Entry, Journal};
use super::ledger::Ledger;
use super::settings::Settings;
use crate::wire::{Answer, Request, Wire, WireError};

/// What simulators stand on: clock, randomness, ledger, journal, calls, control, and a wire for notices. One per sandbox folder.
pub struct World {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Fn() -> u64 + Send + Sync>,
    base_url: String,
    ledger: Ledger,
    calls: Calls,
    control: Control,
    settings: Settings,
    wire: Arc<dyn Wire>,
}

impl World {
    /// Opens the sandbox in `dir` (made when missing), reading back what its PGs did before. `random` gives 64 uniformly
    /// random bits; `base_url` is the origin on which the simulators are served, without a trailing slash; `wire` carries
    /// the PGs' notices.
    ///
    /// # Errors
    /// When the folder cannot be used, another process uses it, or its ledger or settings are damaged.
    pub fn open(
        dir: &Path,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Fn() -> u64 + Send + Sync>,
        base_url: &str,
        wire: Arc<dyn Wire>,
    ) -> io::Result<Arc<World>> {
        std::fs::create_dir_all(dir)?;
        let settings = Settings::read(&dir.join("simulators.toml"))?;
        let ledger = Ledger::open(&dir.join("ledger.jsonl"))?;
        Ok(Arc::new(World {
            clock,
            random,
            base_url: base_url.trim_end_matches('/').to_owned(),
            ledger,
            calls: Calls::default(),
            control: Control::default(),
            settings,
            wire,
        }))
    }

    /// Now by the sandbox's clock, ms.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// 64 random bits.
    pub fn random(&self) -> u64 {
        (self.random)()
    }

    /// 128 random bits as 32 hex digits: ids that nobody can guess.
    pub fn random_hex(&self) -> String {
        format!("{:016x}{:016x}", self.random(), self.random())
    }

    /// The base URL of a provider's simulator, without a trailing slash.
    pub fn url(&self, provider: &str) -> String {
        format!("{}/{provider}", self.base_url)
    }

    /// What the PGs believe they did.
    pub fn journal(&self) -> Journal<'_> {
        Journal::new(&self.ledger)
    }

    /// What the simulators received.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Faults on demand.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Sends a notice to a merchant.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn notify(&self, request: Request) -> Result<Answer, WireError> {
        self.wire.send(request).await
    }

    /// A simulator's table of `simulators.toml` in the sandbox folder; the defaults when it has none.
    ///
    /// # Errors
    /// When the table holds a name or value that the simulator does not know.
    pub fn settings<T: DeserializeOwned>(&self, provider: &str) -> io::Result<T> {
        self.settings.of(provider)
    }

    /// Writes what a PG did (`deed`, for the journal) and what its simulator must remember of it (`record`) as one line:
    /// both survive a kill, or neither. Returns when the line is synced.
    ///
    /// # Errors
    /// When the line could not be made durable; the deed must then be taken as not done.
    pub async fn append<R: Serialize>(
        &self,
        provider: &'static str,
        deed: Option<Deed>,
        record: Option<&R>,
    ) -> io::Result<()> {
        self.ledger.append(provider, deed, record).await
    }

    /// [`World::append`] for callers that are not async; blocks until the line is synced.
    ///
    /// # Errors
    /// As [`World::append`].
    pub fn append_blocking<R: Serialize>(
        &self,
        provider: &'static str,
        deed: Option<Deed>,
        record: Option<&R>,
    ) -> io::Result<()> {
        self.ledger.append_blocking(provider, deed, record)
    }

    /// Tells a simulator everything that it wrote, in order.
    ///
    /// # Errors
    /// When the file cannot be read, a record is not an `R`, or `tell` fails.
    pub fn replay<R: DeserializeOwned>(
        &self,
        provider: &str,
        tell: impl FnMut(Option<Entry>, Option<R>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.ledger.replay(provider, tell)
    }
}
