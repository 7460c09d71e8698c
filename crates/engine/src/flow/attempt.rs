//! What charges and windows share: the jobs that end an attempt should this process not live to do it, and waiting for
//! one that is on its way.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::{Payment, State};
use dangol_store::jobs::{Job, Kind};
use dangol_store::payments;

use crate::inflight;
use crate::{Engine, FlowError};

/// When the resolve job of an attempt fires, ms after it was asked for: later than the intent may take to commit (15 s), a
/// key or token to come that the same attempt charges (15 s), a connector waits (5 s to connect, 30 s to answer) and the
/// outcome takes to commit (5 s and a try of 15 s).
const RESOLVE_AFTER_MS: i64 = 90_000;

/// How long an intent may take to commit, ms of the local clock. One that took longer is not sent: its resolve job might
/// fire before the outcome is recorded.
pub const INTENT_MS: i64 = 15_000;

/// When an unknown or undecided outcome is first asked about, ms.
pub const FIRST_INQUIRY_MS: i64 = 5_000;

/// The job that finds out how an attempt ended that was asked for at `at_ms`.
pub fn resolve_job(payment: &Payment, at_ms: i64) -> Job {
    Job {
        due_at: at_ms + RESOLVE_AFTER_MS,
        kind: Kind::ResolveOpen,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    }
}

/// The job that ends a window that nobody finished.
pub fn expire_job(payment: &Payment, expires_at: i64) -> Job {
    Job {
        due_at: expires_at,
        kind: Kind::ExpireWindow,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    }
}

/// Follows an attempt until it is no longer on its way: in this process by its announcement, on another node by
/// reading. As it stands after `patience`, whatever that is.
pub async fn follow(
    engine: &Engine,
    payment: &Payment,
    patience: Duration,
) -> Result<Arc<Payment>, FlowError> {
    match tokio::time::timeout(patience, until_ended(engine, payment)).await {
        Ok(ended) => ended,
        Err(_) => Ok(Arc::new(payment.clone())),
    }
}

/// Follows a payment until it leaves the state in which it is, whatever comes next: its answer, or what the PG decides
/// later. As it stands after `patience`.
pub async fn follow_on(
    engine: &Engine,
    payment: &Payment,
    patience: Duration,
) -> Result<Arc<Payment>, FlowError> {
    const PAUSE: Duration = Duration::from_millis(100);
    let went_on = async {
        loop {
            match payments::find(&engine.db, &payment.merchant, &payment.imp_uid).await? {
                Some(now) if now.state == payment.state => tokio::time::sleep(PAUSE).await,
                Some(now) => return Ok(Arc::new(now)),
                None => return Err(vanished(payment)),
            }
        }
    };
    match tokio::time::timeout(patience, went_on).await {
        Ok(went_on) => went_on,
        Err(_) => Ok(Arc::new(payment.clone())),
    }
}

fn vanished(payment: &Payment) -> FlowError {
    FlowError::Setup(format!("payment {} vanished", payment.imp_uid))
}

async fn until_ended(engine: &Engine, payment: &Payment) -> Result<Arc<Payment>, FlowError> {
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        if let Some(end) = engine.inflight.find(&payment.imp_uid)
            && let Some(ended) = inflight::wait(end).await
        {
            return Ok(ended);
        }
        match payments::find(&engine.db, &payment.merchant, &payment.imp_uid).await? {
            Some(now) if now.state == State::Sending => tokio::time::sleep(PAUSE).await,
            Some(now) => return Ok(Arc::new(now)),
            None => return Err(vanished(payment)),
        }
    }
}
