//! A charge, how it stands, and the card behind it.

use serde::{Deserialize, Serialize};

use super::codes::{self, Refusal};
use super::fields::Amount;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};

/// How long an authorisation holds, ms.
pub const HOLD_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// How a charge stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Under review until a time; whether it will be accepted, and captured then.
    Review {
        due_ms: i64,
        accept: bool,
        capture: bool,
    },
    /// Authorised only.
    Held,
    /// Paid.
    Captured,
    /// The review declined it.
    Declined,
    /// An authorisation that was given up.
    Voided,
}

/// What a buyer's card is known by. Nothing of its number is kept but which test card it is.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardFacts {
    /// Which test card.
    pub card: TestCard,
    /// 1 to 12.
    pub month: u8,
    /// Four digits.
    pub year: i32,
}

/// A stored card: what a permanent token stands for.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredCard {
    /// Whose, by project key.
    pub project: String,
    /// The e-mail address that it was made with; a charge must name the same.
    pub email: String,
    /// With which order it was made.
    pub plan: String,
    /// The card.
    pub facts: CardFacts,
    /// Whether the token was deleted.
    #[serde(skip)]
    pub deleted: bool,
}

/// A charge.
#[derive(Clone, Serialize, Deserialize)]
pub struct Charge {
    /// Its number.
    pub id: String,
    /// What its number begins with in pingbacks: `b` for Brick, `t` for a test payment in the widget.
    pub letter: char,
    /// Whose, by project key.
    pub project: String,
    /// The merchant's order number, `goodsid` in pingbacks.
    pub plan: String,
    /// The merchant's user.
    pub uid: String,
    /// The card holder, as told.
    pub holder: String,
    /// How much.
    pub amount: Amount,
    /// The card.
    pub facts: CardFacts,
    /// The permanent token; `None` when the merchant wanted none.
    pub token: Option<String>,
    /// When, unix seconds.
    pub at: i64,
    /// How it stands.
    pub state: State,
    /// Where its pingbacks go instead of the project's Pingback URL.
    pub pingback_url: Option<String>,
    /// Minor units that were given back.
    #[serde(skip)]
    pub given_back: i64,
    /// Minor units that open tickets will give back.
    #[serde(skip)]
    pub promised: i64,
}

impl Charge {
    /// The number by which pingbacks, tickets and questions know it.
    pub fn reference(&self) -> String {
        format!("{}{}", self.letter, self.id)
    }

    /// Whether everything was given back.
    pub fn is_refunded(&self) -> bool {
        self.state == State::Captured && self.given_back == self.amount.minor
    }

    /// The `risk` of the answers.
    pub fn risk(&self) -> &'static str {
        match self.state {
            State::Review { .. } => "pending",
            State::Declined => "declined",
            State::Held | State::Captured | State::Voided => "approved",
        }
    }

    /// What can still be given back, minor units.
    ///
    /// # Errors
    /// When nothing can: it was never captured, or nothing is left.
    pub fn refundable(&self) -> Result<i64, Refusal> {
        if self.state != State::Captured {
            return Err(Refusal::new(codes::NOT_REFUNDABLE));
        }
        match self.amount.minor - self.given_back - self.promised {
            left if left > 0 => Ok(left),
            _ => Err(Refusal::new(codes::REFUNDED_BEFORE)),
        }
    }

    /// How it stands after its review, which is over.
    pub fn reviewed(&self) -> State {
        match self.state {
            State::Review {
                accept: true,
                capture: true,
                ..
            } => State::Captured,
            State::Review { accept: true, .. } => State::Held,
            State::Review { .. } => State::Declined,
            other => other,
        }
    }

    /// The deed of its capture.
    pub fn approval(&self, at_ms: i64) -> Deed {
        Deed {
            pg_tid: Some(self.id.clone()),
            amount: Some(self.amount.minor),
            currency: Some(self.amount.currency.as_str().to_owned()),
            ..Deed::new(Kind::Approval, &self.plan, at_ms)
        }
    }

    /// The deed of giving some of it back, under a number of its own.
    pub fn refund(&self, number: &str, minor: i64, at_ms: i64) -> Deed {
        Deed {
            pg_tid: Some(number.to_owned()),
            ref_tid: Some(self.id.clone()),
            amount: Some(minor),
            currency: Some(self.amount.currency.as_str().to_owned()),
            ..Deed::new(Kind::Refund, &self.plan, at_ms)
        }
    }
}

/// What a card says to the charge of a permanent token.
pub fn card_word(card: TestCard) -> Result<(), Refusal> {
    match card {
        TestCard::Good => Ok(()),
        TestCard::OverLimit => Err(Refusal::new(codes::TOO_LARGE)),
        TestCard::NoBalance => Err(Refusal::new(codes::NO_BALANCE)),
        TestCard::Lost => Err(Refusal::new(codes::UNSUPPORTED_CARD)),
        TestCard::Expired => Err(Refusal::new(codes::EXPIRED_CARD)),
        TestCard::RefusedAtIssue => Err(Refusal::new(codes::DECLINED)),
    }
}
