//! The shapes of the answers.

use serde_json::{Value, json};

use super::book::{Approval, BatchKey, Cancel};
use super::codes::{self, Refusal};
use super::signature;
use crate::sandbox::cards::TestCard;
use crate::sandbox::{Meddling, korea};

/// What answers repeat of the call.
pub struct Asked<'a> {
    /// The merchant.
    pub mall_id: &'a str,
    /// `shopTransactionId`.
    pub id: &'a str,
}

/// A refusal.
pub fn refused(refusal: &Refusal) -> Value {
    json!({ "resCd": refusal.code, "resMsg": refusal.message() })
}

/// The refusal of an earlier call, with the numbers of that call.
pub fn was_refused(asked: &Asked<'_>, order_id: Option<&str>, refusal: &Refusal) -> Value {
    let mut answer = refused(refusal);
    answer["mallId"] = asked.mall_id.into();
    answer["shopTransactionId"] = asked.id.into();
    answer["shopOrderNo"] = order_id.into();
    answer
}

/// The answer to an issue, not signed.
pub fn issued(asked: &Asked<'_>, name: &str, key: &BatchKey, told_amount: i64) -> Value {
    let card = json!({ "cardNo": name, "cardMaskNo": masked_as_issued(key.card) });
    let stamp = korea::stamp(key.at * 1000);
    approval_shape(
        asked,
        &key.order_id,
        &key.pg_cno,
        told_amount,
        &stamp,
        ("", ""),
        key.card,
        card,
        "",
        0,
    )
}

/// The answer to a charge, not signed.
pub fn charged(asked: &Asked<'_>, pg_cno: &str, approval: &Approval, told_amount: i64) -> Value {
    let Approval {
        order_id,
        card,
        app_no,
        months,
        ..
    } = approval;
    let numbers = json!({ "cardNo": masked_as_charged(*card), "cardMaskNo": "" });
    let stamp = korea::stamp(approval.at * 1000);
    let (status, app_no) = (approval.status(), app_no.to_string());
    approval_shape(
        asked,
        order_id,
        pg_cno,
        told_amount,
        &stamp,
        status,
        *card,
        numbers,
        &app_no,
        *months,
    )
}

#[expect(
    clippy::too_many_arguments,
    reason = "one flat shape, called from two places"
)]
fn approval_shape(
    asked: &Asked<'_>,
    order_id: &str,
    pg_cno: &str,
    amount: i64,
    stamp: &str,
    (status_code, status_message): (&str, &str),
    card: TestCard,
    numbers: Value,
    approval_no: &str,
    months: u8,
) -> Value {
    let (issuer_code, issuer_name) = issuer(card);
    json!({
        "resCd": codes::OK,
        "resMsg": codes::message(codes::OK),
        "mallId": asked.mall_id,
        "pgCno": pg_cno,
        "shopTransactionId": asked.id,
        "shopOrderNo": order_id,
        "amount": amount,
        "transactionDate": stamp,
        "statusCode": status_code,
        "statusMessage": status_message,
        "escrowUsed": "N",
        "paymentInfo": {
            "payMethodTypeCode": "11",
            "approvalNo": approval_no,
            "approvalDate": stamp,
            "cardInfo": {
                "cardNo": numbers["cardNo"],
                "cardMaskNo": numbers["cardMaskNo"],
                "issuerCode": issuer_code,
                "issuerName": issuer_name,
                "acquirerCode": issuer_code,
                "acquirerName": issuer_name,
                "installmentMonth": months,
                "freeInstallmentTypeCode": "00",
                "cardGubun": "N",
                "cardBizGubun": "P",
                "partCancelUsed": "Y",
                "subCardCd": "",
                "vanSno": "",
                "couponAmount": 0,
            },
            "cpCode": "",
            "multiCardAmount": "",
            "bankInfo": {},
            "virtualAccountInfo": {},
            "mobInfo": {},
            "prepaidInfo": {},
            "cashReceiptInfo": {},
            "basketInfoList": [],
        },
    })
}

/// Signs the answer to an approval over what it says; wrongly where a plan wants that.
pub fn sign(mut answer: Value, secret: &str, meddling: &Meddling) -> Value {
    let amount = answer["amount"].to_string();
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let mut value = signature::of(secret, &[text("pgCno"), &amount, text("transactionDate")]);
    if meddling.breaks_signature() {
        let last = if value.pop() == Some('0') { '1' } else { '0' };
        value.push(last);
    }
    answer["msgAuthValue"] = value.into();
    answer
}

/// The answer to a cancel. `told_amount` is what it says was cancelled.
pub fn cancelled(
    asked: &Asked<'_>,
    cancel: &Cancel,
    approval: &Approval,
    told_amount: i64,
) -> Value {
    let (status_code, status_message) = cancel.status();
    let stamp = korea::stamp(cancel.at * 1000);
    json!({
        "resCd": codes::OK,
        "resMsg": codes::message(codes::OK),
        "mallId": asked.mall_id,
        "shopTransactionId": asked.id,
        "shopOrderNo": approval.order_id,
        "oriPgCno": cancel.pg_cno,
        "cancelPgCno": cancel.cancel_pg_cno,
        "transactionDate": stamp,
        "cancelAmount": told_amount,
        "remainAmount": cancel.left,
        "statusCode": status_code,
        "statusMessage": status_message,
        "escrowUsed": "N",
        "reviseInfo": {
            "payMethodTypeCode": "11",
            "approvalNo": approval.app_no.to_string(),
            "approvalDate": stamp,
            "cardInfo": { "couponAmount": 0 },
            "refundInfo": {},
            "cashReceiptInfo": {},
        },
    })
}

/// The issuer of a test card: code and name.
fn issuer(card: TestCard) -> (&'static str, &'static str) {
    match card {
        TestCard::Good | TestCard::RefusedAtIssue => ("029", "신한카드"),
        TestCard::OverLimit | TestCard::NoBalance => ("031", "삼성카드"),
        TestCard::Lost | TestCard::Expired => ("016", "KB국민카드"),
    }
}

/// Six digits, and three of the last four.
fn masked_as_issued(card: TestCard) -> String {
    let (head, tail) = card.eight_and_four();
    format!("{}******{}*", &head[..6], &tail[..3])
}

/// Eight digits, and three of the last four.
fn masked_as_charged(card: TestCard) -> String {
    let (head, tail) = card.eight_and_four();
    format!("{head}****{}*", &tail[..3])
}
