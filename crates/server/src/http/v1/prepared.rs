//! Orders whose amount the merchant's server tells before a window opens.

use axum::extract::State;
use axum::response::Response;
use dangol_domain::PreparedOrder;
use dangol_domain::v1::{PreparedView, Refusal};
use dangol_engine::flow::prepared_order;
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok};
use super::asked::{Asked, InPath};
use super::auth::Caller;
use super::description::asked::{MerchantUidInPath, PrepareRequest};
use super::description::envelope::{Answer, Done, Refused};
use super::description::payment::Prepared;
use super::params::{DECIMAL_MAX, MERCHANT_UID_MAX, Params, required};
use crate::http::App;

/// `POST /payments/prepare`: once for each merchant_uid.
#[utoipa::path(
    post, path = "/payments/prepare", operation_id = "prepareOrder", tag = "Prepared orders",
    summary = "Tell an amount before a window opens",
    description = "A window for this order number then opens for this amount and currency alone. Once for each order number.",
    request_body(content((PrepareRequest = "application/json"), (PrepareRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The prepared order; refused when it was prepared already: `결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).`", body = Answer<Prepared>),
    ),
)]
pub(super) async fn register(
    State(app): State<App>,
    Caller(merchant): Caller,
    asked: Asked,
) -> Result<Response, Wrong> {
    let order = read(&merchant, &asked.params()?)?;
    prepared_order::register(&app.engine, &order).await?;
    Ok(ok(PreparedView::from(&order)))
}

/// `PUT /payments/prepare`: another amount, and the currency as it is told now.
#[utoipa::path(
    put, path = "/payments/prepare", operation_id = "changePreparedOrder", tag = "Prepared orders",
    summary = "Change a prepared amount",
    request_body(content((PrepareRequest = "application/json"), (PrepareRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The prepared order.", body = Done<Prepared>),
        (status = 404, description = "Nothing was prepared: `사전등록된 결제정보가 존재하지 않습니다.`", body = Refused),
    ),
)]
pub(super) async fn change(
    State(app): State<App>,
    Caller(merchant): Caller,
    asked: Asked,
) -> Result<Response, Wrong> {
    let order = read(&merchant, &asked.params()?)?;
    prepared_order::change(&app.engine, &order).await?;
    Ok(ok(PreparedView::from(&order)))
}

/// `GET /payments/prepare/{merchant_uid}`.
#[utoipa::path(
    get, path = "/payments/prepare/{merchant_uid}", operation_id = "getPreparedOrder", tag = "Prepared orders",
    summary = "See a prepared amount",
    params(MerchantUidInPath),
    responses(
        (status = 200, description = "The prepared order.", body = Done<Prepared>),
        (status = 404, description = "Nothing was prepared: `사전등록된 결제정보가 존재하지 않습니다.`", body = Refused),
    ),
)]
pub(super) async fn find(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let order = prepared_order::find(&app.engine, &merchant.merchant, &merchant_uid).await?;
    Ok(ok(PreparedView::from(&order)))
}

fn read(merchant: &MerchantRecord, params: &Params<'_>) -> Result<PreparedOrder, Refusal> {
    let currency = params.currency()?;
    let merchant_uid = params.name("merchant_uid", MERCHANT_UID_MAX)?;
    let amount = params
        .short("amount", DECIMAL_MAX)?
        .ok_or_else(|| required("amount"))?;
    let amount = PreparedOrder::read_amount(&amount, currency)
        .map_err(|error| Refusal::malformed("amount", &error.to_string()))?;
    Ok(PreparedOrder {
        merchant: merchant.merchant.clone(),
        merchant_uid,
        amount,
        currency,
    })
}
