//! A payment: what was asked, where it stands, what the PG answered.

use serde::{Deserialize, Serialize};

use crate::{Currency, Failure, ImpUid, Money, Receipt, State, UserCode};

/// Who buys. All optional: V1 shows `null` for what was not sent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Buyer {
    /// `buyer_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `buyer_email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `buyer_tel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tel: Option<String>,
    /// `buyer_addr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<String>,
    /// `buyer_postcode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
}

/// Where the payment was started: V1's `channel`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A window on a PC.
    Pc,
    /// A window on a phone.
    Mobile,
    /// A REST call.
    Api,
}

impl Device {
    /// V1's word.
    pub fn v1(self) -> &'static str {
        match self {
            Device::Pc => "pc",
            Device::Mobile => "mobile",
            Device::Api => "api",
        }
    }
}

/// What a payment does with the billing key: V1's `customer_uid_usage`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Usage {
    /// Issues it (with or without a first charge).
    #[serde(rename = "issue")]
    Issue,
    /// Charges it.
    #[serde(rename = "payment")]
    Payment,
    /// Charges it by a schedule.
    #[serde(rename = "payment.scheduled")]
    Scheduled,
}

impl Usage {
    /// V1's word.
    pub fn v1(self) -> &'static str {
        match self {
            Usage::Issue => "issue",
            Usage::Payment => "payment",
            Usage::Scheduled => "payment.scheduled",
        }
    }
}

/// What the merchant asked for. Written once and never changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The order's name; `None` when the merchant gave none.
    #[serde(default)]
    pub name: Option<String>,
    /// The buyer.
    #[serde(default)]
    pub buyer: Buyer,
    /// `pay_method`.
    pub pay_method: String,
    /// PC, mobile or API.
    pub device: Device,
    /// What the payment does with the billing key.
    pub usage: Option<Usage>,
    /// The provider's name, such as the `pg` parameter has it.
    pub pg_provider: String,
    /// The merchant's id at the PG.
    pub pg_id: String,
    /// Whether the channel is a sandbox one.
    #[serde(default)]
    pub sandbox: bool,
    /// Instalment months, 0 for a lump sum.
    #[serde(default)]
    pub quota: u8,
    /// Tax-free part in minor units.
    #[serde(default)]
    pub tax_free: Option<i64>,
    /// VAT in minor units.
    #[serde(default)]
    pub vat: Option<i64>,
    /// `custom_data`, as text.
    #[serde(default)]
    pub custom_data: Option<String>,
    /// URLs that replace the merchant's webhook endpoint.
    #[serde(default)]
    pub notice_urls: Vec<String>,
    /// The buyer's address at the merchant's site.
    #[serde(default)]
    pub browser_ip: Option<String>,
    /// The browser, for window payments.
    #[serde(default)]
    pub user_agent: Option<String>,
}

/// Where a cancel stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelState {
    /// Committed, and may be on its way.
    Sending,
    /// The PG took it and will decide later.
    Pending,
    /// Nobody has told us how it ended: a person decides, or a notice of the PG.
    Unknown,
    /// The PG gave the amount back.
    Done,
    /// The PG refused it, or it never reached the PG.
    Refused,
}

/// A cancel: an attempt of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cancel {
    /// Our id of it, new for each attempt: V1's `cancellation_id`.
    pub cancel_id: String,
    /// Where it stands.
    pub state: CancelState,
    /// How much, minor units.
    pub amount: i64,
    /// Why, as the merchant told.
    pub reason: String,
    /// When it was asked for, ms.
    pub requested_at: i64,
    /// When it ended, ms.
    #[serde(default)]
    pub ended_at: Option<i64>,
    /// The PG's number of the cancel.
    #[serde(default)]
    pub pg_tid: Option<String>,
    /// A page of the PG that shows the cancel's receipt.
    #[serde(default)]
    pub receipt_url: Option<String>,
    /// Why it was refused or is open, without secrets.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// Whether its end is told by webhook although the answer told it.
    #[serde(default)]
    pub webhook: bool,
}

impl Cancel {
    /// Whether the PG's final word about it is still missing.
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            CancelState::Sending | CancelState::Pending | CancelState::Unknown
        )
    }
}

/// A payment as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Whose it is.
    pub merchant: UserCode,
    /// Its id, and our order number at the PG.
    pub imp_uid: ImpUid,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// The billing key's name.
    pub customer_uid: Option<String>,
    /// The channel it goes through.
    pub channel_key: String,
    /// Where it stands.
    pub state: State,
    /// Counts the changes of this row; guards each one against a twin.
    pub version: i64,
    /// Amount in minor units.
    pub amount: i64,
    /// Sum of the cancels that are done, in minor units.
    pub cancelled: i64,
    /// The currency of both.
    pub currency: Currency,
    /// When the window was opened or the API called, ms.
    pub started_at: i64,
    /// When it was paid, ms.
    pub paid_at: Option<i64>,
    /// When it failed, ms.
    pub failed_at: Option<i64>,
    /// When it was last cancelled, ms.
    pub cancelled_at: Option<i64>,
    /// What was asked.
    pub order: Order,
    /// The PG's approval.
    pub receipt: Option<Receipt>,
    /// Why it failed, or what is known of an open one.
    pub failure: Option<Failure>,
    /// Its cancels, oldest first, refused ones included.
    pub cancels: Vec<Cancel>,
}

impl Payment {
    /// The amount with its currency.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// What is left to cancel, in minor units.
    pub fn balance(&self) -> i64 {
        self.amount - self.cancelled
    }

    /// The cancel whose end is still missing, if any: there is one at a time.
    pub fn open_cancel(&self) -> Option<&Cancel> {
        self.cancels.iter().find(|cancel| cancel.is_open())
    }

    /// Whether the PG took money for it: a receipt with an amount. The issue of a key alone leaves one of 0.
    pub fn took_money(&self) -> bool {
        self.receipt.as_ref().is_some_and(|r| r.amount.minor > 0)
    }

    /// Puts a cancel in the place of the one with its id, or at the end; sums up what is given back.
    pub fn put_cancel(&mut self, cancel: Cancel) {
        match self
            .cancels
            .iter_mut()
            .find(|c| c.cancel_id == cancel.cancel_id)
        {
            Some(place) => *place = cancel,
            None => self.cancels.push(cancel),
        }
        let done = self.cancels.iter().filter(|c| c.state == CancelState::Done);
        self.cancelled = done.clone().map(|c| c.amount).sum();
        self.cancelled_at = done.filter_map(|c| c.ended_at).max();
    }
}
