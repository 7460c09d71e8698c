//! Payments and their append-only events.
//!
//! Every change of a payment is one write: the first step claims the row (by insert, or by an update guarded
//! by the version that was read) and marks it with the write's number; all later steps of the write happen
//! only if that mark is there. So of two twins one wins whole and the other does nothing.

use dangol_domain::{
    Cancel, Currency, Event, Failure, ImpUid, Payment, Receipt, State, Usage, UserCode,
};

use crate::jobs::Job;
use crate::json::corrupt;
use crate::{
    Db, Row, Step, StoreError, Value, Write, billing_keys, deliveries, held_keys, jobs, json,
    values,
};

crate::statements! {
    INSERT = "INSERT INTO payment (merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, \
        version, revised_by, amount, cancelled, currency, started_at, ordered) \
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, 0, $9, $10, $11) ON CONFLICT DO NOTHING";
    /// As `INSERT`, but only while no payment holds the merchant_uid.
    INSERT_READY = "INSERT INTO payment (merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, \
        version, revised_by, amount, cancelled, currency, started_at, ordered) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT), \
        1, CAST($7 AS BIGINT), CAST($8 AS BIGINT), 0, CAST($9 AS TEXT), CAST($10 AS BIGINT), CAST($11 AS TEXT) \
        WHERE NOT EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND merchant_uid = $3 AND state >= 10) \
        ON CONFLICT DO NOTHING";
    /// As `INSERT`, for the payment that executes a schedule: only in the write that claimed the schedule.
    INSERT_SCHEDULED = "INSERT INTO payment (merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, \
        version, revised_by, amount, cancelled, currency, started_at, ordered, failed_at, failure) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT), \
        1, CAST($7 AS BIGINT), CAST($8 AS BIGINT), 0, CAST($9 AS TEXT), CAST($10 AS BIGINT), CAST($11 AS TEXT), \
        CAST($12 AS BIGINT), CAST($13 AS TEXT) \
        WHERE EXISTS (SELECT 1 FROM schedule WHERE merchant = $1 AND schedule_id = $14 AND revised_by = $7) \
        ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE payment SET state = $1, version = version + 1, revised_by = $2, paid_at = $3, \
        failed_at = $4, receipt = $5, failure = $6, cancelled = $7, cancelled_at = $8, cancels = $9 \
        WHERE merchant = $10 AND imp_uid = $11 AND version = $12";
    /// As `UPDATE`, for a payment that takes hold of its merchant_uid: only while no other holds it.
    UPDATE_TAKING_UID = "UPDATE payment SET state = $1, version = version + 1, revised_by = $2, paid_at = $3, \
        failed_at = $4, receipt = $5, failure = $6, cancelled = $7, cancelled_at = $8, cancels = $9 \
        WHERE merchant = $10 AND imp_uid = $11 AND version = $12 \
        AND NOT EXISTS (SELECT 1 FROM payment AS other WHERE other.merchant = $10 AND other.merchant_uid = $13 \
        AND other.state >= 10 AND other.imp_uid <> $11)";
    INSERT_EVENT = "INSERT INTO payment_event (merchant, imp_uid, version, event, state, at, detail) \
        SELECT merchant, imp_uid, version, CAST($1 AS TEXT), state, CAST($2 AS BIGINT), CAST($3 AS TEXT) FROM payment \
        WHERE merchant = $4 AND imp_uid = $5 AND revised_by = $6";
    FIND = "SELECT merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, amount, cancelled, \
        currency, started_at, paid_at, failed_at, cancelled_at, ordered, receipt, failure, cancels FROM payment \
        WHERE merchant = $1 AND imp_uid = $2";
    FIND_LIVE = "SELECT merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, amount, cancelled, \
        currency, started_at, paid_at, failed_at, cancelled_at, ordered, receipt, failure, cancels FROM payment \
        WHERE merchant = $1 AND merchant_uid = $2 AND state >= 10";
    FIND_IDLE = "SELECT merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, amount, cancelled, \
        currency, started_at, paid_at, failed_at, cancelled_at, ordered, receipt, failure, cancels FROM payment \
        WHERE merchant = $1 AND merchant_uid = $2 AND state < 10 ORDER BY started_at DESC LIMIT 1000";
    EVENTS = "SELECT version, event, state, at, detail FROM payment_event \
        WHERE merchant = $1 AND imp_uid = $2 ORDER BY version";
    REVISED_BY = "SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $2 AND revised_by = $3";
    IN_STATE = "SELECT merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, amount, cancelled, \
        currency, started_at, paid_at, failed_at, cancelled_at, ordered, receipt, failure, cancels FROM payment \
        WHERE state = $1 ORDER BY started_at DESC LIMIT 1000";
}

/// One line of a payment's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Which change, from 1.
    pub version: i64,
    /// The event's name.
    pub event: String,
    /// The state after it.
    pub state: State,
    /// When, ms.
    pub at: i64,
    /// What is worth knowing, without secrets.
    pub detail: Option<String>,
}

/// A new payment and what is committed with it.
pub struct Begin<'a> {
    /// The payment, version 1.
    pub payment: &'a Payment,
    /// `Event::Send` for a charge; `None` for a window's Ready payment.
    pub event: Option<Event>,
    /// A window's row, when one is opened.
    pub window: Option<&'a crate::windows::WindowRecord>,
    /// The job that resolves or expires it.
    pub job: Job,
    /// A number that no other write has: 63 random bits.
    pub write_id: i64,
}

/// Commits a new payment with its first event and its job. `false`: the merchant_uid is held by another
/// payment (or the imp_uid exists), and nothing was written.
pub async fn begin(db: &Db, begin: Begin<'_>) -> Result<bool, StoreError> {
    begin_with(db, begin, None).await
}

/// As [`begin`], with one more job.
pub async fn begin_with(db: &Db, begin: Begin<'_>, more: Option<Job>) -> Result<bool, StoreError> {
    let (p, w) = (begin.payment, begin.write_id);
    let insert = if p.state.holds_uid() {
        INSERT
    } else {
        INSERT_READY
    };
    let mut steps = vec![Step::new(insert, inserted(p, w))];
    if let Some(event) = begin.event {
        steps.push(event_step(p, event, p.started_at, None, w));
    }
    for job in [Some(begin.job), more].iter().flatten() {
        steps.push(jobs::insert_if_revised(job, &p.imp_uid, w));
    }
    if let Some(window) = begin.window {
        steps.push(crate::windows::insert_if_revised(window, w));
    }
    Ok(db.write(write_of(p, steps)).await?.affected(0) > 0)
}

/// The steps that insert a schedule's payment, whose state may be its end already, with its first event.
pub(crate) fn scheduled_steps(
    p: &Payment,
    event: Event,
    schedule_id: &str,
    write_id: i64,
) -> [Step; 2] {
    let mut values = inserted(p, write_id);
    values.extend(values![
        p.failed_at,
        p.failure.as_ref().map(json::write),
        schedule_id
    ]);
    [
        Step::new(INSERT_SCHEDULED, values),
        event_step(p, event, p.started_at, None, write_id),
    ]
}

fn inserted(p: &Payment, write_id: i64) -> Vec<Value> {
    values![
        p.merchant.as_str(),
        p.imp_uid.as_str(),
        p.merchant_uid.as_str(),
        p.customer_uid.as_deref(),
        p.channel_key.as_str(),
        p.state.code(),
        write_id,
        p.amount,
        p.currency.as_str(),
        p.started_at,
        json::write(&p.order)
    ]
}

/// What changes with one event of a payment.
pub struct Change<'a> {
    /// The payment as it was read; its version guards the write.
    pub before: &'a Payment,
    /// What happened.
    pub event: Event,
    /// The state that follows, from `domain::state::next`.
    pub after: State,
    /// When, ms.
    pub at: i64,
    /// The PG's approval, when this event brings it.
    pub receipt: Option<&'a Receipt>,
    /// Why it failed or is open, when this event brings it.
    pub failure: Option<&'a Failure>,
    /// A note for the history, without secrets.
    pub detail: Option<String>,
    /// The payment's cancel that this event is about, as it stands after it.
    pub cancel: Option<&'a Cancel>,
    /// What happens to jobs in the same write.
    pub jobs: Vec<jobs::Edit>,
    /// A billing key that the event brings.
    pub billing_key: Option<&'a billing_keys::Sealed>,
    /// A billing key that is kept aside until the PG has decided.
    pub held_key: Option<&'a billing_keys::Sealed>,
    /// Webhooks about that key.
    pub key_news: &'a [deliveries::KeyNews],
    /// Webhooks to queue.
    pub deliveries: &'a [deliveries::Delivery],
    /// A number that no other write has: 63 random bits.
    pub write_id: i64,
}

/// Commits an event with all its consequences. `false`: somebody else changed the payment since it was read
/// (or another payment holds the merchant_uid now), and nothing was written.
pub async fn apply(db: &Db, change: &Change<'_>) -> Result<bool, StoreError> {
    let p = change.before;
    let w = change.write_id;
    let mut steps = vec![update_step(change)];
    steps.push(event_step(
        p,
        change.event,
        change.at,
        change.detail.clone(),
        w,
    ));
    for edit in &change.jobs {
        steps.push(jobs::edit_if_revised(edit, p, w));
    }
    if let Some(sealed) = change.billing_key {
        for news in change.key_news {
            steps.extend(deliveries::of_key(news, &sealed.record.customer_uid, w));
        }
        steps.push(billing_keys::upsert_if_revised(sealed, p, w));
    }
    if let Some(sealed) = change.held_key {
        steps.push(held_keys::insert_if_revised(sealed, p, w));
    }
    if may_hold_a_key(p) && !change.after.is_open() {
        steps.push(held_keys::delete_if_revised(p, w));
    }
    for delivery in change.deliveries {
        steps.push(deliveries::insert_if_revised(delivery, w));
        steps.push(jobs::insert_if_revised(
            &deliveries::job(delivery),
            &p.imp_uid,
            w,
        ));
    }
    Ok(db.write(write_of(p, steps)).await?.affected(0) > 0)
}

/// Whether a key may have been kept aside for a payment: its issue was sent, and not decided at once.
fn may_hold_a_key(p: &Payment) -> bool {
    p.order.usage == Some(Usage::Issue) && p.state.is_open() && p.state != State::Sending
}

fn update_step(change: &Change<'_>) -> Step {
    let p = change.before;
    let paid_at = p
        .paid_at
        .or((change.after == State::Paid).then_some(change.at));
    let failed_at = match change.after {
        State::Failed => Some(change.at),
        _ => p.failed_at,
    };
    let cancelled = change.cancel.map(|cancel| {
        let mut payment = p.clone();
        payment.put_cancel(cancel.clone());
        payment
    });
    let given_back = cancelled.as_ref().unwrap_or(p);
    let mut values = values![
        change.after.code(),
        change.write_id,
        paid_at,
        failed_at,
        change.receipt.or(p.receipt.as_ref()).map(json::write),
        change.failure.or(p.failure.as_ref()).map(json::write),
        given_back.cancelled,
        given_back.cancelled_at,
        (!given_back.cancels.is_empty()).then(|| json::write(&given_back.cancels)),
        p.merchant.as_str(),
        p.imp_uid.as_str(),
        p.version
    ];
    if change.after.holds_uid() && !p.state.holds_uid() {
        values.push(p.merchant_uid.as_str().into());
        return Step::new(UPDATE_TAKING_UID, values);
    }
    Step::new(UPDATE, values)
}

fn event_step(p: &Payment, event: Event, at: i64, detail: Option<String>, write_id: i64) -> Step {
    Step::new(
        INSERT_EVENT,
        values![
            event.name(),
            at,
            detail,
            p.merchant.as_str(),
            p.imp_uid.as_str(),
            write_id
        ],
    )
}

/// Writes about one merchant_uid go to one writer, in order.
pub(crate) fn write_of(p: &Payment, steps: Vec<Step>) -> Write {
    let mut write = Write::new(crate::key_of(&p.merchant_uid));
    write.steps = steps;
    write
}

/// Whether a write is the one that made the payment's present version: for a commit whose own outcome is unknown.
pub async fn is_revised_by(
    db: &Db,
    merchant: &UserCode,
    imp_uid: &ImpUid,
    write_id: i64,
) -> Result<bool, StoreError> {
    let rows = db
        .read(
            REVISED_BY,
            values![merchant.as_str(), imp_uid.as_str(), write_id],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// One payment of a merchant.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    imp_uid: &ImpUid,
) -> Result<Option<Payment>, StoreError> {
    one(db
        .read(FIND, values![merchant.as_str(), imp_uid.as_str()])
        .await?)
}

/// The payment that holds a merchant_uid.
pub async fn find_live(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<Option<Payment>, StoreError> {
    one(db
        .read(FIND_LIVE, values![merchant.as_str(), merchant_uid])
        .await?)
}

/// Every payment of a merchant_uid: the one that holds it first, then ready, expired and failed ones, newest first.
pub async fn find_all(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<Vec<Payment>, StoreError> {
    let mut rows = db
        .read(FIND_LIVE, values![merchant.as_str(), merchant_uid])
        .await?;
    rows.extend(
        db.read(FIND_IDLE, values![merchant.as_str(), merchant_uid])
            .await?,
    );
    rows.iter().map(payment).collect()
}

/// Up to 1,000 payments in a state, newest first: for operators, not for a hot path.
pub async fn in_state(db: &Db, state: State) -> Result<Vec<Payment>, StoreError> {
    db.read(IN_STATE, values![state.code()])
        .await?
        .iter()
        .map(payment)
        .collect()
}

/// A payment's history, oldest first.
pub async fn events(
    db: &Db,
    merchant: &UserCode,
    imp_uid: &ImpUid,
) -> Result<Vec<EventRecord>, StoreError> {
    let rows = db
        .read(EVENTS, values![merchant.as_str(), imp_uid.as_str()])
        .await?;
    rows.iter().map(event).collect()
}

fn one(rows: Vec<Row>) -> Result<Option<Payment>, StoreError> {
    rows.first().map(payment).transpose()
}

fn state(code: i64) -> Result<State, StoreError> {
    State::from_code(code).ok_or_else(|| corrupt("payment.state"))
}

pub(crate) fn payment(row: &Row) -> Result<Payment, StoreError> {
    Ok(Payment {
        merchant: UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("payment.merchant"))?,
        imp_uid: ImpUid::parse(row.text(1)?).ok_or_else(|| corrupt("payment.imp_uid"))?,
        merchant_uid: row.text(2)?.to_owned(),
        customer_uid: row.opt_text(3)?.map(str::to_owned),
        channel_key: row.text(4)?.to_owned(),
        state: state(row.int(5)?)?,
        version: row.int(6)?,
        amount: row.int(7)?,
        cancelled: row.int(8)?,
        currency: Currency::parse(row.text(9)?).ok_or_else(|| corrupt("payment.currency"))?,
        started_at: row.int(10)?,
        paid_at: row.opt_int(11)?,
        failed_at: row.opt_int(12)?,
        cancelled_at: row.opt_int(13)?,
        order: json::read(row.text(14)?, "payment.ordered")?,
        receipt: row
            .opt_text(15)?
            .map(|t| json::read(t, "payment.receipt"))
            .transpose()?,
        failure: row
            .opt_text(16)?
            .map(|t| json::read(t, "payment.failure"))
            .transpose()?,
        cancels: row
            .opt_text(17)?
            .map(|t| json::read(t, "payment.cancels"))
            .transpose()?
            .unwrap_or_default(),
    })
}

fn event(row: &Row) -> Result<EventRecord, StoreError> {
    Ok(EventRecord {
        version: row.int(0)?,
        event: row.text(1)?.to_owned(),
        state: state(row.int(2)?)?,
        at: row.int(3)?,
        detail: row.opt_text(4)?.map(str::to_owned),
    })
}
