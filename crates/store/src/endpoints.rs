//! Webhook endpoints that fail, and the generation of a merchant's signing secret.

use dangol_domain::UserCode;

use crate::{Db, Step, StoreError, Write, key_of, values};

crate::statements! {
    FAILED = "INSERT INTO endpoint (merchant, url, failing_since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    SWITCH_OFF = "UPDATE endpoint SET off_at = $1 WHERE merchant = $2 AND url = $3 AND off_at IS NULL";
    WORKS = "DELETE FROM endpoint WHERE merchant = $1 AND url = $2 AND off_at IS NULL";
    SWITCH_ON = "DELETE FROM endpoint WHERE merchant = $1 AND url = $2";
    FIND = "SELECT url, failing_since, off_at FROM endpoint WHERE merchant = $1 AND url = $2";
    ALL = "SELECT url, failing_since, off_at FROM endpoint WHERE merchant = $1 ORDER BY url";
    SECRET = "SELECT generation, rotated_at FROM webhook_secret WHERE merchant = $1";
    ROTATE = "INSERT INTO webhook_secret (merchant, generation, rotated_at) VALUES ($1, 2, $2) \
        ON CONFLICT (merchant) DO UPDATE SET generation = webhook_secret.generation + 1, rotated_at = excluded.rotated_at";
}

/// An endpoint in trouble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Its URL.
    pub url: String,
    /// Since when nothing was delivered, ms.
    pub failing_since: i64,
    /// When it was switched off, ms: nothing is sent to it.
    pub off_at: Option<i64>,
}

/// What a try tells about its endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// It took the webhook.
    Works,
    /// It did not, at this time, ms.
    Fails(i64),
    /// It did not, and nothing more is to be sent to it, ms.
    Off(i64),
}

/// The steps that keep a try's news.
pub(crate) fn steps(merchant: &str, url: &str, news: News) -> Vec<Step> {
    match news {
        News::Works => vec![Step::new(WORKS, values![merchant, url])],
        News::Fails(at) => vec![Step::new(FAILED, values![merchant, url, at])],
        News::Off(at) => vec![
            Step::new(FAILED, values![merchant, url, at]),
            Step::new(SWITCH_OFF, values![at, merchant, url]),
        ],
    }
}

/// An endpoint in trouble; `None` for one that works.
pub async fn find(db: &Db, merchant: &UserCode, url: &str) -> Result<Option<Endpoint>, StoreError> {
    let rows = db.read(FIND, values![merchant.as_str(), url]).await?;
    rows.first().map(endpoint).transpose()
}

/// A merchant's endpoints in trouble.
pub async fn all(db: &Db, merchant: &UserCode) -> Result<Vec<Endpoint>, StoreError> {
    let rows = db.read(ALL, values![merchant.as_str()]).await?;
    rows.iter().map(endpoint).collect()
}

/// Lets an endpoint be sent to again.
pub async fn switch_on(db: &Db, merchant: &UserCode, url: &str) -> Result<bool, StoreError> {
    let write = Write::new(key_of(url)).step(SWITCH_ON, values![merchant.as_str(), url]);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// The generation of a merchant's signing secret, and when it began, ms; the first has always been.
pub async fn secret(db: &Db, merchant: &UserCode) -> Result<(i64, Option<i64>), StoreError> {
    let rows = db.read(SECRET, values![merchant.as_str()]).await?;
    match rows.first() {
        Some(row) => Ok((row.int(0)?, Some(row.int(1)?))),
        None => Ok((1, None)),
    }
}

/// Begins a new generation.
pub async fn rotate_secret(db: &Db, merchant: &UserCode, now: i64) -> Result<(), StoreError> {
    let merchant = merchant.as_str();
    let write = Write::new(key_of(merchant)).step(ROTATE, values![merchant, now]);
    db.write(write).await.map(|_| ())
}

fn endpoint(row: &crate::Row) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        url: row.text(0)?.to_owned(),
        failing_since: row.int(1)?,
        off_at: row.opt_int(2)?,
    })
}
