//! `/notice/{user_code}/{channel_key}`: where PGs send their notices.
//!
//! The answer is the PG's own word of thanks and nothing else, so that it stops saying it; anything that is not 200 makes
//! it say it again.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dangol_domain::UserCode;
use dangol_engine::flow::take_notice::{Heard, take_notice};
use dangol_gateway::contract::Notice;
use serde_json::Value;

use super::App;
use super::raw_form::fields;
use super::source::Source;

/// The routes.
pub fn router() -> Router<App> {
    Router::new().route("/notice/{user_code}/{channel_key}", get(take).post(take))
}

async fn take(
    State(app): State<App>,
    Path((user_code, channel_key)): Path<(String, String)>,
    Source(from): Source,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let Some(merchant) = UserCode::parse(&user_code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut notice = Notice {
        fields: fields(query.unwrap_or_default().as_bytes()),
    };
    notice.fields.extend(body_fields(&body));
    match take_notice(&app.engine, &merchant, &channel_key, from, &notice).await {
        Ok(Heard::Thanks(answer)) => {
            let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (plain, answer).into_response()
        }
        Ok(Heard::Refused) => StatusCode::FORBIDDEN.into_response(),
        Ok(Heard::Nobody) => StatusCode::NOT_FOUND.into_response(),
        Ok(Heard::Later) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(error) => {
            tracing::error!(%error, "a notice could not be taken");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The fields of a form, or of a JSON object as far as they are texts and numbers.
fn body_fields(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
        return fields(body);
    };
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let texts = object
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(value)?)));
    texts
        .map(|(name, text)| (name, text.into_bytes()))
        .collect()
}
