//! Looking payments up.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dangol_domain::v1::PaymentView;
use dangol_engine::flow::look_up;
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok, several};
use super::asked::InPath;
use super::auth::Caller;
use super::description::asked::{ImpUidInPath, MerchantUidInPath, SortingInQuery, StatusInPath};
use super::description::envelope::{Done, Refused};
use super::description::payment::{Balance, Payment};
use super::lists::{ids, sorting, status_of};
use super::params::Params;
use crate::http::App;

/// `GET /payments/{imp_uid}`. `include_sandbox` and `extension` change nothing.
#[utoipa::path(
    get, path = "/payments/{imp_uid}", operation_id = "getPayment", tag = "Payments",
    summary = "Find a payment",
    params(ImpUidInPath),
    responses(
        (status = 200, description = "The payment.", body = Done<Payment>),
        (status = 404, description = "The merchant has no such payment: `존재하지 않는 결제정보입니다.`", body = Refused),
    ),
)]
pub(super) async fn by_imp_uid(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(imp_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let payment = look_up::payment(&app.engine, &merchant.merchant, &imp_uid).await?;
    Ok(ok(PaymentView::from(&payment)))
}

/// `GET /payments/find/{merchant_uid}?sorting=`.
#[utoipa::path(
    get, path = "/payments/find/{merchant_uid}", operation_id = "findPayment", tag = "Payments",
    summary = "Find a payment by the merchant's order number",
    description = "Several attempts may share an order number: the first by `sorting` is meant.",
    params(MerchantUidInPath, SortingInQuery),
    responses(
        (status = 200, description = "The payment.", body = Done<Payment>),
        (status = 404, description = "The merchant has no such payment: `존재하지 않는 결제정보입니다.`", body = Refused),
    ),
)]
pub(super) async fn by_merchant_uid(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    find(&app, &merchant, &merchant_uid, None, query).await
}

/// `GET /payments/find/{merchant_uid}/{payment_status}?sorting=`.
#[utoipa::path(
    get, path = "/payments/find/{merchant_uid}/{payment_status}", operation_id = "findPaymentByStatus", tag = "Payments",
    summary = "Find a payment by order number and status",
    params(MerchantUidInPath, StatusInPath, SortingInQuery),
    responses(
        (status = 200, description = "The payment.", body = Done<Payment>),
        (status = 400, description = "A parameter has the wrong shape; a status that V1 has not: `지원되지 않는 상태값입니다.`", body = Refused),
        (status = 404, description = "The merchant has no such payment: `존재하지 않는 결제정보입니다.`", body = Refused),
    ),
)]
pub(super) async fn by_status(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath((merchant_uid, status)): InPath<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    find(&app, &merchant, &merchant_uid, Some(&status), query).await
}

async fn find(
    app: &App,
    merchant: &MerchantRecord,
    merchant_uid: &str,
    status: Option<&str>,
    query: Option<String>,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let status = status_of(status, &query)?;
    let payment = look_up::payment_of_uid(
        &app.engine,
        &merchant.merchant,
        merchant_uid,
        status,
        sorting(&query)?,
    )
    .await?;
    Ok(ok(PaymentView::from(&payment)))
}

/// `GET /payments?imp_uid[]=&merchant_uid[]=`: up to 100 of both together. HTTP 207 when some are missing.
#[utoipa::path(
    get, path = "/payments", operation_id = "listPaymentsByIds", tag = "Payments",
    summary = "Find several payments at once",
    description = "At least one and at most 100 of both together. They come in the order in which they were asked for, `imp_uid[]` first.",
    params(("imp_uid[]" = Option<Vec<String>>, Query, description = "Our ids.", max_items = 100), ("merchant_uid[]" = Option<Vec<String>>, Query, description = "The merchant's order numbers. Of several attempts the one that was paid or is on its way is meant, else the latest.", max_items = 100, example = json!(["order_id_8237352"]))),
    responses(
        (status = 200, description = "All of them.", body = Done<Vec<Payment>>),
        (status = 207, description = "Some of them; which ones are missing is not told.", body = Done<Vec<Payment>>),
        (status = 404, description = "None of them: `해당되는 결제건을 찾지 못하였습니다.`", body = Refused),
    ),
)]
pub(super) async fn several_at_once(
    State(app): State<App>,
    Caller(merchant): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let [imp_uids, merchant_uids] = ids(&query, ["imp_uid", "merchant_uid"])?;
    let imp_uids: Vec<&str> = imp_uids.iter().map(|id| &**id).collect();
    let merchant_uids: Vec<&str> = merchant_uids.iter().map(|id| &**id).collect();
    let merchant = &merchant.merchant;
    let found = look_up::payments_of(&app.engine, merchant, &imp_uids, &merchant_uids).await?;
    let views = found.items.iter().map(PaymentView::from).collect();
    Ok(several(views, found.is_partial))
}

/// `GET /payments/{imp_uid}/balance`.
#[utoipa::path(
    get, path = "/payments/{imp_uid}/balance", operation_id = "getBalance", tag = "Payments",
    summary = "See how the money of a payment is left",
    description = "For the gateways for which V1 has it, and for payments that took money.",
    params(ImpUidInPath),
    responses(
        (status = 200, description = "The balance.", body = Done<Balance>),
        (status = 404, description = "No such payment, or none with a balance.", body = Refused),
    ),
)]
pub(super) async fn balance(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(imp_uid): InPath<String>,
) -> Result<Response, Wrong> {
    Ok(ok(look_up::balance(
        &app.engine,
        &merchant.merchant,
        &imp_uid,
    )
    .await?))
}
