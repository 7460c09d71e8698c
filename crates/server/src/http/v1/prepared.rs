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
use super::params::{DECIMAL_MAX, MERCHANT_UID_MAX, Params, required};
use crate::http::App;

/// `POST /payments/prepare`: once for each merchant_uid.
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
