//! The one thread that writes.

use std::path::Path;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::checkpoint::Checkpointer;
use super::{fault, prepare, rows_of};
use crate::group::{self, ATTEMPT_COUNT_MAX, Fault, GROUP_COUNT_MAX, QUEUE_COUNT_MAX, Queued};
use crate::write::{Step, StepResult};
use crate::{StoreError, Written};

/// The writer: a queue and the thread that empties it.
pub(crate) struct Writer {
    pub(crate) queue: mpsc::Sender<Queued>,
    pub(crate) thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the writer on a connection of its own.
    pub(super) fn start(mut conn: Connection, path: &Path) -> Result<Writer, StoreError> {
        let checkpointer = Checkpointer::start(path)?;
        checkpointer
            .watch(&mut conn)
            .map_err(|error| fault(error).into_error())?;
        let (queue, waiting) = mpsc::channel(QUEUE_COUNT_MAX);
        let thread = std::thread::Builder::new()
            .name("dangol-writer".to_owned())
            .spawn(move || {
                run(&conn, waiting);
                // The hook lives in the connection: closing it ends the checkpointer, which then
                // moves the whole log into the database.
                drop(conn);
                checkpointer.join();
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Writer { queue, thread })
    }
}

/// Applies groups until every handle of the database is gone and the queue is empty. While one
/// commit syncs, the next group gathers in the queue; nobody ever waits for a group to fill.
fn run(conn: &Connection, mut waiting: mpsc::Receiver<Queued>) {
    loop {
        let mut group = Vec::new();
        if waiting.blocking_recv_many(&mut group, GROUP_COUNT_MAX) == 0 {
            return;
        }
        apply_and_answer(conn, group);
    }
}

fn apply_and_answer(conn: &Connection, group: Vec<Queued>) {
    match apply_patiently(conn, &group) {
        Ok(results) => group::answer_each(group, results),
        Err(Fault::Statement(_)) if group.len() > 1 => {
            // One write is bad. Alone, each succeeds or fails on its own account.
            for queued in group {
                apply_and_answer(conn, vec![queued]);
            }
        }
        Err(failed) => group::answer_all(group, failed),
    }
}

fn apply_patiently(conn: &Connection, group: &[Queued]) -> Result<Vec<Written>, Fault> {
    let mut attempt = 1;
    loop {
        match apply(conn, group) {
            Err(Fault::Contention(_)) if attempt < ATTEMPT_COUNT_MAX => attempt += 1,
            result => return result,
        }
    }
}

/// Applies a group in one transaction. On any error nothing of it was applied, except that
/// [`StoreError::CommitUnknown`] says just that.
fn apply(conn: &Connection, group: &[Queued]) -> Result<Vec<Written>, Fault> {
    execute(conn, "BEGIN IMMEDIATE")?;
    let result = run_steps(conn, group).and_then(|results| commit(conn).map(|()| results));
    // Some errors (a full disk) end the transaction by themselves.
    if result.is_err() && !conn.is_autocommit() {
        execute(conn, "ROLLBACK")?;
    }
    result
}

fn commit(conn: &Connection) -> Result<(), Fault> {
    execute(conn, "COMMIT").map_err(|failed| match failed {
        // The log may or may not have reached the disk.
        Fault::Outage(error) => Fault::Outage(StoreError::CommitUnknown(error.to_string())),
        other => other,
    })
}

fn execute(conn: &Connection, sql: &'static str) -> Result<(), Fault> {
    prepare(conn, sql, &[])?.raw_execute().map_err(fault)?;
    Ok(())
}

fn run_steps(conn: &Connection, group: &[Queued]) -> Result<Vec<Written>, Fault> {
    let mut results = Vec::with_capacity(group.len());
    for queued in group {
        let steps = queued
            .steps
            .iter()
            .map(|step| run_step(conn, step))
            .collect::<Result<Vec<_>, Fault>>()?;
        results.push(Written {
            steps,
            group_count: group.len(),
        });
    }
    Ok(results)
}

fn run_step(conn: &Connection, step: &Step) -> Result<StepResult, Fault> {
    let mut statement = prepare(conn, step.sql, &step.params)?;
    if statement.column_count() == 0 {
        let affected = statement.raw_execute().map_err(fault)? as u64;
        let rows = Vec::new();
        return Ok(StepResult { affected, rows });
    }
    let only_reads = statement.readonly();
    let rows = rows_of(&mut statement)?;
    let affected = if only_reads {
        rows.len() as u64
    } else {
        conn.changes()
    };
    Ok(StepResult { affected, rows })
}
