//! The shop's webhook receiver. It keeps the last ones in memory, for the page to show.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use dangol_domain::Clock;
use serde::Serialize;
use serde_json::Value;

use super::Shop;

/// How many are kept.
const KEPT_MAX: usize = 100;

/// One webhook, as it arrived.
#[derive(Clone, Serialize)]
pub(super) struct Webhook {
    /// 1, 2, 3, … since the shop started.
    seq: u64,
    /// When it arrived, in milliseconds since the Unix epoch.
    at_ms: i64,
    content_type: String,
    /// An object where the body was JSON or a form, else its text.
    body: Value,
}

/// The last webhooks, oldest first.
pub(super) struct Webhooks {
    clock: Arc<dyn Clock>,
    kept: Mutex<(u64, VecDeque<Webhook>)>,
}

impl Webhooks {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Webhooks {
        Webhooks {
            clock,
            kept: Mutex::default(),
        }
    }

    pub(super) fn list(&self) -> Vec<Webhook> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().cloned().collect()
    }

    fn keep(&self, content_type: String, body: Value) {
        let at_ms = self.clock.now_ms();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let seq = kept.0;
        kept.1.push_back(Webhook {
            seq,
            at_ms,
            content_type,
            body,
        });
        if kept.1.len() > KEPT_MAX {
            kept.1.pop_front();
        }
    }
}

/// `POST /webhook`: takes JSON or a form, whichever the merchant chose, and says thank you.
pub(super) async fn receive(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let parsed = read(content_type, &body);
    shop.webhooks.keep(content_type.to_owned(), parsed);
    "ok"
}

fn read(content_type: &str, body: &[u8]) -> Value {
    let object = match content_type.split(';').next().unwrap_or_default().trim() {
        "application/json" => serde_json::from_slice(body).ok().filter(Value::is_object),
        "application/x-www-form-urlencoded" => Some(form(body)),
        _ => None,
    };
    object.unwrap_or_else(|| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn form(body: &[u8]) -> Value {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8_lossy()
            .into_owned()
    };
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let fields = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    Value::Object(
        fields
            .map(|(name, value)| (decode(name), Value::String(decode(value))))
            .collect(),
    )
}
