//! What a database is: its mode, its key ring's fingerprint, its clock's offset.

use crate::{Db, StoreError, Write, values};

crate::statements! {
    GET = "SELECT value FROM meta WHERE name = $1";
    SET = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    SET_ONCE = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
}

/// A value, if it was ever set.
pub async fn get(db: &Db, name: &str) -> Result<Option<String>, StoreError> {
    let rows = db.read(GET, values![name]).await?;
    rows.first()
        .map(|row| Ok(row.text(0)?.to_owned()))
        .transpose()
}

/// Sets a value.
pub async fn set(db: &Db, name: &str, value: &str) -> Result<(), StoreError> {
    db.write(Write::new(0).step(SET, values![name, value]))
        .await
        .map(|_| ())
}

/// Sets a value that stays as it is for ever; returns the one that is kept.
pub async fn set_once(db: &Db, name: &str, value: &str) -> Result<String, StoreError> {
    db.write(Write::new(0).step(SET_ONCE, values![name, value]))
        .await?;
    Ok(get(db, name).await?.unwrap_or_else(|| value.to_owned()))
}
