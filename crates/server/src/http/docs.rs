//! The API described by itself: the description, and a page that shows it to people. Both come from this server alone.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::{App, assets, v1};

#[derive(Embed)]
#[folder = "../../web/dist/docs"]
struct Page;

/// What the page may do: run our scripts, and read from here. Redoc makes two kinds of style elements, and has both
/// allowed by hash: empty ones, which it fills by script, and one for scroll bars. Its search is a worker that it makes
/// itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src blob:; connect-src 'self'; img-src data:; \
    style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' \
    'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json`, `/docs/api` and what belongs to the page.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(description))
        .route("/docs/api", get(page))
        .route("/docs/api/", get(page))
        .route("/docs/api/{file}", get(part))
}

/// Any page may read it: it holds nothing of this server's own.
async fn description(headers: HeaderMap) -> Response {
    let document = v1::description::JSON.clone();
    let etag = assets::etag(&Sha256::digest(&document));
    let mut response = assets::cached(&headers, "application/json", "no-cache", etag, document);
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

async fn page(headers: HeaderMap) -> Response {
    let mut response = file("index.html", "text/html; charset=utf-8", &headers);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn part(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match name.as_str() {
        "page.js" => file(&name, "text/javascript; charset=utf-8", &headers),
        "page.css" => file(&name, "text/css; charset=utf-8", &headers),
        "redoc.js.LICENSE.txt" => file(&name, "text/plain; charset=utf-8", &headers),
        "redoc.js" => {
            let mut response = file("redoc.js.gz", "text/javascript; charset=utf-8", &headers);
            // Kept and sent compressed: every browser takes it, and nothing else needs it.
            let gzip = HeaderValue::from_static("gzip");
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, gzip);
            response
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(name: &str, kind: &'static str, headers: &HeaderMap) -> Response {
    match Page::get(name) {
        Some(file) => {
            let etag = assets::etag(&file.metadata.sha256_hash());
            assets::cached(headers, kind, "no-cache", etag, file.data)
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
