//! Whose fault an error of PostgreSQL is.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

use crate::StoreError;
use crate::group::Fault;

/// Errors that the same statements may not meet again, and those after which another connection is
/// needed, are [`Fault::Contention`].
pub(super) fn fault(error: Error) -> Fault {
    let text = describe(&error);
    let Some(db) = error.as_db_error() else {
        return if is_about_values(&error) {
            Fault::Statement(StoreError::Statement(text))
        } else {
            Fault::Contention(text)
        };
    };
    let code = db.code().code();
    match code {
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Fault::Contention(text),
        // As `needs_new_connection` says.
        "0A000" | "26000" | "25006" => Fault::Contention(text),
        // Cancelled by statement_timeout: too slow, whatever the reason.
        "57014" => Fault::Statement(StoreError::Unavailable(text)),
        "XX001" | "XX002" => Fault::Outage(StoreError::Corrupt(text)),
        _ => match &code[..2] {
            "23" => Fault::Statement(StoreError::Conflict(constraint(db))),
            // Connection lost, shut down.
            "08" | "57" => Fault::Contention(text),
            // Disk full, out of memory, too many connections; the system; internal.
            "53" | "58" | "XX" => Fault::Outage(StoreError::Unavailable(text)),
            _ => Fault::Statement(StoreError::Statement(text)),
        },
    }
}

/// Whether the connection is of no more use though it may live: its plans are from before a
/// migration, it lost its statements, or its server became a standby.
pub(super) fn needs_new_connection(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|code| ["0A000", "26000", "25006"].contains(&code.code()))
}

/// Whether the server answered and the connection lives: the statement failed, nothing else did.
pub(super) fn ends_statement_only(error: &Error) -> bool {
    let severity = error.as_db_error().and_then(DbError::parsed_severity);
    severity == Some(Severity::Error)
}

/// A parameter or column of a type that the statement does not have, found before anything was sent
/// or after everything was answered.
fn is_about_values(error: &Error) -> bool {
    let text = error.to_string();
    ["error serializing", "error deserializing", "invalid column"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// The error without any value: the server's messages may quote parameters, except those about
/// syntax and names (42), features (0A), and the server itself.
pub(super) fn describe(error: &Error) -> String {
    let Some(db) = error.as_db_error() else {
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        let source = source.filter(|_| !is_about_values(error));
        return format!("{error}{}", source.unwrap_or_default());
    };
    let code = db.code().code();
    match &code[..2] {
        "22" | "23" | "P0" => format!("error {code} {}", constraint(db)),
        _ => format!("error {code}: {}", db.message()),
    }
}

/// Names only: the server's detail repeats the row.
fn constraint(db: &DbError) -> String {
    let names = [db.table(), db.column(), db.constraint()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    names.join(".")
}
