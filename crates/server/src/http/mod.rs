//! The main origin: the V1 API and its description, the SDK, the window's pages, and in a sandbox its controls.

pub mod health;
pub mod notice;
pub mod sandbox;
pub mod v1;
pub mod window;

mod assets;
mod docs;
mod raw_form;
mod source;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use dangol_engine::Engine;

use crate::sandbox::Sandbox;
use v1::limits::Limits;

/// Largest request body, bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What every handler stands on.
#[derive(Clone)]
pub struct App {
    /// The flows.
    pub engine: Engine,
    /// The sandbox's parts; `None` in live.
    pub sandbox: Option<Arc<Sandbox>>,
    /// Set when the server drains: it is no longer ready.
    pub draining: Arc<AtomicBool>,
    /// How often merchants call.
    pub limits: Arc<Limits>,
}

impl App {
    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Everything that the main listener serves.
pub fn router(app: App) -> Router {
    let mut routes = v1::router()
        .merge(window::router())
        .merge(notice::router())
        .merge(health::router())
        .merge(assets::router())
        .merge(docs::router())
        .route("/", get(front));
    if app.sandbox.is_some() {
        routes = routes.nest("/sandbox", sandbox::router());
    }
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            window_host_only_serves_windows,
        ))
        .with_state(app)
}

/// `/`: the shop, where there is one.
async fn front(State(app): State<App>) -> Response {
    match app
        .sandbox
        .as_ref()
        .and_then(|sandbox| sandbox.shop_url.as_deref())
    {
        Some(shop) => Redirect::temporary(shop).into_response(),
        None => (StatusCode::NOT_FOUND, "Dangol").into_response(),
    }
}

/// Pages that load a PG's script live on a host of their own, and nothing else does.
async fn window_host_only_serves_windows(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    if host_of(&app, request.headers()) == Host::Windows {
        let path = request.uri().path();
        if !path.starts_with("/window/") && !path.starts_with("/window-assets/") {
            return StatusCode::NOT_FOUND.into_response();
        }
    }
    next.run(request).await
}

/// Which of our names a request came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Host {
    /// The one name for everything.
    Shared,
    /// The name of pages that load a PG's script.
    Windows,
    /// Any other, where there is a name for those pages.
    Main,
}

fn host_of(app: &App, headers: &HeaderMap) -> Host {
    let settings = &app.engine.settings;
    if settings.script_window_url == settings.public_url {
        return Host::Shared;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match host.is_some_and(|host| names(host, &settings.script_window_url)) {
        true => Host::Windows,
        false => Host::Main,
    }
}

/// Whether a `Host` header names an origin; browsers leave out the scheme's own port.
fn names(host: &str, origin: &str) -> bool {
    let (scheme, authority) = origin.split_once("://").unwrap_or(("", origin));
    let port = if scheme == "https" { ":443" } else { ":80" };
    let bare = |text: &str| text.strip_suffix(port).unwrap_or(text).to_ascii_lowercase();
    bare(host) == bare(authority)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_host_names_its_origin() {
        assert!(names("Pay.example", "https://pay.example"));
        assert!(names("pay.example", "https://pay.example:443"));
        assert!(names("pay.example:80", "http://pay.example"));
        assert!(names(
            "window.localhost:8080",
            "http://window.localhost:8080"
        ));
        assert!(!names("pay.example:80", "https://pay.example"));
        assert!(!names("pay.example.evil.example", "https://pay.example"));
        assert!(!names("", "https://pay.example"));
    }
}
