//! Webhooks of a sandbox: where they go, and hearing them without an endpoint.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use dangol_domain::clock::seconds;
use dangol_domain::{ExtraEvent, ExtraEvents, UserCode};
use dangol_engine::heard::Heard;
use dangol_engine::jobs;
use dangol_store::deliveries::{self, Delivery};
use dangol_store::merchants;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{App, Wrong, bad, merchant, read};

/// The longest wait for a webhook, seconds.
const WAIT_S_MAX: u64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    url: Option<String>,
    #[serde(default = "json_type")]
    content_type: String,
    events: Option<Vec<String>>,
}

fn json_type() -> String {
    "application/json".to_owned()
}

/// `POST /sandbox/webhook`: where the merchant's webhooks go. `events`, if it is there, says which are sent beyond V1's.
pub(super) async fn set(State(app): State<App>, body: Bytes) -> Result<Json<Value>, Wrong> {
    let new: NewWebhook = read(&body)?;
    if !["application/json", "application/x-www-form-urlencoded"]
        .contains(&new.content_type.as_str())
    {
        return Err(bad(
            "content_type: must be application/json or application/x-www-form-urlencoded",
        ));
    }
    let url = new.url.as_deref().filter(|url| !url.is_empty());
    if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(bad("url: must begin with http:// or https://, or be null"));
    }
    let events = new.events.as_deref().map(read_events).transpose()?;
    let merchant = merchant(&app).await?;
    let (engine, code) = (&app.engine, &merchant.merchant);
    merchants::set_webhook(&engine.db, code, url, &new.content_type).await?;
    if let Some(events) = &events {
        merchants::set_events(&engine.db, code, events, engine.now_ms()).await?;
    }
    engine.merchants.forget();
    let events = events.unwrap_or(merchant.webhook_events);
    Ok(Json(json!({
        "url": url,
        "content_type": new.content_type,
        "events": events.names(),
    })))
}

fn read_events(names: &[String]) -> Result<ExtraEvents, Wrong> {
    let events = names.iter().map(|name| name.parse::<ExtraEvent>());
    let events: Result<ExtraEvents, _> = events.collect();
    events.map_err(|error| bad(format!("events: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listen {
    after: Option<i64>,
    #[serde(default)]
    wait: u64,
    merchant: Option<String>,
}

/// `GET /sandbox/webhooks?after=&wait=&merchant=`: what was sent after a `seq`, as it was sent. With `wait` the answer comes
/// with the next webhook, or after so many seconds. Without `after` it only tells the last `seq`.
pub(super) async fn listen(
    State(app): State<App>,
    Query(asked): Query<Listen>,
) -> Result<Json<Value>, Wrong> {
    let of = asked.merchant.as_deref().map(|code| {
        UserCode::parse(code)
            .ok_or_else(|| bad("merchant: must be imp and 8 digits, such as imp12345678"))
    });
    let of = of.transpose()?;
    if asked.wait > WAIT_S_MAX {
        let text = format!("wait: must be a whole number of seconds, at most {WAIT_S_MAX}");
        return Err(bad(text));
    }
    let wait = Duration::from_secs(asked.wait);
    let page = Heard::after(&app.engine, asked.after, of.as_ref(), wait).await;
    let mut entries = Vec::with_capacity(page.webhooks.len());
    for heard in &page.webhooks {
        let mut entry = view(&app, &heard.delivery, heard.at).await?;
        entry["seq"] = heard.seq.into();
        entries.push(entry);
    }
    Ok(Json(
        json!({ "entries": entries, "last": page.last, "missed": page.missed }),
    ))
}

/// `GET /sandbox/webhooks/{id}`: any webhook that was ever queued, as it would be sent now.
pub(super) async fn find(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Wrong> {
    for merchant in merchants::all(&app.engine.db).await? {
        let found = deliveries::find(&app.engine.db, &merchant.merchant, &id).await?;
        if let Some(delivery) = found {
            return Ok(Json(view(&app, &delivery, app.engine.now_ms()).await?));
        }
    }
    Err(Wrong(
        StatusCode::NOT_FOUND,
        "id: there is no such webhook".to_owned(),
    ))
}

async fn view(app: &App, delivery: &Delivery, at: i64) -> Result<Value, Wrong> {
    let signed = jobs::signed(&app.engine, delivery).await?;
    let headers: serde_json::Map<String, Value> = signed
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let fields: Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    Ok(json!({
        "id": delivery.delivery_id,
        "user_code": delivery.merchant,
        "at": seconds(at),
        "fields": fields,
        "headers": headers,
        "body": String::from_utf8_lossy(&signed.body),
    }))
}
