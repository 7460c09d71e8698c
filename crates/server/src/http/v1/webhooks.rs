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
use utoipa::ToSchema;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;
use super::description::envelope::{Answer, Done, Refused};
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

/// Webhooks, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(super) struct List {
    /// The webhooks.
    list: Vec<Webhook>,
    /// What to give as `before` for the next ones; null when there are none.
    next: Option<String>,
}

/// A webhook as this API shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhook {
    /// What is told, as an object.
    #[schema(value_type = Object)]
    body: Value,
    /// `application/json` or `application/x-www-form-urlencoded`.
    #[schema(example = "application/json")]
    content_type: String,
    /// When it was queued; unix seconds.
    #[schema(example = 1_764_115_200)]
    created_at: i64,
    /// Its id, the `webhook-id` of each try.
    #[schema(example = "msg_019abcdef01230123456789abcdef")]
    id: String,
    /// The payment that it is about; null when it is about none.
    #[schema(example = "imps_448280090638")]
    imp_uid: Option<String>,
    /// `queued` while it is on its way, then `delivered` or `dead`; `kept` for one that goes nowhere.
    #[schema(example = "delivered")]
    status: String,
    /// Its tries, oldest first.
    tries: Vec<TryView>,
    /// Where it goes; null for one that only a sandbox's listeners hear.
    #[schema(example = "https://shop.example.com/webhook")]
    url: Option<String>,
}

/// One try of a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTry)]
struct TryView {
    /// The first 4 kB of the answer, or why there was none.
    #[schema(example = "ok")]
    answer: String,
    /// When; unix seconds.
    #[schema(example = 1_764_115_200)]
    at: i64,
    /// The answer's HTTP status; null when no answer came.
    #[schema(example = 200)]
    http_status: Option<i64>,
}

/// `GET /webhooks?before=&limit=`, newest first; with `imp_uid`, all that are about a payment.
#[utoipa::path(
    get, path = "/webhooks", operation_id = "listWebhooks", tag = "Webhooks",
    summary = "List webhooks, newest first",
    params(
        ("before" = Option<String>, Query, description = "Only those before this id: `next` of the page before.", max_length = 64),
        ("limit" = Option<i64>, Query, description = "How many; 20 unless told.", minimum = 1, maximum = 100),
        ("imp_uid" = Option<String>, Query, description = "All that are about a payment, in place of a page.", max_length = 64, example = "imps_448280090638"),
    ),
    responses(
        (status = 200, description = "Webhooks with their tries.", body = Done<List>),
        (status = 404, description = "No such payment.", body = Refused),
    ),
)]
pub(super) async fn list(
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
#[utoipa::path(
    get, path = "/webhooks/{id}", operation_id = "getWebhook", tag = "Webhooks",
    summary = "Look a webhook up",
    params(("id" = String, Path, description = "Its id.", min_length = 1, max_length = 64, example = "msg_019abcdef01230123456789abcdef")),
    responses(
        (status = 200, description = "The webhook with its tries.", body = Done<Webhook>),
        (status = 404, description = "No such webhook.", body = Refused),
    ),
)]
pub(super) async fn find(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(id): InPath<String>,
) -> Result<Response, Wrong> {
    let sent = webhooks::find(&app.engine, &merchant.merchant, &id).await?;
    Ok(ok(Webhook::from(&sent)))
}

/// `POST /webhooks/{id}/resend`: the webhook, on its way again.
#[utoipa::path(
    post, path = "/webhooks/{id}/resend", operation_id = "resendWebhook", tag = "Webhooks",
    summary = "Send a webhook again",
    description = "At once, with its id and its body, to where it went. Refused while it is on its way, and while its endpoint is switched off.",
    params(("id" = String, Path, description = "Its id.", min_length = 1, max_length = 64, example = "msg_019abcdef01230123456789abcdef")),
    responses(
        (status = 200, description = "The webhook, on its way again; or, with `code` 1, why not.", body = Answer<Webhook>),
        (status = 404, description = "No such webhook.", body = Refused),
    ),
)]
pub(super) async fn resend(
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
