//! A schedule that is due, or is tried again, becomes a payment.
//!
//! That the schedule is executed, by which payment, the payment itself and its resolve job are one commit, guarded by the
//! schedule's version. So of several workers one charges, and from that commit on it is a charge like any other: nothing
//! sends it again, and its resolve job finds out how it ended.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::schedule::Rerun;
use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Event, Failure, FailureClass, ImpUid, Payment, Schedule, ScheduleState, State,
};
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::jobs::{self, Claimed};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;
use dangol_store::schedules::{self, Begin};

use super::carry_out::{Attempt, Begun, Intent};
use super::charge_again::ChargeKey;
use super::notify::{self, Told};
use super::schedule::find;
use crate::channels::OpenChannel;
use crate::inflight;
use crate::{Engine, FlowError};

/// From which delay on a schedule's start is worth a line in the log, ms.
const LATE_MS: i64 = 60_000;

/// Runs the job of a schedule. One that was revoked, moved or executed has another version by now, and this finds nothing
/// to do.
pub(crate) async fn run(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let Some((merchant, schedule)) = meant(engine, held).await? else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let (key, channel) = match readiness(engine, &merchant, &schedule).await? {
        Ok(ready) => ready,
        Err(failure) => return refuse(engine, &merchant, &schedule, failure, held).await,
    };
    let now = engine.now_ms();
    let lane = channel.record.channel_key.as_str();
    let entered = match engine.clock.is_standing() {
        true => Ok(engine.lanes.enter_unpaced(lane)),
        false => engine.lanes.enter(lane, now),
    };
    let place = match entered {
        Ok(place) => place,
        Err(pause_ms) => {
            jobs::hand_back(&engine.db, held, now + pause_ms).await?;
            return Ok(());
        }
    };
    if now - schedule.due_at > LATE_MS {
        let late_s = (now - schedule.due_at) / 1_000;
        tracing::warn!(
            merchant_uid = schedule.merchant_uid,
            late_s,
            "a schedule starts late"
        );
    }
    let payment = due_payment(&schedule, &key, &channel, now);
    let intent = Intent::Scheduled(Box::new(schedule.clone()), Some(held.job.clone()));
    let charge = ChargeKey::new(engine, &merchant, key, channel);
    let attempt = Attempt::new(engine, &merchant, charge, intent);
    match attempt.start(payment).await? {
        Begun::Ours(_, end) => {
            inflight::wait(end).await;
        }
        Begun::Taken(_) => taken(engine, &schedule, held).await?,
        Begun::Moved => {
            jobs::finish(&engine.db, held).await?;
        }
    }
    drop(place);
    Ok(())
}

/// The schedule that a job is for, if it is still to be executed.
pub(super) async fn meant(
    engine: &Engine,
    held: &Claimed,
) -> Result<Option<(Arc<MerchantRecord>, Schedule)>, FlowError> {
    let job = &held.job;
    let Some((id, version)) = schedules::subject(job) else {
        return Ok(None);
    };
    let found = schedules::find(&engine.db, &job.merchant, id).await?;
    let pending = found.filter(|s| s.version == version && s.state == ScheduleState::Scheduled);
    let merchant = engine.merchant(&job.merchant).await?;
    Ok(merchant.zip(pending))
}

/// The key that the customer has now and its channel, or why there is nothing to charge.
async fn readiness(
    engine: &Engine,
    merchant: &MerchantRecord,
    schedule: &Schedule,
) -> Result<Result<(Sealed, Arc<OpenChannel>), Failure>, FlowError> {
    let found = billing_keys::find(&engine.db, &merchant.merchant, &schedule.customer_uid).await?;
    let Some(key) = found else {
        let class = FailureClass::UnknownKey;
        return Ok(Err(Failure::new(class, "", messages::UNKNOWN_BUYER)));
    };
    match engine.channel(merchant, &key.record.channel_key).await? {
        Some(channel) => Ok(Ok((key, channel))),
        None => Ok(Err(Failure::new(
            FailureClass::Config,
            "",
            messages::NO_CHANNEL,
        ))),
    }
}

/// The payment of a schedule that is executed at `at`, by the key that its customer has now.
fn due_payment(schedule: &Schedule, key: &Sealed, channel: &OpenChannel, at: i64) -> Payment {
    let mut payment = bare_payment(schedule, at);
    payment.channel_key = channel.record.channel_key.clone();
    payment.order.pg_provider = key.record.pg_provider.clone();
    payment.order.pg_id = channel.record.pg_id.clone();
    payment.order.sandbox = channel.record.sandbox;
    payment
}

fn bare_payment(schedule: &Schedule, at: i64) -> Payment {
    let mut order = schedule.order.clone();
    order.name = Some(schedule.name());
    Payment {
        merchant: schedule.merchant.clone(),
        imp_uid: ImpUid::api(0),
        merchant_uid: schedule.merchant_uid.clone(),
        customer_uid: Some(schedule.customer_uid.clone()),
        channel_key: String::new(),
        state: State::Sending,
        version: 1,
        amount: schedule.amount,
        cancelled: 0,
        currency: schedule.currency,
        started_at: at,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order,
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}

/// Nothing can be charged: a failed payment says why, and its webhook goes out, as for a charge that was declined.
async fn refuse(
    engine: &Engine,
    merchant: &MerchantRecord,
    schedule: &Schedule,
    failure: Failure,
    held: &Claimed,
) -> Result<(), FlowError> {
    let now = engine.now_ms();
    let mut before = bare_payment(schedule, now);
    before.imp_uid = ImpUid::api(engine.random.u64());
    before.state = State::Ready;
    let payment = Payment {
        state: State::Failed,
        failed_at: Some(now),
        failure: Some(failure),
        ..before.clone()
    };
    let deliveries = notify::queue(engine, merchant, &before, &payment, Told::Open);
    let begin = Begin {
        schedule,
        payment: &payment,
        event: Event::Refuse,
        resolve: None,
        done: Some(&held.job),
        deliveries: &deliveries,
        write_id: engine.random.id63(),
    };
    if schedules::begin(&engine.db, begin).await? {
        engine.due.notify_one();
        return Ok(());
    }
    let twin = payments::find_live(&engine.db, &schedule.merchant, &schedule.merchant_uid).await?;
    if twin.is_some() {
        return taken(engine, schedule, held).await;
    }
    // It moved meanwhile, or the imp_uid was drawn before: the next try sees which.
    jobs::hand_back(&engine.db, held, now).await?;
    Ok(())
}

/// Another payment holds the merchant_uid, and the merchant knows of it: the schedule ends, and says why.
async fn taken(engine: &Engine, schedule: &Schedule, held: &Claimed) -> Result<(), FlowError> {
    tracing::warn!(
        merchant_uid = schedule.merchant_uid,
        "a schedule's merchant_uid was used by another payment"
    );
    let (now, write_id) = (engine.now_ms(), engine.random.id63());
    schedules::fail(
        &engine.db,
        schedule,
        messages::UID_USED,
        now,
        held,
        write_id,
    )
    .await?;
    Ok(())
}

/// Tries a schedule again that failed or was revoked, at once. The payment is paid, failed, or still open.
pub async fn retry(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    merchant_uid: &str,
) -> Result<Arc<Payment>, FlowError> {
    let schedule = find(engine, &merchant.merchant, merchant_uid).await?;
    may_rerun(&schedule)?;
    let (key, channel) = match readiness(engine, merchant, &schedule).await? {
        Ok(ready) => ready,
        Err(failure) => return Err(Refusal::not_found(failure.reason()).into()),
    };
    let payment = due_payment(&schedule, &key, &channel, engine.now_ms());
    let intent = Intent::Scheduled(Box::new(schedule), None);
    let charge = ChargeKey::new(engine, merchant, key, channel);
    let attempt = Attempt::new(engine, merchant, charge, intent);
    match attempt.start(payment).await? {
        Begun::Ours(payment, end) => {
            let budget = Duration::from_millis(engine.settings.answer_budget_ms);
            let ended = tokio::time::timeout(budget, inflight::wait(end)).await;
            Ok(ended.ok().flatten().unwrap_or_else(|| Arc::new(payment)))
        }
        Begun::Taken(_) => Err(not_now(messages::SCHEDULE_IS_PAID)),
        Begun::Moved => Err(not_now(messages::SCHEDULE_IS_RUNNING)),
    }
}

/// Whether a schedule may run again; HTTP 400 says why not.
pub(super) fn may_rerun(schedule: &Schedule) -> Result<(), FlowError> {
    match schedule.rerun() {
        Rerun::Possible => Ok(()),
        Rerun::NotYet => Err(not_now(messages::SCHEDULE_NOT_RUN)),
        Rerun::Running => Err(not_now(messages::SCHEDULE_IS_RUNNING)),
        Rerun::Approved => Err(not_now(messages::SCHEDULE_IS_PAID)),
    }
}

/// HTTP 400 for a schedule in the wrong state.
pub(super) fn not_now(message: &str) -> FlowError {
    let refusal = Refusal {
        status: 400,
        code: 1,
        message: message.to_owned(),
    };
    refusal.into()
}
