//! Whether this process lives, and whether it should get requests.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use dangol_store::meta;
use serde_json::json;

use super::App;

/// How long the database may take for a row before this node counts as not ready.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// `/health/live` and `/health/ready`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

async fn live() -> Response {
    answer(StatusCode::OK, "live")
}

/// Not while draining: whoever balances load should look for another node before this one stops.
async fn ready(State(app): State<App>) -> Response {
    if app.is_draining() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match tokio::time::timeout(DATABASE_TIMEOUT, meta::get(&app.engine.db, "mode")).await {
        Ok(Ok(_)) => answer(StatusCode::OK, "ready"),
        Ok(Err(_)) | Err(_) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
        ),
    }
}

fn answer(status: StatusCode, text: &str) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Json(json!({ "status": text }))).into_response()
}
