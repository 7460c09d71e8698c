//! A write as pure data: what the flows make and the writers apply.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{Row, StoreError, Value};

/// One statement of a [`Write`] with its parameters.
#[derive(Clone)]
pub struct Step {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
}

impl Step {
    /// `sql` is a constant of [`statements!`](crate::statements); it may return rows (`RETURNING`).
    pub fn new(sql: &'static str, params: Vec<Value>) -> Step {
        Step { sql, params }
    }
}

/// Prints the statement, never its parameters.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Step").field(&self.sql).finish()
    }
}

/// A write: its steps are applied in order, all or none.
///
/// Writes are applied together with others in one commit. They must be written so that an expected
/// conflict is a result (no row affected) and not an error.
#[derive(Debug, Clone)]
pub struct Write {
    pub(crate) key: u64,
    pub(crate) steps: Vec<Step>,
}

impl Write {
    /// An empty write. Writes with the same `key` are applied in the order in which they were handed
    /// over; see [`key_of`].
    pub fn new(key: u64) -> Write {
        Write {
            key,
            steps: Vec::new(),
        }
    }

    /// Adds a step after the others.
    #[must_use]
    pub fn step(mut self, sql: &'static str, params: Vec<Value>) -> Write {
        self.push(sql, params);
        self
    }

    /// Adds a step after the others.
    pub fn push(&mut self, sql: &'static str, params: Vec<Value>) {
        self.steps.push(Step::new(sql, params));
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.steps
            .iter()
            .try_for_each(|step| crate::value::check_params(&step.params))
    }
}

/// The partition key of a text: the id of the thing that is written. Stable within a process only.
pub fn key_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What a durable write did: one result for each of its steps.
#[derive(Debug, Clone)]
pub struct Written {
    /// In the order of the write's steps.
    pub steps: Vec<StepResult>,
    /// How many writes shared the commit: a figure for metrics.
    pub group_count: usize,
}

impl Written {
    /// How many rows step `index` inserted, changed or deleted; 0 when there is no such step.
    pub fn affected(&self, index: usize) -> u64 {
        self.steps.get(index).map_or(0, |step| step.affected)
    }

    /// The first row that step `index` returned.
    pub fn row(&self, index: usize) -> Option<&Row> {
        self.steps.get(index)?.rows.first()
    }
}

/// What one step did.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// Rows inserted, changed or deleted; for a `SELECT`, rows returned.
    pub affected: u64,
    /// The rows of `RETURNING` or of a `SELECT`.
    pub rows: Vec<Row>,
}
