//! Asks how an attempt ended: the payment by our order number or its reference, then Brick's charge for the card and the
//! permanent token. Both must tell of the same.

use dangol_domain::{FailureClass, Outcome};

use super::answers::{Standing, permanent_token, standing};
use super::messages::{Charge, Params, Payment, Refusal};
use super::talk::{CHARGES, ask_brick, ask_status, failure, shown};
use super::{codes, facts, fields, sign};
use crate::contract::{Channel, Inquired, Inquiry, IssuedKey};
use crate::wire::Wire;

/// Asks.
pub async fn inquire(wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
    let known = inquiry.pg_tid.as_deref().and_then(fields::plain_id);
    let found = if channel.dialect(facts(), "status_api") == "true" {
        payment(wire, channel, inquiry, known).await
    } else {
        known.map_or(Found::Nowhere, |id| Found::Charge(id.to_owned()))
    };
    match found {
        Found::Charge(id) => charge(wire, channel, inquiry, &id).await,
        Found::Nowhere => Inquired::Unsupported,
        Found::Outcome(outcome) => Inquired::Outcome(outcome),
    }
}

/// What the payment leads to.
enum Found {
    /// This charge of Brick's.
    Charge(String),
    /// There is no way to ask.
    Nowhere,
    /// The end of the question. Never an approval.
    Outcome(Outcome),
}

fn unknown(seen: impl Into<String>) -> Found {
    Found::Outcome(Outcome::Unknown(seen.into()))
}

/// Looks for the payment.
async fn payment(
    wire: &dyn Wire,
    channel: &Channel,
    inquiry: &Inquiry,
    known: Option<&str>,
) -> Found {
    let question = sign::signed(channel, question(channel, inquiry, known));
    let told = match ask_status(wire, channel, &question).await {
        Ok(told) => told,
        // That this question was not sent says nothing of the attempt that it is about.
        Err(no_answer) => return unknown(no_answer.seen()),
    };
    if let Some(refusal) = told.refusal() {
        return Found::Outcome(not_told(channel, inquiry, known, &refusal));
    }
    let payment: Payment = match told.answer() {
        Ok(payment) => payment,
        Err(no_answer) => return unknown(no_answer.seen()),
    };
    if payment.object.0 != "payment" {
        return unknown("Paymentwall told of something that is no payment");
    }
    if payment.product_id.0 != inquiry.order_id {
        return unknown("Paymentwall told of another order number");
    }
    let uid = fields::uid(channel, &inquiry.customer_uid);
    if payment.uid.some().is_some_and(|told| told != uid) {
        return unknown("Paymentwall told of another buyer");
    }
    if !fields::is_amount(&payment.amount.0, &payment.currency.0, inquiry.amount) {
        return unknown("Paymentwall told of another amount");
    }
    let Some(id) = fields::plain_id(&payment.id.0) else {
        return unknown("Paymentwall told of a payment without a usable number");
    };
    if known.is_some_and(|known| known != id) {
        return unknown("Paymentwall told of another payment");
    }
    match payment.risk.0.as_str() {
        "approved" => Found::Charge(id.to_owned()),
        "pending" => Found::Outcome(Outcome::Pending(format!(
            "the risk review of charge {id} is not over"
        ))),
        risk if codes::listed(channel, "declined_risks", risk) => {
            Found::Outcome(Outcome::Declined(super::notice::declined(risk)))
        }
        _ => unknown("Paymentwall told a risk that is not listed"),
    }
}

fn question(channel: &Channel, inquiry: &Inquiry, known: Option<&str>) -> Params {
    let mut question = vec![("key", channel.pg_id.clone())];
    match known {
        Some(id) => question.push(("ref", fields::reference(channel, id))),
        None => {
            question.push(("uid", fields::uid(channel, &inquiry.customer_uid)));
            question.push(("ag_external_id", inquiry.order_id.clone()));
        }
    }
    question
}

/// What a refusal of the question means. Which code says that there is no such payment is not published: without the
/// operator's word it decides nothing.
fn not_told(
    channel: &Channel,
    inquiry: &Inquiry,
    known: Option<&str>,
    refusal: &Refusal,
) -> Outcome {
    let seen = format!(
        "Paymentwall does not tell of this payment: {}",
        shown(refusal)
    );
    let is_not_found = codes::listed(channel, "not_found_codes", &refusal.code.0);
    // A payment that Paymentwall has given a number is not unknown to it.
    if !is_not_found || known.is_some() {
        return Outcome::Unknown(seen);
    }
    let age_ms = inquiry.at_ms - inquiry.sent_at_ms;
    let seconds = channel.dialect(facts(), "not_found_after_s").parse::<i64>();
    // A request that is still on its way is not found either.
    match seconds {
        Ok(seconds) if age_ms >= seconds.saturating_mul(1000) => {
            Outcome::Declined(failure(FailureClass::NotFound, refusal))
        }
        _ => Outcome::Unknown("Paymentwall does not know the payment yet".to_owned()),
    }
}

/// Looks at the charge by its number.
async fn charge(wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry, id: &str) -> Inquired {
    let outcome = match look_at(wire, channel, inquiry, id).await {
        Err(seen) => Outcome::Unknown(seen),
        Ok((_, Standing::InReview(why))) => Outcome::Pending(why),
        Ok((_, Standing::Paid(receipt))) if !inquiry.issues_key => Outcome::Approved(receipt),
        Ok((answer, Standing::Paid(receipt))) => match permanent_token(&answer) {
            Some(key) => {
                return Inquired::Issued(IssuedKey {
                    key,
                    card: receipt.card.clone(),
                    pg_tid: Some(receipt.pg_tid.clone()),
                    first_charge: Some(receipt),
                });
            }
            None => Outcome::Unknown(format!("charge {id} was made, but has no permanent token")),
        },
    };
    Inquired::Outcome(outcome)
}

async fn look_at(
    wire: &dyn Wire,
    channel: &Channel,
    inquiry: &Inquiry,
    id: &str,
) -> Result<(Charge, Standing), String> {
    let told = ask_brick(wire, channel, &format!("{CHARGES}/{id}"), None)
        .await
        .map_err(|no_answer| no_answer.seen())?;
    if let Some(refusal) = told.refusal() {
        let shown = shown(&refusal);
        return Err(format!("Paymentwall does not tell of charge {id}: {shown}"));
    }
    let answer: Charge = told.answer().map_err(|no_answer| no_answer.seen())?;
    if answer.id.0 != id {
        return Err("Paymentwall told of another charge".to_owned());
    }
    let standing = standing(&answer, inquiry.amount, true)?;
    Ok((answer, standing))
}
