//! SQL on two engines, with grouped commits.
//!
//! One SQL text serves SQLite (one machine, the default) and PostgreSQL (many). There is one idea for
//! writing: a [`Write`] is pure data, an ordered list of statements; writers apply whole groups of
//! them in one commit, and each caller gets its own answer once that commit is durable. Reads go
//! straight to a pool of readers.
//!
//! # Rules for statements
//!
//! - Declare them with [`statements!`]; it checks at compile time that `$1`..`$n` first appear in
//!   ascending order (SQLite numbers them by first appearance) and lists them for the tests.
//! - One write's conflict must not fail its neighbours: `ON CONFLICT DO NOTHING`, guarded `UPDATE`s,
//!   later steps guarded by what the first one wrote. A constraint that does fire costs the whole
//!   group a second try, one write at a time.
//! - In PostgreSQL a parameter in a `SELECT` list has no type of its own: `CAST($1 AS BIGINT)` or
//!   `CAST($1 AS TEXT)`. Sums of `BIGINT` are `NUMERIC` there: `CAST(SUM(x) AS BIGINT)`.
//! - Column types are `BIGINT`, `TEXT` and `BYTEA`/`BLOB`. No text holds a NUL (PostgreSQL cannot).

pub mod allowed_networks;
pub mod billing_keys;
pub mod channels;
mod db;
pub mod deleted_keys;
pub mod deliveries;
pub mod endpoints;
mod error;
mod group;
pub mod held_keys;
pub mod idempotency;
pub mod jobs;
mod json;
pub mod lists;
mod lock;
pub mod merchants;
pub mod meta;
mod migrate;
pub mod payments;
mod placeholders;
mod postgres;
pub mod prepared_orders;
pub mod schedules;
mod sqlite;
#[cfg(feature = "test-support")]
pub mod test_support;
pub mod upcoming;
mod value;
pub mod windows;
mod write;

pub use db::{Db, Engine};
pub use error::StoreError;
pub use lock::{Lock, lock};
pub use migrate::Migration;
#[doc(hidden)]
pub use placeholders::checked;
pub use value::{Row, Value};
pub use write::{Step, StepResult, Write, Written, key_of};

/// Every statement of the product, by the file that declares it: `(file, [(name, sql)])`.
///
/// The tests prepare each on both engines; a test holds that no file is missing here.
pub const STATEMENTS: &[(&str, &[(&str, &str)])] = &[
    ("allowed_networks", allowed_networks::STATEMENTS),
    ("billing_keys", billing_keys::STATEMENTS),
    ("channels", channels::STATEMENTS),
    ("deleted_keys", deleted_keys::STATEMENTS),
    ("deliveries", deliveries::STATEMENTS),
    ("endpoints", endpoints::STATEMENTS),
    ("held_keys", held_keys::STATEMENTS),
    ("idempotency", idempotency::STATEMENTS),
    ("jobs", jobs::STATEMENTS),
    ("lists", lists::STATEMENTS),
    ("merchants", merchants::STATEMENTS),
    ("meta", meta::STATEMENTS),
    ("migrate", migrate::STATEMENTS),
    ("payments", payments::STATEMENTS),
    ("prepared_orders", prepared_orders::STATEMENTS),
    ("schedules", schedules::STATEMENTS),
    ("upcoming", upcoming::STATEMENTS),
    ("windows", windows::STATEMENTS),
];
