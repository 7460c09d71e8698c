//! Giving money back.

use axum::extract::State;
use axum::response::Response;
use dangol_domain::v1::{PaymentView, Refusal};
use dangol_engine::flow::cancel::{self, Cancellation};

use super::answer::{Wrong, ok};
use super::asked::Asked;
use super::auth::Caller;
use super::params::Params;
use crate::http::App;

/// V1's reason of a cancel that gives none.
const NO_REASON: &str = "취소요청api";
/// Longest name of a payment that is looked for, characters.
const UID_MAX: usize = 255;
/// Longest reason, characters. V1 documents none; PGs cut it far shorter.
const REASON_MAX: usize = 255;
/// Longest way to write an amount.
const DECIMAL_MAX: usize = 64;

/// `POST /payments/cancel`: all that is left, or a part. A refusal of the PG is HTTP 200 with code -1 and the PG's text.
pub(super) async fn cancel(
    State(app): State<App>,
    Caller(merchant): Caller,
    asked: Asked,
) -> Result<Response, Wrong> {
    let cancellation = read(&asked.params()?)?;
    let payment = cancel::cancel(&app.engine, &merchant, cancellation).await?;
    Ok(ok(PaymentView::from(&*payment)))
}

/// The shape of every parameter. What is for virtual accounts, escrow and promotions has no meaning here and is ignored.
fn read(params: &Params<'_>) -> Result<Cancellation, Refusal> {
    Ok(Cancellation {
        imp_uid: params.short("imp_uid", UID_MAX)?,
        merchant_uid: params.short("merchant_uid", UID_MAX)?,
        amount: params.short("amount", DECIMAL_MAX)?,
        checksum: params.short("checksum", DECIMAL_MAX)?,
        reason: params
            .short("reason", REASON_MAX)?
            .unwrap_or_else(|| NO_REASON.to_owned()),
        webhook: matches!(params.text("enable_webhook")?, Some("true" | "1")),
    })
}
