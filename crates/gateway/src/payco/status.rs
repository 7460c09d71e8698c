//! The state of an order's product: V1's `/payco/orders/status/{imp_uid}`.

use async_trait::async_trait;
use dangol_domain::{Failure, FailureClass};
use serde_json::json;

use super::codes::{self, Meaning, Step};
use super::messages::{ChangeStatus, ChangedStatus};
use super::talk::{Answer, NoAnswer, ask, not_connected};
use crate::contract::Channel;
use crate::lenient::said;
use crate::service::{Param, Required, Served, Service, ServiceOrder, Shape};
use crate::wire::Wire;

/// Tells PAYCO that a product is on its way, was accepted, or was called off.
pub struct OrderStatus;

/// V1 hands on whatever it is told, and PAYCO refuses what it does not know: V1 documents `DELIVERY_START`,
/// `PURCHASE_DECISION` and `CANCELED`, and PAYCO knows more.
const PARAMS: &[Param] = &[Param {
    name: "status",
    shape: Shape::Text(40),
    required: Required::Always,
    example: "DELIVERY_START",
}];

#[async_trait]
impl Service for OrderStatus {
    fn path(&self) -> &'static str {
        "/payco/orders/status/{imp_uid}"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    /// Merchants have met a refusal as one that is not HTTP 200; which one it was is not known.
    fn refusal_status(&self) -> u16 {
        400
    }

    async fn call(&self, wire: &dyn Wire, channel: &Channel, order: &ServiceOrder) -> Served {
        if channel.credential("product_id").is_empty() {
            let text = "a charge names its product only where the channel has a product_id";
            return Served::NotSent(Failure::new(FailureClass::Config, "", text));
        }
        let status = order.value("status");
        let question = ChangeStatus {
            seller_key: &channel.pg_id,
            order_no: &order.receipt.pg_tid,
            seller_order_product_reference_key: &order.order_id,
            order_product_status: status,
        };
        let path = "/outseller/order/updateOrderProductStatus";
        match ask(wire, channel, path, &question).await {
            Ok(answer) => changed(channel, &answer, order, status),
            Err(NoAnswer::NotConnected) => Served::NotSent(not_connected()),
            Err(NoAnswer::Unclear(seen)) => Served::Unknown(seen),
        }
    }
}

/// Reads `0` as done, unless PAYCO names another order.
fn changed(channel: &Channel, answer: &Answer, order: &ServiceOrder, status: &str) -> Served {
    match codes::meaning(channel, &answer.code.0, Step::Status) {
        Meaning::Ok => {
            let told: ChangedStatus = answer.result().unwrap_or_default();
            match told.order_no.some() {
                Some(other) if other != order.receipt.pg_tid => {
                    Served::Unknown("PAYCO said 0 for another payment".to_owned())
                }
                _ => Served::Done(json!({ "status": status })),
            }
        }
        Meaning::Unclear => Served::Unknown(format!(
            "PAYCO answered {}: a trouble of its own",
            answer.shown()
        )),
        Meaning::Unlisted if answer.code.0.is_empty() => {
            Served::Unknown("PAYCO answered without a code".to_owned())
        }
        // No money depends on it, so that any other code is a refusal.
        Meaning::Refused(_) | Meaning::Seen | Meaning::Unlisted => Served::Refused {
            message: match said(&answer.message.0) {
                text if text.is_empty() => answer.shown(),
                text => text,
            },
            detail: None,
        },
    }
}
