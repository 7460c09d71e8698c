//! `Idempotency-Key` around a call: an addition to V1.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dangol_engine::FlowError;
use dangol_engine::flow::idempotent::{self, Turn};
use dangol_store::merchants::MerchantRecord;
use http_body_util::BodyExt;

use super::answer::{Wrong, json};
use crate::http::App;

/// The header's name.
const HEADER: &str = "idempotency-key";

/// Answers a call, or repeats the answer that its key was given. `asked` is what tells it from another. `run` learns since
/// when an earlier request with this key may have done something that nobody answered for, ms.
pub async fn once<F>(
    app: &App,
    merchant: &MerchantRecord,
    headers: &HeaderMap,
    asked: &[&[u8]],
    run: impl FnOnce(Option<i64>) -> F,
) -> Result<Response, Wrong>
where
    F: Future<Output = Result<Response, Wrong>>,
{
    let Some(key) = headers.get(HEADER) else {
        return run(None).await;
    };
    // What is no text is told as a key that is none.
    let key = key.to_str().unwrap_or("");
    let merchant = &merchant.merchant;
    let claim = match idempotent::begin(&app.engine, merchant, key, asked).await? {
        Turn::Ours(claim) => claim,
        Turn::Answered(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            return Ok(json(status, body.into_bytes()));
        }
    };
    let response = run(claim.lost_since)
        .await
        .unwrap_or_else(Wrong::into_response);
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body = body.map_err(|error| FlowError::Setup(error.to_string()))?;
    let text = String::from_utf8_lossy(&body);
    if let Err(error) = idempotent::end(&app.engine, claim, parts.status.as_u16(), &text).await {
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    Ok(Response::from_parts(parts, body.into()))
}
