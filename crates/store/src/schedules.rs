//! Schedules: charges that are to make themselves.
//!
//! A schedule's change and what follows from it are one write. Its first step claims the schedule's row by the version
//! that was read, and its later steps happen only if it did: so a schedule is executed by one payment, whoever tries.

use dangol_domain::schedule::Execution;
use dangol_domain::{Currency, Event, ImpUid, Payment, Schedule, ScheduleState, State, UserCode};

use crate::deliveries::{self, Delivery};
use crate::jobs::{Claimed, Edit, Job, Kind};
use crate::json::corrupt;
use crate::{Db, Row, Step, StoreError, Write, jobs, json, key_of, payments, upcoming, values};

crate::statements! {
    INSERT = "INSERT INTO schedule (merchant, schedule_id, merchant_uid, customer_uid, state, version, revised_by, due_at, \
        made_at, amount, currency, ordered) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 1, 1, \
        CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS TEXT), CAST($10 AS TEXT) \
        WHERE NOT EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND merchant_uid = $3 AND state >= 10) \
        ON CONFLICT DO NOTHING";
    /// Takes a whole registration back when not all of it could be inserted.
    UNDO = "DELETE FROM schedule WHERE merchant = $1 AND revised_by = $2 \
        AND (SELECT COUNT(*) FROM schedule AS made WHERE made.merchant = $1 AND made.revised_by = $2) < $3";
    ADD_JOB = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 0 \
        WHERE EXISTS (SELECT 1 FROM schedule WHERE merchant = $4 AND schedule_id = $5 AND revised_by = $6) \
        ON CONFLICT DO NOTHING";
    CLAIM = "UPDATE schedule SET state = 2, version = version + 1, revised_by = $1, executed_at = $2, revoked_at = NULL, \
        imp_uid = $3, ordered = $4, trouble = NULL WHERE merchant = $5 AND schedule_id = $6 AND version = $7 \
        AND NOT EXISTS (SELECT 1 FROM payment WHERE merchant = $5 AND merchant_uid = $8 AND state >= 10)";
    /// Gives a claimed schedule back as it was when its payment could not be inserted.
    UNCLAIM = "UPDATE schedule SET state = $1, version = $2, executed_at = $3, revoked_at = $4, imp_uid = $5, ordered = $6, \
        trouble = $7 WHERE merchant = $8 AND schedule_id = $9 AND revised_by = $10 \
        AND NOT EXISTS (SELECT 1 FROM payment WHERE merchant = $8 AND imp_uid = $11 AND revised_by = $10)";
    FAIL = "UPDATE schedule SET state = 2, version = version + 1, revised_by = $1, executed_at = $2, trouble = $3 \
        WHERE merchant = $4 AND schedule_id = $5 AND version = $6";
    MOVE = "UPDATE schedule SET state = 1, version = version + 1, revised_by = $1, due_at = $2, executed_at = NULL, \
        revoked_at = NULL, imp_uid = NULL, trouble = NULL WHERE merchant = $3 AND schedule_id = $4 AND version = $5 \
        AND NOT EXISTS (SELECT 1 FROM payment WHERE merchant = $3 AND merchant_uid = $6 AND state >= 10)";
    REVOKE = "UPDATE schedule SET state = 3, version = version + 1, revised_by = $1, revoked_at = $2 \
        WHERE merchant = $3 AND schedule_id = $4 AND state = 1";
    REVISED_BY = "SELECT 1 FROM schedule WHERE merchant = $1 AND schedule_id = $2 AND revised_by = $3";
    FIND = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND schedule_id = $2";
    FIND_UID = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND merchant_uid = $2 ORDER BY made_at DESC, schedule_id DESC LIMIT 1";
    REVISED = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND revised_by = $2 ORDER BY due_at, schedule_id";
    PENDING_OF = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND customer_uid = $2 AND state = 1 ORDER BY due_at, schedule_id";
    COUNT_PENDING_OF = "SELECT COUNT(*) FROM schedule WHERE merchant = $1 AND customer_uid = $2 AND state = 1";
    COUNT = "SELECT COUNT(*) FROM schedule WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5";
    LIST_DESC = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5 \
        ORDER BY due_at DESC, schedule_id DESC LIMIT $6 OFFSET $7";
    LIST_ASC = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5 \
        ORDER BY due_at, schedule_id LIMIT $6 OFFSET $7";
    COUNT_OF = "SELECT COUNT(*) FROM schedule \
        WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5 AND customer_uid = $6";
    LIST_OF_DESC = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5 AND customer_uid = $6 \
        ORDER BY due_at DESC, schedule_id DESC LIMIT $7 OFFSET $8";
    LIST_OF_ASC = "SELECT merchant, schedule_id, merchant_uid, customer_uid, state, version, due_at, made_at, executed_at, revoked_at, \
        imp_uid, amount, currency, ordered, trouble, payment_state, payment_failure, has_key FROM schedule_shown \
        WHERE merchant = $1 AND due_at >= $2 AND due_at < $3 AND state BETWEEN $4 AND $5 AND customer_uid = $6 \
        ORDER BY due_at, schedule_id LIMIT $7 OFFSET $8";
}

/// The job that executes a schedule as it stands: of another version it finds nothing to do.
pub fn job(schedule: &Schedule) -> Job {
    Job {
        due_at: schedule.due_at,
        kind: Kind::PaySchedule,
        subject: format!("{}/{}", schedule.schedule_id, schedule.version),
        merchant: schedule.merchant.clone(),
    }
}

/// The schedule's id and version that a job is for.
pub fn subject(job: &Job) -> Option<(&str, i64)> {
    let (id, version) = job.subject.split_once('/')?;
    Some((id, version.parse().ok()?))
}

/// Registers schedules with their jobs, all or none. `false`: a merchant_uid is scheduled already or held by a payment.
pub async fn register(db: &Db, all: &[Schedule], write_id: i64) -> Result<bool, StoreError> {
    let Some(first) = all.first() else {
        return Ok(true);
    };
    let merchant = first.merchant.as_str();
    let mut write = Write::new(key_of(&first.customer_uid));
    write.steps = all.iter().map(|s| insert_step(s, write_id)).collect();
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    write.push(UNDO, values![merchant, write_id, count]);
    write
        .steps
        .extend(all.iter().map(|s| job_step(s, &job(s), write_id)));
    let announced = upcoming::revised_step(&first.merchant, first.made_at, write_id);
    write.steps.push(announced);
    let written = db.write(write).await?;
    Ok((0..all.len()).all(|n| written.affected(n) > 0))
}

fn insert_step(s: &Schedule, write_id: i64) -> Step {
    Step::new(
        INSERT,
        values![
            s.merchant.as_str(),
            s.schedule_id.as_str(),
            s.merchant_uid.as_str(),
            s.customer_uid.as_str(),
            write_id,
            s.due_at,
            s.made_at,
            s.amount,
            s.currency.as_str(),
            json::write(&s.order)
        ],
    )
}

fn job_step(s: &Schedule, job: &Job, write_id: i64) -> Step {
    Step::new(
        ADD_JOB,
        values![
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            job.merchant.as_str(),
            s.schedule_id.as_str(),
            write_id
        ],
    )
}

/// A schedule's payment and what is committed with it.
pub struct Begin<'a> {
    /// The schedule as it was read; its version guards the write.
    pub schedule: &'a Schedule,
    /// Its payment, version 1: sending, or failed before anything was sent.
    pub payment: &'a Payment,
    /// The payment's first event.
    pub event: Event,
    /// The job that finds out how the payment ended, for one that is sent.
    pub resolve: Option<Job>,
    /// The schedule's job that is done with this.
    pub done: Option<&'a Job>,
    /// Webhooks to queue.
    pub deliveries: &'a [Delivery],
    /// A number that no other write has: 63 random bits.
    pub write_id: i64,
}

/// Commits that a schedule is executed by a payment. `false`: the schedule is no longer as it was read, another payment
/// holds its merchant_uid, or the imp_uid exists; nothing was written.
pub async fn begin(db: &Db, begin: Begin<'_>) -> Result<bool, StoreError> {
    let (s, p, w) = (begin.schedule, begin.payment, begin.write_id);
    let [insert, event] = payments::scheduled_steps(p, begin.event, &s.schedule_id, w);
    let mut steps = vec![claim_step(s, p, w), insert, unclaim_step(s, p, w), event];
    if let Some(job) = &begin.resolve {
        steps.push(jobs::insert_if_revised(job, &p.imp_uid, w));
    }
    if let Some(job) = begin.done {
        steps.push(jobs::edit_if_revised(&Edit::Done(job.clone()), p, w));
    }
    for delivery in begin.deliveries {
        steps.push(deliveries::insert_if_revised(delivery, w));
        let job = deliveries::job(delivery);
        steps.push(jobs::insert_if_revised(&job, &p.imp_uid, w));
    }
    Ok(db.write(payments::write_of(p, steps)).await?.affected(1) > 0)
}

fn claim_step(s: &Schedule, p: &Payment, write_id: i64) -> Step {
    let mut order = p.order.clone();
    order.name = s.order.name.clone();
    Step::new(
        CLAIM,
        values![
            write_id,
            p.started_at,
            p.imp_uid.as_str(),
            json::write(&order),
            s.merchant.as_str(),
            s.schedule_id.as_str(),
            s.version,
            s.merchant_uid.as_str()
        ],
    )
}

fn unclaim_step(s: &Schedule, p: &Payment, write_id: i64) -> Step {
    Step::new(
        UNCLAIM,
        values![
            s.state.code(),
            s.version,
            s.executed_at,
            s.revoked_at,
            s.execution.as_ref().map(|ran| ran.imp_uid.as_str()),
            json::write(&s.order),
            s.trouble.as_deref(),
            s.merchant.as_str(),
            s.schedule_id.as_str(),
            write_id,
            p.imp_uid.as_str()
        ],
    )
}

/// Ends a schedule without a payment of its own, with its job.
pub async fn fail(
    db: &Db,
    s: &Schedule,
    trouble: &str,
    at: i64,
    held: &Claimed,
    write_id: i64,
) -> Result<(), StoreError> {
    let (merchant, id) = (s.merchant.as_str(), s.schedule_id.as_str());
    let mut write = Write::new(key_of(&s.merchant_uid)).step(
        FAIL,
        values![write_id, at, trouble, merchant, id, s.version],
    );
    write.steps.push(jobs::finish_step(held));
    db.write(write).await.map(|_| ())
}

/// Gives a schedule another time at `now`, ms, and what ran or was revoked another chance. `false`: it is no longer as it
/// was read, or its merchant_uid is scheduled or used elsewhere.
pub async fn set_time(
    db: &Db,
    before: &Schedule,
    due_at: i64,
    now: i64,
    write_id: i64,
) -> Result<bool, StoreError> {
    let (merchant, id) = (before.merchant.as_str(), before.schedule_id.as_str());
    let uid = before.merchant_uid.as_str();
    let mut write = Write::new(key_of(uid)).step(
        MOVE,
        values![write_id, due_at, merchant, id, before.version, uid],
    );
    let after = Schedule {
        due_at,
        version: before.version + 1,
        ..before.clone()
    };
    write.steps.push(job_step(before, &job(&after), write_id));
    let announced = upcoming::revised_step(&before.merchant, now, write_id);
    write.steps.push(announced);
    match db.write(write).await {
        Ok(written) => Ok(written.affected(0) > 0),
        // Another schedule of the same merchant_uid is pending.
        Err(StoreError::Conflict(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Revokes those that are still pending, with one commit.
pub async fn revoke(
    db: &Db,
    all: &[Schedule],
    at: i64,
    write_id: i64,
) -> Result<Vec<Schedule>, StoreError> {
    let Some(first) = all.first() else {
        return Ok(Vec::new());
    };
    let mut write = Write::new(key_of(&first.customer_uid));
    for s in all {
        let (merchant, id) = (s.merchant.as_str(), s.schedule_id.as_str());
        write.push(REVOKE, values![write_id, at, merchant, id]);
        // One that somebody took has another due time by now, and finds nothing to do.
        write.steps.push(jobs::remove_step(&job(s)));
    }
    db.write(write).await?;
    revised(db, &first.merchant, write_id).await
}

/// What a write made of schedules, by time.
pub async fn revised(
    db: &Db,
    merchant: &UserCode,
    write_id: i64,
) -> Result<Vec<Schedule>, StoreError> {
    all(db
        .read(REVISED, values![merchant.as_str(), write_id])
        .await?)
}

/// Whether a write is the one that made the schedule's present version: for a commit whose own outcome is unknown.
pub async fn is_revised_by(db: &Db, s: &Schedule, write_id: i64) -> Result<bool, StoreError> {
    let (merchant, id) = (s.merchant.as_str(), s.schedule_id.as_str());
    let rows = db.read(REVISED_BY, values![merchant, id, write_id]).await?;
    Ok(!rows.is_empty())
}

/// A schedule by its id.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    schedule_id: &str,
) -> Result<Option<Schedule>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), schedule_id])
        .await?;
    rows.first().map(schedule).transpose()
}

/// The latest schedule of a merchant_uid.
pub async fn find_uid(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<Option<Schedule>, StoreError> {
    let rows = db
        .read(FIND_UID, values![merchant.as_str(), merchant_uid])
        .await?;
    rows.first().map(schedule).transpose()
}

/// Everything that is yet to run for a customer.
pub async fn pending_of(
    db: &Db,
    merchant: &UserCode,
    customer_uid: &str,
) -> Result<Vec<Schedule>, StoreError> {
    all(db
        .read(PENDING_OF, values![merchant.as_str(), customer_uid])
        .await?)
}

/// How much is yet to run for a customer.
pub async fn count_pending_of(
    db: &Db,
    merchant: &UserCode,
    customer_uid: &str,
) -> Result<i64, StoreError> {
    let values = values![merchant.as_str(), customer_uid];
    count(&db.read(COUNT_PENDING_OF, values).await?)
}

/// Which schedules are listed.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// Whose.
    pub merchant: &'a UserCode,
    /// Of one customer, or of all.
    pub customer_uid: Option<&'a str>,
    /// Due from, ms.
    pub from: i64,
    /// Due before, ms.
    pub until: i64,
    /// In a state, or in any.
    pub state: Option<ScheduleState>,
}

impl List<'_> {
    fn values(&self) -> Vec<crate::Value> {
        let (first, last) = match self.state {
            Some(state) => (state.code(), state.code()),
            None => (
                ScheduleState::Scheduled.code(),
                ScheduleState::Revoked.code(),
            ),
        };
        let mut values = values![self.merchant.as_str(), self.from, self.until, first, last];
        values.extend(self.customer_uid.map(crate::Value::from));
        values
    }

    /// How many there are.
    pub async fn count(&self, db: &Db) -> Result<i64, StoreError> {
        let sql = match self.customer_uid {
            Some(_) => COUNT_OF,
            None => COUNT,
        };
        count(&db.read(sql, self.values()).await?)
    }

    /// Some of them by due time.
    pub async fn slice(
        &self,
        db: &Db,
        descending: bool,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Schedule>, StoreError> {
        let sql = match (self.customer_uid, descending) {
            (Some(_), true) => LIST_OF_DESC,
            (Some(_), false) => LIST_OF_ASC,
            (None, true) => LIST_DESC,
            (None, false) => LIST_ASC,
        };
        let mut values = self.values();
        values.extend(values![limit, offset]);
        all(db.read(sql, values).await?)
    }
}

fn count(rows: &[Row]) -> Result<i64, StoreError> {
    rows.first().map_or(Ok(0), |row| row.int(0))
}

fn all(rows: Vec<Row>) -> Result<Vec<Schedule>, StoreError> {
    rows.iter().map(schedule).collect()
}

fn schedule(row: &Row) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        merchant: UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("schedule.merchant"))?,
        schedule_id: row.text(1)?.to_owned(),
        merchant_uid: row.text(2)?.to_owned(),
        customer_uid: row.text(3)?.to_owned(),
        state: ScheduleState::from_code(row.int(4)?).ok_or_else(|| corrupt("schedule.state"))?,
        version: row.int(5)?,
        due_at: row.int(6)?,
        made_at: row.int(7)?,
        executed_at: row.opt_int(8)?,
        revoked_at: row.opt_int(9)?,
        amount: row.int(11)?,
        currency: Currency::parse(row.text(12)?).ok_or_else(|| corrupt("schedule.currency"))?,
        order: json::read(row.text(13)?, "schedule.ordered")?,
        trouble: row.opt_text(14)?.map(str::to_owned),
        execution: execution(row)?,
        has_key: row.int(17)? != 0,
    })
}

fn execution(row: &Row) -> Result<Option<Execution>, StoreError> {
    let Some(imp_uid) = row.opt_text(10)? else {
        return Ok(None);
    };
    let failure = row.opt_text(16)?;
    Ok(Some(Execution {
        imp_uid: ImpUid::parse(imp_uid).ok_or_else(|| corrupt("schedule.imp_uid"))?,
        state: State::from_code(row.int(15)?).ok_or_else(|| corrupt("payment.state"))?,
        failure: failure
            .map(|text| json::read(text, "payment.failure"))
            .transpose()?,
    }))
}
