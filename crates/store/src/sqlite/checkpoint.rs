//! Moving the write-ahead log into the database, beside the writer.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, MAIN_DB};

use crate::StoreError;
use crate::group::Fault;

/// A checkpoint is asked for each time the log has grown by so many pages (4 MB).
const STEP_PAGES: i32 = 1024;

/// From this size on (64 MB) the writer waits for the other thread and then checkpoints the rest
/// itself. Beside a writer that never rests that thread always leaves a tail, and a log with a tail
/// is never begun anew.
const LONG_PAGES: i32 = 16 * STEP_PAGES;

/// The thread that checkpoints.
pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    /// Held during a checkpoint: SQLite refuses a second one instead of waiting.
    turn: Arc<Mutex<()>>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Checkpointer, StoreError> {
        let conn = super::connect(path).map_err(Fault::into_error)?;
        // A log that once grew long is cut back when it is begun anew.
        let limit_bytes = i64::from(LONG_PAGES) * 4096;
        conn.pragma_update(None, "journal_size_limit", limit_bytes)
            .map_err(|error| super::fault(error).into_error())?;
        let (wake, woken) = sync_channel(1);
        let turn = Arc::new(Mutex::new(()));
        let thread = std::thread::Builder::new()
            .name("dangol-checkpoint".to_owned())
            .spawn({
                let turn = Arc::clone(&turn);
                move || run(&conn, &woken, &turn)
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Checkpointer { wake, turn, thread })
    }

    /// Has the writer's connection report each commit.
    pub(super) fn watch(&self, writer: &mut Connection) -> rusqlite::Result<()> {
        let wake = self.wake.clone();
        let turn = Arc::clone(&self.turn);
        let mut next = STEP_PAGES;
        let mut seen = 0;
        writer.wal_hook(Some(move |wal: &mut Wal, pages: i32| {
            if pages < seen {
                next = STEP_PAGES; // the log was begun anew
            }
            seen = pages;
            if pages >= next {
                if pages >= LONG_PAGES {
                    let _turn = turn.lock();
                    // A reader that is still in the old log, or another process: next time.
                    let _ = wal.checkpoint();
                } else {
                    let _ = wake.try_send(());
                }
                next = pages + STEP_PAGES;
            }
            // The commit has happened; an error here would deny that.
            Ok(())
        }))
    }

    /// Waits for the last checkpoint; the writer's connection must be closed already.
    pub(super) fn join(self) {
        drop(self.wake);
        if self.thread.join().is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

/// Checkpoints when woken; at the end empties the log, so that the database is one plain file.
fn run(conn: &Connection, woken: &Receiver<()>, turn: &Mutex<()>) {
    use rusqlite::wal::CheckpointMode::{PASSIVE, TRUNCATE};
    while woken.recv().is_ok() {
        let _turn = turn.lock();
        if let Err(error) = conn.wal_checkpoint_v2(Some(MAIN_DB), PASSIVE) {
            tracing::warn!(%error, "a checkpoint failed; the log keeps growing");
        }
    }
    if let Err(error) = conn.wal_checkpoint_v2(Some(MAIN_DB), TRUNCATE) {
        tracing::debug!(%error, "the last checkpoint was left to the next start");
    }
}
