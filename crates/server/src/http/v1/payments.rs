//! Looking payments up.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dangol_domain::v1::{PaymentView, Refusal, messages};
use dangol_engine::flow::look_up::{self, Sorting};
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;
use super::params::Params;
use crate::http::App;

/// V1's statuses, as a look-up names them.
const STATUSES: [&str; 4] = ["ready", "paid", "cancelled", "failed"];

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
    // The path's status wins; some clients send it as a parameter.
    let status = match status {
        Some(status) => Some(status),
        None => query.text("payment_status")?,
    };
    let status = status.filter(|status| *status != "all");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(bad_status().into());
    }
    let sorting = query.text("sorting")?.unwrap_or("");
    let sorting = Sorting::parse(sorting).ok_or_else(bad_sorting)?;
    let payment = look_up::payment_of_uid(
        &app.engine,
        &merchant.merchant,
        merchant_uid,
        status,
        sorting,
    )
    .await?;
    Ok(ok(PaymentView::from(&payment)))
}

fn bad_status() -> Refusal {
    Refusal {
        status: 400,
        code: 1,
        message: messages::BAD_STATUS.to_owned(),
    }
}

fn bad_sorting() -> Refusal {
    Refusal::malformed(
        "sorting",
        "must be -started, started, -paid, paid, -updated or updated",
    )
}
