//! KCP's messages as JSON. Requests carry texts only. Answers are read leniently: a text or a number, unknown
//! fields ignored, missing ones empty; card numbers are masked while they are read.

use std::fmt;

use dangol_domain::{CardFacts, CardKind, MaskedPan, Secret};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use time::PrimitiveDateTime;
use time::macros::{format_description, offset};

use super::codes;

/// Registers a window on a phone: `/trade/register.do`.
#[derive(Serialize)]
pub struct Register<'a> {
    pub site_cd: &'a str,
    pub ordr_idxx: &'a str,
    pub good_mny: String,
    pub good_name: String,
    pub pay_method: &'a str,
    #[serde(rename = "Ret_URL")]
    pub ret_url: &'a str,
    pub user_agent: &'a str,
}

/// Exchanges what the window brought for a key: `/gw/enc/v1/payment`.
#[derive(Serialize)]
pub struct Exchange<'a> {
    pub tran_cd: &'a str,
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub enc_data: &'a str,
    pub enc_info: &'a str,
}

/// Charges a key: `/gw/hub/v1/payment`.
#[derive(Serialize)]
pub struct Charge<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub pay_method: &'a str,
    pub cust_ip: &'a str,
    pub amount: String,
    pub card_mny: String,
    pub currency: &'a str,
    pub quota: String,
    pub ordr_idxx: &'a str,
    pub good_name: String,
    pub buyr_name: String,
    pub buyr_mail: String,
    pub buyr_tel2: String,
    pub card_tx_type: &'a str,
    pub bt_batch_key: &'a str,
    pub bt_group_id: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
}

/// A card as a merchant's server has it. Lives as long as the request.
#[derive(Serialize)]
pub struct KeyedCard<'a> {
    pub card_no: &'a str,
    pub card_expiry: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_taxno: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_pwd: Option<&'a str>,
}

/// Charges a card: `/gw/hub/v1/payment` too.
#[derive(Serialize)]
pub struct CardCharge<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub pay_method: &'a str,
    pub cust_ip: &'a str,
    pub amount: String,
    pub card_mny: String,
    pub currency: &'a str,
    pub quota: String,
    pub ordr_idxx: &'a str,
    pub good_name: String,
    pub buyr_name: String,
    pub buyr_mail: String,
    pub buyr_tel2: String,
    pub card_tx_type: &'a str,
    #[serde(flatten)]
    pub card: KeyedCard<'a>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
}

/// Issues a key by a card: a guess, `/gw/hub/v1/payment` too. The answer is that of [`Exchange`].
#[derive(Serialize)]
pub struct CardIssue<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub pay_method: &'a str,
    pub card_tx_type: &'a str,
    pub ordr_idxx: &'a str,
    #[serde(flatten)]
    pub card: KeyedCard<'a>,
    pub sign_txtype: &'a str,
    pub group_id: &'a str,
}

/// How an amount splits into taxed, VAT and tax-free parts.
#[derive(Serialize)]
pub struct Tax {
    pub comm_tax_mny: String,
    pub comm_vat_mny: String,
    pub comm_free_mny: String,
}

/// Deletes a key: `/gw/hub/v1/payment` too.
#[derive(Serialize)]
pub struct Revoke<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub pay_method: &'a str,
    pub tx_type: &'a str,
    pub group_id: &'a str,
    pub batch_key: &'a str,
}

/// Cancels an approval: `/gw/mod/v1/cancel`. The two amounts belong to a partial cancel only.
#[derive(Serialize)]
pub struct Cancel<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub kcp_sign_data: String,
    pub tno: &'a str,
    pub mod_type: &'a str,
    pub mod_desc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mod_mny: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rem_mny: Option<String>,
}

/// Asks about a payment: `/std/inquery` (KCP's spelling).
#[derive(Serialize)]
pub struct Inquire<'a> {
    pub site_cd: &'a str,
    pub kcp_cert_info: &'a str,
    pub kcp_sign_data: String,
    pub tno: &'a str,
    pub pay_type: &'a str,
}

/// What every answer has.
pub trait Verdict {
    /// `res_cd`, empty when missing.
    fn code(&self) -> &str;
    /// `res_msg`, empty when missing. May hold anything; show it through `fields::said`.
    fn text(&self) -> &str;
}

macro_rules! verdict {
    ($($answer:ty: $code:ident, $text:ident;)*) => {
        $(impl Verdict for $answer {
            fn code(&self) -> &str {
                &self.$code.0
            }
            fn text(&self) -> &str {
                &self.$text.0
            }
        })*
    };
}

verdict! {
    Registered: code, message;
    Exchanged: res_cd, res_msg;
    Charged: res_cd, res_msg;
    Revoked: res_cd, res_msg;
    Cancelled: res_cd, res_msg;
    Inquired: res_cd, res_msg;
}

/// The answer to [`Register`]. The names' cases are KCP's.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Registered {
    #[serde(rename = "Code")]
    pub code: Text,
    #[serde(rename = "Message")]
    pub message: Text,
    #[serde(rename = "approvalKey")]
    pub approval_key: Text,
    #[serde(rename = "PayUrl")]
    pub pay_url: Text,
}

/// The answer to [`Exchange`].
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Exchanged {
    pub res_cd: Text,
    pub res_msg: Text,
    pub batch_key: SecretText,
    pub card_cd: Text,
    pub card_name: Text,
    pub card_bin_type_02: Text,
}

/// The answer to [`Charge`].
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Charged {
    pub res_cd: Text,
    pub res_msg: Text,
    pub tno: Text,
    pub order_no: Text,
    pub amount: Text,
    pub card_cd: Text,
    pub card_name: Text,
    pub card_no: MaskedNumber,
    pub card_bin_type_02: Text,
    pub app_no: Text,
    pub app_time: Text,
    pub quota: Text,
    pub partcanc_yn: Text,
}

/// The answer to [`Revoke`].
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Revoked {
    pub res_cd: Text,
    pub res_msg: Text,
}

/// The answer to [`Cancel`]. The `panc_` names are KCP's older spelling.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Cancelled {
    pub res_cd: Text,
    pub res_msg: Text,
    pub tno: Text,
    pub canc_time: Text,
    pub mod_mny: Text,
    pub panc_mod_mny: Text,
    pub rem_mny: Text,
    pub panc_rem_mny: Text,
}

/// The answer to [`Inquire`].
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Inquired {
    pub res_cd: Text,
    pub res_msg: Text,
    pub tno: Text,
    pub order_no: Text,
    pub amount: Text,
    pub stat_ca_cd: Text,
    pub card_cd: Text,
    pub card_name: Text,
    pub card_no: MaskedNumber,
    pub app_no: Text,
    pub app_time: Text,
    pub quota: Text,
}

/// A text that KCP may also send as a number; trimmed, empty when `null` or missing.
#[derive(Default)]
pub struct Text(pub String);

impl Text {
    /// The text, `None` when empty.
    pub fn some(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }

    /// A whole number of won. `3000` and `3000.0` are; `3,000` is not.
    pub fn won(&self) -> Option<i64> {
        let whole = self.0.strip_suffix(".0").unwrap_or(&self.0);
        let digits = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| whole.parse().ok()).flatten()
    }

    /// A time of KCP, `yyyyMMddHHmmss` in Korea, as ms.
    pub fn korean_time_ms(&self) -> Option<i64> {
        let format = format_description!("[year][month][day][hour][minute][second]");
        let local = PrimitiveDateTime::parse(&self.0, format).ok()?;
        Some(local.assume_offset(offset!(+9)).unix_timestamp() * 1000)
    }
}

/// A text that must not be seen, such as a billing key.
pub struct SecretText(pub Secret);

impl Default for SecretText {
    fn default() -> SecretText {
        SecretText(Secret::new(""))
    }
}

/// A card number of which the unmasked form is never kept: it is masked as it is read.
#[derive(Default)]
pub struct MaskedNumber(pub Option<MaskedPan>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| Text(text.trim().to_owned())))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| SecretText(Secret::new(text.trim()))))
    }
}

impl<'de> Deserialize<'de> for MaskedNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MaskedNumber, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| MaskedNumber(MaskedPan::mask(text))))
    }
}

/// Reads a text, a number, a boolean or `null` and hands it on as a text that is not kept.
struct Lenient<F>(F);

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Lenient<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<T, E> {
        Ok((self.0)(if truth { "true" } else { "false" }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok((self.0)(""))
    }
}

/// What KCP tells of a card. Our table's name comes first, so that a card has one name whoever is asked.
pub fn card(letters: &Text, name: &Text, kind: &Text, number: Option<MaskedPan>) -> CardFacts {
    let issuer = codes::issuer(&letters.0);
    CardFacts {
        code: issuer.and_then(|(code, _)| code).map(str::to_owned),
        name: issuer
            .map(|(_, name)| name)
            .or(name.some())
            .map(str::to_owned),
        number,
        kind: match kind.0.as_str() {
            "0" => Some(CardKind::Credit),
            "1" => Some(CardKind::Check),
            _ => None,
        },
    }
}
