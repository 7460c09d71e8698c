//! Billing keys that a merchant deleted, and what became of them at the PG.

use dangol_domain::UserCode;

use crate::deliveries::{self, Delivery};
use crate::jobs::{Claimed, Job};
use crate::{Db, Step, StoreError, Write, jobs, key_of, values};

crate::statements! {
    MOVE = "INSERT INTO deleted_key (merchant, deletion_id, customer_uid, channel_key, provider, pg_id, sealed, reason, \
        deleted_at, revoked) SELECT merchant, CAST($1 AS TEXT), customer_uid, channel_key, provider, pg_id, sealed, \
        CAST($2 AS TEXT), CAST($3 AS BIGINT), 'asked' FROM billing_key \
        WHERE merchant = $4 AND customer_uid = $5 AND sealed = $6 ON CONFLICT DO NOTHING";
    REMOVE = "DELETE FROM billing_key WHERE merchant = $1 AND customer_uid = $2 AND sealed = $3 \
        AND EXISTS (SELECT 1 FROM deleted_key WHERE merchant = $1 AND deletion_id = $4)";
    ADD_JOB = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 0 \
        WHERE EXISTS (SELECT 1 FROM deleted_key WHERE merchant = $4 AND deletion_id = $3) ON CONFLICT DO NOTHING";
    SETTLE = "UPDATE deleted_key SET revoked = $1, sealed = NULL WHERE merchant = $2 AND deletion_id = $3";
    FIND = "SELECT customer_uid, channel_key, provider, sealed, revoked FROM deleted_key \
        WHERE merchant = $1 AND deletion_id = $2";
}

/// A key as its merchant deleted it.
pub struct Deletion<'a> {
    /// The key as it was read: another one that was issued meanwhile stays.
    pub key: &'a crate::billing_keys::Sealed,
    /// A new id.
    pub deletion_id: &'a str,
    /// Why, as the merchant told.
    pub reason: Option<&'a str>,
    /// When, ms.
    pub at: i64,
    /// The job that sees to the PG's deletion.
    pub job: Job,
    /// Webhooks to queue.
    pub deliveries: &'a [Delivery],
}

/// A deleted key.
pub struct DeletedKey {
    /// The name it had.
    pub customer_uid: String,
    /// The channel that issued it.
    pub channel_key: String,
    /// The provider's name.
    pub provider: String,
    /// The sealed key, until the PG has deleted it.
    pub sealed: Option<String>,
    /// `asked`, `done`, `unsupported`, `refused`.
    pub revoked: String,
}

/// Takes a key away and commits the job that has the PG delete it. `false` when the key is another one by now.
pub async fn delete(db: &Db, deletion: Deletion<'_>) -> Result<bool, StoreError> {
    let Deletion {
        key,
        deletion_id,
        reason,
        at,
        job,
        deliveries,
    } = deletion;
    let (merchant, customer_uid) = (
        key.record.merchant.as_str(),
        key.record.customer_uid.as_str(),
    );
    let sealed = key.sealed.as_str();
    let mut write = Write::new(key_of(customer_uid));
    write.steps = vec![
        Step::new(
            MOVE,
            values![deletion_id, reason, at, merchant, customer_uid, sealed],
        ),
        Step::new(REMOVE, values![merchant, customer_uid, sealed, deletion_id]),
        Step::new(
            ADD_JOB,
            values![job.due_at, job.kind.name(), deletion_id, merchant],
        ),
    ];
    for delivery in deliveries {
        let queued = deliveries::of_deletion(delivery, deletion_id);
        write.steps.extend(queued);
    }
    Ok(db.write(write).await?.affected(0) > 0)
}

/// What became of a deleted key at the PG; the sealed key is forgotten, and the job is done.
pub async fn settle(
    db: &Db,
    merchant: &UserCode,
    deletion_id: &str,
    revoked: &str,
    job: Done<'_>,
) -> Result<(), StoreError> {
    let mut write = Write::new(key_of(deletion_id));
    write.steps = vec![
        Step::new(SETTLE, values![revoked, merchant.as_str(), deletion_id]),
        match job {
            Done::Held(held) => jobs::finish_step(held),
            Done::Unclaimed(job) => jobs::remove_step(job),
        },
    ];
    db.write(write).await.map(|_| ())
}

/// The job that is done with a settled deletion.
#[derive(Clone, Copy)]
pub enum Done<'a> {
    /// One that this worker holds.
    Held(&'a Claimed),
    /// One that nobody needed to take.
    Unclaimed(&'a Job),
}

/// A deleted key by its deletion's id.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    deletion_id: &str,
) -> Result<Option<DeletedKey>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), deletion_id])
        .await?;
    let found = rows.first().map(|row| {
        Ok(DeletedKey {
            customer_uid: row.text(0)?.to_owned(),
            channel_key: row.text(1)?.to_owned(),
            provider: row.text(2)?.to_owned(),
            sealed: row.opt_text(3)?.map(str::to_owned),
            revoked: row.text(4)?.to_owned(),
        })
    });
    found.transpose()
}
