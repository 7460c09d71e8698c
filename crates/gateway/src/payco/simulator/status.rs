//! `/outseller/order/updateOrderProductStatus`: the seller says how a product of an order stands.

use serde_json::{Value, json};

use super::book::Record;
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{PROVIDER, Payco, Stop};

/// What PAYCO knows, with its own misspelling, as its refusal of anything else lists it.
const KNOWN: [&str; 14] = [
    "PAYMENT_WAITNG",
    "PAYED",
    "DELIVERY_READY",
    "DELIVERY_START",
    "DELIVERING",
    "DELIVERY_COMPLETE",
    "CANCEL_REQUEST",
    "EXCHANGE_WAIT",
    "EXCHANGE_COMPLETE",
    "RETURN_WAIT",
    "RETURN_COMPLETE",
    "PURCHASE_DECISION",
    "OUTSELLER_REFUND",
    "CANCELED",
];

impl Payco {
    /// Notes how a product stands. Nothing is given back, whatever it says.
    pub(super) async fn change_status(&self, fields: &Fields) -> Result<Value, Stop> {
        let seller = self.seller(fields)?;
        let order_no = fields.required("orderNo", 100)?;
        let product = fields.required("sellerOrderProductReferenceKey", 100)?;
        let status = fields.required("orderProductStatus", 100)?;
        if !KNOWN.contains(&status) {
            return Err(Refusal::saying(codes::BAD_PARAMETER, unknown(status)).into());
        }
        // A charge names one product, under the order's own number.
        let reference_key = {
            let mut book = self.book();
            let order = book.order(&seller.seller_key, order_no)?;
            order.reference_key.clone()
        };
        if reference_key != product {
            return Err(Refusal::new(codes::NO_ORDER).into());
        }
        let record = Record::Status {
            order_no: order_no.to_owned(),
            status: status.to_owned(),
        };
        self.world.append(PROVIDER, None, Some(&record)).await?;
        Ok(json!({
            "orderNo": order_no,
            "sellerOrderProductReferenceKey": product,
            "orderProductStatus": status,
        }))
    }
}

/// PAYCO's text, as a merchant has met it.
fn unknown(status: &str) -> String {
    let known = KNOWN.join(",");
    format!(
        "파라미터 정보가 유효하지 않습니다. orderProductStatus field reject, expected OrderProductStatusType{{{known}}}, but [{status}]"
    )
}
