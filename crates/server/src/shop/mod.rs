//! The demo shop's own server, as every merchant has one: it holds the secret, asks the payment API, and receives
//! webhooks. It knows the product only from outside, over HTTP, exactly as a merchant's server does.

mod merchant;
mod pages;
mod webhooks;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dangol_domain::{Clock, Secret};
use dangol_gateway::wire::Wire;
use serde::Deserialize;
use serde_json::json;

use merchant::{Charge, Merchant, Trouble};
use webhooks::Webhooks;

/// Largest body that is read, in bytes. A webhook is far smaller.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the shop needs to know.
pub struct ShopConfig {
    /// Origin of the payment API, as browsers and the shop's server reach it, without a slash at the end.
    pub main_url: String,
    /// Origin of the shop itself, without a slash at the end.
    pub shop_url: String,
    /// The merchant's user code, for `IMP.init`.
    pub user_code: String,
    /// The merchant's REST key.
    pub imp_key: String,
    /// The merchant's REST secret. It never reaches the browser.
    pub imp_secret: Secret,
    /// How the shop's server reaches the payment API.
    pub wire: Arc<dyn Wire>,
    /// Tells when a webhook arrived.
    pub clock: Arc<dyn Clock>,
}

struct Shop {
    merchant: Merchant,
    webhooks: Webhooks,
    policy: String,
    authority: String,
}

/// The whole shop: pages, the page's own API, and the webhook receiver.
pub fn router(config: ShopConfig) -> Router {
    let authority = config
        .shop_url
        .split("://")
        .last()
        .unwrap_or_default()
        .to_owned();
    let shop = Arc::new(Shop {
        policy: pages::policy(&config.main_url),
        authority,
        webhooks: Webhooks::new(config.clock.clone()),
        merchant: Merchant::new(config),
    });
    Router::new()
        .route("/api/config", get(show_config))
        .route("/api/again", post(charge_again))
        .route("/api/payment/{imp_uid}", get(show_payment))
        .route("/api/journal", get(show_journal))
        .route("/api/webhooks", get(show_webhooks))
        .route("/webhook", post(webhooks::receive))
        .fallback(pages::serve)
        .layer(middleware::from_fn_with_state(shop.clone(), guard))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shop)
}

/// Lets in who asks for this shop by its name, so that no other site can reach it by one of its own names, and refuses
/// a POST that another site's page makes. Only a webhook comes from elsewhere, and a browser does not send one.
async fn guard(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    match refusal(&shop.authority, request.method(), request.headers()) {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(authority: &str, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST).unwrap_or_default();
    if host != authority && !is_loopback(host) {
        return Some("this name is not the shop's");
    }
    let own = matches!(
        header(HeaderName::from_static("sec-fetch-site")),
        None | Some("same-origin")
    );
    (method == Method::POST && !own).then_some("only the shop's own page may ask this")
}

/// Whether an authority names this machine.
fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

async fn show_config(State(shop): State<Arc<Shop>>) -> Result<Response, Trouble> {
    Ok(fresh(shop.merchant.config().await?))
}

async fn show_payment(
    State(shop): State<Arc<Shop>>,
    Path(imp_uid): Path<String>,
) -> Result<Response, Trouble> {
    Ok(fresh(shop.merchant.payment(&imp_uid).await?))
}

async fn charge_again(
    State(shop): State<Arc<Shop>>,
    Json(charge): Json<Charge>,
) -> Result<Response, Trouble> {
    Ok(fresh(shop.merchant.again(&charge).await?))
}

/// Which entries to show: those with a greater number.
#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn show_journal(
    State(shop): State<Arc<Shop>>,
    Query(query): Query<After>,
) -> Result<Response, Trouble> {
    Ok(fresh(shop.merchant.journal(query.after).await?))
}

async fn show_webhooks(State(shop): State<Arc<Shop>>) -> Response {
    fresh(json!({ "entries": shop.webhooks.list() }))
}

/// JSON that no cache keeps.
fn fresh(body: impl serde::Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Trouble::NotSent => (StatusCode::BAD_GATEWAY, "not_connected"),
            Trouble::NoAnswer => (StatusCode::GATEWAY_TIMEOUT, "no_answer"),
            Trouble::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
        };
        (status, fresh(json!({ "error": error }))).into_response()
    }
}
