//! The routes: what sellers' servers call, answered in PAYCO's envelope.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};

use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{PROVIDER, Payco, Stop, able, window};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::{Incoming, Meddling};

/// What a seller's server calls.
#[derive(Clone, Copy)]
enum Call {
    Reserve,
    Info,
    Payment,
    Verify,
    Cancel,
    CheckCancel,
    Delete,
    CheckUsability,
    ChangeStatus,
}

impl Call {
    fn operation(self) -> Operation {
        match self {
            Call::Reserve => Operation::OpenWindow,
            Call::Info => Operation::IssueKey,
            Call::Payment => Operation::Charge,
            Call::Verify | Call::CheckCancel | Call::CheckUsability => Operation::Inquire,
            Call::Cancel => Operation::Cancel,
            Call::Delete => Operation::Revoke,
            // What a seller says once a payment was told to it.
            Call::ChangeStatus => Operation::Notice,
        }
    }

    /// The faults that this call can show; a plan waits for a call that is what it means.
    fn able(self) -> &'static [Fault] {
        match self {
            Call::CheckCancel | Call::CheckUsability | Call::ChangeStatus => &[],
            _ => able(self.operation()),
        }
    }
}

/// All routes.
pub(super) fn routes(payco: Arc<Payco>) -> Router {
    Router::new()
        .route("/outseller/autoPayment/reserve", call(Call::Reserve))
        .route("/outseller/autoPayment/info", call(Call::Info))
        .route("/outseller/autoPayment/payment", call(Call::Payment))
        .route("/outseller/autoPayment/delete", call(Call::Delete))
        .route(
            "/outseller/payment/approval/getDetailForVerify",
            call(Call::Verify),
        )
        .route("/outseller/order/cancel", call(Call::Cancel))
        .route(
            "/outseller/order/cancel/checkAvailability",
            call(Call::CheckCancel),
        )
        .route(
            "/outseller/order/updateOrderProductStatus",
            call(Call::ChangeStatus),
        )
        .route("/outseller/code/checkUsability", call(Call::CheckUsability))
        .route("/easyLogin/{number}", get(window::open).post(window::step))
        .route("/assets/{name}", get(window::asset))
        .with_state(payco)
}

fn call(call: Call) -> MethodRouter<Arc<Payco>> {
    post(
        move |State(payco): State<Arc<Payco>>, headers: HeaderMap, body: Bytes| async move {
            payco.serve(call, &headers, &body).await
        },
    )
}

impl Payco {
    async fn serve(&self, call: Call, headers: &HeaderMap, body: &[u8]) -> Response {
        // A call that cannot be read is written down as well.
        let (fields, readable) = match Fields::read(headers, body) {
            Ok(fields) => (fields, true),
            Err(_) => (Fields::default(), false),
        };
        let operation = call.operation();
        let order_id = self.order_of(&fields);
        let incoming = Incoming {
            pg: PROVIDER,
            operation,
            order_id: order_id.as_deref(),
            amount: fields.amount(),
            able: call.able(),
        };
        let meddling = match self.world.receive(incoming).await {
            Ok(meddling) => meddling,
            Err(answer) => return answer,
        };
        let result = if !readable {
            Err(Refusal::new(codes::MALFORMED).into())
        } else if !self.settings.ip_is_registered {
            Err(Refusal::new(codes::FOREIGN_IP).into())
        } else {
            self.carry_out(call, &fields, &meddling).await
        };
        self.answer(result, meddling)
    }

    async fn carry_out(
        &self,
        call: Call,
        fields: &Fields,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        match call {
            Call::Reserve => Ok(self.reserve(fields, meddling)?),
            Call::Info => Ok(self.info(fields, meddling)?),
            Call::Payment => self.pay(fields, meddling).await,
            Call::Verify => Ok(self.verify(fields, meddling)?),
            Call::Cancel => self.cancel(fields, meddling).await,
            Call::CheckCancel => Ok(self.check_cancel(fields)?),
            Call::Delete => self.delete(fields, meddling).await,
            Call::CheckUsability => Ok(self.check_usability(fields)?),
            Call::ChangeStatus => self.change_status(fields).await,
        }
    }

    /// The order or the registration that a call is about: for plans and the record of calls.
    fn order_of(&self, fields: &Fields) -> Option<String> {
        let named = fields
            .get("sellerOrderReferenceKey")
            .or(fields.get("sellerAutoPaymentReferenceKey"));
        if let Some(named) = named {
            return Some(named.to_owned());
        }
        let (seller_key, order_no) = fields.get("sellerKey").zip(fields.get("orderNo"))?;
        let mut book = self.book();
        Some(book.order(seller_key, order_no).ok()?.reference_key.clone())
    }

    /// The answer in PAYCO's envelope: HTTP 200 whatever it says.
    fn answer(&self, result: Result<Value, Stop>, meddling: Meddling) -> Response {
        let body = match result {
            Ok(done) => match meddling.says_timeout(codes::TIMED_OUT) {
                Some(code) => self.refused(&Refusal::new(&code)),
                None => self.done(&done),
            },
            Err(Stop::Refused(refusal)) => self.refused(&refusal),
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, "the simulator cannot go on");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let kind = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
        meddling.finish((kind, body.to_string()).into_response())
    }

    fn done(&self, result: &Value) -> Value {
        let code = codes::in_json(codes::OK, self.settings.code_as_text);
        match result.as_object().is_some_and(|result| result.is_empty()) {
            true => json!({ "code": code, "message": codes::message(codes::OK) }),
            false => {
                json!({ "code": code, "message": codes::message(codes::OK), "result": result })
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> Value {
        let code = codes::in_json(&refusal.code, self.settings.code_as_text);
        json!({ "code": code, "message": refusal.message() })
    }
}
