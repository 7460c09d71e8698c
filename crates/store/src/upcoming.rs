//! Schedules that are announced some time before they are due, to merchants who asked for that. Only for those there are
//! jobs, so nobody else pays for them.

use dangol_domain::extra_event::UPCOMING_MS;
use dangol_domain::{Schedule, UserCode};

use crate::deliveries::{self, Delivery};
use crate::jobs::{self, Claimed, Kind};
use crate::{Db, Step, StoreError, Write, key_of, values};

crate::statements! {
    /// Only for a merchant who asked for that.
    ADD_REVISED = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT due_at - CAST($1 AS BIGINT), CAST($2 AS TEXT), schedule_id || '/' || CAST(version AS TEXT), merchant, 0 \
        FROM schedule WHERE merchant = $3 AND revised_by = $4 AND state = 1 AND due_at > $5 \
        AND EXISTS (SELECT 1 FROM merchant WHERE merchant = $3 AND webhook_events LIKE '%schedule.upcoming%') \
        ON CONFLICT DO NOTHING";
    BATCH_END = "SELECT due_at, schedule_id FROM schedule WHERE merchant = $1 AND (due_at, schedule_id) > ($2, $3) \
        ORDER BY due_at, schedule_id LIMIT 1 OFFSET 999";
    ADD_BATCH = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT due_at - CAST($1 AS BIGINT), CAST($2 AS TEXT), schedule_id || '/' || CAST(version AS TEXT), merchant, 0 \
        FROM schedule WHERE merchant = $3 AND state = 1 AND (due_at, schedule_id) > ($4, $5) \
        AND (due_at, schedule_id) <= ($6, $7) ON CONFLICT DO NOTHING";
    /// Only while the schedule is yet to run at this time, and the job's lease is ours.
    ANNOUNCE = "INSERT INTO delivery (merchant, delivery_id, imp_uid, url, content_type, body, state, created_at) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), '', CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), 'queued', \
        CAST($6 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM schedule WHERE merchant = $1 AND schedule_id = $7 AND version = $8 AND state = 1) \
        AND EXISTS (SELECT 1 FROM job WHERE due_at = $9 AND kind = $10 AND subject = $11 AND lease = $12)";
}

/// The step that adds the jobs of the schedules that a write makes or moves, as far as it is not too late for them at
/// `now`, ms, and their merchant asked for that.
pub(crate) fn revised_step(merchant: &UserCode, now: i64, write_id: i64) -> Step {
    let kind = Kind::NotifyUpcoming.name();
    let after = now + UPCOMING_MS;
    Step::new(
        ADD_REVISED,
        values![UPCOMING_MS, kind, merchant.as_str(), write_id, after],
    )
}

/// Adds the jobs of all schedules that are early enough at `now`, ms: their merchant asks for it now. In batches, so that
/// charges need not wait for them all.
pub(crate) async fn add_all(db: &Db, merchant: &UserCode, now: i64) -> Result<(), StoreError> {
    let (merchant, kind) = (merchant.as_str(), Kind::NotifyUpcoming.name());
    // No id comes before the empty one, and none after this.
    let mut from = (now + UPCOMING_MS + 1, String::new());
    loop {
        let rows = db.read(BATCH_END, values![merchant, from.0, from.1.as_str()]);
        let end = match rows.await?.first() {
            Some(row) => Some((row.int(0)?, row.text(1)?.to_owned())),
            None => None,
        };
        let to = end.clone().unwrap_or((i64::MAX, String::new()));
        let values = values![UPCOMING_MS, kind, merchant, from.0, from.1, to.0, to.1];
        db.write(Write::new(key_of(merchant)).step(ADD_BATCH, values))
            .await?;
        match end {
            Some(end) => from = end,
            None => return Ok(()),
        }
    }
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
