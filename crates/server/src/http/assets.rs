//! The built front end: SDK and window scripts, embedded in the binary.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::Embed;

use super::App;

#[derive(Embed)]
#[folder = "../../web/dist/sdk"]
struct Sdk;

#[derive(Embed)]
#[folder = "../../web/dist/window"]
struct WindowScripts;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/v1/iamport.js", get(sdk))
        .route("/js/{file}", get(old_sdk))
        .route("/window-assets/{file}", get(window_script))
        .route("/window-assets/pg/{file}", get(page_script))
}

async fn sdk(headers: HeaderMap) -> Response {
    script(Sdk::get("iamport.js"), &headers, "public, max-age=300")
}

/// Pages name the SDK by many versions: `/js/iamport.payment-1.1.8.js`. All get today's.
async fn old_sdk(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let version = file
        .strip_prefix("iamport.payment-")
        .and_then(|rest| rest.strip_suffix(".js"));
    let known = version
        .is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    script(
        known.then(|| Sdk::get("iamport.js")).flatten(),
        &headers,
        "public, max-age=300",
    )
}

async fn window_script(Path(file): Path<String>, headers: HeaderMap) -> Response {
    script(WindowScripts::get(&file), &headers, "no-cache")
}

/// The script that drives a PG's own script in our page; it comes from the PG's folder.
async fn page_script(Path(file): Path<String>) -> Response {
    let provider = file.strip_suffix(".js").unwrap_or("");
    let script = dangol_gateway::find(provider).and_then(|entry| entry.gateway.page_script());
    match script {
        Some(script) => (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            script,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn script(
    file: Option<rust_embed::EmbeddedFile>,
    headers: &HeaderMap,
    cache: &'static str,
) -> Response {
    let Some(file) = file else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = etag(&file.metadata.sha256_hash());
    let kind = "text/javascript; charset=utf-8";
    let mut response = cached(headers, kind, cache, etag, file.data);
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

/// The tag of a file by its hash.
pub(super) fn etag(hash: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&hash[..16]))
}

/// A file, or that the caller's own copy is still good.
pub(super) fn cached(
    headers: &HeaderMap,
    kind: &'static str,
    cache: &'static str,
    etag: String,
    file: impl Into<Body>,
) -> Response {
    let same = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|given| given.as_bytes() == etag.as_bytes());
    let described = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, etag),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if same {
        return (StatusCode::NOT_MODIFIED, described).into_response();
    }
    (described, file.into()).into_response()
}
