//! A prepared order as V1 shows it.

use serde::Serialize;
use serde_json::Value;

use crate::PreparedOrder;

/// V1's object. Its own description asks for `total`, `previous` and `next` too, which belong to lists.
#[derive(Serialize)]
pub struct PreparedView<'a> {
    /// The amount that a window must ask for.
    pub amount: Value,
    /// The currency that it must ask for; null: any.
    pub currency: Option<String>,
    /// The merchant's order number.
    pub merchant_uid: &'a str,
}

impl<'a> From<&'a PreparedOrder> for PreparedView<'a> {
    fn from(order: &'a PreparedOrder) -> PreparedView<'a> {
        PreparedView {
            amount: order.amount_json(),
            currency: order.currency.map(|code| code.as_str().to_owned()),
            merchant_uid: &order.merchant_uid,
        }
    }
}
