//! Sending a webhook: V1's body to the merchant's endpoint, signed as Standard Webhooks has it, with one id on every try.

use std::time::Duration;

use dangol_domain::clock::seconds;
use dangol_gateway::wire::{Method, Request, WireError};
use dangol_store::deliveries::{self, After, Delivery, Try};
use dangol_store::endpoints::{self, Endpoint, News};
use dangol_store::jobs::{self, Claimed};
use dangol_store::payments;
use serde_json::Value;

use crate::flow::result::percent_encode;
use crate::heard::Heard;
use crate::receivers::Receivers;
use crate::{Engine, FlowError};

/// Pauses before the second try and those after it, ms: 5 s, 1 m, 5 m, 30 m, 2 h, 6 h, 24 h.
const PAUSES_MS: [i64; 7] = [
    5_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, 86_400_000,
];

/// How long an endpoint may fail before it is switched off, ms.
const FAILING_MAX_MS: i64 = 5 * 24 * 3600 * 1000;
/// Longest pause that a receiver may ask for (`Retry-After`), seconds.
const RETRY_AFTER_MAX_S: u64 = 24 * 3600;
/// When a webhook is looked at again that found too many others waiting for its host, ms.
const CROWDED_MS: i64 = 2_000;
/// How long after an earlier webhook's try one that waits for it is looked at, ms.
const BEHIND_MS: i64 = 1_000;
/// The longest time from a webhook's first try to its last, ms: as late as `Retry-After` may ask each time.
const LIVES_MAX_MS: i64 = 7 * RETRY_AFTER_MAX_S as i64 * 1000;
/// How long the secret before the last rotation signs as well, ms.
const ROTATION_MS: i64 = 24 * 3600 * 1000;

/// How much of an answer is kept, bytes.
const KEPT_BYTES_MAX: usize = 4096;

/// V1's timeouts: 10 s to connect and 30 s for the answer, 15 s in all for later tries.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
const LATER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10));

/// Runs a delivery that this worker holds.
pub(super) async fn deliver(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let delivery = deliveries::find(&engine.db, &job.merchant, &job.subject).await?;
    let Some(delivery) = delivery.filter(|d| d.state == "queued") else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    if engine.settings.sandbox && held.tries == 0 {
        Heard::tell(engine, &delivery);
    }
    if delivery.url.is_empty() {
        deliveries::keep(&engine.db, held).await?;
        return Ok(());
    }
    if let Some(later) = behind_another(engine, &delivery).await? {
        jobs::hand_back(&engine.db, held, later).await?;
        return Ok(());
    }
    let Some(_waiting) = Receivers::enter(engine, &delivery.url).await else {
        jobs::hand_back(&engine.db, held, engine.now_ms() + CROWDED_MS).await?;
        return Ok(());
    };
    let endpoint = endpoints::find(&engine.db, &delivery.merchant, &delivery.url).await?;
    let nth = held.tries + 1;
    let (done, retry_after_s) = match endpoint.as_ref().and_then(|endpoint| endpoint.off_at) {
        Some(_) => (not_sent(engine, nth), None),
        None => send(engine, &delivery, nth).await?,
    };
    let news = news(engine, &done, endpoint.as_ref());
    let after = after(engine, &done, news, retry_after_s);
    if matches!(news, News::Off(_)) && endpoint.is_none_or(|endpoint| endpoint.off_at.is_none()) {
        tracing::error!(merchant = %delivery.merchant, url = delivery.url, "ALARM: a webhook endpoint is switched off; see `dangol webhook list`");
    } else if matches!(after, After::Dead) {
        tracing::error!(delivery_id = %delivery.delivery_id, "ALARM: a webhook was given up; `dangol webhook resend` sends it again");
    }
    let endpoint = (delivery.url.as_str(), news);
    deliveries::record_try(&engine.db, held, &done, after, endpoint).await?;
    Ok(())
}

/// Where the operator wants a payment's webhooks in order: when to look again at one that has to wait for an earlier one,
/// ms. That is tried by a schedule of its own, so it is looked at soon after each of its tries.
async fn behind_another(engine: &Engine, delivery: &Delivery) -> Result<Option<i64>, FlowError> {
    let (true, Some(imp_uid)) = (engine.settings.webhook_in_order, &delivery.imp_uid) else {
        return Ok(None);
    };
    let (db, merchant) = (&engine.db, &delivery.merchant);
    let payment = payments::find(db, merchant, imp_uid).await?;
    let oldest = delivery.created_at - LIVES_MAX_MS;
    let since = payment.map_or(oldest, |payment| payment.started_at.max(oldest));
    let Some(earlier) = deliveries::earlier(db, delivery, since).await? else {
        return Ok(None);
    };
    let tries = deliveries::tries(db, merchant, &earlier).await?;
    let pause = tries.len().checked_sub(1).and_then(|n| PAUSES_MS.get(n));
    let next = tries.last().zip(pause);
    let next = next.map_or(0, |(last, pause)| last.at + pause + pause / 10);
    // The longer it has waited, the less often it looks: the earlier one may have been told to come back much later.
    let now = engine.now_ms();
    let pause = BEHIND_MS.max((now - delivery.created_at) / 10);
    Ok(Some(next.max(now) + pause))
}

fn not_sent(engine: &Engine, nth: i64) -> Try {
    Try {
        nth,
        at: engine.now_ms(),
        status: None,
        answer: "not sent: the endpoint is switched off".to_owned(),
    }
}

async fn send(
    engine: &Engine,
    delivery: &Delivery,
    nth: i64,
) -> Result<(Try, Option<u64>), FlowError> {
    let at = engine.now_ms();
    let Signed { headers, body } = signed(engine, delivery).await?;
    let (timeout_connect, timeout_answer) = if nth == 1 { (CONNECT, ANSWER) } else { LATER };
    let request = Request {
        method: Method::Post,
        url: delivery.url.clone(),
        headers,
        body,
        timeout_connect,
        timeout_answer,
        to_stranger: true,
    };
    let mut retry_after_s = None;
    let (status, answer) = match engine.wire.send(request).await {
        Ok(answer) => {
            retry_after_s = answer.retry_after_s;
            (Some(i64::from(answer.status)), kept(&answer.body))
        }
        // It answered, whatever else it had to say.
        Err(WireError::TooLarge { status }) => (
            Some(i64::from(status)),
            WireError::TooLarge { status }.to_string(),
        ),
        Err(error) => (None, error.to_string()),
    };
    let done = Try {
        nth,
        at,
        status,
        answer,
    };
    Ok((done, retry_after_s))
}

/// A webhook as it is sent.
pub struct Signed {
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Writes and signs a webhook that is sent now. Its timestamp is the time outside, in a sandbox whose clock was moved too:
/// receivers compare it with their own clock, and refuse what is minutes off.
pub async fn signed(engine: &Engine, delivery: &Delivery) -> Result<Signed, FlowError> {
    let body = body(delivery);
    let timestamp = seconds(engine.clock.outside_ms()).to_string();
    let signature = signatures(engine, delivery, &timestamp, &body).await?;
    Ok(Signed {
        headers: vec![
            ("content-type", delivery.content_type.clone()),
            ("user-agent", "Dangol-Webhook/1".to_owned()),
            ("webhook-id", delivery.delivery_id.clone()),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ],
        body,
    })
}

/// Standard Webhooks' signatures of `id.timestamp.body`: by the merchant's secret, and for a day after a rotation by the
/// one before too.
async fn signatures(
    engine: &Engine,
    delivery: &Delivery,
    timestamp: &str,
    body: &[u8],
) -> Result<String, FlowError> {
    let (generation, rotated_at) = endpoints::secret(&engine.db, &delivery.merchant).await?;
    let mut content = format!("{}.{timestamp}.", delivery.delivery_id).into_bytes();
    content.extend_from_slice(body);
    let merchant = delivery.merchant.as_str();
    let sign = |generation| {
        let signature = engine.vault.sign_webhook(merchant, generation, &content);
        format!("v1,{signature}")
    };
    let now = engine.now_ms();
    let both = rotated_at.is_some_and(|rotated| now - rotated < ROTATION_MS);
    Ok(match both {
        true => format!("{} {}", sign(generation), sign(generation - 1)),
        false => sign(generation),
    })
}

/// The fields, in the encoding that the merchant chose.
fn body(delivery: &Delivery) -> Vec<u8> {
    if delivery.content_type != "application/x-www-form-urlencoded" {
        return delivery.body.clone().into_bytes();
    }
    let fields: std::collections::BTreeMap<String, Value> =
        serde_json::from_str(&delivery.body).unwrap_or_default();
    let pairs = fields.iter().map(|(key, value)| match value {
        Value::String(text) => format!("{key}={}", percent_encode(text)),
        other => format!("{key}={}", percent_encode(&other.to_string())),
    });
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

fn kept(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(KEPT_BYTES_MAX)]).replace('\0', "\u{FFFD}")
}

/// Any 2xx is delivered; 410 says that nobody will ever be there.
fn news(engine: &Engine, done: &Try, endpoint: Option<&Endpoint>) -> News {
    let now = engine.now_ms();
    let off = endpoint.is_some_and(|endpoint| {
        endpoint.off_at.is_some() || now - endpoint.failing_since > FAILING_MAX_MS
    });
    match done.status {
        Some(200..300) => News::Works,
        Some(410) => News::Off(now),
        _ if off => News::Off(now),
        _ => News::Fails(done.at),
    }
}

/// What is not delivered is tried again until the tries are used up, later when the receiver asks for it, and never all at
/// the same moment.
fn after(engine: &Engine, done: &Try, news: News, retry_after_s: Option<u64>) -> After {
    match news {
        News::Works => return After::Delivered,
        News::Off(_) => return After::Dead,
        News::Fails(_) => {}
    }
    let tried = usize::try_from(done.nth).unwrap_or(usize::MAX);
    let pause = PAUSES_MS
        .get(tried - 1)
        .filter(|_| tried < engine.settings.webhook_attempts);
    let Some(pause) = pause else {
        return After::Dead;
    };
    let jitter = (engine.random.u64() % (*pause as u64 / 10)) as i64;
    let asked = retry_after_s.unwrap_or(0).min(RETRY_AFTER_MAX_S) as i64 * 1000;
    After::Again(engine.now_ms() + (pause + jitter).max(asked))
}
