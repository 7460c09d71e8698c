//! Durable jobs: what is to be done when. A lease is a later due time and a token: a worker that dies loses the
//! job by the clock alone, and a stale token can write nothing.

use dangol_domain::{ImpUid, Payment, UserCode};

use crate::json::corrupt;
use crate::{Db, Row, Step, StoreError, Write, key_of, values};

crate::statements! {
    INSERT = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 0 \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $4 AND imp_uid = $5 AND revised_by = $6) ON CONFLICT DO NOTHING";
    DELETE = "DELETE FROM job WHERE due_at = $1 AND kind = $2 AND subject = $3 \
        AND EXISTS (SELECT 1 FROM payment WHERE merchant = $4 AND imp_uid = $5 AND revised_by = $6)";
    MOVE = "UPDATE job SET due_at = $1, lease = NULL, tries = $2 WHERE due_at = $3 AND kind = $4 AND subject = $5 \
        AND EXISTS (SELECT 1 FROM payment WHERE merchant = $6 AND imp_uid = $7 AND revised_by = $8)";
    CLAIM_SQLITE = "UPDATE job SET due_at = CASE kind WHEN 'pay_schedule' THEN $1 ELSE $2 END, lease = $3 \
        WHERE (due_at, kind, subject) IN \
        (SELECT due_at, kind, subject FROM job WHERE due_at <= $4 AND kind BETWEEN $5 AND $6 ORDER BY due_at LIMIT $7) \
        RETURNING due_at, kind, subject, merchant, lease, tries";
    CLAIM_POSTGRES = "WITH due AS MATERIALIZED (SELECT due_at, kind, subject FROM job WHERE due_at <= $1 \
        AND kind BETWEEN $2 AND $3 ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED) \
        UPDATE job SET due_at = CASE job.kind WHEN 'pay_schedule' THEN CAST($5 AS BIGINT) ELSE CAST($6 AS BIGINT) END, \
        lease = $7 FROM due \
        WHERE job.due_at = due.due_at AND job.kind = due.kind AND job.subject = due.subject \
        RETURNING job.due_at, job.kind, job.subject, job.merchant, job.lease, job.tries";
    FINISH = "DELETE FROM job WHERE due_at = $1 AND kind = $2 AND subject = $3 AND lease = $4";
    REMOVE = "DELETE FROM job WHERE due_at = $1 AND kind = $2 AND subject = $3";
    POSTPONE = "UPDATE job SET due_at = $1, lease = NULL, tries = $2 \
        WHERE due_at = $3 AND kind = $4 AND subject = $5 AND lease = $6";
    NEXT_DUE = "SELECT due_at FROM job WHERE due_at <= $1 AND kind BETWEEN $2 AND $3 ORDER BY due_at LIMIT 1";
    OF_SUBJECT = "SELECT due_at, kind, subject, merchant, lease, tries FROM job WHERE subject = $1";
    PENDING = "SELECT kind, COUNT(*) FROM job GROUP BY kind ORDER BY kind";
}

/// A schedule's job is held no longer than this, ms: it is over once the payment's intent is committed, and a worker who
/// commits later than that finds that another was faster. So the schedules of a node that died are taken over soon.
const SCHEDULE_LEASE_MS: i64 = 45_000;

/// What a job does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Finds out how an attempt ended. Subject: `imp_uid`.
    ResolveOpen,
    /// Sees to a cancel whose end is missing. Subject: `imp_uid`.
    ResolveCancel,
    /// Ends a window that nobody finished. Subject: `imp_uid`.
    ExpireWindow,
    /// Charges a schedule that is due. Subject: the schedule's id and version.
    PaySchedule,
    /// Announces a schedule some time before it is due. Subject: as for its charge.
    NotifyUpcoming,
    /// Gives back what proved a card. Subject: `imp_uid`.
    GiveBack,
    /// Has the PG delete a billing key. Subject: the deletion's id.
    RevokeKey,
    /// Sends a webhook. Subject: delivery id.
    Deliver,
}

impl Kind {
    /// Every kind.
    const ALL: [Kind; 8] = [
        Kind::ResolveOpen,
        Kind::ResolveCancel,
        Kind::PaySchedule,
        Kind::NotifyUpcoming,
        Kind::GiveBack,
        Kind::RevokeKey,
        Kind::ExpireWindow,
        Kind::Deliver,
    ];

    /// The stored name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::ResolveOpen => "resolve_open",
            Kind::ResolveCancel => "resolve_cancel",
            Kind::PaySchedule => "pay_schedule",
            // Beyond the range in which a node that does not know it takes jobs.
            Kind::NotifyUpcoming => "upcoming_schedule",
            Kind::GiveBack => "give_back",
            Kind::RevokeKey => "revoke_key",
            Kind::ExpireWindow => "expire_windows",
            Kind::Deliver => "deliver",
        }
    }

    fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A job as it is asked for: its key is the due time, the kind and the subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// When, ms.
    pub due_at: i64,
    /// What.
    pub kind: Kind,
    /// On what.
    pub subject: String,
    /// Whose.
    pub merchant: UserCode,
}

/// A job that this worker holds until `due_at`.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job; its `due_at` is the end of the lease.
    pub job: Job,
    /// The lease's token.
    pub lease: i64,
    /// How often it was tried before.
    pub tries: i64,
}

/// What a payment's change does to a job.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The job is done.
    Done(Job),
    /// It is due again later; how often it was tried.
    Later(Job, i64, i64),
    /// A new job.
    Add(Job),
}

pub(crate) fn insert_if_revised(job: &Job, imp_uid: &ImpUid, write_id: i64) -> Step {
    Step::new(
        INSERT,
        values![
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            job.merchant.as_str(),
            imp_uid.as_str(),
            write_id
        ],
    )
}

pub(crate) fn edit_if_revised(edit: &Edit, p: &Payment, write_id: i64) -> Step {
    let guard = || values![p.merchant.as_str(), p.imp_uid.as_str(), write_id];
    let (sql, mut values) = match edit {
        Edit::Add(job) => return insert_if_revised(job, &p.imp_uid, write_id),
        Edit::Done(job) => (
            DELETE,
            values![job.due_at, job.kind.name(), job.subject.as_str()],
        ),
        Edit::Later(job, due_at, tries) => (
            MOVE,
            values![
                *due_at,
                *tries,
                job.due_at,
                job.kind.name(),
                job.subject.as_str()
            ],
        ),
    };
    values.extend(guard());
    Step::new(sql, values)
}

/// Which jobs a worker takes: a range of kinds by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Webhooks: they wait for strangers.
    Deliveries,
    /// Everything that decides about payments.
    Payments,
    /// Both.
    All,
}

impl Class {
    /// The first and the last name of the range.
    fn range(self) -> (&'static str, &'static str) {
        match self {
            Class::Deliveries => (Kind::Deliver.name(), Kind::Deliver.name()),
            Class::Payments => (Kind::ExpireWindow.name(), Kind::NotifyUpcoming.name()),
            Class::All => (Kind::Deliver.name(), Kind::NotifyUpcoming.name()),
        }
    }
}

/// How a worker takes jobs.
#[derive(Clone, Copy)]
pub struct Claim {
    /// Which.
    pub class: Class,
    /// Due by now, ms.
    pub now: i64,
    /// Held for so long, ms.
    pub lease_ms: i64,
    /// 63 random bits, new for each claim.
    pub lease: i64,
    /// At most so many.
    pub limit: i64,
}

/// Takes jobs that are due and holds them.
pub async fn claim(db: &Db, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
    let Claim {
        class,
        now,
        lease_ms,
        lease,
        limit,
    } = claim;
    let (until, (first, last)) = (now + lease_ms, class.range());
    let short = now + lease_ms.min(SCHEDULE_LEASE_MS);
    let (sql, params) = match db.engine() {
        crate::Engine::Sqlite => (
            CLAIM_SQLITE,
            values![short, until, lease, now, first, last, limit],
        ),
        crate::Engine::Postgres => (
            CLAIM_POSTGRES,
            values![now, first, last, limit, short, until, lease],
        ),
    };
    let written = db.write(Write::new(0).step(sql, params)).await?;
    let rows = written
        .steps
        .into_iter()
        .next()
        .map(|step| step.rows)
        .unwrap_or_default();
    let known = rows.iter().filter(|row| {
        // A newer node's, during an upgrade: its lease ends, and that node does it.
        row.text(1).is_ok_and(|kind| Kind::parse(kind).is_some())
    });
    known.map(claimed).collect()
}

/// Ends a job that this worker still holds; `false` when the lease is another's by now.
pub async fn finish(db: &Db, held: &Claimed) -> Result<bool, StoreError> {
    affected(db, held, finish_step(held)).await
}

/// Ends a job that nobody has taken: one that somebody has has another due time by now, and finds nothing to do.
pub(crate) fn remove_step(job: &Job) -> Step {
    Step::new(
        REMOVE,
        values![job.due_at, job.kind.name(), job.subject.as_str()],
    )
}

pub(crate) fn finish_step(held: &Claimed) -> Step {
    let job = &held.job;
    Step::new(
        FINISH,
        values![
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            held.lease
        ],
    )
}

/// Hands a job back after a try, due later; `false` when the lease is another's by now.
pub async fn postpone(db: &Db, held: &Claimed, due_at: i64) -> Result<bool, StoreError> {
    affected(db, held, postpone_step(held, due_at, held.tries + 1)).await
}

/// Hands a job back untried, due later; `false` when the lease is another's by now.
pub async fn hand_back(db: &Db, held: &Claimed, due_at: i64) -> Result<bool, StoreError> {
    affected(db, held, postpone_step(held, due_at, held.tries)).await
}

pub(crate) fn postpone_step(held: &Claimed, due_at: i64, tries: i64) -> Step {
    let job = &held.job;
    Step::new(
        POSTPONE,
        values![
            due_at,
            tries,
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            held.lease
        ],
    )
}

async fn affected(db: &Db, held: &Claimed, step: Step) -> Result<bool, StoreError> {
    let mut write = Write::new(key_of(&held.job.subject));
    write.steps.push(step);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// When the next job is due (or the next lease ends), ms; `None` when none is until then, ms. So it never reads more than
/// the jobs that are due.
pub async fn next_due(db: &Db, class: Class, until: i64) -> Result<Option<i64>, StoreError> {
    let (first, last) = class.range();
    let rows = db.read(NEXT_DUE, values![until, first, last]).await?;
    rows.first().map(|row| row.int(0)).transpose()
}

/// The jobs about one subject, for operators and tests.
pub async fn of_subject(db: &Db, subject: &str) -> Result<Vec<Job>, StoreError> {
    let rows = db.read(OF_SUBJECT, values![subject]).await?;
    rows.iter()
        .map(|row| claimed(row).map(|held| held.job))
        .collect()
}

/// How many jobs of each kind wait.
pub async fn pending(db: &Db) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = db.read(PENDING, values![]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
        .collect()
}

fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        job: Job {
            due_at: row.int(0)?,
            kind: Kind::parse(row.text(1)?).ok_or_else(|| corrupt("job.kind"))?,
            subject: row.text(2)?.to_owned(),
            merchant: UserCode::parse(row.text(3)?).ok_or_else(|| corrupt("job.merchant"))?,
        },
        lease: row.opt_int(4)?.unwrap_or(0),
        tries: row.int(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_takes_each_kind() {
        for kind in Kind::ALL {
            let takes = |class: Class| {
                let (first, last) = class.range();
                (first..=last).contains(&kind.name())
            };
            assert_eq!(takes(Class::Deliveries), kind == Kind::Deliver, "{kind:?}");
            assert_eq!(takes(Class::Payments), kind != Kind::Deliver, "{kind:?}");
            assert!(takes(Class::All), "{kind:?}");
        }
    }
}
