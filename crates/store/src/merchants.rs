//! Merchants, their webhook endpoint, and their API token.

use dangol_domain::{ExtraEvent, ExtraEvents, UserCode};

use crate::json::corrupt;
use crate::{Db, Row, StoreError, Write, key_of, upcoming, values};

crate::statements! {
    INSERT = "INSERT INTO merchant (merchant, name, imp_key, secret_hash, data_key, webhook_url, webhook_type, created_at, \
        confirm_url, webhook_first) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    FIND = "SELECT merchant, name, imp_key, secret_hash, data_key, webhook_url, webhook_type, created_at, confirm_url, \
        webhook_first, webhook_events FROM merchant WHERE merchant = $1";
    FIND_BY_KEY = "SELECT merchant, name, imp_key, secret_hash, data_key, webhook_url, webhook_type, created_at, confirm_url, \
        webhook_first, webhook_events FROM merchant WHERE imp_key = $1";
    ALL = "SELECT merchant, name, imp_key, secret_hash, data_key, webhook_url, webhook_type, created_at, confirm_url, \
        webhook_first, webhook_events FROM merchant ORDER BY created_at, merchant";
    SET_EVENTS = "UPDATE merchant SET webhook_events = $1 WHERE merchant = $2";
    SET_WEBHOOK = "UPDATE merchant SET webhook_url = $1, webhook_type = $2 WHERE merchant = $3";
    SET_CONFIRM = "UPDATE merchant SET confirm_url = $1 WHERE merchant = $2";
    SET_WEBHOOK_FIRST = "UPDATE merchant SET webhook_first = $1 WHERE merchant = $2";
    TOKEN_OF = "SELECT merchant, generation, token_hash, expires_at FROM access_token WHERE merchant = $1";
    TOKEN_BY_HASH = "SELECT merchant, generation, token_hash, expires_at FROM access_token WHERE token_hash = $1";
    /// A new token in place of the generation that was read; loses against a twin that was faster.
    RENEW_TOKEN = "INSERT INTO access_token (merchant, generation, token_hash, expires_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (merchant) DO UPDATE SET generation = excluded.generation, token_hash = excluded.token_hash, \
        expires_at = excluded.expires_at WHERE access_token.generation < excluded.generation";
    EXTEND_TOKEN = "UPDATE access_token SET expires_at = $1 WHERE merchant = $2 AND generation = $3 AND expires_at < $1";
}

/// A merchant's row.
#[derive(Clone)]
pub struct MerchantRecord {
    /// The user code.
    pub merchant: UserCode,
    /// The shop's name, shown in windows.
    pub name: String,
    /// The REST API key, lower case.
    pub imp_key: String,
    /// Keyed hash of the REST API secret, hex.
    pub secret_hash: String,
    /// The data key, wrapped by the key ring.
    pub data_key: String,
    /// Where webhooks go.
    pub webhook_url: Option<String>,
    /// `application/json` or `application/x-www-form-urlencoded`.
    pub webhook_type: String,
    /// When it was added, ms.
    pub created_at: i64,
    /// Where its server is asked before the payment of a window is approved.
    pub confirm_url: Option<String>,
    /// Whether the result of a window waits a moment for the webhook to be delivered.
    pub webhook_first: bool,
    /// Events beyond V1's that are told by webhook; none for a new merchant.
    pub webhook_events: ExtraEvents,
}

/// A live token's row. The token itself is not stored.
#[derive(Clone)]
pub struct TokenRecord {
    /// Whose.
    pub merchant: UserCode,
    /// Counts the merchant's tokens.
    pub generation: i64,
    /// Keyed hash of the token, hex.
    pub token_hash: String,
    /// When it ends, ms.
    pub expires_at: i64,
}

/// Adds a merchant; `false` when the user code or the API key exists.
pub async fn insert(db: &Db, m: &MerchantRecord) -> Result<bool, StoreError> {
    let write = Write::new(key_of(m.merchant.as_str())).step(
        INSERT,
        values![
            m.merchant.as_str(),
            m.name.as_str(),
            m.imp_key.as_str(),
            m.secret_hash.as_str(),
            m.data_key.as_str(),
            m.webhook_url.as_deref(),
            m.webhook_type.as_str(),
            m.created_at,
            m.confirm_url.as_deref(),
            i64::from(m.webhook_first)
        ],
    );
    Ok(db.write(write).await?.affected(0) > 0)
}

/// A merchant by user code.
pub async fn find(db: &Db, merchant: &UserCode) -> Result<Option<MerchantRecord>, StoreError> {
    let rows = db.read(FIND, values![merchant.as_str()]).await?;
    rows.first().map(record).transpose()
}

/// A merchant by API key, which is compared without case.
pub async fn find_by_key(db: &Db, imp_key: &str) -> Result<Option<MerchantRecord>, StoreError> {
    let rows = db
        .read(FIND_BY_KEY, values![imp_key.to_ascii_lowercase()])
        .await?;
    rows.first().map(record).transpose()
}

/// Every merchant, oldest first.
pub async fn all(db: &Db) -> Result<Vec<MerchantRecord>, StoreError> {
    db.read(ALL, values![]).await?.iter().map(record).collect()
}

/// Sets where webhooks go, and in which encoding; `false` when there is no such merchant.
pub async fn set_webhook(
    db: &Db,
    merchant: &UserCode,
    url: Option<&str>,
    content_type: &str,
) -> Result<bool, StoreError> {
    let write = Write::new(key_of(merchant.as_str()))
        .step(SET_WEBHOOK, values![url, content_type, merchant.as_str()]);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Sets where a merchant's server is asked before an approval; `false` when there is no such merchant.
pub async fn set_confirm_url(
    db: &Db,
    merchant: &UserCode,
    url: Option<&str>,
) -> Result<bool, StoreError> {
    let write =
        Write::new(key_of(merchant.as_str())).step(SET_CONFIRM, values![url, merchant.as_str()]);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Sets whether the result of a window waits for the webhook; `false` when there is no such merchant.
pub async fn set_webhook_first(
    db: &Db,
    merchant: &UserCode,
    first: bool,
) -> Result<bool, StoreError> {
    let write = Write::new(key_of(merchant.as_str())).step(
        SET_WEBHOOK_FIRST,
        values![i64::from(first), merchant.as_str()],
    );
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Sets which events beyond V1's are told by webhook, at `now`, ms. Schedules that are far enough away then are announced
/// when their time comes.
pub async fn set_events(
    db: &Db,
    merchant: &UserCode,
    events: &ExtraEvents,
    now: i64,
) -> Result<(), StoreError> {
    let write = Write::new(key_of(merchant.as_str()))
        .step(SET_EVENTS, values![events.text(), merchant.as_str()]);
    db.write(write).await?;
    if events.has(ExtraEvent::ScheduleUpcoming) {
        upcoming::add_all(db, merchant, now).await?;
    }
    Ok(())
}

/// The merchant's live or last token.
pub async fn token_of(db: &Db, merchant: &UserCode) -> Result<Option<TokenRecord>, StoreError> {
    let rows = db.read(TOKEN_OF, values![merchant.as_str()]).await?;
    rows.first().map(token).transpose()
}

/// The token with a hash.
pub async fn token_by_hash(db: &Db, token_hash: &str) -> Result<Option<TokenRecord>, StoreError> {
    let rows = db.read(TOKEN_BY_HASH, values![token_hash]).await?;
    rows.first().map(token).transpose()
}

/// Puts a new generation in place; `false` when a twin was faster (read again).
pub async fn renew_token(db: &Db, t: &TokenRecord) -> Result<bool, StoreError> {
    let write = Write::new(key_of(t.merchant.as_str())).step(
        RENEW_TOKEN,
        values![
            t.merchant.as_str(),
            t.generation,
            t.token_hash.as_str(),
            t.expires_at
        ],
    );
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Moves a token's end.
pub async fn extend_token(db: &Db, t: &TokenRecord, expires_at: i64) -> Result<(), StoreError> {
    let write = Write::new(key_of(t.merchant.as_str())).step(
        EXTEND_TOKEN,
        values![expires_at, t.merchant.as_str(), t.generation],
    );
    db.write(write).await.map(|_| ())
}

fn user_code(row: &Row) -> Result<UserCode, StoreError> {
    UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("merchant"))
}

fn record(row: &Row) -> Result<MerchantRecord, StoreError> {
    Ok(MerchantRecord {
        merchant: user_code(row)?,
        name: row.text(1)?.to_owned(),
        imp_key: row.text(2)?.to_owned(),
        secret_hash: row.text(3)?.to_owned(),
        data_key: row.text(4)?.to_owned(),
        webhook_url: row.opt_text(5)?.map(str::to_owned),
        webhook_type: row.text(6)?.to_owned(),
        created_at: row.int(7)?,
        confirm_url: row.opt_text(8)?.map(str::to_owned),
        webhook_first: row.int(9)? != 0,
        webhook_events: ExtraEvents::of_text(row.text(10)?),
    })
}

fn token(row: &Row) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        merchant: user_code(row)?,
        generation: row.int(1)?,
        token_hash: row.text(2)?.to_owned(),
        expires_at: row.int(3)?,
    })
}
