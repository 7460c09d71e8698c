//! The SDK asks after a window, or closes it.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dangol_domain::v1::{Refusal, messages};
use dangol_engine::FlowError;
use dangol_engine::flow::close_window::{Standing, abandon_window, window_result};
use dangol_engine::flow::result::WindowResult;
use serde::Deserialize;
use serde_json::json;

use super::super::App;
use super::super::v1::asked::whole;

#[derive(Deserialize)]
struct ByNonce {
    imp_uid: String,
    nonce: String,
}

async fn read(body: Body) -> Result<ByNonce, Refusal> {
    serde_json::from_slice(&whole(body).await?)
        .map_err(|error| Refusal::malformed("body", &error.to_string()))
}

/// `POST /window/result`.
pub(super) async fn result(State(app): State<App>, body: Body) -> Response {
    match read(body).await {
        Ok(asked) => {
            let found = window_result(&app.engine, &asked.imp_uid, &asked.nonce).await;
            standing(&app, found)
        }
        Err(refusal) => bad_question(&refusal),
    }
}

/// `POST /window/close`.
pub(super) async fn close(State(app): State<App>, body: Body) -> Response {
    match read(body).await {
        Ok(asked) => {
            let found = abandon_window(&app.engine, &asked.imp_uid, &asked.nonce).await;
            standing(&app, found)
        }
        Err(refusal) => bad_question(&refusal),
    }
}

fn bad_question(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(refusal.envelope())).into_response()
}

/// A window that has ended; `None` when it is not the caller's.
pub(super) fn ended(app: &App, result: Result<Option<WindowResult>, FlowError>) -> Response {
    standing(app, result.map(|result| result.map(Standing::Done)))
}

fn standing(app: &App, standing: Result<Option<Standing>, FlowError>) -> Response {
    let (state, result) = match standing {
        Ok(Some(Standing::Open)) => ("open", None),
        Ok(Some(Standing::Working)) => ("working", None),
        Ok(Some(Standing::Done(result))) => ("done", Some(result)),
        Ok(None) => {
            let refusal = Refusal::not_found(messages::NO_SUCH_PAYMENT);
            return (StatusCode::NOT_FOUND, Json(refusal.envelope())).into_response();
        }
        Err(error) => {
            tracing::error!(%error, "a window could not be asked after");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let redirect = result
        .as_ref()
        .filter(|result| result.redirects)
        .map(|result| result.whole_redirect_url(&app.engine.settings.public_url));
    let object = result.map(|r| r.object);
    let response = json!({ "state": state, "result": object, "redirect_url": redirect });
    Json(json!({ "code": 0, "message": null, "response": response })).into_response()
}
