//! The contract of a gateway: the same verbs for every PG, outcomes instead of booleans.
//!
//! Connectors are stateless: the engine owns persistence, time and retries. Our order number at every PG
//! is the payment's `imp_uid`, new for each attempt.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dangol_domain::{
    BillingKey, Buyer, CardData, CardFacts, Device, Failure, FailureClass, Money, Outcome, Receipt,
    Secret,
};
use serde::Serialize;

use crate::profile::Profile;
use crate::service::Service;
use crate::wire::Wire;

mod notice;

pub use notice::{News, Notice, NoticeSays, NoticeWord};

/// A merchant's contract with a PG, opened for use.
pub struct Channel {
    /// The merchant's id at the PG (MID, site code …).
    pub pg_id: String,
    /// The PG's hosts by the names of the profile's `[hosts]`, as base URLs without a trailing slash. In a
    /// sandbox all point at the simulator.
    pub hosts: BTreeMap<String, String>,
    /// Credentials by the names of the profile's `[[credential]]` entries.
    pub credentials: BTreeMap<String, Secret>,
    /// The operator's overrides of the connector's dialect (guesses of the protocol), by name.
    pub dialect: BTreeMap<String, String>,
}

impl Channel {
    /// A host's base URL; empty when the channel lacks it, so that a call to it cannot connect.
    pub fn host(&self, name: &str) -> &str {
        self.hosts.get(name).map_or("", String::as_str)
    }

    /// A credential; empty when missing.
    pub fn credential(&self, name: &str) -> &str {
        self.credentials
            .get(name)
            .map_or("", |secret| secret.expose())
    }

    /// A guess of the protocol: the operator's, else the profile's own; empty when neither has it.
    pub fn dialect<'a>(&'a self, profile: &'a Profile, name: &str) -> &'a str {
        let guess = self.dialect.get(name).or(profile.dialect.get(name));
        guess.map_or("", String::as_str)
    }
}

/// What the window is opened for.
#[derive(Clone)]
pub struct WindowOrder {
    /// Our order number: the payment's `imp_uid`.
    pub order_id: String,
    /// The amount asked; what it means at issue is in the profile.
    pub amount: Money,
    /// The order's name, never empty.
    pub name: String,
    /// The shop's name, for the window.
    pub shop_name: String,
    /// The buyer as told.
    pub buyer: Buyer,
    /// The name of the billing key to be made.
    pub customer_uid: String,
    /// PC or mobile.
    pub device: Device,
    /// `ko` or `en`.
    pub language: String,
    /// The buyer's browser, when known.
    pub user_agent: String,
    /// `bypass` and other parameters that pass through untouched, as JSON.
    pub extra: serde_json::Value,
    /// Where the PG returns the browser.
    pub return_url: String,
    /// Where the PG sends notices of this channel, for PGs that are told with the order.
    pub notice_url: String,
    /// Proves the return belongs to this window. Travels in a field that the PG echoes, never in a URL. Empty at the end of
    /// a window whose return came sealed and without it.
    pub return_token: Secret,
    /// The buyer's IP address, when the window ends and it is known.
    pub browser_ip: Option<String>,
    /// The origin of the shop's page, when it has one.
    pub page_origin: Option<String>,
    /// Now, ms.
    pub at_ms: i64,
}

/// How the browser gets to the PG: data, rendered by one generic page.
pub struct HandOff {
    /// How.
    pub way: Way,
    /// Form fields in order.
    pub fields: Vec<(String, String)>,
    /// The form's `name`, where the PG's script needs one.
    pub form_name: Option<&'static str>,
    /// The form's `accept-charset`.
    pub charset: &'static str,
    /// Origins that the page must be allowed to load scripts from, frame, and post to.
    pub origins: Vec<String>,
}

/// The two ways to a PG.
pub enum Way {
    /// A form is sent to the PG.
    Form {
        /// `get` or `post`.
        method: &'static str,
        /// The PG's URL.
        url: String,
    },
    /// The PG's own script runs in the page, after the gateway's `page_script`; the form's action is our return URL.
    Script {
        /// The PG's script.
        url: String,
    },
}

/// How a shop's own page makes a one-time token of a card: the browser sends the card straight to the PG, and to us only the
/// token. Data for the SDK, with the names that the PG has for it; anybody may see it.
#[derive(Serialize)]
pub struct Tokeniser {
    /// What the PG's answer, a JSON object, is read by.
    pub answer: AnswerNames,
    /// The card's fields in the form that the PG takes.
    pub card: CardNames,
    /// Fields of that form that are the same for each card.
    pub fields: Vec<(&'static str, String)>,
    /// The fields in which the token comes to our return URL.
    pub returns: ReturnNames,
    /// Where the form is posted.
    pub url: String,
}

/// Names in the answer of a tokeniser.
#[derive(Serialize)]
pub struct AnswerNames {
    /// A refusal's code.
    pub code: &'static str,
    /// A refusal's text.
    pub message: &'static str,
    /// The one-time token; an answer without it is a refusal.
    pub token: &'static str,
}

/// Names of a card's fields.
#[derive(Serialize)]
pub struct CardNames {
    /// Its CVC.
    pub cvc: &'static str,
    /// The month of its expiry, two digits.
    pub month: &'static str,
    /// Its number, digits only.
    pub number: &'static str,
    /// The year of its expiry, four digits.
    pub year: &'static str,
}

/// Names of what comes to our return URL.
#[derive(Serialize)]
pub struct ReturnNames {
    /// Our order number.
    pub order_id: &'static str,
    /// The window's return token.
    pub return_token: &'static str,
    /// The one-time token.
    pub token: &'static str,
}

/// What a browser (or a PG through it) brought to our return URL: names and raw values, percent-decoded but not
/// charset-decoded, in order of arrival.
pub struct WindowReturn {
    /// Fields of the form, or of the query for a GET.
    pub fields: Vec<(String, Vec<u8>)>,
}

impl WindowReturn {
    /// The first field of a name as text: UTF-8, else EUC-KR, else with replacement characters.
    pub fn text(&self, name: &str) -> Option<String> {
        let (_, raw) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(decode_korean(raw))
    }
}

/// Decodes UTF-8, else EUC-KR (in its superset UHC), as PGs mix both.
pub fn decode_korean(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::EUC_KR.decode(raw).0.into_owned(),
    }
}

/// What a return claims about itself, to be checked before anything else happens.
pub struct ReturnClaim {
    /// Our order number as echoed; `None` when the PG echoes none.
    pub order_id: Option<String>,
    /// The echoed return token.
    pub token: Option<Secret>,
    /// Whether the PG wrote the return under a secret that it shares with this channel. Where it echoes no token, the order
    /// number in a sealed return proves the same; a token that came must fit in any case.
    pub sealed: bool,
}

/// How key issue ended.
pub enum Issue {
    /// The PG issued a key.
    Issued(IssuedKey),
    /// The PG will decide later.
    Pending {
        /// What it said, without secrets.
        why: String,
        /// The key, where it came already: it is kept aside, and charges nothing until the PG has decided.
        key: Option<IssuedKey>,
    },
    /// The buyer cancelled or the PG refused; no key exists, no money moved.
    Refused(Failure),
    /// Nobody knows. The text says what was seen, without secrets.
    Unknown(String),
}

/// A key as issued.
pub struct IssuedKey {
    /// The key.
    pub key: BillingKey,
    /// The card.
    pub card: CardFacts,
    /// The PG's number of the issue, when it has one.
    pub pg_tid: Option<String>,
    /// The charge that came with the issue, where the PG makes one.
    pub first_charge: Option<Receipt>,
}

/// A charge to be made.
#[derive(Clone)]
pub struct ChargeOrder {
    /// Our order number: the payment's `imp_uid`.
    pub order_id: String,
    /// How much.
    pub amount: Money,
    /// The order's name, never empty.
    pub name: String,
    /// The buyer: as told with the charge, else as told at issue.
    pub buyer: Buyer,
    /// The billing key's name.
    pub customer_uid: String,
    /// Instalment months, 0 for a lump sum.
    pub quota: u8,
    /// Tax-free part in minor units, when told.
    pub tax_free: Option<i64>,
    /// VAT in minor units, when told.
    pub vat: Option<i64>,
    /// The buyer's IP address, when known.
    pub browser_ip: Option<String>,
    /// Now, ms.
    pub at_ms: i64,
}

/// What a merchant's server sends card data for (key-in by API).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyIn {
    /// One charge, and nothing is kept.
    Charge,
    /// A billing key; its first charge is the PG's own or comes after it.
    Issue,
}

/// An attempt to be asked about.
pub struct Inquiry {
    /// Our order number.
    pub order_id: String,
    /// The billing key's name.
    pub customer_uid: String,
    /// Whether the attempt was to issue a key too.
    pub issues_key: bool,
    /// What was asked to be charged; a different amount in the answer is not believed.
    pub amount: Money,
    /// When it was sent, ms.
    pub sent_at_ms: i64,
    /// The PG's number, when we know it.
    pub pg_tid: Option<String>,
    /// Now, ms.
    pub at_ms: i64,
}

/// What an inquiry brought.
pub enum Inquired {
    /// The PG's word (or its lack).
    Outcome(Outcome),
    /// The attempt was to issue a key and was approved: here is the key, with the charge that came with it.
    Issued(IssuedKey),
    /// The protocol has no way to ask about this attempt.
    Unsupported,
}

/// A cancel to be made.
#[derive(Clone)]
pub struct CancelOrder {
    /// Our id of this cancel, new for each attempt.
    pub cancel_id: String,
    /// The payment's order number at the PG.
    pub order_id: String,
    /// How much to cancel.
    pub amount: Money,
    /// What is left before this cancel, minor units.
    pub balance: i64,
    /// Whether an earlier cancel took part of it.
    pub partly_cancelled: bool,
    /// Why.
    pub reason: String,
    /// Now, ms.
    pub at_ms: i64,
}

/// What revoking a key brought.
pub enum Revoked {
    /// The PG deleted it.
    Done,
    /// The PG refused.
    Refused(Failure),
    /// The PG has no such call.
    Unsupported,
    /// Nobody knows.
    Unknown(String),
}

/// Proof of a channel's credentials without moving money.
pub enum Checked {
    /// The PG accepted them.
    Good(String),
    /// They are missing, swapped or refused; the text says which and what to do.
    Bad(String),
    /// The PG has no call that proves them and moves no money; what could be checked locally is good.
    CannotProve(String),
}

/// What a PG says that takes no card data from us.
const NO_KEY_IN: &str = "이 PG는 카드정보를 직접 받는 결제(API 수기결제)를 지원하지 않습니다.";

/// A payment gateway, the merchant's side.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// The facts in which this PG differs.
    fn profile(&self) -> &'static Profile;

    /// Prepares the way to the PG's window. A failure here is a refusal: nothing was opened.
    async fn open_window(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
    ) -> Result<HandOff, Failure>;

    /// Our classic script that must be in the page before the PG's own, where there is one.
    fn page_script(&self) -> Option<&'static str> {
        None
    }

    /// How a shop's own page makes a one-time token of a card, where the PG takes cards from one and
    /// [`Gateway::close_window`] takes the token.
    fn tokeniser(&self, channel: &Channel) -> Option<Tokeniser> {
        let _ = channel;
        None
    }

    /// Reads what a return claims about itself, with the channel's secrets where the PG encrypts it. No trust, no IO.
    fn read_return(&self, channel: &Channel, returned: &WindowReturn) -> ReturnClaim;

    /// Ends a window: believes only what the PG says when asked.
    async fn close_window(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
        returned: &WindowReturn,
    ) -> Issue;

    /// Takes back what the PG made by itself in its own window, for a window that ends without [`Gateway::close_window`]
    /// although the buyer came back: the merchant did not agree. Without the answer to `close_window` nothing of it can be
    /// charged, so that a lost answer costs nobody anything. Most PGs make nothing before they are asked.
    async fn discard(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
        returned: &WindowReturn,
    ) -> Revoked {
        let _ = (wire, channel, order, returned);
        Revoked::Unsupported
    }

    /// Charges a key. The caller has committed the attempt before.
    async fn charge(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        order: &ChargeOrder,
    ) -> Outcome;

    /// Whether this channel takes such card data for that, as far as can be said before anything is begun.
    ///
    /// # Errors
    /// Why not, for the merchant. Never quotes the card.
    fn takes_card(
        &self,
        channel: &Channel,
        card: &CardData,
        order: &ChargeOrder,
        wish: KeyIn,
    ) -> Result<(), String> {
        let _ = (channel, card, order, wish);
        Err(NO_KEY_IN.to_owned())
    }

    /// Charges a card once. The caller has committed the attempt before; the card is gone afterwards.
    async fn charge_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Outcome {
        let _ = (wire, channel, card, order);
        Outcome::NotSent(Failure::new(FailureClass::Config, "", NO_KEY_IN))
    }

    /// Makes a key of a card. Where the PG charges with it, the order's amount is the first charge; else no money moves.
    /// The caller has committed the attempt before; the card is gone afterwards.
    async fn issue_by_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Issue {
        let _ = (wire, channel, card, order);
        Issue::Refused(Failure::new(FailureClass::Config, "", NO_KEY_IN))
    }

    /// Asks how an attempt ended.
    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired;

    /// Cancels an approval in full or in part.
    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome;

    /// Deletes a key at the PG.
    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        at_ms: i64,
    ) -> Revoked;

    /// Reads a notice of this PG. No IO; what is not proven is a hint at most.
    fn read_notice(&self, channel: &Channel, notice: &Notice) -> NoticeSays {
        let _ = (channel, notice);
        NoticeSays::Refused("this PG sends no notices".to_owned())
    }

    /// Calls of V1 that exist for this PG alone.
    fn services(&self) -> &'static [&'static dyn Service] {
        &[]
    }

    /// Proves a channel's credentials, as far as the PG allows without moving money.
    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked;
}
