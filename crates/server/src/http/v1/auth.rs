//! Who calls: the merchant of an API token, which clients send in four ways.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use dangol_domain::UserCode;
use dangol_domain::v1::Refusal;
use dangol_store::merchants::MerchantRecord;

use super::answer::Wrong;
use super::params::Params;
use crate::http::App;
use crate::http::source::Source;

/// Old clients' own header.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-imptokenheader");

/// The calling merchant. Without a live token the call ends in `Unauthorized`, HTTP 401; from an address that the merchant
/// does not allow in a 403, and too often in a 429.
pub struct Caller(pub Arc<MerchantRecord>);

impl FromRequestParts<App> for Caller {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, Wrong> {
        let token = token(parts).ok_or_else(Refusal::unauthorized)?;
        let code = app.engine.authenticate(&token).await?;
        let merchant = app.engine.merchant(&code).await?;
        let merchant = merchant.ok_or_else(Refusal::unauthorized)?;
        let Ok(source) = Source::from_request_parts(parts, app).await;
        admit(app, &merchant.merchant, source.0).await?;
        Ok(Caller(merchant))
    }
}

/// Whether a merchant's server may call from where it does, and as often as it does.
pub(super) async fn admit(
    app: &App,
    merchant: &UserCode,
    from: Option<IpAddr>,
) -> Result<(), Wrong> {
    let networks = app.engine.allowed_networks(merchant).await?;
    let inside = |from| networks.iter().any(|network| network.contains(from));
    if !networks.is_empty() && !from.is_some_and(inside) {
        tracing::warn!(%merchant, ?from, "a call came from an address that the merchant does not allow");
        return Err(not_allowed(from).into());
    }
    let call = app.limits.call(merchant, app.engine.clock.local_ms());
    Ok(call.inspect_err(|_| tracing::debug!(%merchant, "a call came too soon"))?)
}

/// The refusal of an address. It says which one was seen, and nothing of those that are allowed.
fn not_allowed(from: Option<IpAddr>) -> Refusal {
    let seen = from.map_or("unknown".to_owned(), |from| from.to_string());
    Refusal {
        status: 403,
        code: -1,
        message: format!("허용되지 않은 IP입니다. (this merchant allows no calls from {seen})"),
    }
}

/// `Authorization: TOKEN`, `Authorization: Bearer TOKEN`, `X-ImpTokenHeader: TOKEN` or `?_token=TOKEN`; the first that
/// is there counts.
fn token(parts: &Parts) -> Option<String> {
    let header = |name: HeaderName| parts.headers.get(name)?.to_str().ok();
    let given = header(header::AUTHORIZATION)
        .map(without_scheme)
        .filter(|token| !token.is_empty());
    let given = given.or_else(|| {
        header(TOKEN_HEADER)
            .map(str::trim)
            .filter(|token| !token.is_empty())
    });
    if let Some(token) = given {
        return Some(token.to_owned());
    }
    let query = Params::of_query(parts.uri.query()?).ok()?;
    query.text("_token").ok()?.map(str::to_owned)
}

fn without_scheme(value: &str) -> &str {
    const SCHEME: &str = "Bearer ";
    let value = value.trim();
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token.trim(),
        _ => value,
    }
}
