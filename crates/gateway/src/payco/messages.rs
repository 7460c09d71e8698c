//! PAYCO's messages as JSON. Answers are read leniently: a text or a number, unknown fields ignored, missing ones empty;
//! card numbers are masked while they are read.

use dangol_domain::{CardFacts, MaskedPan};
use serde::{Deserialize, Serialize};

use super::codes;
use crate::lenient::{MaskedNumber, SecretText, Text};

/// Reserves a registration: `/outseller/autoPayment/reserve`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reserve<'a> {
    pub seller_key: &'a str,
    pub cp_id: &'a str,
    pub seller_auto_payment_reference_key: &'a str,
    pub return_url: &'a str,
    /// JSON in a text: its members come back with the return.
    pub return_url_param: String,
    pub currency: &'a str,
    pub total_payment_amt: i64,
    pub order_method: &'a str,
    pub order_channel: &'a str,
    pub in_app_yn: &'a str,
    pub order_title: String,
    /// JSON in a text.
    pub extra_data: String,
}

/// Names a registration: `/outseller/autoPayment/info` and `/delete`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration<'a> {
    pub seller_key: &'a str,
    pub seller_auto_payment_reference_key: &'a str,
    pub auto_payment_certify_key: &'a str,
}

/// Charges a key: `/outseller/autoPayment/payment`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge<'a> {
    pub seller_key: &'a str,
    pub auto_payment_no: &'a str,
    pub auto_payment_certify_key: &'a str,
    pub seller_order_reference_key: &'a str,
    pub seller_order_reference_key_type: &'a str,
    pub currency: &'a str,
    pub total_payment_amt: i64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
    pub order_title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_products: Option<[Product<'a>; 1]>,
}

/// How an amount splits into tax-free, taxed and VAT parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tax {
    pub total_taxfree_amt: i64,
    pub total_taxable_amt: i64,
    pub total_vat_amt: i64,
}

/// The one product of a charge.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Product<'a> {
    pub cp_id: &'a str,
    pub product_id: &'a str,
    pub product_amt: i64,
    pub product_payment_amt: i64,
    pub order_quantity: u8,
    pub sort_ordering: u8,
    pub product_name: String,
    pub seller_order_product_reference_key: &'a str,
    pub taxation_type: &'a str,
}

/// Asks about a charge: `/outseller/payment/approval/getDetailForVerify`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verify<'a> {
    pub seller_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve_order_no: Option<&'a str>,
    pub seller_order_reference_key: &'a str,
}

/// Cancels a charge: `/outseller/order/cancel`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel<'a> {
    pub seller_key: &'a str,
    pub order_no: &'a str,
    pub order_certify_key: &'a str,
    pub cancel_total_amt: i64,
    pub request_memo: String,
    pub seller_order_reference_key: &'a str,
    /// Only where part is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_products: Option<[CancelledProduct<'a>; 1]>,
}

/// The product of which part is cancelled.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledProduct<'a> {
    pub seller_order_product_reference_key: &'a str,
    pub cp_id: &'a str,
    pub product_id: &'a str,
    pub product_amt: i64,
    pub cancel_detail_content: String,
}

/// Changes the state of an order's product: `/outseller/order/updateOrderProductStatus`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStatus<'a> {
    pub seller_key: &'a str,
    pub order_no: &'a str,
    pub seller_order_product_reference_key: &'a str,
    pub order_product_status: &'a str,
}

/// The result of [`Reserve`].
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Reserved {
    pub order_sheet_url: Text,
}

/// The result of [`Registration`] at `info`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Registered {
    pub seller_auto_payment_reference_key: Text,
    pub auto_payment_certify_key: SecretText,
    pub auto_payment_no: SecretText,
    pub corporation_code: Text,
    pub corporation_name: Text,
    /// A masked card number, or a number of PAYCO's own: nobody says.
    pub pin_no: Text,
}

/// The result of [`Charge`] and of [`Verify`].
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Approved {
    pub order_no: Text,
    pub order_certify_key: SecretText,
    pub seller_order_reference_key: Text,
    pub total_payment_amt: Text,
    pub payment_completion_yn: Text,
    pub payment_complete_ymdt: Text,
    pub payment_details: Vec<PaymentDetail>,
}

/// One means of payment of a charge.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct PaymentDetail {
    pub card_settle_info: Option<CardSettle>,
}

/// The card of a charge.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct CardSettle {
    pub card_company_name: Text,
    pub card_company_code: Text,
    pub card_no: MaskedNumber,
    pub card_installment_month_number: Text,
    pub card_admission_no: Text,
    pub part_cancel_possible_yn: Text,
}

/// The result of [`Cancel`].
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Cancelled {
    pub order_no: Text,
    pub total_cancel_payment_amt: Text,
    pub remain_cancel_possible_amt: Text,
    pub cancel_ymdt: Text,
}

/// The result of [`ChangeStatus`]; what is in it is not known.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangedStatus {
    pub order_no: Text,
}

/// What PAYCO tells of a card. Our table's name comes first, so that a card has one name whoever is asked.
pub fn card(letters: &Text, name: &Text, number: Option<MaskedPan>) -> CardFacts {
    let issuer = codes::issuer(&letters.0);
    CardFacts {
        code: issuer.and_then(|(code, _)| code).map(str::to_owned),
        name: issuer
            .map(|(_, name)| name)
            .or(name.some())
            .map(str::to_owned),
        number,
        kind: None,
    }
}
