//! Receivers of webhooks that are being waited for: one that hangs may not take every place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Engine;

/// How many webhooks may wait for one host: half of the places that there are.
const AT_ONCE: usize = 32;
/// How many may when the oldest of them has waited long.
const AT_ONCE_SLOW: usize = 8;
/// From when on a wait is long, ms.
const LONG_MS: i64 = 1_000;
/// How long a webhook waits for its turn at a host that answers.
const TURN: Duration = Duration::from_secs(1);

/// The hosts that are being waited for.
#[derive(Default)]
pub(crate) struct Receivers(Mutex<HashMap<String, Host>>);

struct Host {
    places: Arc<Semaphore>,
    /// Since when, ms of the local clock.
    waits: Vec<i64>,
}

/// A wait for a host; over when it is dropped.
pub(crate) struct Waiting {
    engine: Engine,
    host: String,
    since: i64,
    _place: OwnedSemaphorePermit,
}

impl Receivers {
    /// Begins to wait for a URL's host; `None` when too many hang there.
    pub(crate) async fn enter(engine: &Engine, url: &str) -> Option<Waiting> {
        let host = host(url);
        let places = engine.receivers.places(host, engine.clock.local_ms())?;
        let place = tokio::time::timeout(TURN, places.acquire_owned()).await;
        let place = place.ok()?.ok()?;
        let since = engine.clock.local_ms();
        let mut hosts = engine.receivers.lock();
        hosts
            .entry(host.to_owned())
            .or_insert_with(Host::new)
            .waits
            .push(since);
        drop(hosts);
        Some(Waiting {
            engine: engine.clone(),
            host: host.to_owned(),
            since,
            _place: place,
        })
    }

    /// The places at a host, unless it is slow and enough wait there.
    fn places(&self, host: &str, now: i64) -> Option<Arc<Semaphore>> {
        let mut hosts = self.lock();
        let host = hosts.entry(host.to_owned()).or_insert_with(Host::new);
        let slow = host.waits.iter().any(|since| now - since > LONG_MS);
        (!slow || host.waits.len() < AT_ONCE_SLOW).then(|| Arc::clone(&host.places))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    fn new() -> Host {
        Host {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            waits: Vec::new(),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut hosts = self.engine.receivers.lock();
        let Some(host) = hosts.get_mut(&self.host) else {
            return;
        };
        if let Some(at) = host.waits.iter().position(|since| *since == self.since) {
            host.waits.swap_remove(at);
        }
        // Nobody waits and nobody is about to: the map holds what is under way only.
        if host.waits.is_empty() && Arc::strong_count(&host.places) <= 2 {
            hosts.remove(&self.host);
        }
    }
}

/// Scheme, host and port.
fn host(url: &str) -> &str {
    let at = url.find("://").map_or(0, |at| at + 3);
    let end = url[at..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |end| at + end);
    &url[..end]
}
