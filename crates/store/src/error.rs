//! What can go wrong in the store. No message ever carries a parameter of a statement.

use std::path::PathBuf;

/// An error of the store. Cloneable, because one failed commit is the answer to a whole group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or is too busy, or its disk is full. Nothing of the write was
    /// applied; trying again later is right.
    #[error("the database is not available: {0}")]
    Unavailable(String),

    /// The commit was under way when the database went silent: the write may be durable or may not.
    /// Read back before deciding anything.
    #[error("the commit's outcome is unknown: {0}")]
    CommitUnknown(String),

    /// A constraint refused the write. Nothing of it was applied. Carries the constraint's name.
    #[error("a constraint refused the write: {0}")]
    Conflict(String),

    /// A statement or its parameters are wrong: a fault in this program.
    #[error("the statement is wrong: {0}")]
    Statement(String),

    /// A column did not hold what the program expects of it.
    #[error("column {column} does not hold {expected}")]
    Column {
        /// The column's name in the statement's result, or its index where there is none.
        column: String,
        /// What was expected: "a number", "a text", ...
        expected: &'static str,
    },

    /// The database's files are damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),

    /// A migration could not be applied.
    #[error("migration {name} failed: {reason}")]
    Migration {
        /// The migration's name, `NNNN_name`.
        name: String,
        /// Why.
        reason: String,
    },

    /// Another server runs on the same folder.
    #[error(
        "{} is in use by process {pid}: only one server may run on a data folder; stop the other one first",
        .dir.display()
    )]
    Locked {
        /// The data folder.
        dir: PathBuf,
        /// The other process, as it wrote itself down.
        pid: String,
    },

    /// A file of the data folder could not be opened.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl StoreError {
    /// Whether nothing was applied and the same write may be tried again later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }
}
