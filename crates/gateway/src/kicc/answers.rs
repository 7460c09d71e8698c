//! What KICC's answers mean: believed when every number that they repeat is the request's, else nothing.

use dangol_domain::{FailureClass, Money, Outcome, Receipt};

use super::codes::{self, Meaning, Step, meaning};
use super::messages::{self, Approved, ChargedCard};
use super::{facts, talk};
use crate::contract::{CancelOrder, Channel, ChargeOrder, Inquiry};

/// Reads "0000" as an approval of exactly this order, else as something that nobody understands.
pub fn approved(channel: &Channel, order: &ChargeOrder, answer: Approved<ChargedCard>) -> Outcome {
    if !answer.signed(channel.credential("secret")) {
        return Outcome::Unknown("KICC said 0000 with a wrong msgAuthValue".to_owned());
    }
    let state = &answer.status_code;
    if state.some().is_some_and(|state| !codes::stands(state)) {
        return Outcome::Unknown("KICC said 0000 with the state of no approval".to_owned());
    }
    let id = order.order_id.as_str();
    match receipt(channel, id, order.amount, answer) {
        Ok(receipt) => Outcome::Approved(receipt),
        Err(seen) => Outcome::Unknown(seen),
    }
}

/// What an inquiry's answer says of the attempt. It is not signed; what it echoes must be the attempt's.
pub fn told(channel: &Channel, inquiry: &Inquiry, answer: Approved<ChargedCard>) -> Outcome {
    let id = inquiry.order_id.as_str();
    if meaning(&answer.res_cd.0, Step::Charge) != Meaning::Ok {
        return not_approved(channel, inquiry, &answer);
    }
    if inquiry
        .pg_tid
        .as_ref()
        .is_some_and(|known| *known != answer.pg_cno.0)
    {
        return Outcome::Unknown("KICC told of another payment".to_owned());
    }
    // What was cancelled since had been approved.
    if !codes::was_approved(&answer.status_code.0) {
        return Outcome::Unknown("KICC told a state that is not listed".to_owned());
    }
    match receipt(channel, id, inquiry.amount, answer) {
        Ok(receipt) => Outcome::Approved(receipt),
        Err(seen) => Outcome::Unknown(seen),
    }
}

/// What an inquiry means that brought no approval. KICC documents no code for it: without the operator's word it decides
/// nothing.
fn not_approved(channel: &Channel, inquiry: &Inquiry, answer: &Approved<ChargedCard>) -> Outcome {
    let code = answer.res_cd.0.as_str();
    if talk::listed(channel, "not_found_codes", code) {
        let age_ms = inquiry.at_ms - inquiry.sent_at_ms;
        let seconds = channel.dialect(facts(), "not_found_after_s").parse::<i64>();
        // A request that is still on its way is not found either.
        return match seconds {
            Ok(seconds) if age_ms >= seconds.saturating_mul(1000) => {
                Outcome::Declined(talk::failure(FailureClass::NotFound, answer))
            }
            _ => Outcome::Unknown("KICC does not know the payment yet".to_owned()),
        };
    }
    let shows_declines = channel.dialect(facts(), "inquiry_shows_declines") == "true";
    let id = inquiry.order_id.as_str();
    let is_ours = answer.foreign_echo(&channel.pg_id, id, id).is_none();
    match meaning(code, Step::Charge) {
        Meaning::Refused(class) if shows_declines && is_ours => {
            Outcome::Declined(talk::failure(class, answer))
        }
        _ => Outcome::Unknown(talk::unlisted(answer)),
    }
}

/// The receipt of an approval of this order and amount.
///
/// # Errors
/// What is another's, when it is.
fn receipt(
    channel: &Channel,
    id: &str,
    amount: Money,
    answer: Approved<ChargedCard>,
) -> Result<Receipt, String> {
    if let Some(name) = answer.foreign_echo(&channel.pg_id, id, id) {
        return Err(format!("KICC said 0000 for another {name}"));
    }
    if answer.amount.won() != Some(amount.minor) {
        return Err("KICC said 0000 for another amount".to_owned());
    }
    let Some(pg_cno) = answer.pg_cno.some() else {
        return Err("KICC said 0000 without its number (pgCno)".to_owned());
    };
    let (paid, card) = (&answer.payment_info, &answer.payment_info.card_info);
    Ok(Receipt {
        pg_tid: pg_cno.to_owned(),
        amount,
        approval_number: paid.approval_no.some().map(str::to_owned),
        approved_at_ms: paid
            .approval_date
            .korean_time_ms()
            .or(answer.transaction_date.korean_time_ms()),
        quota: card.installment_month.0.parse().unwrap_or(0),
        partial_cancel: match card.part_cancel_used.0.as_str() {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        },
        card: messages::card(
            &card.issuer_code,
            &card.issuer_name,
            &card.card_gubun,
            card.card_no.0.clone(),
        ),
        receipt_url: None,
        cancel_key: None,
    })
}

/// Reads "0000" as this cancel, when every number that KICC repeats agrees. It signs no cancel.
pub fn cancelled(
    channel: &Channel,
    answer: &messages::Cancelled,
    receipt: &Receipt,
    order: &CancelOrder,
    whole: bool,
) -> Outcome {
    let echoes = [
        (&answer.mall_id, &channel.pg_id),
        (&answer.shop_transaction_id, &order.cancel_id),
        (&answer.shop_order_no, &order.order_id),
        (&answer.ori_pg_cno, &receipt.pg_tid),
    ];
    if echoes.iter().any(|(told, ours)| told.0 != **ours) {
        return Outcome::Unknown("KICC said 0000 for another cancel".to_owned());
    }
    let left = order.balance - order.amount.minor;
    let agrees = answer.cancel_amount.won() == Some(order.amount.minor)
        && (answer.remain_amount.some().is_none() || answer.remain_amount.won() == Some(left));
    if !agrees {
        return Outcome::Unknown("KICC said 0000 for another amount".to_owned());
    }
    let state = answer.status_code.0.as_str();
    let fits = match whole {
        true => codes::is_cancelled(state),
        false => codes::is_partly_cancelled(state),
    };
    if !fits {
        return Outcome::Unknown("KICC said 0000 with the state of no such cancel".to_owned());
    }
    Outcome::Approved(Receipt {
        amount: order.amount,
        approved_at_ms: answer.transaction_date.korean_time_ms(),
        receipt_url: None,
        ..receipt.clone()
    })
}
