//! The routes: what merchants' servers call, answered in Paymentwall's shapes.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use dangol_domain::Currency;
use serde_json::Value;

use super::charge::is_one_time;
use super::codes::{self, Refusal};
use super::fields::{Fields, minor};
use super::{PROVIDER, Paymentwall, Stop, able, answers, opening, window};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::{Incoming, Meddling};

/// What begins an answer now and then, as at Paymentwall.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Of so many answers one begins with it.
const ONE_OF: u64 = 3;

/// What a merchant's server, or a browser, calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Tokenise,
    Charge,
    Details,
    Refund,
    Capture,
    Void,
    Status,
    Ticket,
    Delivery,
    DeleteToken,
}

/// A call as it came.
struct Asked {
    fields: Fields,
    api_key: Option<String>,
    /// The number in the path.
    id: String,
}

impl Call {
    fn operation(self, fields: &Fields) -> Operation {
        match self {
            Call::Charge if !is_one_time(fields.text("token")) => Operation::Charge,
            Call::Tokenise | Call::Charge => Operation::IssueKey,
            Call::Capture => Operation::Charge,
            Call::Details | Call::Status => Operation::Inquire,
            Call::Refund | Call::Void | Call::Ticket => Operation::Cancel,
            // What a merchant says once a payment was told to it.
            Call::Delivery => Operation::Notice,
            Call::DeleteToken => Operation::Revoke,
        }
    }

    /// The faults that this call can show; a plan waits for a call that is what it means.
    fn able(self, operation: Operation) -> &'static [Fault] {
        match self {
            Call::Tokenise | Call::Delivery | Call::DeleteToken => &[],
            _ => able(operation),
        }
    }
}

/// All routes.
pub(super) fn routes(paymentwall: Arc<Paymentwall>) -> Router {
    let (by_get, by_post) = (MethodFilter::GET, MethodFilter::POST);
    let token = || call(by_post, Call::Tokenise).options(preflight);
    Router::new()
        .route("/api/brick/token", token())
        .route("/api/token", token())
        .route("/api/brick/charge", call(by_post, Call::Charge))
        .route("/api/brick/charge/{id}", call(by_get, Call::Details))
        .route("/api/brick/charge/{id}/refund", call(by_post, Call::Refund))
        .route(
            "/api/brick/charge/{id}/capture",
            call(by_post, Call::Capture),
        )
        .route("/api/brick/charge/{id}/void", call(by_post, Call::Void))
        .route("/api/rest/payment", call(by_get, Call::Status))
        .route("/api/rest/payment/", call(by_get, Call::Status))
        .route("/developers/api/ticket", call(by_post, Call::Ticket))
        .route("/api/delivery", call(by_post, Call::Delivery))
        .route("/simulated/token/delete", call(by_post, Call::DeleteToken))
        .route("/api/subscription", get(opening::widget))
        .route("/brick/brick.js", get(opening::script))
        .route(
            "/brick/form",
            get(opening::card_form).post(opening::card_form),
        )
        .route("/window/step", post(window::step))
        .route("/assets/{name}", get(opening::asset))
        .with_state(paymentwall)
}

fn call(method: MethodFilter, call: Call) -> MethodRouter<Arc<Paymentwall>> {
    on(
        method,
        move |State(paymentwall): State<Arc<Paymentwall>>,
              id: Option<Path<String>>,
              RawQuery(query): RawQuery,
              headers: HeaderMap,
              body: Bytes| async move {
            let api_key = headers.get("x-apikey").and_then(|key| key.to_str().ok());
            let asked = Asked {
                fields: Fields::read(query.as_deref(), &headers, &body),
                api_key: api_key.map(str::to_owned),
                id: id.map(|Path(id)| id).unwrap_or_default(),
            };
            paymentwall.serve(call, &asked).await
        },
    )
}

/// A browser asks whether it may send a card from a page of another origin.
async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

impl Paymentwall {
    async fn serve(&self, call: Call, asked: &Asked) -> Response {
        let operation = call.operation(&asked.fields);
        let (order_id, amount) = self.about(call, asked);
        let incoming = Incoming {
            pg: PROVIDER,
            operation,
            order_id: order_id.as_deref(),
            amount,
            able: call.able(operation),
        };
        let meddling = match self.world.receive(incoming).await {
            Ok(meddling) => meddling,
            Err(answer) => return answer,
        };
        let result = self.carry_out(call, asked, &meddling).await;
        let mut response = self.answer(result, meddling);
        if call == Call::Tokenise {
            let anybody = HeaderValue::from_static("*");
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
        }
        response
    }

    async fn carry_out(
        &self,
        call: Call,
        asked: &Asked,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        let Asked {
            fields,
            api_key,
            id,
        } = asked;
        let api_key = api_key.as_deref();
        let brick = || self.with_private_key(api_key);
        match call {
            Call::Tokenise => self.tokenise(fields),
            Call::Charge => self.charge(&brick()?, fields, meddling).await,
            Call::Details => self.details(&brick()?, id, meddling),
            Call::Refund => self.refund_all(&brick()?, id, meddling).await,
            Call::Capture => self.capture(&brick()?, id, meddling).await,
            Call::Void => self.void(&brick()?, id, meddling).await,
            Call::Status => self.status(fields, meddling),
            Call::Ticket => Ok(self.ticket(fields, meddling).await?),
            Call::Delivery => {
                let project = self.with_secret_key(api_key)?;
                self.delivery(&project, fields).await
            }
            Call::DeleteToken => self.delete_token(&brick()?, fields).await,
        }
    }

    /// The order that a call is about and the amount that it names: for plans and the record of calls.
    fn about(&self, call: Call, asked: &Asked) -> (Option<String>, Option<i64>) {
        let fields = &asked.fields;
        if call == Call::Charge {
            let currency = Currency::parse(fields.text("currency"));
            let amount = currency.and_then(|currency| minor(fields.text("amount"), currency));
            return (fields.get("plan").map(str::to_owned), amount);
        }
        if let Some(plan) = fields.get("ag_external_id") {
            return (Some(plan.to_owned()), None);
        }
        let reference = match call {
            Call::Delivery => fields.text("payment_id"),
            Call::Status | Call::Ticket => fields.text("ref"),
            _ => &asked.id,
        };
        let id = reference.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let mut book = self.book();
        let Some(charge) = book.charge(id) else {
            return (None, None);
        };
        let amount = minor(fields.text("amount"), charge.amount.currency);
        (Some(charge.plan.clone()), amount)
    }

    /// An answer in Paymentwall's shape, now and then behind a byte order mark.
    fn answer(&self, result: Result<Value, Stop>, meddling: Meddling) -> Response {
        let result = match (result, meddling.says_timeout(codes::INTERNAL)) {
            (Ok(_), Some(code)) => Err(Refusal::new(&code).into()),
            (result, _) => result,
        };
        let (status, body) = match result {
            Ok(done) => (StatusCode::OK, done),
            Err(Stop::Refused(refusal)) => (refusal.status(), answers::refused(&refusal)),
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, "the simulator cannot go on");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let mark = match self.world.random().is_multiple_of(ONE_OF) {
            true => BYTE_ORDER_MARK,
            false => "",
        };
        let kind: [(HeaderName, &str); 2] = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        meddling.finish((status, kind, format!("{mark}{body}")).into_response())
    }
}
