//! Looking payments up.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dangol_domain::v1::PaymentView;
use dangol_engine::flow::look_up;
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok, several};
use super::asked::InPath;
use super::auth::Caller;
use super::lists::{ids, sorting, status_of};
use super::params::Params;
use crate::http::App;

/// `GET /payments/{imp_uid}`. `include_sandbox` and `extension` change nothing.
pub(super) async fn by_imp_uid(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(imp_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let payment = look_up::payment(&app.engine, &merchant.merchant, &imp_uid).await?;
    Ok(ok(PaymentView::from(&payment)))
}

/// `GET /payments/find/{merchant_uid}?sorting=`.
pub(super) async fn by_merchant_uid(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    find(&app, &merchant, &merchant_uid, None, query).await
}

/// `GET /payments/find/{merchant_uid}/{payment_status}?sorting=`.
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
