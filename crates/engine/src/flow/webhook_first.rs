//! The webhook first, then the buyer's browser: a merchant may want to have heard of a window's payment before its page
//! does. Only the telling of the result waits, and not for long: the payment is recorded and can be read meanwhile.

use std::time::Duration;

use dangol_domain::Payment;
use dangol_store::deliveries::{self, Delivery};
use dangol_store::merchants::MerchantRecord;

use crate::{Engine, FlowError};

/// How long a result waits at most, ms from when the payment became paid.
const LIMIT_MS: i64 = 10_000;
/// How often the deliveries are looked at: any node may be sending them.
const PAUSE: Duration = Duration::from_millis(100);
/// How much earlier than the payment its webhooks may be dated, ms: the clock is calibrated while it runs.
const SLACK_MS: i64 = 1_000;

/// Whether the result of a window is still held back.
pub(super) async fn is_held(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
) -> Result<bool, FlowError> {
    Ok(!queued(engine, merchant, payment).await?.is_empty())
}

/// Waits until each webhook about a window's payment was delivered or given up, or the limit is over.
pub(super) async fn until_told(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
) -> Result<(), FlowError> {
    let db = &engine.db;
    for webhook in queued(engine, merchant, payment).await? {
        while is_early(engine, payment) {
            let now = deliveries::find(db, &webhook.merchant, &webhook.delivery_id).await?;
            if now.is_none_or(|now| now.state != "queued") {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// The webhooks that are still worth waiting for.
async fn queued(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
) -> Result<Vec<Delivery>, FlowError> {
    let Some(paid_at) = payment.paid_at.filter(|_| merchant.webhook_first) else {
        return Ok(Vec::new());
    };
    if !is_early(engine, payment) {
        return Ok(Vec::new());
    }
    let mut sent =
        deliveries::between(&engine.db, payment, paid_at - SLACK_MS, paid_at + LIMIT_MS).await?;
    sent.retain(|delivery| delivery.state == "queued");
    Ok(sent)
}

fn is_early(engine: &Engine, payment: &Payment) -> bool {
    payment
        .paid_at
        .is_some_and(|paid_at| engine.now_ms() < paid_at + LIMIT_MS)
}
