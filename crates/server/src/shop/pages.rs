//! The shop's pages, embedded at build time from `web/dist/demo`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::Shop;

#[derive(RustEmbed)]
#[folder = "../../web/dist/demo"]
pub(super) struct Files;

/// The content security policy of the shop's pages.
///
/// * `'unsafe-eval'` is for the snippet runner alone: the page runs code that its visitor edits. A real shop has no
///   such thing and needs no such word.
/// * Styles may be inline, because the SDK lays out its layer in the merchant's page.
/// * A window's frame goes on to the gateway, and in a sandbox all of them are on this machine.
/// * `form-action` is left out: a browser holds it against every redirect on the way to the gateway.
pub(super) fn policy(main_url: &str) -> String {
    [
        "default-src 'none'",
        &format!("script-src 'self' {main_url} 'unsafe-eval'"),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        &format!("connect-src 'self' {main_url}"),
        &format!("frame-src {main_url} http://127.0.0.1:* http://localhost:* http://*.localhost:*"),
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ]
    .join("; ")
}

/// Serves a page or one of its files.
pub(super) async fn serve(State(shop): State<Arc<Shop>>, method: Method, uri: Uri) -> Response {
    // A payment comes back by GET; a POST here is somebody's mistake.
    if method != Method::GET && method != Method::HEAD {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    let name = match uri.path() {
        "/" => "index.html",
        "/complete" => "complete.html",
        path => path.trim_start_matches('/'),
    };
    let Some(file) = Files::get(name) else {
        return (StatusCode::NOT_FOUND, "there is no such page in this shop").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, content_type(name)),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, shop.policy.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ];
    (headers, file.data).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
