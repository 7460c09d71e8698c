//! Schedules that are announced some time before they are due, to merchants who asked for that. Only for those there are
//! jobs, so nobody else pays for them.

use dangol_domain::extra_event::UPCOMING_MS;
use dangol_domain::{Schedule, UserCode};

use crate::deliveries::{self, Delivery};
use crate::jobs::{self, Claimed, Job, Kind};
use crate::{Db, Step, StoreError, Write, key_of, values};

crate::statements! {
    ADD_JOB = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 0 \
        WHERE EXISTS (SELECT 1 FROM schedule WHERE merchant = $4 AND schedule_id = $5 AND revised_by = $6) \
        AND EXISTS (SELECT 1 FROM merchant WHERE merchant = $4 AND webhook_events LIKE '%schedule.upcoming%') \
        ON CONFLICT DO NOTHING";
    ADD_JOBS = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT due_at - CAST($1 AS BIGINT), CAST($2 AS TEXT), schedule_id || '/' || CAST(version AS TEXT), merchant, 0 \
        FROM schedule WHERE merchant = $3 AND state = 1 AND due_at > $4 ON CONFLICT DO NOTHING";
    /// Only while the schedule is yet to run at this time, and the job's lease is ours.
    ANNOUNCE = "INSERT INTO delivery (merchant, delivery_id, imp_uid, url, content_type, body, state, created_at) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), '', CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), 'queued', \
        CAST($6 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM schedule WHERE merchant = $1 AND schedule_id = $7 AND version = $8 AND state = 1) \
        AND EXISTS (SELECT 1 FROM job WHERE due_at = $9 AND kind = $10 AND subject = $11 AND lease = $12)";
}

/// The job that announces a schedule as it stands; `None` when it is too late for that already at `now`, ms.
fn job(s: &Schedule, now: i64) -> Option<Job> {
    let due_at = s.due_at - UPCOMING_MS;
    (due_at > now).then(|| Job {
        due_at,
        kind: Kind::NotifyUpcoming,
        ..crate::schedules::job(s)
    })
}

/// The step that adds it in the write that makes the schedule's version, if its merchant asked for that.
pub(crate) fn job_step(s: &Schedule, now: i64, write_id: i64) -> Option<Step> {
    let job = job(s, now)?;
    Some(Step::new(
        ADD_JOB,
        values![
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            job.merchant.as_str(),
            s.schedule_id.as_str(),
            write_id
        ],
    ))
}

/// The step that adds the jobs of all schedules that are early enough: their merchant asks for it now.
pub(crate) fn all_jobs_step(merchant: &UserCode, now: i64) -> Step {
    let kind = Kind::NotifyUpcoming.name();
    Step::new(
        ADD_JOBS,
        values![UPCOMING_MS, kind, merchant.as_str(), now + UPCOMING_MS],
    )
}

/// Queues the webhook that announces a schedule, and ends the job. `false`: the schedule is no longer as it was read, or
/// the lease is another's by now, and nothing is announced.
pub async fn announce(
    db: &Db,
    s: &Schedule,
    d: &Delivery,
    held: &Claimed,
) -> Result<bool, StoreError> {
    let (job, lease) = (&held.job, held.lease);
    let mut write = Write::new(key_of(&s.merchant_uid)).step(
        ANNOUNCE,
        values![
            d.merchant.as_str(),
            d.delivery_id.as_str(),
            d.url.as_str(),
            d.content_type.as_str(),
            d.body.as_str(),
            d.created_at,
            s.schedule_id.as_str(),
            s.version,
            job.due_at,
            job.kind.name(),
            job.subject.as_str(),
            lease
        ],
    );
    write.steps.push(deliveries::job_step(d));
    write.steps.push(jobs::finish_step(held));
    Ok(db.write(write).await?.affected(0) > 0)
}
