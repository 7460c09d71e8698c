//! How an attempt at a PG ended: five outcomes, no booleans.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CardFacts, Money};

/// The PG's approval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The PG's own number of the approval.
    pub pg_tid: String,
    /// What was approved.
    pub amount: Money,
    /// The issuer's approval number, V1's `apply_num`.
    #[serde(default)]
    pub approval_number: Option<String>,
    /// When the PG says it approved, ms; `None` when it does not say.
    #[serde(default)]
    pub approved_at_ms: Option<i64>,
    /// The card.
    #[serde(default)]
    pub card: CardFacts,
    /// Instalment months, 0 for a lump sum.
    #[serde(default)]
    pub quota: u8,
    /// Whether the PG allows partial cancels of it; `None` when it does not say.
    #[serde(default)]
    pub partial_cancel: Option<bool>,
    /// A page of the PG that shows the receipt.
    #[serde(default)]
    pub receipt_url: Option<String>,
    /// What the PG wants besides its number before it cancels; `None` where the number is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_key: Option<CancelKey>,
}

/// A PG's proof that a cancel comes from whoever got the approval. It is kept with the receipt and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CancelKey(String);

impl CancelKey {
    /// Wraps what the PG told.
    pub fn new(text: impl Into<String>) -> CancelKey {
        CancelKey(text.into())
    }

    /// The text, for the cancel's request.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelKey(hidden)")
    }
}

/// Why something failed, in the PG's words and in ours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Our class, for people and programs.
    pub class: FailureClass,
    /// The PG's code; empty when the PG was not asked or gave none.
    pub code: String,
    /// The PG's text (or ours when the PG gave none). Never holds a secret.
    pub message: String,
}

impl Failure {
    /// A failure with its three parts.
    pub fn new(
        class: FailureClass,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Failure {
        Failure {
            class,
            code: code.into(),
            message: message.into(),
        }
    }

    /// V1's `fail_reason`: `[CODE] text`.
    pub fn reason(&self) -> String {
        if self.code.is_empty() {
            self.message.clone()
        } else {
            format!("[{}] {}", self.code, self.message)
        }
    }
}

/// Normalised reasons; each PG's `codes.rs` maps its codes to these.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The buyer cancelled in the window.
    UserCancel,
    /// The issuer declined without more.
    Decline,
    /// Lost, stolen, suspended: this card will not work again.
    HardDecline,
    /// A limit or the balance.
    Limit,
    /// Number, password or CVC wrong.
    BadCard,
    /// Expired or wrong expiry.
    Expired,
    /// The PG does not take this amount.
    BadAmount,
    /// The PG has seen this order number or request.
    Duplicate,
    /// The PG does not know the billing key.
    UnknownKey,
    /// The merchant's contract or credentials.
    Config,
    /// A busy or broken system that says the request was not carried out.
    Retryable,
    /// The window's or the authentication's time is over.
    ExpiredSession,
    /// A cancel that the PG's rules forbid.
    CancelRule,
    /// The PG does not know what we refer to.
    NotFound,
    /// One side did not understand the other.
    Protocol,
    /// The merchant's own server did not agree to the payment.
    Unconfirmed,
}

/// How a charge, an inquiry or a cancel ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The PG approved, and every echo that its protocol offers agrees.
    Approved(Receipt),
    /// The PG refused with a listed code over the authenticated channel.
    Declined(Failure),
    /// The connection was never made, or the PG documents the code as "not carried out".
    NotSent(Failure),
    /// The PG took it and will decide later. The text says why.
    Pending(String),
    /// Anything else. The text says what was seen, without secrets.
    Unknown(String),
}
