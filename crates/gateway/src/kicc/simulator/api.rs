//! The routes: what merchants' servers call, answered in KICC's shapes.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde_json::Value;

use super::book::{CallId, End};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kicc, PROVIDER, Stop, able, answers, window};
use crate::sandbox::control::Operation;
use crate::sandbox::{Incoming, Meddling};

/// All routes.
pub(super) fn routes(kicc: Arc<Kicc>) -> Router {
    Router::new()
        .route("/api/ep9/trades/webpay", call(Operation::OpenWindow))
        .route("/api/ep9/trades/approval", call(Operation::IssueKey))
        .route("/api/trades/approval", call(Operation::IssueKey))
        .route("/api/trades/approval/batch", call(Operation::Charge))
        .route("/api/trades/retrieveTransaction", call(Operation::Inquire))
        .route("/api/trades/revise", call(Operation::Cancel))
        .route("/api/trades/removeBatchKey", call(Operation::Revoke))
        .route("/view/trades/cert-req.do", get(window::open))
        .route("/view/trades/step", post(window::step))
        .route("/view/assets/{name}", get(window::asset))
        .with_state(kicc)
}

fn call(operation: Operation) -> MethodRouter<Arc<Kicc>> {
    post(
        move |State(kicc): State<Arc<Kicc>>, headers: HeaderMap, body: Bytes| async move {
            kicc.serve(operation, &headers, &body).await
        },
    )
}

impl Kicc {
    async fn serve(&self, operation: Operation, headers: &HeaderMap, body: &[u8]) -> Response {
        // A call that cannot be read is written down as well.
        let (fields, readable) = match Fields::read(headers, body) {
            Ok(fields) => (fields, true),
            Err(_) => (Fields::default(), false),
        };
        let order_id = self.order_of(operation, &fields);
        let (pg, order_id, amount) = (PROVIDER, order_id.as_deref(), fields.amount());
        let able = able(operation);
        let incoming = Incoming {
            pg,
            operation,
            order_id,
            amount,
            able,
        };
        let meddling = match self.world.receive(incoming).await {
            Ok(meddling) => meddling,
            Err(answer) => return answer,
        };
        if !readable {
            let body = answers::refused(&Refusal::new(codes::MALFORMED));
            return meddling.finish((StatusCode::BAD_REQUEST, json(&body)).into_response());
        }
        let result = match fields.check_characters() {
            Ok(()) => self.carry_out(operation, &fields, &meddling).await,
            Err(refusal) => Err(refusal.into()),
        };
        answer(result, meddling)
    }

    async fn carry_out(
        &self,
        operation: Operation,
        fields: &Fields,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        match operation {
            Operation::OpenWindow => Ok(self.register(fields, meddling)?),
            Operation::IssueKey => self.issue(fields, meddling).await,
            Operation::Charge => self.charge(fields, meddling).await,
            Operation::Inquire => Ok(self.retrieve(fields, meddling)?),
            Operation::Cancel => self.revise(fields, meddling).await,
            Operation::Revoke => self.remove_key(fields, meddling).await,
            Operation::Notice => Err(Refusal::new(codes::MALFORMED).into()),
        }
    }

    /// The order that a call is about: for plans and the record of calls.
    fn order_of(&self, operation: Operation, fields: &Fields) -> Option<String> {
        match operation {
            Operation::Inquire => self.order_of_call(fields),
            Operation::Cancel => {
                let (mall_id, pg_cno) = fields.get("mallId").zip(fields.get("pgCno"))?;
                Some(self.book().approval(mall_id, pg_cno)?.order_id.clone())
            }
            Operation::Revoke => {
                let (mall_id, key) = fields.get("mallId").zip(fields.get("batchKey"))?;
                Some(self.book().live_key(mall_id, key)?.order_id.clone())
            }
            _ => fields.get("shopOrderNo").map(str::to_owned),
        }
    }

    fn order_of_call(&self, fields: &Fields) -> Option<String> {
        let call = CallId {
            mall_id: fields.get("mallId")?.to_owned(),
            date: fields.get("transactionDate")?.to_owned(),
            id: fields.get("shopTransactionId")?.to_owned(),
        };
        let mut book = self.book();
        match book.end_of(&call)?.clone() {
            End::Key(name) => Some(book.key(&name)?.order_id.clone()),
            End::Approval(pg_cno) => Some(book.approval(&call.mall_id, &pg_cno)?.order_id.clone()),
            End::Cancel(cancel) => Some(
                book.approval(&call.mall_id, &cancel.pg_cno)?
                    .order_id
                    .clone(),
            ),
            End::Refused { order_id, .. } => order_id,
            End::Running | End::Removed => None,
        }
    }
}

/// The answer in KICC's shape: HTTP 200 whatever it says.
fn answer(result: Result<Value, Stop>, meddling: Meddling) -> Response {
    let body = match result {
        Ok(done) => match meddling.says_timeout(codes::TIMED_OUT) {
            Some(code) => answers::refused(&Refusal::new(&code)),
            None => done,
        },
        Err(Stop::Refused(refusal)) => answers::refused(&refusal),
        Err(Stop::Broken(error)) => {
            tracing::error!(%error, "the simulator cannot go on");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    meddling.finish(json(&body))
}

/// JSON as this PG labels it.
fn json(body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
    (kind, body.to_string()).into_response()
}
