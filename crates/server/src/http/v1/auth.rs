//! Who calls: the merchant of an API token, which clients send in four ways.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use dangol_domain::v1::Refusal;
use dangol_store::merchants::MerchantRecord;

use super::answer::Wrong;
use super::params::Params;
use crate::http::App;

/// Old clients' own header.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-imptokenheader");

/// The calling merchant; without a live token the call ends in `Unauthorized`, HTTP 401.
pub struct Caller(pub Arc<MerchantRecord>);

impl FromRequestParts<App> for Caller {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, Wrong> {
        let token = token(parts).ok_or_else(Refusal::unauthorized)?;
        let code = app.engine.authenticate(&token).await?;
        match app.engine.merchant(&code).await? {
            Some(merchant) => Ok(Caller(merchant)),
            None => Err(Refusal::unauthorized().into()),
        }
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
