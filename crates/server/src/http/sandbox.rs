//! `/sandbox`: journal, calls, control, clock, channels. Only in a sandbox folder, only for loopback hosts, never for
//! another site's pages.

mod webhooks;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use dangol_domain::UserCode;
use dangol_domain::clock::seconds;
use dangol_engine::FlowError;
use dangol_engine::jobs::{self, Timers};
use dangol_gateway::profile::Kind;
use dangol_gateway::sandbox::control::PlanRequest;
use dangol_gateway::sandbox::journal;
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::{self, MerchantRecord};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::App;
use crate::sandbox::{ChannelError, DEMO_KEY, DEMO_MERCHANT, DEMO_SECRET, Sandbox, add_channel};

/// The farthest move of the clock, seconds: a leap year.
const ADVANCE_SECONDS_MAX: i64 = 31_622_400;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(overview))
        .route("/channels", post(make_channel))
        .route("/channels/{channel_key}", delete(drop_channel))
        .route("/webhook", post(webhooks::set))
        .route("/webhooks", get(webhooks::listen))
        .route("/webhooks/{id}", get(webhooks::find))
        .route("/journal", get(read_journal))
        .route("/calls", get(read_calls))
        .route("/control", get(list_plans).post(plan).delete(clear_plans))
        .route("/control/{id}", delete(drop_plan))
        .route("/clock", get(read_clock))
        .route("/clock/advance", post(advance))
        .layer(middleware::from_fn(local_only))
}

/// An error of the sandbox's controls: they are ours, not V1's, so it is a plain text in a plain object.
struct Wrong(StatusCode, String);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<FlowError> for Wrong {
    fn from(error: FlowError) -> Wrong {
        tracing::error!(%error, "a sandbox control failed");
        Wrong(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store is not available; try again".to_owned(),
        )
    }
}

impl From<dangol_store::StoreError> for Wrong {
    fn from(error: dangol_store::StoreError) -> Wrong {
        FlowError::from(error).into()
    }
}

fn bad(text: impl Into<String>) -> Wrong {
    Wrong(StatusCode::BAD_REQUEST, text.into())
}

async fn local_only(request: Request, next: Next) -> Response {
    match check_local(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(wrong) => wrong.into_response(),
    }
}

/// A page of another site, or a name that was rebound to loopback, must not steer a sandbox.
fn check_local(method: &Method, headers: &HeaderMap) -> Result<(), Wrong> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !header("host").is_some_and(is_loopback) {
        return Err(Wrong(
            StatusCode::FORBIDDEN,
            "Host: must be a loopback name or address".to_owned(),
        ));
    }
    if header("sec-fetch-site") == Some("cross-site") {
        return Err(Wrong(
            StatusCode::FORBIDDEN,
            "pages of other sites may not use /sandbox".to_owned(),
        ));
    }
    let typed = header("content-type")
        .is_some_and(|kind| kind.trim_start().starts_with("application/json"));
    if method == Method::POST && !typed {
        let text = "Content-Type: must be application/json".to_owned();
        return Err(Wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

fn sandbox(app: &App) -> Result<&Arc<Sandbox>, Wrong> {
    app.sandbox
        .as_ref()
        .ok_or_else(|| bad("this is not a sandbox"))
}

/// The merchant that these controls act for: the demo merchant, else the first.
async fn merchant(app: &App) -> Result<MerchantRecord, Wrong> {
    if let Some(demo) = UserCode::parse(DEMO_MERCHANT)
        && let Some(found) = merchants::find(&app.engine.db, &demo).await?
    {
        return Ok(found);
    }
    let first = merchants::all(&app.engine.db).await?.into_iter().next();
    first.ok_or_else(|| {
        Wrong(
            StatusCode::CONFLICT,
            "there is no merchant yet: `dangol merchant add`".to_owned(),
        )
    })
}

async fn overview(State(app): State<App>) -> Result<Json<Value>, Wrong> {
    let sandbox = sandbox(&app)?;
    let pgs: serde_json::Map<String, Value> = sandbox
        .simulators
        .iter()
        .map(|simulator| {
            (
                simulator.provider().to_owned(),
                json!(sandbox.world.url(simulator.provider())),
            )
        })
        .collect();
    let mut known = Vec::new();
    let mut listed = Vec::new();
    for merchant in merchants::all(&app.engine.db).await? {
        // Only the demo merchant's secret is published; others' are kept as hashes.
        let published = merchant.merchant.as_str() == DEMO_MERCHANT && merchant.imp_key == DEMO_KEY;
        known.push(json!({
            "user_code": merchant.merchant,
            "imp_key": merchant.imp_key,
            "imp_secret": published.then_some(DEMO_SECRET),
        }));
        listed.extend(
            channels::of_merchant(&app.engine.db, &merchant.merchant)
                .await?
                .iter()
                .map(channel_view),
        );
    }
    Ok(Json(json!({
        "main": sandbox.main_url,
        "shop": sandbox.shop_url,
        "pg": pgs,
        "merchants": known,
        "channels": listed,
    })))
}

fn channel_view(channel: &ChannelRecord) -> Value {
    json!({
        "pg_provider": channel.provider,
        "pg_id": channel.pg_id,
        "channel_key": channel.channel_key,
        "type": channel.kind,
        "default": channel.is_default,
        "user_code": channel.merchant,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewChannel {
    pg: String,
    pg_id: String,
    #[serde(default, rename = "type")]
    kind: Option<Kind>,
    #[serde(default)]
    default: bool,
}

async fn make_channel(State(app): State<App>, body: Bytes) -> Result<Response, Wrong> {
    let new: NewChannel = read(&body)?;
    let merchant = merchant(&app).await?;
    let added = add_channel(
        &app.engine,
        sandbox(&app)?,
        &merchant,
        &new.pg,
        &new.pg_id,
        new.kind,
        new.default,
    )
    .await;
    match added {
        Ok(channel) => Ok((StatusCode::CREATED, Json(channel_view(&channel))).into_response()),
        Err(ChannelError::Flow(error)) => Err(error.into()),
        Err(ChannelError::Exists) => Err(Wrong(
            StatusCode::CONFLICT,
            ChannelError::Exists.to_string(),
        )),
        Err(error) => Err(bad(error.to_string())),
    }
}

async fn drop_channel(
    State(app): State<App>,
    Path(key): Path<String>,
) -> Result<StatusCode, Wrong> {
    let merchant = merchant(&app).await?;
    if !channels::delete(&app.engine.db, &merchant.merchant, &key).await? {
        return Err(Wrong(
            StatusCode::NOT_FOUND,
            "channel_key: there is no such channel".to_owned(),
        ));
    }
    app.engine.channels.forget();
    Ok(StatusCode::NO_CONTENT)
}

async fn read_journal(
    State(app): State<App>,
    Query(query): Query<journal::Query>,
) -> Result<Json<Value>, Wrong> {
    let world = sandbox(&app)?.world.clone();
    let entries = tokio::task::spawn_blocking(move || world.journal().entries(&query)).await;
    let entries = entries
        .map_err(|error| error.to_string())
        .and_then(|read| read.map_err(|error| error.to_string()));
    match entries {
        Ok(entries) => Ok(Json(json!({ "entries": entries }))),
        Err(error) => Err(Wrong(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the journal: {error}"),
        )),
    }
}

#[derive(Deserialize)]
struct CallsQuery {
    pg: Option<String>,
    #[serde(default)]
    after: u64,
}

async fn read_calls(
    State(app): State<App>,
    Query(query): Query<CallsQuery>,
) -> Result<Json<Value>, Wrong> {
    let entries = sandbox(&app)?
        .world
        .calls()
        .after(query.pg.as_deref(), query.after);
    Ok(Json(json!({ "entries": entries })))
}

async fn list_plans(State(app): State<App>) -> Result<Json<Value>, Wrong> {
    Ok(Json(
        json!({ "plans": sandbox(&app)?.world.control().list() }),
    ))
}

async fn plan(State(app): State<App>, body: Bytes) -> Result<Response, Wrong> {
    let request: PlanRequest = read(&body)?;
    let planned = sandbox(&app)?
        .world
        .control()
        .plan(request)
        .map_err(|error| bad(error.to_string()))?;
    Ok((StatusCode::CREATED, Json(planned)).into_response())
}

async fn clear_plans(State(app): State<App>) -> Result<StatusCode, Wrong> {
    sandbox(&app)?.world.control().clear();
    Ok(StatusCode::NO_CONTENT)
}

async fn drop_plan(State(app): State<App>, Path(id): Path<u64>) -> Result<StatusCode, Wrong> {
    if sandbox(&app)?.world.control().remove(id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Wrong(
        StatusCode::NOT_FOUND,
        "id: there is no such plan".to_owned(),
    ))
}

async fn read_clock(State(app): State<App>) -> Json<Value> {
    let clock = &app.engine.clock;
    Json(json!({ "now": seconds(app.engine.now_ms()), "offset": seconds(clock.offset_ms()) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

async fn advance(State(app): State<App>, body: Bytes) -> Result<Json<Value>, Wrong> {
    let by: Advance = read(&body)?;
    if !(1..=ADVANCE_SECONDS_MAX).contains(&by.seconds) {
        return Err(bad(format!(
            "seconds: must be a whole number from 1 to {ADVANCE_SECONDS_MAX}"
        )));
    }
    let timers: Arc<dyn Timers> = sandbox(&app)?.clone();
    // A caller that hangs up must not leave the clock standing still.
    let engine = app.engine.clone();
    let moved =
        tokio::spawn(async move { jobs::advance(&engine, &timers, by.seconds * 1000).await }).await;
    let moved = moved.map_err(|error| FlowError::Setup(error.to_string()));
    let (now, ran) = moved??;
    Ok(Json(json!({ "now": seconds(now), "ran": ran })))
}
