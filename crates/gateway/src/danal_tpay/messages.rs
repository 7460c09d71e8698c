//! Danal's messages: what is asked, field by field, and how an answer is read.

use std::borrow::Cow;

use dangol_domain::{CardFacts, MaskedPan, Money, Receipt};

use super::codes;
use super::fields;
use super::pairs::{Pairs, encode};
use crate::contract::{CancelOrder, Channel, ChargeOrder};
use crate::lenient::Text;

/// Who cancels, for Danal's books.
const REQUESTER: &str = "MERCHANT";

/// A question: everything but the CPID, in order. It may carry a billing key, so it has no `Debug`.
pub struct Question(Vec<(Cow<'static, str>, String)>);

impl Question {
    /// A question of a kind (`TXTYPE`) to a service (`SERVICETYPE`).
    pub fn new(kind: &str, service: &str) -> Question {
        Question(Vec::new())
            .with("TXTYPE", kind)
            .with("SERVICETYPE", service)
    }

    /// With one more field.
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Question {
        self.0.push((name.into(), value.into()));
        self
    }

    /// With one more field, when there is a value.
    pub fn with_some(self, name: &'static str, value: Option<String>) -> Question {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Whether it has a field already.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The text that is sealed.
    pub fn plain(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        pairs.join("&")
    }
}

/// Exchanges what the window authenticated for a key, and charges when there is an amount: `ISSUEBILLKEY`.
pub fn issue_key(tid: &str, amount: Option<String>) -> Question {
    Question::new("ISSUEBILLKEY", "BATCH")
        .with("TID", tid)
        .with_some("AMOUNT", amount)
}

/// Charges a key: `OTBILL`.
pub fn charge(key: &str, order: &ChargeOrder, (currency, amount): (&str, String)) -> Question {
    Question::new("OTBILL", "BATCH")
        .with("ISREBILL", "Y")
        .with("BILLINFO", key)
        .with("ORDERID", &*order.order_id)
        .with("ITEMNAME", fields::item_name(&order.name))
        .with("AMOUNT", amount)
        .with("CURRENCY", currency)
        .with("USERID", fields::user_id(&order.customer_uid))
        .with_some("USERNAME", fields::user_name(order.buyer.name.as_deref()))
        .with_some("USERPHONE", fields::tel(order.buyer.tel.as_deref()))
        .with("USERAGENT", "ONLINE")
}

/// Cancels an approval: `CANCEL`, which belongs to another service than everything else.
pub fn cancel(tid: &str, kind: &str, order: &CancelOrder, amount: String) -> Question {
    Question::new("CANCEL", "DANALCARD")
        .with("TID", tid)
        .with("AMOUNT", amount)
        .with("CANCELTYPE", kind)
        .with("CANCELREQUESTER", REQUESTER)
        .with("CANCELDESC", fields::reason(&order.reason))
}

/// Deletes a key: `DELBILLKEY`.
pub fn delete_key(key: &str) -> Question {
    Question::new("DELBILLKEY", "BATCH").with("BILLKEY", key)
}

/// An answer. It may carry a billing key, so it has no `Debug`.
pub struct Answer {
    pairs: Pairs,
    /// Whether it came under the contract's crypto key. Danal answers some failures in plain, and nothing else.
    pub sealed: bool,
}

impl Answer {
    /// An answer as it was read.
    pub fn new(pairs: Pairs, sealed: bool) -> Answer {
        Answer { pairs, sealed }
    }

    /// `RETURNCODE`, empty when missing.
    pub fn code(&self) -> &str {
        self.get("RETURNCODE")
    }

    /// `RETURNMSG`. It may hold anything; show it through [`crate::lenient::said`].
    pub fn text(&self) -> &str {
        self.get("RETURNMSG")
    }

    /// A value; empty when it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.get(name)
    }

    /// Whether a value is told and is another than ours.
    pub fn tells_another(&self, name: &str, ours: &str) -> bool {
        let told = self.get(name);
        !told.is_empty() && told != ours
    }

    /// Whether `AMOUNT` is this one.
    pub fn is_of(&self, channel: &Channel, amount: Money) -> bool {
        fields::is_amount(channel, self.get("AMOUNT"), amount)
    }

    /// The day and the time of the answer in Korea, ms.
    pub fn at_ms(&self) -> Option<i64> {
        Text(format!("{}{}", self.get("TRANDATE"), self.get("TRANTIME"))).korean_time_ms()
    }

    /// The card. Our table's name comes first, so that a card has one name whoever is asked.
    pub fn card(&self) -> CardFacts {
        let issuer = codes::issuer(self.get("CARDCODE"));
        CardFacts {
            code: issuer.and_then(|(code, _)| code).map(str::to_owned),
            name: issuer
                .map(|(_, name)| name.to_owned())
                .or_else(|| self.some("CARDNAME")),
            number: MaskedPan::mask(self.get("CARDNO")),
            kind: None,
        }
    }

    /// The receipt of an approval that was believed.
    pub fn receipt(&self, amount: Money) -> Receipt {
        Receipt {
            pg_tid: self.get("TID").to_owned(),
            amount,
            approval_number: self.some("CARDAUTHNO"),
            approved_at_ms: self.at_ms(),
            card: self.card(),
            quota: self.get("QUOTA").parse().unwrap_or(0),
            partial_cancel: None,
            receipt_url: None,
            cancel_key: None,
        }
    }

    fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|text| !text.is_empty())
    }
}
