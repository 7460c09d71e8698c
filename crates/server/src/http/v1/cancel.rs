//! Giving money back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dangol_domain::v1::{PaymentView, Refusal};
use dangol_engine::flow::cancel::{self, Cancellation};

use super::answer::{Wrong, ok};
use super::asked::Asked;
use super::auth::Caller;
use super::description::asked::{CancelRequest, IdempotencyKey};
use super::description::envelope::{Answer, Refused};
use super::description::payment::Payment;
use super::idempotency;
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
#[utoipa::path(
    post, path = "/payments/cancel", operation_id = "cancelPayment", tag = "Charges",
    summary = "Give money back",
    description = "All that is left of a payment, or a part; further parts may follow. While the outcome of a cancel is not known, the payment is shown as before and a further cancel is refused.",
    params(IdempotencyKey),
    request_body(content((CancelRequest = "application/json"), (CancelRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The payment after it. Refused with `code` 1 when there is nothing to cancel, less is left than asked for, or `checksum` differs; with -1 and `[CODE] text` when the gateway refused.", body = Answer<Payment>),
        (status = 409, description = "The `Idempotency-Key` was used for another request, or its request is not answered yet.", body = Refused),
    ),
)]
pub(super) async fn cancel(
    State(app): State<App>,
    Caller(merchant): Caller,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Wrong> {
    let cancellation = read(&asked.params()?)?;
    let (engine, owner) = (&app.engine, &merchant);
    let give_back = async |lost_since: Option<i64>| {
        let begun = match lost_since {
            Some(since) => cancel::begun_since(engine, owner, &cancellation, since).await?,
            None => None,
        };
        let payment = match begun {
            Some(payment) => payment,
            None => cancel::cancel(engine, owner, cancellation).await?,
        };
        Ok(ok(PaymentView::from(&*payment)))
    };
    let what = asked.whole("/payments/cancel");
    idempotency::once(&app, &merchant, &headers, &what, give_back).await
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
