//! Reading: a few connections, each shared by many reads at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Mutex;

use super::Server;
use super::session::{Role, Session};
use crate::group::Fault;
use crate::{Row, StoreError, Value};

/// Reads are pipelined, so that few connections serve many callers.
const READER_COUNT: usize = 4;

const NOW_MS: &str = "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)";

/// Connections that cannot write, made when first needed and again after a loss.
pub(crate) struct Readers {
    server: Arc<Server>,
    sessions: [Mutex<Option<Arc<Session>>>; READER_COUNT],
    turn: AtomicUsize,
}

impl Readers {
    pub(super) fn new(server: Arc<Server>) -> Readers {
        Readers {
            server,
            sessions: Default::default(),
            turn: AtomicUsize::new(0),
        }
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Runs one statement; once more when the connection was lost, for a read does no harm.
    pub(crate) async fn read(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let slot = &self.sessions[self.turn.fetch_add(1, Ordering::Relaxed) % READER_COUNT];
        let result = match self.read_on(slot, sql, params).await {
            Err(Fault::Contention(_)) => self.read_on(slot, sql, params).await,
            result => result,
        };
        result.map_err(Fault::into_error)
    }

    /// The server's clock, in milliseconds since 1970 UTC.
    pub(crate) async fn now_ms(&self) -> Result<i64, StoreError> {
        let rows = self.read(NOW_MS, &[]).await?;
        let row = rows.first().ok_or_else(|| {
            StoreError::Unavailable("PostgreSQL did not tell the time".to_owned())
        })?;
        row.int(0)
    }

    /// As [`Session::check`].
    #[cfg(feature = "test-support")]
    pub(crate) async fn check(&self, sql: &'static str) -> Result<(), StoreError> {
        let session = self.session(&self.sessions[0]).await;
        let session = session.map_err(Fault::into_error)?;
        session.check(sql).await.map_err(Fault::into_error)
    }

    async fn read_on(
        &self,
        slot: &Mutex<Option<Arc<Session>>>,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Vec<Row>, Fault> {
        let session = self.session(slot).await?;
        let result = session.query(sql, params).await;
        if let Err(Fault::Contention(_) | Fault::Outage(_)) = &result {
            // Not this one again. Another read may have replaced it already.
            slot.lock()
                .await
                .take_if(|current| Arc::ptr_eq(current, &session));
        }
        Ok(result?.rows)
    }

    async fn session(&self, slot: &Mutex<Option<Arc<Session>>>) -> Result<Arc<Session>, Fault> {
        let mut current = slot.lock().await;
        if let Some(session) = current.as_ref().filter(|session| !session.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::connect(&self.server, Role::Reader).await?);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }
}
