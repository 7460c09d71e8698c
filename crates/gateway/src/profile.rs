//! A PG's facts as data: what window, SDK, docs and CLI need to know so that none of them asks which PG it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The facts of one PG, read from its `profile.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name in the `pg` parameter and in `pg_provider`.
    pub provider: String,
    /// The PG's name for people.
    pub title: Title,
    /// How payments can begin: V1's types of its channels, the usual one first.
    #[serde(default = "by_window")]
    pub kinds: Vec<Kind>,
    /// What `amount` means at key issue.
    pub amount_at_issue: AmountAtIssue,
    /// Whether `pay_method` other than `card` is refused (else it is ignored).
    pub card_only: bool,
    /// The currency of a charge that names none.
    pub currency: String,
    /// How the PG can be asked about an attempt.
    pub inquiry: InquiryBy,
    /// Parameters of `request_pay` that the PG's window needs.
    #[serde(default)]
    pub asks: Vec<String>,
    /// How the window is shown on a PC; of no meaning where there is none.
    #[serde(default)]
    pub pc: Frame,
    /// How the window is shown on a phone; of no meaning where there is none.
    #[serde(default)]
    pub mobile: Frame,
    /// Hosts by name.
    pub hosts: BTreeMap<String, Host>,
    /// Credentials of a channel, in the order in which to ask for them.
    #[serde(rename = "credential", default)]
    pub credentials: Vec<CredentialField>,
    /// How the PG's notices are taken; `None` when it sends none.
    #[serde(default)]
    pub notice: Option<NoticeFacts>,
    /// How V1 speaks of the PG where it tells how a payment's money divides; `None` where it does not tell.
    #[serde(default)]
    pub balance: Option<BalanceFacts>,
    /// Guesses of the protocol that an operator can change per channel: name and default.
    #[serde(default)]
    pub dialect: BTreeMap<String, String>,
    /// The MID of the demo channel.
    pub demo_pg_id: String,
}

/// How payments begin.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In the PG's window.
    #[default]
    Payment,
    /// By card data that the merchant's server sends.
    ApiPayment,
}

fn by_window() -> Vec<Kind> {
    vec![Kind::Payment]
}

impl Kind {
    /// The kind of V1's word.
    pub fn parse(word: &str) -> Option<Kind> {
        let known = [Kind::Payment, Kind::ApiPayment];
        known.into_iter().find(|kind| kind.v1() == word)
    }

    /// V1's word.
    pub fn v1(self) -> &'static str {
        match self {
            Kind::Payment => "payment",
            Kind::ApiPayment => "api_payment",
        }
    }
}

/// How a PG's notices are taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeFacts {
    /// The whole body by which the PG knows that it was heard.
    pub answer: String,
    /// Addresses and networks (`192.0.2.0/24`) that the PG publishes for its notices. In live, notices from elsewhere are
    /// refused; empty where a signature proves them.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// How V1 speaks of a PG where it tells how a payment's money divides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceFacts {
    /// Its name in the text that says which PGs tell.
    pub name: String,
    /// Its place in that text, from 1.
    pub place: u8,
}

/// A name in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// What `amount` means when a key is issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountAtIssue {
    /// Shown at most; no money moves.
    ShownOnly,
    /// 0: key only. Above 0: a real charge with the issue.
    ChargedWhenPositive,
    /// Required, always a real charge.
    AlwaysCharged,
}

/// How an attempt can be asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryBy {
    /// By our order number: an unknown outcome can be settled.
    OrderId,
    /// Only by the PG's number, which a lost answer does not tell.
    PgTid,
    /// Not at all.
    Nothing,
}

/// How the window is shown, and how its result comes back.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Layer, popup or redirect.
    pub frame: FrameKind,
    /// Width in CSS pixels; the whole page when missing.
    #[serde(default)]
    pub width: Option<u32>,
    /// Height in CSS pixels; the whole page when missing.
    #[serde(default)]
    pub height: Option<u32>,
    /// The popup's window name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether our page loads the PG's script: then it lives on an origin with nothing else on it.
    #[serde(default)]
    pub script: bool,
}

/// Where the window lives. A redirect ends at `m_redirect_url`, the others in the callback.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// A layer in the merchant's page.
    Layer,
    /// A popup.
    Popup,
    /// The page itself goes there and comes back.
    #[default]
    Redirect,
}

/// A host of the PG.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Base URL for live contracts.
    pub live: String,
    /// Base URL of the PG's own test system.
    pub test: String,
}

/// One credential of a channel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialField {
    /// Its name.
    pub name: String,
    /// What it is and where the merchant finds it.
    pub hint: String,
    /// Whether a channel cannot work without it.
    #[serde(default)]
    pub required: bool,
    /// Whether the value is a file's text (PEM) rather than a line.
    #[serde(default)]
    pub file: bool,
}

impl Profile {
    /// The usual type of its channels.
    pub fn kind(&self) -> Kind {
        self.kinds.first().copied().unwrap_or_default()
    }

    /// Reads a profile that is compiled in.
    ///
    /// # Panics
    /// When the text is not a profile; a test reads every one of them.
    pub fn parse(text: &str) -> Profile {
        toml::from_str(text).expect("profile.toml is compiled in and read by a test")
    }
}
