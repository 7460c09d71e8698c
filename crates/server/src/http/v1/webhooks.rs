//! Webhooks by API: what was sent and how it was answered, and sending one again. V1 has this in its console only, so
//! these routes are ours.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use dangol_domain::clock::seconds;
use dangol_engine::flow::webhooks::{self, Sent};
use dangol_store::deliveries::Try;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;
use super::params::Params;
use crate::http::App;

/// How many are listed when nobody says, and at most.
const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 100;
/// Longest id that is looked for, characters.
const ID_MAX: usize = 64;

/// The routes about webhooks.
pub(super) fn routes() -> [(&'static str, MethodRouter<App>); 3] {
    [
        ("/webhooks", get(list)),
        ("/webhooks/{id}", get(find)),
        ("/webhooks/{id}/resend", post(resend)),
    ]
}

#[derive(Serialize)]
struct List {
    list: Vec<Webhook>,
    /// What to give as `before` for the next ones.
    next: Option<String>,
}

/// A webhook as this API shows it.
#[derive(Serialize)]
struct Webhook {
    body: Value,
    content_type: String,
    created_at: i64,
    id: String,
    imp_uid: Option<String>,
    status: String,
    tries: Vec<TryView>,
    url: Option<String>,
}

#[derive(Serialize)]
struct TryView {
    answer: String,
    at: i64,
    http_status: Option<i64>,
}

/// `GET /webhooks?before=&limit=`, newest first; with `imp_uid`, all that are about a payment.
async fn list(
    State(app): State<App>,
    Caller(merchant): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let limit = query.number("limit", LIMIT_MAX)?.unwrap_or(LIMIT);
    let before = query.short("before", ID_MAX)?;
    let (engine, merchant) = (&app.engine, &merchant.merchant);
    if let Some(imp_uid) = query.short("imp_uid", ID_MAX)? {
        let sent = webhooks::of_payment(engine, merchant, &imp_uid).await?;
        return Ok(ok(List {
            list: sent.iter().map(Webhook::from).collect(),
            next: None,
        }));
    }
    // One more than is shown tells whether there are more.
    let sent = webhooks::list(engine, merchant, before.as_deref(), limit + 1).await?;
    let list: Vec<Webhook> = sent.iter().map(Webhook::from).collect();
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = list.len() > shown;
    let list: Vec<Webhook> = list.into_iter().take(shown).collect();
    let last = list.last().map(|webhook| webhook.id.clone());
    Ok(ok(List {
        list,
        next: last.filter(|_| more),
    }))
}

/// `GET /webhooks/{id}`.
async fn find(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(id): InPath<String>,
) -> Result<Response, Wrong> {
    let sent = webhooks::find(&app.engine, &merchant.merchant, &id).await?;
    Ok(ok(Webhook::from(&sent)))
}

/// `POST /webhooks/{id}/resend`: the webhook, on its way again.
async fn resend(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(id): InPath<String>,
) -> Result<Response, Wrong> {
    webhooks::resend(&app.engine, &merchant.merchant, &id).await?;
    let sent = webhooks::find(&app.engine, &merchant.merchant, &id).await?;
    Ok(ok(Webhook::from(&sent)))
}

impl From<&Sent> for Webhook {
    fn from(sent: &Sent) -> Webhook {
        let delivery = &sent.delivery;
        Webhook {
            body: serde_json::from_str(&delivery.body).unwrap_or_default(),
            content_type: delivery.content_type.clone(),
            created_at: seconds(delivery.created_at),
            id: delivery.delivery_id.clone(),
            imp_uid: delivery.imp_uid.as_ref().map(ToString::to_string),
            status: delivery.state.clone(),
            tries: sent.tries.iter().map(TryView::from).collect(),
            url: Some(delivery.url.clone()).filter(|url| !url.is_empty()),
        }
    }
}

impl From<&Try> for TryView {
    fn from(done: &Try) -> TryView {
        TryView {
            answer: done.answer.clone(),
            at: seconds(done.at),
            http_status: done.status,
        }
    }
}
