//! Channels: a merchant's contracts with PGs, credentials sealed.

use std::collections::BTreeMap;

use dangol_domain::UserCode;

use crate::json::corrupt;
use crate::{Db, Row, StoreError, Write, json, key_of, values};

crate::statements! {
    CLEAR_DEFAULT = "UPDATE channel SET is_default = 0 WHERE merchant = $1 AND is_default = 1";
    INSERT = "INSERT INTO channel (merchant, channel_key, provider, pg_id, kind, name, sandbox, is_default, hosts, credentials, \
        dialect, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    DELETE = "DELETE FROM channel WHERE merchant = $1 AND channel_key = $2";
    OF_MERCHANT = "SELECT merchant, channel_key, provider, pg_id, kind, name, sandbox, is_default, hosts, credentials, dialect, \
        created_at FROM channel WHERE merchant = $1 ORDER BY is_default DESC, created_at, channel_key";
    FIND = "SELECT merchant, channel_key, provider, pg_id, kind, name, sandbox, is_default, hosts, credentials, dialect, \
        created_at FROM channel WHERE merchant = $1 AND channel_key = $2";
    CHANGE = "UPDATE channel SET name = $1, credentials = $2, dialect = $3 WHERE merchant = $4 AND channel_key = $5 \
        AND credentials = $6 AND dialect = $7";
    MAKE_DEFAULT = "UPDATE channel SET is_default = CASE WHEN channel_key = $1 THEN 1 ELSE 0 END WHERE merchant = $2 \
        AND EXISTS (SELECT 1 FROM channel AS it WHERE it.merchant = $2 AND it.channel_key = $1 AND it.credentials = $3 \
        AND it.dialect = $4)";
    SET_HOSTS = "UPDATE channel SET hosts = $1 WHERE merchant = $2 AND channel_key = $3";
}

/// A channel's row.
#[derive(Clone)]
pub struct ChannelRecord {
    /// Whose.
    pub merchant: UserCode,
    /// Its key.
    pub channel_key: String,
    /// The PG.
    pub provider: String,
    /// The merchant's id at the PG.
    pub pg_id: String,
    /// `payment` (by window) or another of V1's types.
    pub kind: String,
    /// A name for people.
    pub name: String,
    /// Whether it talks to a simulator.
    pub sandbox: bool,
    /// Whether it is taken when nothing is asked.
    pub is_default: bool,
    /// The PG's hosts.
    pub hosts: BTreeMap<String, String>,
    /// Sealed credentials.
    pub credentials: String,
    /// The operator's overrides of the connector's guesses.
    pub dialect: BTreeMap<String, String>,
    /// When it was added, ms.
    pub created_at: i64,
}

/// Adds a channel; a default one takes the place of the former default.
pub async fn insert(db: &Db, c: &ChannelRecord) -> Result<bool, StoreError> {
    let mut write = Write::new(key_of(c.merchant.as_str()));
    if c.is_default {
        write.push(CLEAR_DEFAULT, values![c.merchant.as_str()]);
    }
    write.push(
        INSERT,
        values![
            c.merchant.as_str(),
            c.channel_key.as_str(),
            c.provider.as_str(),
            c.pg_id.as_str(),
            c.kind.as_str(),
            c.name.as_str(),
            c.sandbox,
            c.is_default,
            json::write(&c.hosts),
            c.credentials.as_str(),
            json::write(&c.dialect),
            c.created_at
        ],
    );
    let written = db.write(write).await?;
    Ok(written.affected(usize::from(c.is_default)) > 0)
}

/// Changes a channel's name, credentials and dialect, and makes it the default when it becomes it. Its key stays, and with it
/// what was issued and charged through it. `false` when `before` no longer holds: somebody else has changed or removed it.
pub async fn change(
    db: &Db,
    before: &ChannelRecord,
    after: &ChannelRecord,
) -> Result<bool, StoreError> {
    let (merchant, channel_key) = (before.merchant.as_str(), before.channel_key.as_str());
    let (credentials, dialect) = (after.credentials.as_str(), json::write(&after.dialect));
    let mut write = Write::new(key_of(merchant)).step(
        CHANGE,
        values![
            after.name.as_str(),
            credentials,
            dialect.as_str(),
            merchant,
            channel_key,
            before.credentials.as_str(),
            json::write(&before.dialect)
        ],
    );
    if after.is_default && !before.is_default {
        // Only when the step before has made it what it is to be.
        write.push(
            MAKE_DEFAULT,
            values![channel_key, merchant, credentials, dialect.as_str()],
        );
    }
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Removes a channel; `false` when there is none.
pub async fn delete(db: &Db, merchant: &UserCode, channel_key: &str) -> Result<bool, StoreError> {
    let write =
        Write::new(key_of(merchant.as_str())).step(DELETE, values![merchant.as_str(), channel_key]);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// A merchant's channels, default first, then in the order in which they were added.
pub async fn of_merchant(db: &Db, merchant: &UserCode) -> Result<Vec<ChannelRecord>, StoreError> {
    db.read(OF_MERCHANT, values![merchant.as_str()])
        .await?
        .iter()
        .map(record)
        .collect()
}

/// One channel.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    channel_key: &str,
) -> Result<Option<ChannelRecord>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), channel_key])
        .await?;
    rows.first().map(record).transpose()
}

/// Points a channel at other hosts: a sandbox's simulators may listen elsewhere at the next start.
pub async fn set_hosts(db: &Db, c: &ChannelRecord) -> Result<(), StoreError> {
    let write = Write::new(key_of(c.merchant.as_str())).step(
        SET_HOSTS,
        values![
            json::write(&c.hosts),
            c.merchant.as_str(),
            c.channel_key.as_str()
        ],
    );
    db.write(write).await.map(|_| ())
}

fn record(row: &Row) -> Result<ChannelRecord, StoreError> {
    Ok(ChannelRecord {
        merchant: UserCode::parse(row.text(0)?).ok_or_else(|| corrupt("channel.merchant"))?,
        channel_key: row.text(1)?.to_owned(),
        provider: row.text(2)?.to_owned(),
        pg_id: row.text(3)?.to_owned(),
        kind: row.text(4)?.to_owned(),
        name: row.text(5)?.to_owned(),
        sandbox: row.int(6)? != 0,
        is_default: row.int(7)? != 0,
        hosts: json::read(row.text(8)?, "channel.hosts")?,
        credentials: row.text(9)?.to_owned(),
        dialect: json::read(row.text(10)?, "channel.dialect")?,
        created_at: row.int(11)?,
    })
}
