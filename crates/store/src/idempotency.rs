//! Answers to requests that brought an `Idempotency-Key`: kept in the database and not in a cache, so that they hold on
//! every node and over a restart.

use dangol_domain::UserCode;

use crate::{Db, StoreError, Write, key_of, values};

crate::statements! {
    CLAIM = "INSERT INTO idempotency (merchant, idem_key, asked, first_at, claimed_at) \
        VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING";
    PURGE = "DELETE FROM idempotency WHERE merchant = $1 AND first_at < $2";
    FIND = "SELECT asked, first_at, claimed_at, status, answer FROM idempotency WHERE merchant = $1 AND idem_key = $2";
    TAKE_OVER = "UPDATE idempotency SET claimed_at = $1 WHERE merchant = $2 AND idem_key = $3 AND claimed_at = $4 \
        AND status IS NULL";
    ANSWER = "UPDATE idempotency SET status = $1, answer = $2 WHERE merchant = $3 AND idem_key = $4 AND claimed_at = $5";
    RELEASE = "DELETE FROM idempotency WHERE merchant = $1 AND idem_key = $2 AND claimed_at = $3 AND status IS NULL";
}

/// A key that somebody has used.
pub struct Used {
    /// The hash of what was asked with it.
    pub asked: String,
    /// When it was first used, ms.
    pub first_at: i64,
    /// When somebody last began to answer, ms.
    pub claimed_at: i64,
    /// The answer: HTTP status and body.
    pub answer: Option<(i64, String)>,
}

/// Begins to answer a key that nobody has used since `forget_before`; `false` when somebody has.
pub async fn claim(
    db: &Db,
    merchant: &UserCode,
    key: &str,
    asked: &str,
    now: i64,
    forget_before: i64,
) -> Result<bool, StoreError> {
    let merchant = merchant.as_str();
    let write = Write::new(key_of(key))
        .step(PURGE, values![merchant, forget_before])
        .step(CLAIM, values![merchant, key, asked, now]);
    Ok(db.write(write).await?.affected(1) > 0)
}

/// What is known of a key.
pub async fn find(db: &Db, merchant: &UserCode, key: &str) -> Result<Option<Used>, StoreError> {
    let rows = db.read(FIND, values![merchant.as_str(), key]).await?;
    let used = rows.first().map(|row| {
        let answer = match (row.opt_int(3)?, row.opt_text(4)?) {
            (Some(status), Some(text)) => Some((status, text.to_owned())),
            _ => None,
        };
        Ok(Used {
            asked: row.text(0)?.to_owned(),
            first_at: row.int(1)?,
            claimed_at: row.int(2)?,
            answer,
        })
    });
    used.transpose()
}

/// Takes over from somebody who never answered; `false` when another was faster.
pub async fn take_over(
    db: &Db,
    merchant: &UserCode,
    key: &str,
    claimed_at: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let values = values![now, merchant.as_str(), key, claimed_at];
    let write = Write::new(key_of(key)).step(TAKE_OVER, values);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Keeps an answer.
pub async fn answer(
    db: &Db,
    merchant: &UserCode,
    key: &str,
    claimed_at: i64,
    status: i64,
    body: &str,
) -> Result<(), StoreError> {
    let values = values![status, body, merchant.as_str(), key, claimed_at];
    db.write(Write::new(key_of(key)).step(ANSWER, values))
        .await
        .map(|_| ())
}

/// Gives a key back whose request could not be answered: it may be tried again.
pub async fn release(
    db: &Db,
    merchant: &UserCode,
    key: &str,
    claimed_at: i64,
) -> Result<(), StoreError> {
    let values = values![merchant.as_str(), key, claimed_at];
    db.write(Write::new(key_of(key)).step(RELEASE, values))
        .await
        .map(|_| ())
}
