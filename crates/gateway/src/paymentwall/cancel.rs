//! Refunds: by a ticket that Paymentwall carries out later and confirms by pingback, or by Brick at once.

use dangol_domain::{Failure, FailureClass, Outcome, Receipt};

use super::codes::Step;
use super::messages::{Charge, Params, Ticketed, Truth};
use super::talk::{CHARGES, ask_brick, open_ticket};
use super::{facts, fields, sign};
use crate::contract::{CancelOrder, Channel};
use crate::lenient::said;
use crate::wire::Wire;

/// Ticket types: all of a payment, and a part of it.
const REFUND_ALL: &str = "1";
const REFUND_PART: &str = "5";

/// Cancels in full or in part.
pub async fn cancel(
    wire: &dyn Wire,
    channel: &Channel,
    receipt: &Receipt,
    order: &CancelOrder,
) -> Outcome {
    let Some(id) = fields::plain_id(&receipt.pg_tid) else {
        let text = "the receipt has no number of a Paymentwall charge";
        return Outcome::NotSent(Failure::new(FailureClass::NotFound, "", text));
    };
    if order.amount.currency != receipt.amount.currency {
        return Outcome::NotSent(fields::bad_amount());
    }
    let whole = !order.partly_cancelled && order.amount.minor == order.balance;
    let by_brick = match channel.dialect(facts(), "refund") {
        "ticket" => false,
        "brick" => true,
        _ => return Outcome::NotSent(no_such_way()),
    };
    if !whole && (by_brick || receipt.partial_cancel == Some(false)) {
        return Outcome::NotSent(whole_only());
    }
    match by_brick {
        true => refund(wire, channel, receipt, id).await,
        false => ticket(wire, channel, order, id, whole).await,
    }
}

fn no_such_way() -> Failure {
    let text = "the channel's refund must be ticket or brick";
    Failure::new(FailureClass::Config, "", text)
}

fn whole_only() -> Failure {
    let text = "이 결제는 전액 취소만 할 수 있습니다.";
    Failure::new(FailureClass::CancelRule, "", text)
}

/// Opens a ticket. It is the beginning of a refund; a pingback tells its end.
async fn ticket(
    wire: &dyn Wire,
    channel: &Channel,
    order: &CancelOrder,
    id: &str,
    whole: bool,
) -> Outcome {
    let question = match question(channel, order, id, whole) {
        Some(question) => sign::signed(channel, question),
        None => return Outcome::NotSent(fields::bad_amount()),
    };
    let told = open_ticket(wire, channel, &question).await;
    let answer: Ticketed = match told.and_then(|told| told.done(Step::Refund)) {
        Ok(answer) => answer,
        Err(no_answer) => return no_answer.outcome(),
    };
    match answer.result.0.as_str() {
        "1" if answer.errors.is_empty() => {
            Outcome::Pending("Paymentwall took the refund and confirms it by pingback".to_owned())
        }
        "0" => Outcome::Declined(not_opened(&answer)),
        _ => Outcome::Unknown("Paymentwall did not say whether a ticket was opened".to_owned()),
    }
}

fn question(channel: &Channel, order: &CancelOrder, id: &str, whole: bool) -> Option<Params> {
    let kind = if whole { REFUND_ALL } else { REFUND_PART };
    let mut question = vec![
        ("key", channel.pg_id.clone()),
        ("ref", fields::reference(channel, id)),
        ("type", kind.to_owned()),
        ("message", fields::reason(&order.reason)),
    ];
    if !whole {
        question.push(("amount", fields::amount(channel, order.amount)?));
        question.push(("merchant_refund_id", order.cancel_id.clone()));
    }
    let test_mode = channel.dialect(facts(), "ticket_test_mode");
    if !test_mode.is_empty() {
        question.push(("test_mode", test_mode.to_owned()));
    }
    Some(question)
}

fn not_opened(answer: &Ticketed) -> Failure {
    let errors: Vec<&str> = answer.errors.iter().map(|error| error.0.as_str()).collect();
    let text = match said(&errors.join(" / ")) {
        text if text.is_empty() => "페이먼트월이 취소 요청을 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(FailureClass::CancelRule, "", text)
}

/// Refunds a whole charge at once.
async fn refund(wire: &dyn Wire, channel: &Channel, receipt: &Receipt, id: &str) -> Outcome {
    let path = format!("{CHARGES}/{id}/refund");
    let form = vec![("id", id.to_owned())];
    let told = ask_brick(wire, channel, &path, Some(&form)).await;
    let answer: Charge = match told.and_then(|told| told.done(Step::Refund)) {
        Ok(answer) => answer,
        Err(no_answer) => return no_answer.outcome(),
    };
    if answer.object.0 != "charge" || answer.id.0 != id {
        return Outcome::Unknown("Paymentwall told of another charge".to_owned());
    }
    if !fields::is_amount(&answer.amount.0, &answer.currency.0, receipt.amount) {
        return Outcome::Unknown("Paymentwall told of another amount".to_owned());
    }
    if answer.refunded != Truth(Some(true)) {
        return Outcome::Unknown("Paymentwall did not say that it refunded the charge".to_owned());
    }
    Outcome::Approved(Receipt {
        approved_at_ms: None,
        receipt_url: None,
        ..receipt.clone()
    })
}
