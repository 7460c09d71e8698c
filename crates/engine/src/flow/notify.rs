//! Webhooks: which changes of a payment are told, and to whom. They are queued in the write that makes the change, so
//! the payment is readable before anyone hears of it.

use dangol_domain::{Cancel, CancelState, Payment, State};
use dangol_store::deliveries::{self, Delivery};
use dangol_store::merchants::MerchantRecord;

use crate::Engine;
use crate::heard::Heard;

/// What the caller of an attempt has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Somebody is waiting for the answer and will see the outcome there.
    Waiting,
    /// The answer said "open", or nobody is there to hear it: the end must be told by webhook.
    Open,
}

/// The webhooks that a change sends, as i'mport's table has it: every payment that gets paid is told; a failure is
/// told only when no answer could tell it; a cancel when it was asked to be, or when no answer could.
pub fn queue(
    engine: &Engine,
    merchant: &MerchantRecord,
    before: &Payment,
    after: &Payment,
    told: Told,
) -> Vec<Delivery> {
    let cancel = ended_cancel(before, after);
    let send = match after.state {
        State::Paid => before.state != State::CancelPending,
        State::Failed => told == Told::Open,
        State::PartlyCancelled | State::Cancelled => {
            cancel.is_some_and(|cancel| cancel.webhook || told == Told::Open)
        }
        _ => false,
    };
    if !send {
        return Vec::new();
    }
    let urls = match after.order.notice_urls.as_slice() {
        [] => endpoint(engine, merchant),
        urls => urls.to_vec(),
    };
    let mut body = serde_json::json!({
        "imp_uid": after.imp_uid.as_str(),
        "merchant_uid": after.merchant_uid,
        "status": after.state.v1(),
    });
    if let Some(cancel) = cancel {
        body["cancellation_id"] = cancel.cancel_id.as_str().into();
    }
    let body = body.to_string();
    let now = engine.now_ms();
    let delivery = |url: String| Delivery {
        merchant: after.merchant.clone(),
        delivery_id: deliveries::delivery_id(now, &engine.random.hex::<8>()),
        imp_uid: after.imp_uid.clone(),
        url,
        content_type: merchant.webhook_type.clone(),
        body: body.clone(),
        state: "queued".to_owned(),
        created_at: now,
    };
    urls.into_iter().map(delivery).collect()
}

/// The merchant's endpoint. Without one a sandbox's webhooks are for its listeners alone, while there are any.
fn endpoint(engine: &Engine, merchant: &MerchantRecord) -> Vec<String> {
    let nowhere = || (engine.settings.sandbox && Heard::is_listened_to(engine)).then(String::new);
    let url = merchant.webhook_url.clone().or_else(nowhere);
    url.into_iter().collect()
}

/// The cancel that a change has brought to its end.
fn ended_cancel<'a>(before: &Payment, after: &'a Payment) -> Option<&'a Cancel> {
    after
        .cancels
        .iter()
        .find(|cancel| cancel.state == CancelState::Done && !before.cancels.contains(cancel))
}
