//! Sending a webhook: V1's body to the merchant's endpoint, a first try and three more.

use std::time::Duration;

use dangol_gateway::wire::{Method, Request, WireError};
use dangol_store::deliveries::{self, After, Delivery, Try};
use dangol_store::jobs::{self, Claimed};

use crate::flow::result::percent_encode;
use crate::{Engine, FlowError};

/// Pauses before the second, third and fourth try, ms.
const PAUSES_MS: [i64; 3] = [5_000, 60_000, 300_000];

/// How much of an answer is kept, bytes.
const KEPT_BYTES_MAX: usize = 4096;

/// V1's timeouts: 10 s to connect, 30 s for the answer.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);

/// Runs a delivery that this worker holds.
pub(super) async fn deliver(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let delivery = deliveries::find(&engine.db, &job.merchant, &job.subject).await?;
    let Some(delivery) = delivery.filter(|d| d.state == "queued") else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let done = send(engine, &delivery, held.tries + 1).await;
    let after = after(engine, &done);
    if matches!(after, After::Dead) {
        tracing::error!(delivery_id = %delivery.delivery_id, "ALARM: a webhook was given up");
    }
    deliveries::record_try(&engine.db, held, &done, after).await?;
    Ok(())
}

async fn send(engine: &Engine, delivery: &Delivery, nth: i64) -> Try {
    let at = engine.now_ms();
    let request = Request {
        method: Method::Post,
        url: delivery.url.clone(),
        headers: vec![
            ("content-type", delivery.content_type.clone()),
            ("user-agent", "Dangol-Webhook/1".to_owned()),
        ],
        body: body(delivery),
        timeout_connect: CONNECT,
        timeout_answer: ANSWER,
    };
    let (status, answer) = match engine.wire.send(request).await {
        Ok(answer) => (Some(i64::from(answer.status)), kept(&answer.body)),
        // It answered, whatever else it had to say.
        Err(WireError::TooLarge { status }) => (
            Some(i64::from(status)),
            WireError::TooLarge { status }.to_string(),
        ),
        Err(error) => (None, error.to_string()),
    };
    Try {
        nth,
        at,
        status,
        answer,
    }
}

/// V1's fields, in the encoding that the merchant chose.
fn body(delivery: &Delivery) -> Vec<u8> {
    if delivery.content_type != "application/x-www-form-urlencoded" {
        return delivery.body.clone().into_bytes();
    }
    let fields: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&delivery.body).unwrap_or_default();
    let pairs = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

fn kept(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(KEPT_BYTES_MAX)]).replace('\0', "\u{FFFD}")
}

/// Any 2xx is delivered; everything else is tried again until the pauses are used up.
fn after(engine: &Engine, done: &Try) -> After {
    if done
        .status
        .is_some_and(|status| (200..300).contains(&status))
    {
        return After::Delivered;
    }
    let tried = usize::try_from(done.nth - 1).unwrap_or(usize::MAX);
    match PAUSES_MS.get(tried) {
        Some(pause) => After::Again(engine.now_ms() + pause),
        None => After::Dead,
    }
}
