//! Webhooks to be delivered, and each try.

use dangol_domain::{ImpUid, Payment, UserCode};

use crate::jobs::{Claimed, Job, Kind};
use crate::json::corrupt;
use crate::{Db, Row, Step, StoreError, Value, Write, endpoints, jobs, key_of, payments, values};

crate::statements! {
    INSERT = "INSERT INTO delivery (merchant, delivery_id, imp_uid, url, content_type, body, state, created_at) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), \
        'queued', CAST($7 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $3 AND revised_by = $8)";
    /// Only in the write that deletes a billing key.
    INSERT_OF_DELETION = "INSERT INTO delivery (merchant, delivery_id, imp_uid, url, content_type, body, state, created_at) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), \
        'queued', CAST($7 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM deleted_key WHERE merchant = $1 AND deletion_id = $8)";
    /// Only if a customer_uid has a billing key before this step (1), or has none (0).
    INSERT_OF_KEY = "INSERT INTO delivery (merchant, delivery_id, imp_uid, url, content_type, body, state, created_at) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), \
        'queued', CAST($7 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $3 AND revised_by = $8) \
        AND (SELECT COUNT(*) FROM billing_key WHERE merchant = $1 AND customer_uid = $9) = $10";
    ADD_JOB = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), 'deliver', CAST($2 AS TEXT), CAST($3 AS TEXT), 0 \
        WHERE EXISTS (SELECT 1 FROM delivery WHERE merchant = $3 AND delivery_id = $2) ON CONFLICT DO NOTHING";
    FIND = "SELECT merchant, delivery_id, imp_uid, url, content_type, body, state, created_at FROM delivery \
        WHERE merchant = $1 AND delivery_id = $2";
    LATEST = "SELECT merchant, delivery_id, imp_uid, url, content_type, body, state, created_at FROM delivery \
        WHERE merchant = $1 AND delivery_id < $2 ORDER BY delivery_id DESC LIMIT $3";
    OF_PAYMENT = "SELECT merchant, delivery_id, imp_uid, url, content_type, body, state, created_at FROM delivery \
        WHERE merchant = $1 AND delivery_id >= $2 AND delivery_id < $3 AND imp_uid = $4 ORDER BY delivery_id LIMIT 100";
    EARLIER = "SELECT delivery_id FROM delivery WHERE merchant = $1 AND delivery_id >= $2 AND delivery_id < $3 \
        AND imp_uid = $4 AND url = $5 AND state = 'queued' ORDER BY delivery_id LIMIT 1";
    /// A try counts only while the job's lease is ours.
    INSERT_TRY = "INSERT INTO delivery_try (merchant, delivery_id, nth, at, status, answer) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT) \
        WHERE EXISTS (SELECT 1 FROM job WHERE due_at = $7 AND kind = 'deliver' AND subject = $2 AND lease = $8) \
        ON CONFLICT DO NOTHING";
    SET_STATE = "UPDATE delivery SET state = $1 WHERE merchant = $2 AND delivery_id = $3 \
        AND EXISTS (SELECT 1 FROM job WHERE due_at = $4 AND kind = 'deliver' AND subject = $3 AND lease = $5)";
    REQUEUE_JOB = "INSERT INTO job (due_at, kind, subject, merchant, tries) \
        SELECT CAST($1 AS BIGINT), 'deliver', delivery_id, merchant, CAST($2 AS BIGINT) FROM delivery \
        WHERE merchant = $3 AND delivery_id = $4 AND state <> 'queued' ON CONFLICT DO NOTHING";
    REQUEUE = "UPDATE delivery SET state = 'queued' WHERE merchant = $1 AND delivery_id = $2";
    TRIES = "SELECT nth, at, status, answer FROM delivery_try WHERE merchant = $1 AND delivery_id = $2 ORDER BY nth";
}

/// What every delivery's id begins with, as in Standard Webhooks.
const ID_PREFIX: &str = "msg_";

/// A webhook to one URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Whose.
    pub merchant: UserCode,
    /// Its id, the same on each try; ordered by time.
    pub delivery_id: String,
    /// The payment it is about, if it is about one.
    pub imp_uid: Option<ImpUid>,
    /// Where it goes; empty for one that only a sandbox's listeners hear.
    pub url: String,
    /// The body's encoding.
    pub content_type: String,
    /// The body's fields, a JSON object of texts and numbers.
    pub body: String,
    /// `queued`, `delivered`, `dead`, or `kept` for one that goes nowhere.
    pub state: String,
    /// When it was queued, ms.
    pub created_at: i64,
}

/// A webhook that a payment sends with its billing key, if the key is what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyNews {
    /// The webhook.
    pub delivery: Delivery,
    /// Whether it is about a key that takes another's place; otherwise about one under a new name.
    pub replaces: bool,
}

/// One try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// Which, from 1.
    pub nth: i64,
    /// When, ms.
    pub at: i64,
    /// HTTP status; `None` when there was no answer.
    pub status: Option<i64>,
    /// The first 4 kB of the answer, or what went wrong.
    pub answer: String,
}

/// What follows a try.
pub enum After {
    /// The receiver has it.
    Delivered,
    /// Try again at this time, ms.
    Again(i64),
    /// No more tries.
    Dead,
}

/// The job that sends a delivery, due at once.
pub(crate) fn job(d: &Delivery) -> Job {
    Job {
        due_at: d.created_at,
        kind: Kind::Deliver,
        subject: d.delivery_id.clone(),
        merchant: d.merchant.clone(),
    }
}

/// The columns of a new delivery. No payment is an empty text there.
fn inserted(d: &Delivery) -> Vec<Value> {
    values![
        d.merchant.as_str(),
        d.delivery_id.as_str(),
        d.imp_uid.as_ref().map_or("", ImpUid::as_str),
        d.url.as_str(),
        d.content_type.as_str(),
        d.body.as_str(),
        d.created_at
    ]
}

/// Queues a delivery about a payment in the write that changes the payment.
pub(crate) fn insert_if_revised(d: &Delivery, write_id: i64) -> Step {
    let mut values = inserted(d);
    values.extend(values![write_id]);
    Step::new(INSERT, values)
}

/// Queues a delivery in the write that deletes a billing key.
pub(crate) fn of_deletion(d: &Delivery, deletion_id: &str) -> [Step; 2] {
    let mut values = inserted(d);
    values.extend(values![deletion_id]);
    [Step::new(INSERT_OF_DELETION, values), job_step(d)]
}

/// Queues a delivery about a billing key in the write of the payment that brings it, before the step that keeps the key.
pub(crate) fn of_key(news: &KeyNews, customer_uid: &str, write_id: i64) -> [Step; 2] {
    let d = &news.delivery;
    let mut values = inserted(d);
    values.extend(values![write_id, customer_uid, i64::from(news.replaces)]);
    [Step::new(INSERT_OF_KEY, values), job_step(d)]
}

/// Adds the job of a delivery that an earlier step has queued.
pub(crate) fn job_step(d: &Delivery) -> Step {
    let (id, merchant) = (d.delivery_id.as_str(), d.merchant.as_str());
    Step::new(ADD_JOB, values![d.created_at, id, merchant])
}

/// One delivery.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    delivery_id: &str,
) -> Result<Option<Delivery>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), delivery_id])
        .await?;
    rows.first().map(delivery).transpose()
}

/// How far a webhook's time may be from that of the change that it tells, ms: it is queued in the same write, and only the
/// clock was read twice.
const BESIDE_ITS_CHANGE_MS: i64 = 60_000;

/// The deliveries about one payment, oldest first: beside each of its changes.
pub async fn of_payment(db: &Db, p: &Payment) -> Result<Vec<Delivery>, StoreError> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for event in payments::events(db, &p.merchant, &p.imp_uid).await? {
        let (from, to) = (
            event.at - BESIDE_ITS_CHANGE_MS,
            event.at + BESIDE_ITS_CHANGE_MS,
        );
        match ranges.last_mut() {
            Some((_, end)) if *end >= from => *end = to.max(*end),
            _ => ranges.push((from, to)),
        }
    }
    let mut found = Vec::new();
    for (from, to) in ranges {
        found.extend(between(db, p, from, to).await?);
    }
    Ok(found)
}

/// The deliveries about one payment within a time, ms, oldest first. Ids are ordered by time, so it reads what the
/// merchant was told then, and needs no index of its own, which each charge would pay for.
pub async fn between(
    db: &Db,
    p: &Payment,
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let from = format!("{ID_PREFIX}{from_ms:013x}");
    let to = format!("{ID_PREFIX}{to_ms:013x}");
    let values = values![p.merchant.as_str(), from, to, p.imp_uid.as_str()];
    let rows = db.read(OF_PAYMENT, values).await?;
    rows.iter().map(delivery).collect()
}

/// The first delivery about the same payment to the same URL that was queued before this one, not before `since`, ms, and
/// is still on its way. Reads as [`between`].
pub async fn earlier(db: &Db, d: &Delivery, since: i64) -> Result<Option<String>, StoreError> {
    let Some(imp_uid) = &d.imp_uid else {
        return Ok(None);
    };
    let from = format!("{ID_PREFIX}{since:013x}");
    let values = values![
        d.merchant.as_str(),
        from,
        d.delivery_id.as_str(),
        imp_uid.as_str(),
        d.url.as_str()
    ];
    let rows = db.read(EARLIER, values).await?;
    let found = rows.first().map(|row| row.text(0).map(str::to_owned));
    found.transpose()
}

/// A delivery's id: ordered by time, so that the newest are neighbours on disk. `random` makes it unique.
pub fn delivery_id(at_ms: i64, random: &str) -> String {
    format!("{ID_PREFIX}{at_ms:013x}{random}")
}

/// A merchant's latest deliveries, newest first; with `before` an id, those before it.
pub async fn latest(
    db: &Db,
    merchant: &UserCode,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    // Ids are hexadecimal, so none comes after this.
    let end = format!("{ID_PREFIX}g");
    let before = before.unwrap_or(&end);
    db.read(LATEST, values![merchant.as_str(), before, limit])
        .await?
        .iter()
        .map(delivery)
        .collect()
}

/// The tries of a delivery, oldest first.
pub async fn tries(
    db: &Db,
    merchant: &UserCode,
    delivery_id: &str,
) -> Result<Vec<Try>, StoreError> {
    let rows = db
        .read(TRIES, values![merchant.as_str(), delivery_id])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Try {
                nth: row.int(0)?,
                at: row.int(1)?,
                status: row.opt_int(2)?,
                answer: row.text(3)?.to_owned(),
            })
        })
        .collect()
}

/// Records a try, what follows, and what it tells about its endpoint, if the job is still held. `false`: the lease is another's by now.
pub async fn record_try(
    db: &Db,
    held: &Claimed,
    done: &Try,
    after: After,
    endpoint: (&str, endpoints::News),
) -> Result<bool, StoreError> {
    let (job, lease) = (&held.job, held.lease);
    let (merchant, id) = (job.merchant.as_str(), job.subject.as_str());
    let mut write = Write::new(key_of(id)).step(
        INSERT_TRY,
        values![
            merchant,
            id,
            done.nth,
            done.at,
            done.status,
            done.answer.as_str(),
            job.due_at,
            lease
        ],
    );
    let state = match after {
        After::Delivered => Some("delivered"),
        After::Dead => Some("dead"),
        After::Again(_) => None,
    };
    if let Some(state) = state {
        write.push(SET_STATE, values![state, merchant, id, job.due_at, lease]);
    }
    let (url, news) = endpoint;
    write.steps.extend(endpoints::steps(merchant, url, news));
    write.steps.push(match after {
        After::Again(due_at) => jobs::postpone_step(held, due_at, held.tries + 1),
        After::Delivered | After::Dead => jobs::finish_step(held),
    });
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Ends a delivery that goes nowhere, if its job is still held.
pub async fn keep(db: &Db, held: &Claimed) -> Result<(), StoreError> {
    let (job, lease) = (&held.job, held.lease);
    let (merchant, id) = (job.merchant.as_str(), job.subject.as_str());
    let mut write =
        Write::new(key_of(id)).step(SET_STATE, values!["kept", merchant, id, job.due_at, lease]);
    write.steps.push(jobs::finish_step(held));
    db.write(write).await.map(|_| ())
}

/// Sends a delivery once more, with its id and its body; `false` when there is none, or it is still on its way.
pub async fn resend(
    db: &Db,
    merchant: &UserCode,
    delivery_id: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let tried = i64::try_from(tries(db, merchant, delivery_id).await?.len()).unwrap_or(i64::MAX);
    let merchant = merchant.as_str();
    let write = Write::new(key_of(delivery_id))
        .step(REQUEUE_JOB, values![now, tried, merchant, delivery_id])
        .step(REQUEUE, values![merchant, delivery_id]);
    Ok(db.write(write).await?.affected(0) > 0)
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        merchant: UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("delivery.merchant"))?,
        delivery_id: row.text(1)?.to_owned(),
        imp_uid: match row.text(2)? {
            "" => None,
            text => Some(ImpUid::parse(text).ok_or_else(|| corrupt("delivery.imp_uid"))?),
        },
        url: row.text(3)?.to_owned(),
        content_type: row.text(4)?.to_owned(),
        body: row.text(5)?.to_owned(),
        state: row.text(6)?.to_owned(),
        created_at: row.int(7)?,
    })
}
