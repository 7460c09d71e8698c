//! Reading beside the writer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{connect, fault, prepare, rows_of};
use crate::group::Fault;
use crate::{Row, StoreError, Value};

/// So many reads run at a time; each has a connection with SQLite's default cache (2 MB).
const READER_COUNT: usize = 4;

/// Connections that cannot write, opened when first needed.
#[derive(Clone)]
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers {
            path: Arc::new(path),
            idle: Arc::new(Mutex::new(Vec::new())),
            permits: Arc::new(Semaphore::new(READER_COUNT)),
        }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Runs one statement on a thread where blocking is allowed.
    pub(crate) async fn read(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let stopped = || StoreError::Unavailable("the reader stopped".to_owned());
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| stopped())?;
        let readers = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.read_now(sql, &params).map_err(Fault::into_error)
        })
        .await
        .map_err(|_| stopped())?
    }

    fn read_now(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        // The list is whole whatever happened to a thread that held it.
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let rows = prepare(&conn, sql, params).and_then(|mut statement| rows_of(&mut statement));
        lock().push(conn);
        rows
    }

    /// An error when the statement does not fit the schema.
    #[cfg(feature = "test-support")]
    pub(crate) fn check(&self, sql: &'static str) -> Result<(), StoreError> {
        let conn = self.connect().map_err(Fault::into_error)?;
        let prepared = conn.prepare(sql).map(drop);
        prepared.map_err(|error| fault(error).into_error())
    }

    fn connect(&self) -> Result<Connection, Fault> {
        let conn = connect(&self.path)?;
        conn.execute_batch("PRAGMA query_only = ON")
            .map_err(fault)?;
        Ok(conn)
    }
}
