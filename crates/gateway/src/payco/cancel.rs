//! Cancels of a charge, and the deletion of a key.

use dangol_domain::{BillingKey, CancelKey, Failure, FailureClass, Outcome, Receipt, Secret};

use super::charge::{Told, look_up, unreadable_key};
use super::codes::Step;
use super::fields;
use super::key::Key;
use super::messages::{Cancel, Cancelled, CancelledProduct, Registration};
use super::talk::{self, ask, refused};
use crate::contract::{CancelOrder, Channel, Revoked};
use crate::wire::Wire;

/// Cancels in full or in part.
pub async fn cancel(
    wire: &dyn Wire,
    channel: &Channel,
    receipt: &Receipt,
    order: &CancelOrder,
) -> Outcome {
    let whole = order.amount.minor == order.balance;
    if !whole && channel.credential("product_id").is_empty() {
        let text = "a partial cancel names the product: the channel needs its product_id";
        return Outcome::NotSent(Failure::new(FailureClass::Config, "", text));
    }
    let certify_key = match certify_key(wire, channel, receipt, order).await {
        Ok(certify_key) => certify_key,
        Err(failure) => return Outcome::NotSent(failure),
    };
    let question = question(channel, receipt, order, &certify_key, whole);
    match ask(wire, channel, "/outseller/order/cancel", &question).await {
        Ok(answer) if answer.is_ok() => {
            cancelled(&answer.result().unwrap_or_default(), receipt, order)
        }
        Ok(answer) => refused(channel, Step::Cancel, &answer),
        Err(no_answer) => no_answer.outcome(),
    }
}

/// The certify key of an approval: from the receipt, or from PAYCO where an operator wrote the receipt by hand.
///
/// # Errors
/// When PAYCO does not tell it; nothing was cancelled then.
async fn certify_key(
    wire: &dyn Wire,
    channel: &Channel,
    receipt: &Receipt,
    order: &CancelOrder,
) -> Result<CancelKey, Failure> {
    if let Some(known) = &receipt.cancel_key {
        return Ok(known.clone());
    }
    match look_up(wire, channel, &order.order_id, receipt.amount).await {
        Told::Outcome(Outcome::Approved(Receipt {
            pg_tid,
            cancel_key: Some(told),
            ..
        })) if pg_tid == receipt.pg_tid => Ok(told),
        _ => {
            let text = "PAYCO가 주문 인증키(orderCertifyKey)를 알려주지 않아 취소를 요청하지 못했습니다. PAYCO 파트너센터에서 취소해주세요.";
            Err(Failure::new(FailureClass::NotFound, "", text))
        }
    }
}

fn question<'a>(
    channel: &'a Channel,
    receipt: &'a Receipt,
    order: &'a CancelOrder,
    certify_key: &'a CancelKey,
    whole: bool,
) -> Cancel<'a> {
    let product = CancelledProduct {
        seller_order_product_reference_key: &order.order_id,
        cp_id: channel.credential("cp_id"),
        product_id: channel.credential("product_id"),
        product_amt: order.amount.minor,
        cancel_detail_content: fields::reason(&order.reason),
    };
    Cancel {
        seller_key: &channel.pg_id,
        order_no: &receipt.pg_tid,
        order_certify_key: certify_key.expose(),
        cancel_total_amt: order.amount.minor,
        request_memo: fields::reason(&order.reason),
        seller_order_reference_key: &order.order_id,
        // All that is left is cancelled without naming products.
        order_products: (!whole).then_some([product]),
    }
}

/// Reads `0` as this cancel, when every number that PAYCO repeats agrees.
fn cancelled(answer: &Cancelled, receipt: &Receipt, order: &CancelOrder) -> Outcome {
    if answer.order_no.0 != receipt.pg_tid {
        return Outcome::Unknown("PAYCO said 0 for another payment".to_owned());
    }
    let left = &answer.remain_cancel_possible_amt;
    let agrees = answer.total_cancel_payment_amt.won() == Some(order.amount.minor)
        && (left.some().is_none() || left.won() == Some(order.balance - order.amount.minor));
    if !agrees {
        return Outcome::Unknown("PAYCO said 0 for another amount".to_owned());
    }
    Outcome::Approved(Receipt {
        amount: order.amount,
        approved_at_ms: answer.cancel_ymdt.korean_time_ms(),
        receipt_url: None,
        ..receipt.clone()
    })
}

/// Deletes a key.
pub async fn revoke(wire: &dyn Wire, channel: &Channel, key: &BillingKey) -> Revoked {
    let Some(key) = Key::split(key) else {
        return Revoked::Refused(unreadable_key());
    };
    delete(wire, channel, key.reference.expose(), &key.certify_key).await
}

/// Deletes a registration by the two names that PAYCO wants for it.
pub async fn delete(
    wire: &dyn Wire,
    channel: &Channel,
    reference: &str,
    certify_key: &Secret,
) -> Revoked {
    let question = Registration {
        seller_key: &channel.pg_id,
        seller_auto_payment_reference_key: reference,
        auto_payment_certify_key: certify_key.expose(),
    };
    let answer = match ask(wire, channel, "/outseller/autoPayment/delete", &question).await {
        Ok(answer) => answer,
        Err(no_answer) => return Revoked::Unknown(no_answer.seen()),
    };
    if answer.is_ok() {
        return Revoked::Done;
    }
    match refused(channel, Step::Revoke, &answer) {
        Outcome::Declined(failure) => Revoked::Refused(failure),
        _ => Revoked::Unknown(talk::unlisted(&answer)),
    }
}
