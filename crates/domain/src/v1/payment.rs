//! The payment as V1 shows it (`PaymentAnnotation`): every key always present, alphabetical, times in
//! unix seconds with 0 for "not happened".

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::seconds;
use crate::{Cancel, CancelState, CardKind, Money, Payment, Usage};

/// What V1 writes where a browser's name would stand.
const NO_USER_AGENT: &str = "sorry_not_supported_anymore";

/// V1's payment object.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct PaymentView {
    pub amount: Value,
    pub apply_num: Option<String>,
    pub bank_code: Option<String>,
    pub bank_name: Option<String>,
    pub buyer_addr: Option<String>,
    pub buyer_email: Option<String>,
    pub buyer_name: Option<String>,
    pub buyer_postcode: Option<String>,
    pub buyer_tel: Option<String>,
    pub cancel_amount: Value,
    pub cancel_history: Vec<Value>,
    pub cancel_reason: Option<String>,
    pub cancel_receipt_urls: Vec<String>,
    pub cancelled_at: i64,
    pub card_code: Option<String>,
    pub card_issuer_code: Option<String>,
    pub card_issuer_name: Option<String>,
    pub card_name: Option<String>,
    pub card_number: Option<String>,
    pub card_publisher_code: Option<String>,
    pub card_publisher_name: Option<String>,
    pub card_quota: u8,
    pub card_type: Option<u8>,
    pub cash_receipt_issued: bool,
    pub channel: &'static str,
    pub currency: String,
    pub custom_data: Option<String>,
    pub customer_uid: Option<String>,
    pub customer_uid_usage: Option<&'static str>,
    pub emb_pg_provider: Option<String>,
    pub escrow: bool,
    pub fail_reason: Option<String>,
    pub failed_at: i64,
    pub imp_uid: String,
    pub merchant_uid: String,
    pub name: Option<String>,
    pub paid_at: i64,
    pub pay_method: String,
    pub pg_id: Option<String>,
    pub pg_provider: Option<String>,
    pub pg_tid: Option<String>,
    pub promotion: Option<Value>,
    pub receipt_url: Option<String>,
    pub sandbox: bool,
    pub started_at: i64,
    pub status: &'static str,
    pub user_agent: String,
    pub vbank_code: Option<String>,
    pub vbank_date: i64,
    pub vbank_holder: Option<String>,
    pub vbank_issued_at: i64,
    pub vbank_name: Option<String>,
    pub vbank_num: Option<String>,
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> PaymentView {
        let order = &payment.order;
        let buyer = order.buyer.clone();
        let receipt = payment.receipt.as_ref();
        let card = receipt.map(|r| r.card.clone()).unwrap_or_default();
        let at = |ms: Option<i64>| ms.map_or(0, seconds);
        let failed = payment.state.v1() == "failed";
        PaymentView {
            amount: payment.money().json(),
            apply_num: receipt.and_then(|r| r.approval_number.clone()),
            bank_code: None,
            bank_name: None,
            buyer_addr: buyer.addr,
            buyer_email: buyer.email,
            buyer_name: buyer.name,
            buyer_postcode: buyer.postcode,
            buyer_tel: buyer.tel,
            cancel_amount: Money::new(payment.cancelled, payment.currency).json(),
            cancel_history: history(payment),
            cancel_reason: done(payment).last().map(|c| c.reason.clone()),
            cancel_receipt_urls: receipt_urls(payment),
            cancelled_at: at(payment.cancelled_at),
            card_code: card.code,
            card_issuer_code: None,
            card_issuer_name: None,
            card_name: card.name,
            card_number: card.number.map(|n| n.as_str().to_owned()),
            card_publisher_code: None,
            card_publisher_name: None,
            card_quota: receipt.map_or(order.quota, |r| r.quota),
            card_type: card.kind.map(|kind| match kind {
                CardKind::Credit => 0,
                CardKind::Check => 1,
            }),
            cash_receipt_issued: false,
            channel: order.device.v1(),
            currency: payment.currency.as_str().to_owned(),
            custom_data: order.custom_data.clone(),
            customer_uid: payment.customer_uid.clone(),
            customer_uid_usage: order.usage.map(Usage::v1),
            emb_pg_provider: None,
            escrow: false,
            fail_reason: payment
                .failure
                .as_ref()
                .filter(|_| failed)
                .map(|f| f.reason()),
            failed_at: at(payment.failed_at),
            imp_uid: payment.imp_uid.to_string(),
            merchant_uid: payment.merchant_uid.clone(),
            name: order.name.clone(),
            paid_at: at(payment.paid_at),
            pay_method: order.pay_method.clone(),
            pg_id: Some(order.pg_id.clone()),
            pg_provider: Some(order.pg_provider.clone()),
            pg_tid: receipt.map(|r| r.pg_tid.clone()),
            promotion: None,
            receipt_url: receipt.and_then(|r| r.receipt_url.clone()),
            sandbox: order.sandbox,
            started_at: seconds(payment.started_at),
            status: payment.state.v1(),
            user_agent: order
                .user_agent
                .clone()
                .unwrap_or_else(|| NO_USER_AGENT.to_owned()),
            vbank_code: None,
            vbank_date: 0,
            vbank_holder: None,
            vbank_issued_at: 0,
            vbank_name: None,
            vbank_num: None,
        }
    }
}

/// The cancels that gave money back.
fn done(payment: &Payment) -> impl Iterator<Item = &Cancel> {
    let cancels = payment.cancels.iter();
    cancels.filter(|cancel| cancel.state == CancelState::Done)
}

/// V1's `cancel_receipt_urls`.
fn receipt_urls(payment: &Payment) -> Vec<String> {
    done(payment)
        .filter_map(|c| c.receipt_url.clone())
        .collect()
}

/// V1's `cancel_history`. A cancel without a number of its own goes by the payment's: V1 has no null here.
fn history(payment: &Payment) -> Vec<Value> {
    let approved = payment.receipt.as_ref().map_or("", |r| &r.pg_tid);
    let line = |cancel: &Cancel| {
        json!({
            "amount": Money::new(cancel.amount, payment.currency).json(),
            "cancellation_id": cancel.cancel_id,
            "cancelled_at": cancel.ended_at.map_or(0, seconds),
            "pg_tid": cancel.pg_tid.as_deref().unwrap_or(approved),
            "reason": cancel.reason,
            "receipt_url": cancel.receipt_url,
        })
    };
    done(payment).map(line).collect()
}
