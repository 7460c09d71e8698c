//! What Danal's answers mean: believed when they came sealed and everything that they repeat is the request's.

use dangol_domain::{Outcome, Receipt};

use super::codes::{Meaning, Step, meaning};
use super::fields;
use super::messages::Answer;
use super::talk::{refused, unlisted};
use crate::contract::{CancelOrder, Channel, ChargeOrder, Revoked};

/// How a charge ended.
pub fn charged(channel: &Channel, order: &ChargeOrder, answer: &Answer) -> Outcome {
    if meaning(channel, answer.code(), Step::Charge) != Meaning::Ok {
        if answer.tells_another("ORDERID", &order.order_id) {
            return Outcome::Unknown("Danal refused another ORDERID".to_owned());
        }
        return refused(channel, Step::Charge, answer);
    }
    let unknown = |what: &str| Outcome::Unknown(format!("Danal said 0000 {what}"));
    if !answer.sealed {
        return unknown("in an answer that is not sealed");
    }
    if answer.get("ORDERID") != order.order_id {
        return unknown("for another ORDERID");
    }
    if !answer.is_of(channel, order.amount) {
        return unknown("for another amount");
    }
    if answer.get("TID").is_empty() {
        return unknown("without its number (TID)");
    }
    Outcome::Approved(answer.receipt(order.amount))
}

/// How a cancel ended.
pub fn cancelled(
    channel: &Channel,
    receipt: &Receipt,
    order: &CancelOrder,
    answer: &Answer,
) -> Outcome {
    if meaning(channel, answer.code(), Step::Cancel) != Meaning::Ok {
        if answer.tells_another("O_TID", &receipt.pg_tid) {
            return Outcome::Unknown("Danal refused another cancel".to_owned());
        }
        return refused(channel, Step::Cancel, answer);
    }
    let unknown = |what: &str| Outcome::Unknown(format!("Danal said 0000 {what}"));
    if !answer.sealed {
        return unknown("in an answer that is not sealed");
    }
    if answer.get("O_TID") != receipt.pg_tid {
        return unknown("for a cancel of another payment");
    }
    if !answer.is_of(channel, order.amount) {
        return unknown("for another amount");
    }
    let mut left = order.amount;
    left.minor = order.balance - order.amount.minor;
    if !fields::is_amount(channel, answer.get("BALANCE"), left) {
        return unknown("with another balance");
    }
    Outcome::Approved(Receipt {
        amount: order.amount,
        approved_at_ms: answer.at_ms(),
        receipt_url: None,
        ..receipt.clone()
    })
}

/// How a deletion ended. The answer repeats nothing of the request.
pub fn revoked(channel: &Channel, answer: &Answer) -> Revoked {
    if meaning(channel, answer.code(), Step::Revoke) == Meaning::Ok {
        return match answer.sealed {
            true => Revoked::Done,
            false => Revoked::Unknown("Danal said 0000 in an answer that is not sealed".to_owned()),
        };
    }
    match refused(channel, Step::Revoke, answer) {
        Outcome::Declined(failure) => Revoked::Refused(failure),
        Outcome::Unknown(seen) => Revoked::Unknown(seen),
        _ => Revoked::Unknown(unlisted(answer)),
    }
}
