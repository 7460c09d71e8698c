//! The codes with which the simulator answers, and what refuses. The numbers are Paymentwall's; its texts are not repeated
//! here, these are the simulator's own. Those for making a token are listed by Paymentwall without their meanings, so which
//! of them stands for what is a guess.

use axum::http::StatusCode;

/// Something inside broke, or took too long.
pub const INTERNAL: &str = "1000";
/// No such project.
pub const NO_PROJECT: &str = "1001";
/// No such charge.
pub const NO_CHARGE: &str = "3000";
/// This may not be asked: the signature is wrong.
pub const NO_PERMISSION: &str = "3001";
/// The amount or its currency is not written as it must be.
pub const WRONG_AMOUNT: &str = "3002";
/// A field is missing.
pub const MISSING: &str = "3008";
/// The issuer must approve.
pub const ASK_ISSUER: &str = "3010";
/// Not enough money.
pub const NO_BALANCE: &str = "3011";
/// Declined.
pub const DECLINED: &str = "3012";
/// Wrong CVV.
pub const WRONG_CVV: &str = "3014";
/// The card is expired.
pub const EXPIRED_CARD: &str = "3102";
/// Cards of this kind are not taken; what the simulator's lost card is told.
pub const UNSUPPORTED_CARD: &str = "3103";
/// No such permanent token.
pub const NO_TOKEN: &str = "3111";
/// A one-time token that is unknown, used or too old.
pub const SPENT_TOKEN: &str = "3112";
/// The permanent token was deleted.
pub const DELETED_TOKEN: &str = "3114";
/// The amount is too small.
pub const TOO_SMALL: &str = "3115";
/// The amount is too large.
pub const TOO_LARGE: &str = "3116";
/// Everything was given back before.
pub const REFUNDED_BEFORE: &str = "3201";
/// This cannot be voided.
pub const NOT_VOIDABLE: &str = "3202";
/// There is nothing to be captured.
pub const NOT_CAPTURABLE: &str = "3203";
/// This cannot be refunded.
pub const NOT_REFUNDABLE: &str = "3204";
/// This order was charged before.
pub const DUPLICATE: &str = "3205";
/// The authorisation is too old.
pub const HOLD_IS_OVER: &str = "3206";
/// The request has no fields.
pub const EMPTY: &str = "4005";
/// No API key.
pub const NO_API_KEY: &str = "4006";
/// Nobody has this API key.
pub const WRONG_API_KEY: &str = "4007";
/// Making a token: nobody has this public key.
pub const WRONG_PUBLIC_KEY: &str = "200";
/// Making a token: the card's number.
pub const CARD_NUMBER: &str = "223";
/// Making a token: the card's expiry.
pub const CARD_EXPIRY: &str = "224";
/// Making a token: the card's CVV.
pub const CARD_CVV: &str = "225";
/// Making a token: a real card was told to a simulator.
pub const TEST_CARDS_ONLY: &str = "231";

/// What a code says.
pub fn message(code: &str) -> &'static str {
    match code {
        INTERNAL => "Internal error",
        NO_PROJECT => "The project could not be loaded",
        NO_CHARGE => "There is no such charge",
        NO_PERMISSION => "This is not permitted: check the signature",
        WRONG_AMOUNT => "The amount is wrong",
        MISSING => "A required field is missing",
        ASK_ISSUER => "The bank must approve this payment",
        NO_BALANCE => "Call the bank about the balance",
        DECLINED => "The card was declined",
        WRONG_CVV => "The CVV is wrong",
        EXPIRED_CARD => "The card is expired",
        UNSUPPORTED_CARD => "This card is not supported",
        NO_TOKEN => "There is no such token",
        SPENT_TOKEN => "The one-time token is not valid",
        DELETED_TOKEN => "The token was deleted",
        TOO_SMALL => "The amount is too small",
        TOO_LARGE => "The amount is too large",
        REFUNDED_BEFORE => "The charge was refunded before",
        NOT_VOIDABLE => "The charge cannot be cancelled",
        NOT_CAPTURABLE => "The charge is not there or was captured before",
        NOT_REFUNDABLE => "The charge cannot be refunded",
        DUPLICATE => "The order was charged before",
        HOLD_IS_OVER => "The authorisation is expired",
        EMPTY => "The request is empty",
        NO_API_KEY => "The API key is missing",
        WRONG_API_KEY => "The API key is invalid",
        WRONG_PUBLIC_KEY => "The public key is wrong",
        CARD_NUMBER => "The card number is wrong",
        CARD_EXPIRY => "The expiry is wrong",
        CARD_CVV => "The CVV is not a CVV",
        TEST_CARDS_ONLY => "This is a simulation: test cards only",
        _ => "The request failed",
    }
}

/// A refusal: a code, and which field it is about when it is about one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The name of a field; never its value.
    pub field: Option<&'static str>,
}

impl Refusal {
    /// A refusal by code alone.
    pub fn new(code: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            field: None,
        }
    }

    /// A refusal because of a field.
    pub fn of(code: &str, field: &'static str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            field: Some(field),
        }
    }

    /// The text.
    pub fn message(&self) -> String {
        match self.field {
            Some(field) => format!("{} ({field})", message(&self.code)),
            None => message(&self.code).to_owned(),
        }
    }

    /// The HTTP status that goes with it. Paymentwall answers 401 where a card is declined as well, not only where the API
    /// key is wrong.
    pub fn status(&self) -> StatusCode {
        match self.code.as_str() {
            NO_CHARGE => StatusCode::NOT_FOUND,
            WRONG_AMOUNT | MISSING | EMPTY | INTERNAL => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}
