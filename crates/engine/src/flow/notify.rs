//! Webhooks: which changes are told, and to whom. They are queued in the write that makes the change, so a payment is
//! readable before anyone hears of it.
//!
//! V1's are about payments and tell three fields. What goes beyond V1 is told only to merchants who turned it on, at their
//! endpoint only, and has a `type`, which V1's never have.

use dangol_domain::clock::seconds;
use dangol_domain::{Cancel, CancelState, Device, ExtraEvent, ImpUid, Payment, Schedule, State};
use dangol_store::billing_keys::Sealed;
use dangol_store::deliveries::{self, Delivery, KeyNews};
use dangol_store::jobs::{self, Claimed};
use dangol_store::merchants::MerchantRecord;
use dangol_store::upcoming;
use serde_json::{Value, json};

use super::run_schedule::meant;
use crate::heard::Heard;
use crate::{Engine, FlowError};

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
    // A key that was asked for by API without a charge is no payment to V1: its answer tells it.
    if after.amount == 0 && after.order.device == Device::Api {
        return Vec::new();
    }
    if after.state == State::Failed && told == Told::Waiting {
        let event = ExtraEvent::PaymentFailed;
        return extra(engine, merchant, event, Some(after), || about(after));
    }
    let cancel = ended_cancel(before, after);
    let send = match after.state {
        State::Paid => before.state != State::CancelPending,
        State::Failed => true,
        State::PartlyCancelled | State::Cancelled => {
            cancel.is_some_and(|cancel| cancel.webhook || told == Told::Open)
        }
        _ => false,
    };
    if !send {
        return Vec::new();
    }
    let urls = match after.order.notice_urls.as_slice() {
        [] => endpoint(engine, merchant).into_iter().collect(),
        urls => urls.to_vec(),
    };
    let mut body = about(after);
    if let Some(cancel) = cancel {
        body["cancellation_id"] = cancel.cancel_id.as_str().into();
    }
    let body = body.to_string();
    let delivery = |url| delivery(engine, merchant, Some(&after.imp_uid), url, &body);
    urls.into_iter().map(delivery).collect()
}

/// V1's three fields.
fn about(payment: &Payment) -> Value {
    json!({
        "imp_uid": payment.imp_uid.as_str(),
        "merchant_uid": payment.merchant_uid,
        "status": payment.state.v1(),
    })
}

/// What a payment that brings a billing key tells of the key: that it is new, or takes another's place. The store knows
/// which, and queues that one.
pub fn key_news(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    key: Option<&Sealed>,
) -> Vec<KeyNews> {
    if key.is_none() {
        return Vec::new();
    }
    let kinds = [
        (ExtraEvent::KeyIssued, false),
        (ExtraEvent::KeyReplaced, true),
    ];
    let told = kinds.into_iter().flat_map(|(event, replaces)| {
        // Without a status: the payment's own webhook tells that it is paid.
        let fields = || {
            json!({
                "customer_uid": payment.customer_uid,
                "imp_uid": payment.imp_uid.as_str(),
                "merchant_uid": payment.merchant_uid,
            })
        };
        let deliveries = extra(engine, merchant, event, Some(payment), fields);
        let news = move |delivery| KeyNews { delivery, replaces };
        deliveries.into_iter().map(news)
    });
    told.collect()
}

/// That a billing key was deleted.
pub fn key_deleted(
    engine: &Engine,
    merchant: &MerchantRecord,
    customer_uid: &str,
) -> Vec<Delivery> {
    let fields = || json!({ "customer_uid": customer_uid });
    extra(engine, merchant, ExtraEvent::KeyDeleted, None, fields)
}

/// Runs the job that announces a schedule. One that was moved, revoked or executed has another version by now, and this
/// finds nothing to do.
pub(crate) async fn upcoming(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let found = meant(engine, held).await?;
    // A server that was down for days must not announce what is due at once.
    let found = found.filter(|(_, schedule)| schedule.due_at > engine.now_ms());
    let queued = found.and_then(|(merchant, schedule)| {
        let delivery = announcement(engine, &merchant, &schedule)?;
        Some((schedule, delivery))
    });
    match queued {
        Some((schedule, delivery)) => {
            upcoming::announce(&engine.db, &schedule, &delivery, held).await?;
            engine.due.notify_one();
        }
        None => {
            jobs::finish(&engine.db, held).await?;
        }
    }
    Ok(())
}

fn announcement(
    engine: &Engine,
    merchant: &MerchantRecord,
    schedule: &Schedule,
) -> Option<Delivery> {
    let fields = || {
        json!({
            "amount": schedule.money().json(),
            "currency": schedule.currency.as_str(),
            "customer_uid": schedule.customer_uid,
            "merchant_uid": schedule.merchant_uid,
            "schedule_at": seconds(schedule.due_at),
        })
    };
    let event = ExtraEvent::ScheduleUpcoming;
    extra(engine, merchant, event, None, fields).pop()
}

/// An event beyond V1's, if its merchant turned it on.
fn extra(
    engine: &Engine,
    merchant: &MerchantRecord,
    event: ExtraEvent,
    payment: Option<&Payment>,
    fields: impl FnOnce() -> Value,
) -> Vec<Delivery> {
    if !merchant.webhook_events.has(event) {
        return Vec::new();
    }
    let mut fields = fields();
    fields["type"] = event.name().into();
    let body = fields.to_string();
    let imp_uid = payment.map(|payment| &payment.imp_uid);
    let delivery = |url| delivery(engine, merchant, imp_uid, url, &body);
    endpoint(engine, merchant)
        .into_iter()
        .map(delivery)
        .collect()
}

fn delivery(
    engine: &Engine,
    merchant: &MerchantRecord,
    imp_uid: Option<&ImpUid>,
    url: String,
    body: &str,
) -> Delivery {
    let now = engine.now_ms();
    Delivery {
        merchant: merchant.merchant.clone(),
        delivery_id: deliveries::delivery_id(now, &engine.random.hex::<8>()),
        imp_uid: imp_uid.cloned(),
        url,
        content_type: merchant.webhook_type.clone(),
        body: body.to_owned(),
        state: "queued".to_owned(),
        created_at: now,
    }
}

/// The merchant's endpoint. Without one a sandbox's webhooks are for its listeners alone, while there are any.
fn endpoint(engine: &Engine, merchant: &MerchantRecord) -> Option<String> {
    let nowhere = || (engine.settings.sandbox && Heard::is_listened_to(engine)).then(String::new);
    merchant.webhook_url.clone().or_else(nowhere)
}

/// The cancel that a change has brought to its end.
fn ended_cancel<'a>(before: &Payment, after: &'a Payment) -> Option<&'a Cancel> {
    after
        .cancels
        .iter()
        .find(|cancel| cancel.state == CancelState::Done && !before.cancels.contains(cancel))
}
