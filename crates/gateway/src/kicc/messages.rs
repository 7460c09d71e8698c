//! KICC's messages as JSON. Answers are read leniently: a text or a number, unknown fields ignored (KICC demands it),
//! missing ones empty.
//!
//! A trap in the names: at issue `cardNo` is the billing key and `cardMaskNo` the card; at a charge `cardNo` is the card.
//! So each has a type of its own, and the one of a charge masks what it reads.

use dangol_domain::{CardFacts, CardKind, MaskedPan};
use serde::{Deserialize, Deserializer, Serialize};

use super::codes;
use crate::codec_hmac;
use crate::lenient::{MaskedNumber, SecretText, Text};

/// Registers a window: `/api/ep9/trades/webpay`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Register<'a> {
    pub mall_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mall_name: Option<String>,
    pub shop_order_no: &'a str,
    pub amount: i64,
    pub pay_method_type_code: &'a str,
    pub currency: &'a str,
    pub return_url: &'a str,
    pub device_type_code: &'a str,
    pub client_type_code: &'a str,
    pub lang_flag: &'a str,
    pub order_info: OrderInfo,
    pub pay_method_info: RegisterMethod<'a>,
    pub shop_value_info: ShopValues<'a>,
}

/// What is bought, by whom.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInfo {
    pub goods_name: String,
    pub customer_info: Customer,
}

/// The buyer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_mail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_contact_no: Option<String>,
}

/// How the window authenticates the card.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterMethod<'a> {
    pub bill_key_method_info: CertType<'a>,
}

/// See `cert_type` in `profile.toml`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertType<'a> {
    pub cert_type: &'a str,
}

/// What KICC echoes in the return.
#[derive(Serialize)]
pub struct ShopValues<'a> {
    pub value1: &'a str,
}

/// Exchanges the window's authorization for a key: `/api/ep9/trades/approval`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange<'a> {
    pub mall_id: &'a str,
    pub shop_transaction_id: &'a str,
    pub authorization_id: &'a str,
    pub shop_order_no: &'a str,
    pub approval_req_date: String,
}

/// Charges a key: `/api/trades/approval/batch`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge<'a> {
    pub mall_id: &'a str,
    pub shop_transaction_id: &'a str,
    pub shop_order_no: &'a str,
    pub approval_req_date: String,
    pub amount: i64,
    pub currency: &'a str,
    pub order_info: OrderInfo,
    pub pay_method_info: ChargeMethod<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_info: Option<Tax>,
}

/// Which key, and how the card pays.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeMethod<'a> {
    pub bill_key_method_info: BatchKey<'a>,
    pub card_method_info: CardMethod,
}

/// The billing key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchKey<'a> {
    pub batch_key: &'a str,
}

/// Instalments, 0 for a lump sum.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardMethod {
    pub installment_month: u8,
    pub free_installment_used: bool,
}

/// How an amount splits into taxed, tax-free and VAT parts, won.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tax {
    pub tax_amount: i64,
    pub free_amount: i64,
    pub vat_amount: i64,
}

/// Cancels an approval: `/api/trades/revise`. The amounts belong to a partial cancel only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel<'a> {
    pub mall_id: &'a str,
    pub shop_transaction_id: &'a str,
    pub pg_cno: &'a str,
    pub revise_type_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remain_amount: Option<i64>,
    pub revise_message: String,
    pub cancel_req_date: String,
    pub msg_auth_value: String,
}

/// Asks how a request ended: `/api/trades/retrieveTransaction`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inquire<'a> {
    pub mall_id: &'a str,
    pub shop_transaction_id: &'a str,
    pub transaction_date: String,
}

/// Deletes a key: `/api/trades/removeBatchKey`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoke<'a> {
    pub mall_id: &'a str,
    pub shop_transaction_id: &'a str,
    pub batch_key: &'a str,
    pub remove_req_date: String,
}

/// What every answer has.
pub trait Verdict {
    /// `resCd`, empty when missing.
    fn code(&self) -> &str;
    /// `resMsg`, empty when missing. May hold anything; show it through `lenient::said`.
    fn text(&self) -> &str;
}

macro_rules! verdict {
    ($($answer:ty),*) => {
        $(impl Verdict for $answer {
            fn code(&self) -> &str {
                &self.res_cd.0
            }
            fn text(&self) -> &str {
                &self.res_msg.0
            }
        })*
    };
}

verdict!(
    Registered,
    Approved<IssuedCard>,
    Approved<ChargedCard>,
    Cancelled,
    Revoked
);

/// The answer to [`Register`].
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Registered {
    pub res_cd: Text,
    pub res_msg: Text,
    pub auth_page_url: Text,
}

/// The answer to [`Exchange`], [`Charge`] and [`Inquire`]; `C` is its card.
#[derive(Deserialize, Default)]
#[serde(
    default,
    rename_all = "camelCase",
    bound(deserialize = "C: Deserialize<'de> + Default")
)]
pub struct Approved<C> {
    pub res_cd: Text,
    pub res_msg: Text,
    pub mall_id: Text,
    pub shop_transaction_id: Text,
    pub shop_order_no: Text,
    pub pg_cno: Text,
    pub amount: Text,
    pub transaction_date: Text,
    pub status_code: Text,
    pub msg_auth_value: Text,
    #[serde(deserialize_with = "or_default")]
    pub payment_info: PaymentInfo<C>,
}

/// The approval itself.
#[derive(Deserialize, Default)]
#[serde(
    default,
    rename_all = "camelCase",
    bound(deserialize = "C: Deserialize<'de> + Default")
)]
pub struct PaymentInfo<C> {
    pub approval_no: Text,
    pub approval_date: Text,
    #[serde(deserialize_with = "or_default")]
    pub card_info: C,
}

/// The card of an issued key. `card_no` is the key.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct IssuedCard {
    pub card_no: SecretText,
    pub card_mask_no: MaskedNumber,
    pub issuer_code: Text,
    pub issuer_name: Text,
    pub card_gubun: Text,
}

/// The card of a charge.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ChargedCard {
    pub card_no: MaskedNumber,
    pub issuer_code: Text,
    pub issuer_name: Text,
    pub card_gubun: Text,
    pub installment_month: Text,
    pub part_cancel_used: Text,
}

/// The answer to [`Cancel`]. KICC does not sign it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Cancelled {
    pub res_cd: Text,
    pub res_msg: Text,
    pub mall_id: Text,
    pub shop_transaction_id: Text,
    pub shop_order_no: Text,
    pub ori_pg_cno: Text,
    pub transaction_date: Text,
    pub cancel_amount: Text,
    pub remain_amount: Text,
    pub status_code: Text,
}

/// The answer to [`Revoke`].
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Revoked {
    pub res_cd: Text,
    pub res_msg: Text,
    pub mall_id: Text,
    pub shop_transaction_id: Text,
}

/// A refusal may hold `null` where an approval holds an object.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl<C> Approved<C> {
    /// Whether `msgAuthValue` is KICC's over number, amount and time as they arrived.
    pub fn signed(&self, secret: &str) -> bool {
        let message = format!(
            "{}|{}|{}",
            self.pg_cno.0, self.amount.0, self.transaction_date.0
        );
        codec_hmac::fits(
            secret.as_bytes(),
            message.as_bytes(),
            &self.msg_auth_value.0,
        )
    }

    /// The echo that is not the request's, if any: an answer to something else.
    pub fn foreign_echo(&self, mall_id: &str, id: &str, order_id: &str) -> Option<&'static str> {
        let echoes = [
            (&self.mall_id, mall_id, "mallId"),
            (&self.shop_transaction_id, id, "shopTransactionId"),
            (&self.shop_order_no, order_id, "shopOrderNo"),
        ];
        let foreign = echoes.iter().find(|(told, ours, _)| told.0 != *ours);
        foreign.map(|(_, _, name)| *name)
    }
}

/// The code by which KICC knows that a cancel comes from the holder of the secret.
pub fn cancel_code(secret: &str, pg_cno: &str, shop_transaction_id: &str) -> String {
    let message = format!("{pg_cno}|{shop_transaction_id}");
    codec_hmac::code(secret.as_bytes(), message.as_bytes())
}

/// What KICC tells of a card. Our table's name comes first, so that a card has one name whoever is asked.
pub fn card(number: &Text, name: &Text, kind: &Text, masked: Option<MaskedPan>) -> CardFacts {
    let issuer = codes::issuer(&number.0);
    CardFacts {
        code: issuer.and_then(|(code, _)| code).map(str::to_owned),
        name: issuer
            .map(|(_, name)| name)
            .or(name.some())
            .map(str::to_owned),
        number: masked,
        kind: match kind.0.as_str() {
            "N" => Some(CardKind::Credit),
            "Y" => Some(CardKind::Check),
            _ => None,
        },
    }
}
