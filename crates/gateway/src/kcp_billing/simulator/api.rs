//! The routes: what merchants' servers call, answered in KCP's shapes.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kcp, Stop, able, key_in, opening, window};
use crate::sandbox::control::Operation;
use crate::sandbox::{Incoming, Meddling};

/// What merchants' servers call, whatever the contract.
pub(super) fn calls() -> Router<Arc<Kcp>> {
    Router::new()
        .route("/gw/hub/v1/payment", post(hub))
        .route("/gw/mod/v1/cancel", post(cancel))
        .route("/std/inquery", post(inquire))
}

/// All routes.
pub(super) fn routes(kcp: Arc<Kcp>) -> Router {
    calls()
        .route("/gw/enc/v1/payment", post(exchange))
        .route("/trade/register.do", post(opening::register))
        .route("/plugin/kcp_spay_hub.js", get(opening::script))
        .route("/pay/window", post(opening::start_on_pc))
        .route("/pay/mobileGW.kcp", post(opening::start_on_mobile))
        .route(
            "/pay/jsp/encodingFilter/encodingFilter.jsp",
            post(opening::start_through_filter),
        )
        .route("/pay/step", post(window::step))
        .route("/pay/assets/{name}", get(opening::asset))
        .with_state(kcp)
}

impl Kcp {
    /// Writes a call down and lets a plan strike.
    pub(super) async fn receive(
        &self,
        operation: Operation,
        order_id: Option<&str>,
        amount: Option<i64>,
    ) -> Result<Meddling, Response> {
        let able = able(operation);
        self.world
            .receive(Incoming {
                pg: self.provider,
                operation,
                order_id,
                amount,
                able,
            })
            .await
    }
}

async fn exchange(State(kcp): State<Arc<Kcp>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, unreadable) = read(&headers, &body);
    let order_id = kcp.order_of_exchange(&fields);
    let meddling = match kcp
        .receive(Operation::IssueKey, order_id.as_deref(), None)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(unreadable, &meddling, codes::ISSUER_DECLINED) {
        Some(refusal) => Err(refusal.into()),
        None => kcp.exchange(&fields).await,
    };
    answer(result, meddling)
}

async fn hub(State(kcp): State<Arc<Kcp>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, unreadable) = read(&headers, &body);
    if fields.get("pay_method") == Some("BATCH") {
        return revoke(&kcp, &fields).await;
    }
    if fields.get("card_tx_type") == Some(key_in::CARD_ISSUE) {
        return issue_by_card(&kcp, &fields, unreadable).await;
    }
    let amount = fields.maybe_won("amount");
    let meddling = match kcp
        .receive(Operation::Charge, fields.get("ordr_idxx"), amount)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(unreadable, &meddling, codes::ISSUER_DECLINED) {
        Some(refusal) => Err(refusal.into()),
        None if fields.get("pay_method") != Some("CARD") => {
            Err(Refusal::new(codes::NO_SUCH_CALL).into())
        }
        None => kcp.charge(&fields, &meddling).await,
    };
    answer(result, meddling)
}

async fn issue_by_card(kcp: &Kcp, fields: &Fields, unreadable: Option<Refusal>) -> Response {
    let order_id = fields.get("ordr_idxx");
    let meddling = match kcp.receive(Operation::IssueKey, order_id, None).await {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(unreadable, &meddling, codes::ISSUER_DECLINED) {
        Some(refusal) => Err(refusal.into()),
        None => kcp.issue_by_card(fields).await,
    };
    answer(result, meddling)
}

async fn revoke(kcp: &Kcp, fields: &Fields) -> Response {
    let order_id = kcp.order_of_key(fields);
    let meddling = match kcp
        .receive(Operation::Revoke, order_id.as_deref(), None)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(None, &meddling, &kcp.settings.unknown_key_code) {
        Some(refusal) => Err(refusal.into()),
        None => kcp.revoke(fields).await,
    };
    answer(result, meddling)
}

async fn cancel(State(kcp): State<Arc<Kcp>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, unreadable) = read(&headers, &body);
    let order_id = kcp.order_of_tno(&fields);
    let amount = fields.maybe_won("mod_mny");
    let meddling = match kcp
        .receive(Operation::Cancel, order_id.as_deref(), amount)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(unreadable, &meddling, codes::NOT_CANCELLABLE) {
        Some(refusal) => Err(refusal.into()),
        None => kcp.cancel(&fields, &meddling).await,
    };
    answer(result, meddling)
}

async fn inquire(State(kcp): State<Arc<Kcp>>, headers: HeaderMap, body: Bytes) -> Response {
    let (fields, unreadable) = read(&headers, &body);
    let order_id = kcp.order_of_tno(&fields);
    let meddling = match kcp
        .receive(Operation::Inquire, order_id.as_deref(), None)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let result = match refusal(unreadable, &meddling, codes::NO_ORIGINAL) {
        Some(refusal) => Err(refusal.into()),
        None => kcp.inquire(&fields, &meddling).await,
    };
    answer(result, meddling)
}

/// The fields of a call; none and why, when they cannot be read: such a call is written down as well.
fn read(headers: &HeaderMap, body: &[u8]) -> (Fields, Option<Refusal>) {
    match Fields::read(headers, body) {
        Ok(fields) => (fields, None),
        Err(refusal) => (Fields::default(), Some(refusal)),
    }
}

/// What is refused before the call is looked at.
fn refusal(unreadable: Option<Refusal>, meddling: &Meddling, usual: &str) -> Option<Refusal> {
    unreadable.or_else(|| meddling.decline(usual).map(|code| Refusal::new(&code)))
}

/// The answer in KCP's shape: HTTP 200 whatever it says.
fn answer(result: Result<Value, Stop>, meddling: Meddling) -> Response {
    let body = match result {
        Ok(done) => match meddling.says_timeout(codes::TIMED_OUT) {
            Some(code) => refused(&Refusal::new(&code)),
            None => done,
        },
        Err(Stop::Refused(refusal)) => refused(&refusal),
        Err(Stop::Broken(error)) => {
            tracing::error!(%error, "the simulator cannot go on");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    meddling.finish(json_answer(&body))
}

fn refused(refusal: &Refusal) -> Value {
    json!({
        "res_cd": refusal.code,
        "res_msg": refusal.message(),
        "res_en_msg": codes::message(&refusal.code).1,
    })
}

/// JSON as this PG labels it.
pub(super) fn json_answer(body: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json;charset=UTF-8")],
        body.to_string(),
    )
        .into_response()
}
