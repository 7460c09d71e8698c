//! What listeners hear: a sandbox's webhooks, each once, whichever endpoint they have and also when they have none. Only
//! the latest are kept, in memory, so that a listener who is slow holds up nobody.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dangol_domain::UserCode;
use dangol_store::deliveries::Delivery;
use tokio::sync::Notify;

use crate::Engine;

/// How many webhooks are kept for listeners.
const KEPT: usize = 1_000;
/// How many are told at once.
const AT_ONCE: usize = 200;
/// How long somebody counts as listening after they asked, ms. Longer than a listener waits for an answer.
const LISTENS_MS: i64 = 60_000;

/// A webhook as listeners hear it.
#[derive(Clone, Debug)]
pub struct HeardWebhook {
    /// Rises with each one, also over restarts.
    pub seq: i64,
    /// When it was sent, ms.
    pub at: i64,
    /// The webhook.
    pub delivery: Delivery,
}

/// What there was to hear.
#[derive(Debug, Default)]
pub struct Page {
    /// Oldest first.
    pub webhooks: Vec<HeardWebhook>,
    /// The `seq` after which to ask for the next ones.
    pub last: i64,
    /// Whether some before these are forgotten already.
    pub missed: bool,
}

/// The latest webhooks of a sandbox.
#[derive(Default)]
pub struct Heard {
    state: Mutex<State>,
    rung: Notify,
}

#[derive(Default)]
struct State {
    latest: VecDeque<HeardWebhook>,
    last: i64,
    /// The latest that is forgotten.
    forgotten: i64,
    /// When somebody asked last, ms of the local clock.
    asked_at: Option<i64>,
    closed: bool,
}

impl Heard {
    /// Whether somebody listens in this process.
    pub(crate) fn is_listened_to(engine: &Engine) -> bool {
        let asked_at = engine.heard.lock().asked_at;
        asked_at.is_some_and(|at| engine.clock.local_ms() - at < LISTENS_MS)
    }

    /// Tells listeners of a webhook that is about to be sent for the first time. Several receivers of one event are one
    /// webhook here.
    pub(crate) fn tell(engine: &Engine, delivery: &Delivery) {
        let at = engine.now_ms();
        let mut state = engine.heard.lock();
        let is_told = state
            .latest
            .iter()
            .any(|told| same(&told.delivery, delivery));
        if is_told && !delivery.url.is_empty() {
            return;
        }
        let seq = at.max(state.last + 1);
        state.last = seq;
        if state.latest.len() == KEPT
            && let Some(oldest) = state.latest.pop_front()
        {
            state.forgotten = oldest.seq;
        }
        state.latest.push_back(HeardWebhook {
            seq,
            at,
            delivery: delivery.clone(),
        });
        drop(state);
        engine.heard.rung.notify_waiters();
    }

    /// What was sent after `after`, of one merchant or of all; waits for the next one when there is nothing yet. `None`:
    /// from now on, which waits for nothing.
    pub async fn after(
        engine: &Engine,
        after: Option<i64>,
        merchant: Option<&UserCode>,
        wait: Duration,
    ) -> Page {
        let heard = &engine.heard;
        let something = async {
            loop {
                let rung = heard.rung.notified();
                tokio::pin!(rung);
                // From here on a ring is not missed, though nobody waits for it yet.
                rung.as_mut().enable();
                let page = heard.look(engine, after, merchant);
                if after.is_none() || page.missed || !page.webhooks.is_empty() {
                    return page;
                }
                if heard.lock().closed {
                    return page;
                }
                rung.await;
            }
        };
        let found = tokio::time::timeout(wait, something).await;
        found.unwrap_or_else(|_| heard.look(engine, after, merchant))
    }

    fn look(&self, engine: &Engine, after: Option<i64>, merchant: Option<&UserCode>) -> Page {
        let mut state = self.lock();
        state.asked_at = Some(engine.clock.local_ms());
        let last = state.last;
        // What is beyond the last was told by another process, whose clock may have been ahead: all of ours is new.
        let after = match after.unwrap_or(last) {
            beyond if beyond > last => 0,
            after => after,
        };
        let wanted = |heard: &&HeardWebhook| {
            heard.seq > after && merchant.is_none_or(|code| *code == heard.delivery.merchant)
        };
        let found = state.latest.iter().filter(wanted).take(AT_ONCE);
        let webhooks: Vec<HeardWebhook> = found.cloned().collect();
        Page {
            last: match webhooks.last() {
                Some(told) if webhooks.len() == AT_ONCE => told.seq,
                _ => last,
            },
            missed: state.forgotten > after,
            webhooks,
        }
    }

    /// Ends every wait: the server stops.
    pub fn close(&self) {
        self.lock().closed = true;
        self.rung.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether two deliveries are one: the same, or one event for two receivers.
fn same(a: &Delivery, b: &Delivery) -> bool {
    a.created_at == b.created_at
        && (a.delivery_id == b.delivery_id || (a.imp_uid == b.imp_uid && a.body == b.body))
}
