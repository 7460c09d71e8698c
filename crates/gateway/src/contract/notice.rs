//! What a PG tells by itself.

use dangol_domain::{BillingKey, Currency, Failure};

use super::decode_korean;

/// What a PG sent to our notice URL: names and raw values of its query and of its form (percent-decoded but not
/// charset-decoded) or JSON object (its texts and numbers), in order of arrival.
pub struct Notice {
    /// Fields of the query, then those of the body.
    pub fields: Vec<(String, Vec<u8>)>,
}

impl Notice {
    /// The first field of a name as text: UTF-8, else EUC-KR, else with replacement characters.
    pub fn text(&self, name: &str) -> Option<String> {
        let (_, raw) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(decode_korean(raw))
    }
}

/// What a notice says, once read.
pub enum NoticeSays {
    /// It is not this PG's or cannot be read: nothing is done, and the PG is not thanked. The text says why, without secrets.
    Refused(String),
    /// It is this PG's and means nothing to us.
    Nothing,
    /// The PG's authenticated word.
    Word(NoticeWord),
    /// Something happened to this order, says somebody without proof: only asking the PG decides.
    Hint {
        /// Our order number.
        order_id: String,
        /// The PG's number, when told.
        pg_tid: Option<String>,
        /// What was claimed, for the payment's history; without secrets.
        claim: String,
    },
}

/// A PG's authenticated word about one of its payments.
pub struct NoticeWord {
    /// Our order number.
    pub order_id: String,
    /// The PG's number of the payment, as the receipt has it.
    pub pg_tid: String,
    /// What happened.
    pub news: News,
}

/// What happened at the PG. A notice may come twice, late, and before or after an earlier one.
pub enum News {
    /// It was approved. A notice without an amount makes the caller ask for the receipt, and believe the notice where the
    /// PG cannot be asked.
    Approved {
        /// The billing key, where the PG hands it over in a notice.
        key: Option<BillingKey>,
    },
    /// It is not decided yet. The text says why.
    Pending(String),
    /// It was refused after all.
    Declined(Failure),
    /// All that was left of it was given back.
    CancelledAll {
        /// Why, in words.
        reason: String,
    },
    /// A part of it was given back.
    CancelledPart {
        /// How much, as the PG wrote it: a decimal above 0. A connector does not know the payment's currency, and so cannot
        /// know its decimals.
        amount: String,
        /// The currency of the amount, where the notice names one; else that of the payment.
        currency: Option<Currency>,
        /// Our id of the cancel, where the PG echoes it.
        cancel_id: Option<String>,
        /// Why, in words.
        reason: String,
    },
}
