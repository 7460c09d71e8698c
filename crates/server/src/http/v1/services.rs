//! Calls of V1 that exist for one PG alone: whatever a PG's folder declares is routed here, by its path and parameters.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use dangol_domain::v1::{Envelope, Refusal};
use dangol_engine::FlowError;
use dangol_engine::flow::service::{self, Asked as Order};
use dangol_gateway::GATEWAYS;
use dangol_gateway::contract::Gateway;
use dangol_gateway::service::{Param, Required, Served, Service, Shape};

use super::answer::{Wrong, json, ok};
use super::asked::{Asked, InPath};
use super::auth::Caller;
use super::params::{Params, required};
use crate::http::App;

/// Longest name of a payment, characters.
const UID_MAX: usize = 255;
/// The last second that a date of four digits has.
const TIME_MAX: i64 = 253_402_300_799;

/// One route for each service of each PG.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, MethodRouter<App>)> {
    let services = GATEWAYS.iter().flat_map(|entry| {
        let services = entry.gateway.services().iter();
        services.map(|service| (entry.gateway, *service))
    });
    services.map(|(gateway, service)| {
        let call = move |State(app): State<App>,
                         caller: Caller,
                         InPath(named): InPath<BTreeMap<String, String>>,
                         asked: Asked| async move {
            let order = read(service, named, &asked.params()?)?;
            serve(&app, caller, gateway, service, order).await
        };
        (service.path(), post(call))
    })
}

async fn serve(
    app: &App,
    Caller(merchant): Caller,
    gateway: &'static dyn Gateway,
    service: &'static dyn Service,
    order: Order,
) -> Result<Response, Wrong> {
    let served = service::serve(&app.engine, &merchant, gateway, service, order).await?;
    let (status, message, detail) = match served {
        Served::Done(told) => return Ok(ok(told)),
        Served::Refused { message, detail } => (service.refusal_status(), message, detail),
        Served::NotSent(failure) => (200, failure.reason(), None),
        Served::Unknown(seen) => (200, unknown(&seen), None),
    };
    let envelope = Envelope {
        code: -1,
        message: Some(message),
        response: detail,
    };
    let body = serde_json::to_vec(&envelope);
    let body = body.map_err(|error| FlowError::Setup(format!("an answer: {error}")))?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Ok(json(status, body))
}

fn unknown(seen: &str) -> String {
    format!(
        "PG사의 응답을 확인하지 못했습니다. 같은 요청을 다시 보내주세요. (the outcome is not known: repeat the request; {seen})"
    )
}

/// Which payment is meant, and the parameters.
fn read(
    service: &dyn Service,
    mut named: BTreeMap<String, String>,
    params: &Params<'_>,
) -> Result<Order, Refusal> {
    let (imp_uid, merchant_uid) = match named.remove("imp_uid") {
        Some(imp_uid) => (imp_uid, None),
        None => (
            params.name("imp_uid", UID_MAX)?,
            Some(params.name("merchant_uid", UID_MAX)?),
        ),
    };
    let mut values = BTreeMap::new();
    for param in service.params() {
        match value(param, params)? {
            Some(value) => _ = values.insert(param.name, value),
            None if is_required(param, &values) => return Err(required(param.name)),
            None => {}
        }
    }
    Ok(Order {
        imp_uid,
        merchant_uid,
        values,
    })
}

fn is_required(param: &Param, values: &BTreeMap<&'static str, String>) -> bool {
    match param.required {
        Required::Always => true,
        Required::When(other, value) => values.get(other).is_some_and(|given| given == value),
        Required::Never => false,
    }
}

fn value(param: &Param, params: &Params<'_>) -> Result<Option<String>, Refusal> {
    let name = param.name;
    match param.shape {
        Shape::Text(max) => params.short(name, max),
        Shape::Time => Ok(params.number(name, TIME_MAX)?.map(|time| time.to_string())),
        Shape::OneOf(known) => match params.text(name)? {
            Some(given) if !known.contains(&given) => {
                let known = known.join(", ");
                let expected = format!("{known} 중 하나여야 합니다. (must be one of {known})");
                Err(Refusal::malformed(name, &expected))
            }
            given => Ok(given.map(str::to_owned)),
        },
    }
}
