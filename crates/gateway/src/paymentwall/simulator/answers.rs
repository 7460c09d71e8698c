//! The shapes of the answers.

use serde_json::{Value, json};

use super::codes::Refusal;
use super::fields::decimal;
use super::payment::{CardFacts, Charge, State};
use crate::sandbox::World;

/// A refusal. Codes are numbers; one that a plan made up may be none.
pub fn refused(refusal: &Refusal) -> Value {
    let code = match refusal.code.parse::<u32>() {
        Ok(code) => Value::from(code),
        Err(_) => Value::from(refusal.code.as_str()),
    };
    json!({ "type": "Error", "code": code, "error": refusal.message() })
}

/// A ticket that was refused.
pub fn no_ticket(text: &str) -> Value {
    json!({ "result": 0, "errors": [text] })
}

/// The amount as an answer tells it: as the merchant wrote it, where it is the true one.
fn told_text(charge: &Charge, told_minor: i64) -> String {
    match told_minor == charge.amount.minor {
        true => charge.amount.text.clone(),
        false => decimal(told_minor, charge.amount.currency),
    }
}

/// A charge of Brick's.
pub fn charge(charge: &Charge, told_minor: i64, world: &World) -> Value {
    let (amount, currency) = (
        told_text(charge, told_minor),
        charge.amount.currency.as_str(),
    );
    let CardFacts { card, month, year } = &charge.facts;
    json!({
        "object": "charge",
        "id": charge.id,
        "created": charge.at,
        "amount": amount,
        "currency": currency,
        "amount_paid": amount,
        "currency_paid": currency,
        "captured": charge.state == State::Captured,
        "refunded": charge.is_refunded(),
        "risk": charge.risk(),
        "secure": false,
        // The page at the simulators' origin that says that nobody is behind it.
        "support_link": world.url(""),
        "card": {
            "token": charge.token,
            "type": "Visa",
            "last4": card.eight_and_four().1,
            "exp_month": format!("{month:02}"),
            "exp_year": year.to_string(),
            "name": charge.holder,
            "country": "KR",
        },
    })
}

/// A payment, as questions about payments are answered.
pub fn payment(charge: &Charge, told_minor: i64) -> Value {
    json!({
        "object": "payment",
        "id": charge.reference(),
        "created": charge.at,
        "amount": told_text(charge, told_minor),
        "currency": charge.amount.currency.as_str(),
        "refunded": charge.is_refunded(),
        "risk": charge.risk(),
        "uid": charge.uid,
        "product_id": charge.plan,
        "payment_system": "cc",
    })
}
