//! `/subscribe/payments/schedule` and what belongs to it: registering schedules, revoking, moving and listing them. How
//! they run is in `run_schedule`.

use std::collections::BTreeSet;
use std::sync::Arc;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{Buyer, Money, Schedule, ScheduleState, Usage, UserCode};
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::merchants::MerchantRecord;
use dangol_store::schedules::{self, List};
use dangol_store::{StoreError, payments};

use super::Again;
use super::charge_again::asked;
use super::check_card::check;
use super::run_schedule::{may_rerun, not_now};
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// One charge that is to make itself.
pub struct Entry {
    /// What `again` would be told. The customer_uid is the registration's.
    pub again: Again,
    /// When, ms.
    pub at_ms: i64,
}

/// The parameters of a registration, as far as their shape is right.
pub struct Registration {
    /// The billing key's name.
    pub customer_uid: String,
    /// What is charged and given back at once to prove the card, a decimal.
    pub checking_amount: Option<String>,
    /// The schedules.
    pub entries: Vec<Entry>,
}

/// Registers schedules, all or none.
pub async fn register(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    registration: Registration,
) -> Result<Vec<Schedule>, FlowError> {
    let customer_uid = &registration.customer_uid;
    let found = billing_keys::find(&engine.db, &merchant.merchant, customer_uid).await?;
    let key = found.ok_or_else(|| Refusal::business(messages::NO_CUSTOMER))?;
    let channel = engine.channel(merchant, &key.record.channel_key).await?;
    let channel = channel.ok_or_else(|| Refusal::business(messages::NO_CHANNEL))?;
    let all = read(engine, merchant, &registration.entries, &key, &channel)?;
    if let Some(uid) = taken(engine, &all).await? {
        return Err(Refusal::business(messages::schedule_taken(&uid)).into());
    }
    if let Some(amount) = checked(registration.checking_amount, &all)? {
        check(engine, merchant, key, channel, amount).await?;
    }
    let write_id = engine.random.id63();
    let registered = match schedules::register(&engine.db, &all, write_id).await {
        // The commit's own outcome was lost: what is there tells.
        Err(StoreError::CommitUnknown(why)) => {
            tracing::warn!(why, "a registration's commit is unknown; reading it back");
            match all.first() {
                Some(first) => schedules::is_revised_by(&engine.db, first, write_id).await?,
                None => true,
            }
        }
        registered => registered?,
    };
    if registered {
        return Ok(all);
    }
    let uid = taken(engine, &all).await?.unwrap_or_default();
    Err(Refusal::business(messages::schedule_taken(&uid)).into())
}

/// The schedules that are asked for. A refusal names the entry and its field.
fn read(
    engine: &Engine,
    merchant: &MerchantRecord,
    entries: &[Entry],
    key: &Sealed,
    channel: &OpenChannel,
) -> Result<Vec<Schedule>, FlowError> {
    let mut uids = BTreeSet::new();
    let mut all = Vec::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        let schedule = read_one(engine, merchant, entry, key, channel);
        let schedule = schedule.map_err(|error| of_entry(n, error))?;
        if !uids.insert(&entry.again.merchant_uid) {
            let twice = messages::schedule_taken(&entry.again.merchant_uid);
            return Err(Refusal::business(twice).into());
        }
        all.push(schedule);
    }
    Ok(all)
}

fn read_one(
    engine: &Engine,
    merchant: &MerchantRecord,
    entry: &Entry,
    key: &Sealed,
    channel: &OpenChannel,
) -> Result<Schedule, FlowError> {
    let payment = asked(engine, merchant, &entry.again, channel)?;
    let now = payment.started_at;
    if payment.amount == 0 {
        return Err(Refusal::business(messages::ZERO_AMOUNT).into());
    }
    in_future(entry.at_ms, now)?;
    let mut order = payment.order;
    order.usage = Some(Usage::Scheduled);
    let (told, known) = (&order.buyer, &key.record.buyer);
    let either = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
    order.buyer = Buyer {
        name: either(&told.name, &known.name),
        email: either(&told.email, &known.email),
        tel: either(&told.tel, &known.tel),
        addr: either(&told.addr, &known.addr),
        postcode: either(&told.postcode, &known.postcode),
    };
    Ok(Schedule {
        merchant: payment.merchant,
        schedule_id: format!("schedule_{}", engine.random.hex::<8>()),
        merchant_uid: payment.merchant_uid,
        customer_uid: key.record.customer_uid.clone(),
        state: ScheduleState::Scheduled,
        version: 1,
        due_at: entry.at_ms,
        made_at: now,
        executed_at: None,
        revoked_at: None,
        amount: payment.amount,
        currency: payment.currency,
        order,
        trouble: None,
        execution: None,
        has_key: true,
    })
}

fn of_entry(n: usize, error: FlowError) -> FlowError {
    match error {
        FlowError::Refused(refusal) => Refusal {
            message: format!("schedules[{n}].{}", refusal.message),
            ..refusal
        }
        .into(),
        other => other,
    }
}

fn in_future(at_ms: i64, now: i64) -> Result<(), Refusal> {
    if at_ms > now {
        return Ok(());
    }
    Err(Refusal::malformed(
        "schedule_at",
        "현재보다 이후의 시각이어야 합니다. (must be in the future)",
    ))
}

/// What is to be charged to prove the card, if anything.
fn checked(amount: Option<String>, all: &[Schedule]) -> Result<Option<String>, Refusal> {
    let (Some(amount), Some(first)) = (amount, all.first()) else {
        return Ok(None);
    };
    match Money::parse(&amount, first.currency) {
        Ok(money) if money.minor == 0 => Ok(None),
        Ok(_) => Ok(Some(amount)),
        Err(error) => Err(Refusal::malformed("checking_amount", &error.to_string())),
    }
}

/// The first merchant_uid that is scheduled already or held by a payment.
async fn taken(engine: &Engine, all: &[Schedule]) -> Result<Option<String>, FlowError> {
    for schedule in all {
        let (merchant, uid) = (&schedule.merchant, &schedule.merchant_uid);
        let known = schedules::find_uid(&engine.db, merchant, uid).await?;
        if known.is_some_and(|known| known.state == ScheduleState::Scheduled)
            || payments::find_live(&engine.db, merchant, uid)
                .await?
                .is_some()
        {
            return Ok(Some(uid.clone()));
        }
    }
    Ok(None)
}

/// The latest schedule of a merchant_uid; 404 when there is none.
pub async fn find(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<Schedule, FlowError> {
    let found = schedules::find_uid(&engine.db, merchant, merchant_uid).await?;
    found.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_SCHEDULE).into())
}

/// Some schedules by due time, and how many there are in all.
pub async fn list(
    engine: &Engine,
    list: List<'_>,
    descending: bool,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Schedule>, i64), FlowError> {
    let total = list.count(&engine.db).await?;
    let slice = list.slice(&engine.db, descending, limit, offset).await?;
    Ok((slice, total))
}

/// Revokes what is yet to run: of these merchant_uids, of this customer, or what is both.
pub async fn unschedule(
    engine: &Engine,
    merchant: &UserCode,
    customer_uid: Option<&str>,
    merchant_uids: &BTreeSet<String>,
) -> Result<Vec<Schedule>, FlowError> {
    let db = &engine.db;
    let mut meant = match (customer_uid, merchant_uids.is_empty()) {
        (None, true) => return Err(Refusal::business(messages::NAME_A_SCHEDULE).into()),
        (Some(customer_uid), true) => schedules::pending_of(db, merchant, customer_uid).await?,
        (_, false) => {
            let mut found = Vec::new();
            for uid in merchant_uids {
                found.extend(schedules::find_uid(db, merchant, uid).await?);
            }
            found
        }
    };
    meant.retain(|s| {
        let theirs = customer_uid.is_none_or(|uid| s.customer_uid == uid);
        theirs && s.state == ScheduleState::Scheduled
    });
    let revoked = schedules::revoke(db, &meant, engine.now_ms(), engine.random.id63()).await?;
    if revoked.is_empty() {
        return Err(Refusal::business(messages::NOTHING_TO_UNSCHEDULE).into());
    }
    Ok(revoked)
}

/// Moves a schedule that is yet to run.
pub async fn change_time(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    at_ms: i64,
) -> Result<Schedule, FlowError> {
    let schedule = find(engine, merchant, merchant_uid).await?;
    if schedule.state != ScheduleState::Scheduled {
        return Err(not_now(messages::SCHEDULE_IS_OVER));
    }
    set_time(engine, &schedule, at_ms).await
}

/// Schedules what failed or was revoked once more.
pub async fn reschedule(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    at_ms: i64,
) -> Result<Schedule, FlowError> {
    let schedule = find(engine, merchant, merchant_uid).await?;
    may_rerun(&schedule)?;
    set_time(engine, &schedule, at_ms).await
}

async fn set_time(engine: &Engine, schedule: &Schedule, at_ms: i64) -> Result<Schedule, FlowError> {
    let now = engine.now_ms();
    in_future(at_ms, now)?;
    let write_id = engine.random.id63();
    if !schedules::set_time(&engine.db, schedule, at_ms, now, write_id).await? {
        return Err(not_now(messages::SCHEDULE_IS_OVER));
    }
    find(engine, &schedule.merchant, &schedule.merchant_uid).await
}
