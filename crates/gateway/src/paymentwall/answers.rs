//! What a charge object means: believed when everything that it repeats is the request's, else nothing.

use dangol_domain::{BillingKey, Money, Receipt};

use super::fields;
use super::messages::{Charge, Truth};

/// How a charge stands.
pub enum Standing {
    /// The money was taken.
    Paid(Receipt),
    /// Paymentwall looks at it first. The text says why.
    InReview(String),
}

/// Reads a charge of this amount. What was refunded since had been approved, where that can be.
///
/// # Errors
/// What is wrong with it; then it proves nothing.
pub fn standing(
    answer: &Charge,
    expected: Money,
    refunded_since: bool,
) -> Result<Standing, String> {
    let wrong = |what: &str| Err(format!("Paymentwall told of {what}"));
    if answer.object.0 != "charge" {
        return wrong("something that is no charge");
    }
    // A charge has its plain number; a letter before it makes it a payment's reference.
    let Some(id) = fields::plain_id(&answer.id.0).filter(|id| *id == answer.id.0) else {
        return wrong("a charge without a usable number");
    };
    if !fields::is_amount(&answer.amount.0, &answer.currency.0, expected) {
        return wrong("a charge of another amount");
    }
    let billed_alike = billed_alike(answer);
    let paid = fields::is_amount(&answer.amount_paid.0, &answer.currency_paid.0, expected);
    if billed_alike == Some(true) && answer.amount_paid.some().is_some() && !paid {
        return wrong("a charge for which another amount was paid");
    }
    if answer.refunded == Truth(Some(true)) && !refunded_since {
        return wrong("a new charge that is refunded already");
    }
    match (answer.risk.0.as_str(), answer.captured) {
        ("pending", Truth(Some(_))) => Ok(Standing::InReview(format!(
            "the risk review of charge {id} is not over"
        ))),
        ("approved", Truth(Some(false))) => Ok(Standing::InReview(format!(
            "charge {id} is authorised and not captured"
        ))),
        ("approved", Truth(Some(true))) => Ok(Standing::Paid(Receipt {
            pg_tid: id.to_owned(),
            amount: expected,
            approval_number: None,
            approved_at_ms: seconds(&answer.created.0),
            quota: 0,
            // A part can be given back only in the currency that was asked for.
            partial_cancel: billed_alike,
            card: answer.card.facts(),
            receipt_url: None,
            cancel_key: None,
        })),
        _ => wrong("a charge without a known risk or capture"),
    }
}

/// Whether the buyer is billed in the currency that was asked for; `None` when not told.
fn billed_alike(answer: &Charge) -> Option<bool> {
    let paid = answer.currency_paid.some()?;
    Some(paid.eq_ignore_ascii_case(&answer.currency.0))
}

/// Unix seconds as ms.
fn seconds(text: &str) -> Option<i64> {
    text.parse::<i64>().ok()?.checked_mul(1000)
}

/// The permanent token of a charge, when it is one that can be kept and sent.
pub fn permanent_token(answer: &Charge) -> Option<BillingKey> {
    let token = answer.card.token.0.expose();
    let usable = (1..=64).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    (usable && !is_one_time(token)).then(|| BillingKey::new(token))
}

/// Whether a token is one of Brick's script: good for one charge within five minutes.
pub fn is_one_time(token: &str) -> bool {
    let begins = token.starts_with("o_") || token.starts_with("ot_");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    begins && (10..=100).contains(&token.len()) && token.bytes().all(plain)
}
