//! Attempts on their way in this process: the second request for a merchant_uid joins the first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use dangol_domain::{ImpUid, Payment};
use tokio::sync::watch;

use crate::Engine;

/// The end of an attempt, as soon as it is recorded.
pub(crate) type End = watch::Receiver<Option<Arc<Payment>>>;

#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<ImpUid, End>>);

/// Announces the end of an attempt; the attempt is forgotten when this is dropped.
pub(crate) struct Announcer {
    engine: Engine,
    imp_uid: ImpUid,
    end: watch::Sender<Option<Arc<Payment>>>,
}

impl InFlight {
    /// Marks an attempt as on its way.
    pub(crate) fn begin(engine: &Engine, imp_uid: &ImpUid) -> (Announcer, End) {
        let (end, waiting) = watch::channel(None);
        engine
            .inflight
            .lock()
            .insert(imp_uid.clone(), waiting.clone());
        let announcer = Announcer {
            engine: engine.clone(),
            imp_uid: imp_uid.clone(),
            end,
        };
        (announcer, waiting)
    }

    /// Marks an attempt as on its way, if nobody did; else the end of the one that is.
    pub(crate) fn begin_alone(engine: &Engine, imp_uid: &ImpUid) -> Result<Announcer, End> {
        let mut attempts = engine.inflight.lock();
        if let Some(end) = attempts.get(imp_uid) {
            return Err(end.clone());
        }
        let (end, waiting) = watch::channel(None);
        attempts.insert(imp_uid.clone(), waiting);
        drop(attempts);
        Ok(Announcer {
            engine: engine.clone(),
            imp_uid: imp_uid.clone(),
            end,
        })
    }

    /// The end of an attempt that is on its way here.
    pub(crate) fn find(&self, imp_uid: &ImpUid) -> Option<End> {
        self.lock().get(imp_uid).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ImpUid, End>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Announcer {
    /// Tells everybody who waits.
    pub(crate) fn announce(self, payment: Arc<Payment>) {
        self.end.send_replace(Some(payment));
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.engine.inflight.lock().remove(&self.imp_uid);
    }
}

/// Waits for an end; `None` when the attempt's task vanished without one.
pub(crate) async fn wait(mut end: End) -> Option<Arc<Payment>> {
    end.wait_for(Option::is_some).await.ok()?.clone()
}
