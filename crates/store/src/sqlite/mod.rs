//! SQLite: one writer thread, a few readers, checkpoints in a thread of their own.

mod checkpoint;
mod reader;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

pub(crate) use reader::Readers;
pub(crate) use writer::Writer;

use crate::group::Fault;
use crate::migrate::Migration;
use crate::{Row, StoreError, Value};

/// How long a connection waits for another process's locks.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More than the product has statements, so that none is ever prepared twice.
const STATEMENT_COUNT_MAX: usize = 512;

/// The writer's page cache. Measured: 8 MB is enough, more only costs memory.
const WRITER_CACHE_KIB: i64 = 8192;

/// Opens a connection with what all connections share. The file must be there.
fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(fault)?;
    conn.busy_timeout(BUSY_TIMEOUT).map_err(fault)?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_COUNT_MAX);
    // fullfsync matters on macOS only, where a plain fsync does not reach the platter.
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;",
    )
    .map_err(fault)?;
    Ok(conn)
}

/// Creates the file where it is missing, readable by its owner only: it holds buyers' data. SQLite
/// gives its companions (-wal, -shm) the same mode.
fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Opens the database: its writer's queue and its readers.
pub(crate) fn open(path: PathBuf) -> Result<(Writer, Readers), StoreError> {
    create(&path)?;
    let conn = connect(&path).map_err(Fault::into_error)?;
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
        .and_then(|()| conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB))
        .map_err(|error| fault(error).into_error())?;
    let writer = Writer::start(conn, &path)?;
    Ok((writer, Readers::new(path)))
}

/// Applies what is missing of `migrations`, each in its own transaction; the names applied.
pub(crate) fn migrate(
    path: &Path,
    migrations: &[Migration],
) -> Result<Vec<String>, crate::StoreError> {
    let mut conn = connect(path).map_err(Fault::into_error)?;
    let mut applied = Vec::new();
    for migration in migrations {
        if apply_migration(&mut conn, migration)
            .map_err(|error| migration.failed(&fault(error).into_error()))?
        {
            applied.push(migration.name.to_owned());
        }
    }
    Ok(applied)
}

/// Whether the migration was missing.
fn apply_migration(conn: &mut Connection, migration: &Migration) -> rusqlite::Result<bool> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    tx.execute_batch(crate::migrate::CREATE_VERSIONS)?;
    let known: i64 = tx.query_row(crate::migrate::IS_APPLIED, [migration.name], |row| {
        row.get(0)
    })?;
    if known > 0 {
        return Ok(false);
    }
    tx.execute_batch(migration.sqlite)?;
    tx.execute(crate::migrate::RECORD, [migration.name])?;
    tx.commit()?;
    Ok(true)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Integer(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// Prepares `sql` (from the cache) and binds its parameters.
fn prepare<'conn>(
    conn: &'conn Connection,
    sql: &str,
    params: &[Value],
) -> Result<CachedStatement<'conn>, Fault> {
    let mut statement = conn.prepare_cached(sql).map_err(fault)?;
    let expected = statement.parameter_count();
    if expected != params.len() {
        return Err(Fault::Statement(StoreError::Statement(format!(
            "{} parameters given, {expected} expected: {sql}",
            params.len()
        ))));
    }
    for (index, value) in params.iter().enumerate() {
        statement
            .raw_bind_parameter(index + 1, value)
            .map_err(fault)?;
    }
    Ok(statement)
}

/// Runs a bound statement that returns rows, to its end.
fn rows_of(statement: &mut CachedStatement<'_>) -> Result<Vec<Row>, Fault> {
    let mut cursor = statement.raw_query();
    let mut columns: Option<Arc<[String]>> = None;
    let mut rows = Vec::new();
    while let Some(row) = cursor.next().map_err(fault)? {
        let columns = columns.get_or_insert_with(|| {
            let names = row.as_ref().column_names();
            names.into_iter().map(str::to_owned).collect()
        });
        let values = (0..columns.len())
            .map(|index| value_of(row.get_ref(index).map_err(fault)?, &columns[index]))
            .collect::<Result<Vec<_>, Fault>>()?;
        rows.push(Row::new(Arc::clone(columns), values));
    }
    Ok(rows)
}

fn value_of(value: ValueRef<'_>, column: &str) -> Result<Value, Fault> {
    let unexpected = |expected| {
        Fault::Statement(StoreError::Column {
            column: column.to_owned(),
            expected,
        })
    };
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(value) => match std::str::from_utf8(value) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(unexpected("a text in UTF-8")),
        },
        ValueRef::Blob(value) => Ok(Value::Blob(value.to_vec())),
        ValueRef::Real(_) => Err(unexpected("a whole number")),
    }
}

/// Whose fault an error is. SQLite's messages name tables, columns and statements, never values.
fn fault(error: rusqlite::Error) -> Fault {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => Fault::Contention(text),
        Some(ErrorCode::ConstraintViolation) => Fault::Statement(StoreError::Conflict(text)),
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::NoLargeFileSupport,
        ) => Fault::Outage(StoreError::Unavailable(text)),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Fault::Outage(StoreError::Corrupt(text))
        }
        _ => Fault::Statement(StoreError::Statement(text)),
    }
}
