//! The schema's versions.

use crate::StoreError;

/// One step of the schema, in both engines' words. Once released it never changes.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `NNNN_name`: also the files' name under `migrations/sqlite` and `migrations/postgres`.
    pub name: &'static str,
    /// For SQLite; several statements.
    pub sqlite: &'static str,
    /// For PostgreSQL; several statements.
    pub postgres: &'static str,
}

/// Includes a migration's two files by its name.
macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// The product's migrations, oldest first. Append only.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!("0001_init"),
    migration!("0002_lists"),
    migration!("0003_cancels"),
    migration!("0004_deleted_keys"),
    migration!("0005_idempotency"),
    migration!("0006_schedules"),
    migration!("0007_webhooks"),
    migration!("0008_allowed_networks"),
    migration!("0009_webhook_events"),
    migration!("0010_merchant_options"),
];

/// The table of applied migrations; created before any of them runs.
pub(crate) const CREATE_VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (name TEXT PRIMARY KEY)";

crate::statements! {
    /// 1 when a migration was applied.
    pub(crate) IS_APPLIED = "SELECT COUNT(*) FROM schema_version WHERE name = $1";
    /// Writes a migration down.
    pub(crate) RECORD = "INSERT INTO schema_version (name) VALUES ($1)";
}

impl Migration {
    pub(crate) fn failed(&self, error: &StoreError) -> StoreError {
        StoreError::Migration {
            name: self.name.to_owned(),
            reason: error.to_string(),
        }
    }
}
