//! The database, whichever engine it is.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::group::Queued;
use crate::migrate::{MIGRATIONS, Migration};
use crate::value::check_params;
use crate::{Row, StoreError, Value, Write, Written, postgres, sqlite};

/// Which engine a [`Db`] runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one machine.
    Sqlite,
    /// A server of its own, shared by many nodes.
    Postgres,
}

/// A database. Cheap to clone; when the last clone goes, queued writes are applied and it closes.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    /// One for each writer; a write goes to the one that its key names.
    queues: Vec<mpsc::Sender<Queued>>,
    readers: Readers,
    /// SQLite's writer thread; joined at the end, so that a closed database is closed on disk too.
    thread: Option<JoinHandle<()>>,
}

enum Readers {
    Sqlite(sqlite::Readers),
    Postgres(postgres::Readers),
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({:?})", self.engine())
    }
}

impl Db {
    /// Opens or creates the SQLite database at `path`; its folder must be there.
    ///
    /// # Errors
    /// [`StoreError::File`] when the file cannot be opened, [`StoreError::Corrupt`] when it is no
    /// database, [`StoreError::Unavailable`] for what else the disk may have.
    pub async fn open_sqlite(path: &Path) -> Result<Db, StoreError> {
        let path = path.to_owned();
        let (writer, readers) = blocking(move || sqlite::open(path)).await?;
        Ok(Db {
            inner: Arc::new(Inner {
                queues: vec![writer.queue],
                readers: Readers::Sqlite(readers),
                thread: Some(writer.thread),
            }),
        })
    }

    /// Connects to the PostgreSQL database that `url` names, as
    /// `postgresql://user:password@host:5432/database?sslmode=require`. Must be called within the
    /// runtime in which the database will be used. Lost connections are made anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached or refuses us.
    pub async fn open_postgres(url: &str) -> Result<Db, StoreError> {
        let (queues, readers) = postgres::open(url).await?;
        Ok(Db {
            inner: Arc::new(Inner {
                queues,
                readers: Readers::Postgres(readers),
                thread: None,
            }),
        })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &self.inner.readers {
            Readers::Sqlite(_) => Engine::Sqlite,
            Readers::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the schema up to date; the names of the migrations that were missing. Any number of
    /// nodes may do so at once. Migrations of a newer version that this one does not know are left
    /// alone: old and new nodes run side by side while an upgrade rolls.
    ///
    /// # Errors
    /// [`StoreError::Migration`] naming the one that failed; those before it stay applied.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.migrate_with(MIGRATIONS).await
    }

    /// As [`migrate`](Db::migrate), with other migrations than the product's.
    pub async fn migrate_with(
        &self,
        migrations: &'static [Migration],
    ) -> Result<Vec<String>, StoreError> {
        match &self.inner.readers {
            Readers::Sqlite(readers) => {
                let path = readers.path().clone();
                blocking(move || sqlite::migrate(&path, migrations)).await
            }
            Readers::Postgres(readers) => postgres::migrate(readers.server(), migrations).await,
        }
    }

    /// Runs one statement that only reads, beside the writers. It sees every write that was
    /// acknowledged before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached, [`StoreError::Statement`] or
    /// [`StoreError::Column`] when the statement is wrong.
    pub async fn read(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        check_params(&params)?;
        match &self.inner.readers {
            Readers::Sqlite(readers) => readers.read(sql, params).await,
            Readers::Postgres(readers) => readers.read(sql, &params).await,
        }
    }

    /// Applies a write, all of it or nothing, in one commit with others; returns once that commit is
    /// durable. A write that was queued is applied even if the caller does not wait for the answer.
    ///
    /// # Errors
    /// [`StoreError::CommitUnknown`] when the write may or may not have been applied; any other
    /// error means that nothing was.
    pub async fn write(&self, write: Write) -> Result<Written, StoreError> {
        let stopped = || StoreError::Unavailable("the writer stopped".to_owned());
        write.check()?;
        let queues = &self.inner.queues;
        let queue = &queues[(write.key % queues.len() as u64) as usize];
        let (answer, answered) = oneshot::channel();
        let steps = write.steps;
        // At once where there is room: `send` may give way to other tasks first, and the order of
        // one caller's writes would depend on it.
        match queue.try_send(Queued { steps, answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(queued)) => {
                queue.send(queued).await.map_err(|_| stopped())?;
            }
            Err(TrySendError::Closed(_)) => return Err(stopped()),
        }
        // Without an answer the writer died on the way: it may have committed.
        answered
            .await
            .map_err(|_| StoreError::CommitUnknown("the writer stopped".to_owned()))?
    }

    /// For the test that goes through [`STATEMENTS`](crate::STATEMENTS): has the engine prepare a
    /// statement against the schema without running it.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when it does not fit.
    #[cfg(feature = "test-support")]
    pub async fn check(&self, sql: &'static str) -> Result<(), StoreError> {
        match &self.inner.readers {
            Readers::Sqlite(readers) => readers.check(sql),
            Readers::Postgres(readers) => readers.check(sql).await,
        }
    }

    /// The database's clock, in milliseconds since 1970 UTC: the one clock that all nodes share. For
    /// SQLite it is this machine's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached.
    pub async fn now_ms(&self) -> Result<i64, StoreError> {
        match &self.inner.readers {
            Readers::Sqlite(_) => Ok(system_clock_ms()),
            Readers::Postgres(readers) => readers.now_ms().await,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where time enters: SQLite's clock is the machine's"
)]
fn system_clock_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // A clock before 1970 is no clock; 0 makes everything due rather than nothing.
    now.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queues.clear();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread panicked");
        }
    }
}

/// Runs `work` on a thread where blocking is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StoreError::Unavailable("the work was interrupted".to_owned()))?
}
