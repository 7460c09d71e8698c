//! The results that name money, in PAYCO's words.

use serde_json::{Value, json};

use super::book::{Order, Seller};
use super::issuer;
use crate::sandbox::korea;

/// The answer to a payment, and to a question about one. `told` is the amount that it names.
pub fn approved(seller: &Seller, order_no: &str, order: &Order, told: i64) -> Value {
    let at = korea::stamp(order.at * 1000);
    let (code, name) = issuer(order.card);
    let tax = told * 10 / 11;
    json!({
        "orderNo": order_no,
        "orderCertifyKey": order.certify_key,
        "sellerOrderReferenceKey": order.reference_key,
        "reserveOrderNo": order.reserve_order_no,
        "orderChannel": "PC",
        "totalOrderAmt": told,
        "totalPaymentAmt": told,
        "paymentCompletionYn": "Y",
        "paymentCompleteYmdt": at,
        "orderProducts": [{
            "orderProductNo": format!("{order_no}01"),
            "sellerOrderProductReferenceKey": order.reference_key,
            "orderProductStatusCode": "OPSPAED",
            "orderProductStatusName": "결제완료",
            "cpId": seller.cp_id,
            "productId": seller.product_id,
            "productPaymentAmt": told,
            "originalProductPaymentAmt": told,
        }],
        "paymentDetails": [{
            "paymentTradeNo": format!("{order_no}02"),
            "paymentMethodCode": "31",
            "paymentMethodName": "신용카드",
            "paymentAmt": told,
            "taxfreeAmt": 0,
            "taxableAmt": tax,
            "vatAmt": told - tax,
            "serviceAmt": 0,
            "tradeYmdt": at,
            "pgAdmissionNo": format!("{:014}", order.admission_no),
            "pgAdmissionYmdt": at,
            "easyPaymentYn": "Y",
            "cardSettleInfo": {
                "cardCompanyName": name,
                "cardCompanyCode": code,
                "cardNo": order.card.masked(),
                "cardInstallmentMonthNumber": "00",
                "cardAdmissionNo": order.admission_no.to_string(),
                "cardInterestFreeYn": "N",
                "corporateCardYn": "N",
                "partCancelPossibleYn": "Y",
                "acquirersCorporationCode": code,
            },
        }],
    })
}

/// A cancel that was made.
pub struct Cancelled<'a> {
    /// `orderNo`.
    pub order_no: &'a str,
    /// The number of the cancel.
    pub cancel_no: &'a str,
    /// Won, as they are told.
    pub told: i64,
    /// The order after it.
    pub after: &'a Order,
    /// When, ms.
    pub at_ms: i64,
}

/// The answer to a cancel. Its amounts have decimals, as PAYCO's do.
pub fn cancelled(cancel: &Cancelled<'_>) -> Value {
    let won = |amount: i64| amount as f64;
    let at = korea::stamp(cancel.at_ms);
    json!({
        "orderNo": cancel.order_no,
        "cancelTradeSeq": cancel.after.cancels,
        "totalCancelPaymentAmt": won(cancel.told),
        "remainCancelPossibleAmt": won(cancel.after.left),
        "cancelPaymentDetails": [{
            "paymentTradeNo": format!("{}02", cancel.order_no),
            "paymentMethodCode": "31",
            "paymentMethodName": "신용카드",
            "cancelPaymentAmt": won(cancel.told),
            "tradeYmdt": at,
            "cancelPaymentTradeNo": cancel.cancel_no,
            "cancelTaxfreeAmt": 0.0,
            "cancelServiceAmt": 0.0,
        }],
        "cancelYmdt": at,
    })
}
