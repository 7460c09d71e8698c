//! One connection with its prepared statements.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::TryStreamExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Statement};

use super::fault::{describe, ends_statement_only, fault, needs_new_connection};
use super::{ANSWER_TIMEOUT, Server, values};
use crate::group::Fault;
use crate::write::StepResult;
use crate::{Row, StoreError, Value};

/// What a connection is for; decides its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
    Migration,
}

impl Role {
    /// `lock_timeout` is longer than the server's deadlock check (1 s), which says more.
    fn settings(self) -> &'static str {
        match self {
            Role::Writer => {
                "SET statement_timeout = '5s'; SET lock_timeout = '2s';
                 SET idle_in_transaction_session_timeout = '15s';
                 SET default_transaction_isolation = 'read committed'"
            }
            Role::Reader => {
                "SET statement_timeout = '5s'; SET lock_timeout = '2s';
                 SET default_transaction_read_only = on"
            }
            Role::Migration => "SET statement_timeout = 0; SET lock_timeout = 0",
        }
    }
}

/// A statement that the server knows, and its columns' names.
#[derive(Clone)]
pub(super) struct Prepared {
    statement: Statement,
    columns: Arc<[String]>,
}

/// One connection. Statements are sent in the order in which their futures are first polled.
pub(super) struct Session {
    client: Client,
    statements: Mutex<HashMap<&'static str, Prepared>>,
    driver: JoinHandle<()>,
    role: Role,
    /// Set when nothing more should be asked here, though the connection may still live.
    retired: AtomicBool,
}

impl Session {
    pub(super) async fn connect(server: &Server, role: Role) -> Result<Session, Fault> {
        let connecting = server.config.connect(server.tls.for_attempt());
        let (client, connection) = match tokio::time::timeout(ANSWER_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|error| cannot_connect(&error))?,
            Err(_) => return Err(outage("connecting took too long")),
        };
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = ?fault(error), "a connection to PostgreSQL ended");
            }
        });
        let session = Session {
            client,
            statements: Mutex::default(),
            driver,
            role,
            retired: AtomicBool::new(false),
        };
        session.batch(role.settings()).await?;
        Ok(session)
    }

    /// Whether a new connection is needed.
    pub(super) fn is_closed(&self) -> bool {
        self.retired.load(Ordering::Relaxed) || self.client.is_closed()
    }

    fn fault(&self, error: tokio_postgres::Error) -> Fault {
        if needs_new_connection(&error) {
            self.retired.store(true, Ordering::Relaxed);
        }
        fault(error)
    }

    /// Runs statements without parameters.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.in_time(self.client.batch_execute(sql))
            .await?
            .map_err(|error| self.fault(error))
    }

    /// As [`batch`](Session::batch), for a COMMIT: an error of the connection, or one that ends it,
    /// leaves the outcome unknown.
    pub(super) async fn commit(&self) -> Result<(), Fault> {
        let unknown =
            |error: StoreError| Fault::Outage(StoreError::CommitUnknown(error.to_string()));
        match self.in_time(self.client.batch_execute("COMMIT")).await {
            Ok(Ok(())) => Ok(()),
            // The server itself said that it rolled back.
            Ok(Err(error)) if ends_statement_only(&error) => Err(self.fault(error)),
            Ok(Err(error)) => Err(unknown(self.fault(error).into_error())),
            Err(silence) => Err(unknown(silence.into_error())),
        }
    }

    /// Prepares (once) and runs one statement.
    pub(super) async fn query(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> Result<StepResult, Fault> {
        let prepared = self.prepare(sql).await?;
        self.in_time(self.run(&prepared, sql, params)).await?
    }

    /// The statement as the server knows it, prepared at its first use.
    pub(super) async fn prepare(&self, sql: &'static str) -> Result<Prepared, Fault> {
        // The map is whole whatever happened to a thread that held it.
        let known = || {
            self.statements
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(prepared) = known().get(sql) {
            return Ok(prepared.clone());
        }
        let statement = self
            .in_time(self.client.prepare(sql))
            .await?
            .map_err(|error| self.fault(error))?;
        let columns = statement.columns().iter().map(|c| c.name().to_owned());
        let prepared = Prepared {
            columns: columns.collect(),
            statement,
        };
        known().insert(sql, prepared.clone());
        Ok(prepared)
    }

    /// An error when the statement does not fit the schema, or uses a type that the store does not.
    #[cfg(feature = "test-support")]
    pub(super) async fn check(&self, sql: &'static str) -> Result<(), Fault> {
        let statement = self.prepare(sql).await?.statement;
        let columns = statement
            .columns()
            .iter()
            .map(tokio_postgres::Column::type_);
        let mut types = statement.params().iter().chain(columns);
        match types.find(|ty| !values::is_known(ty)) {
            Some(ty) => Err(Fault::Statement(StoreError::Statement(format!(
                "CAST what is of type {ty}: {sql}"
            )))),
            None => Ok(()),
        }
    }

    /// Runs a prepared statement. The request is sent when the future is first polled; the caller
    /// sees to the time.
    pub(super) async fn run(
        &self,
        prepared: &Prepared,
        sql: &'static str,
        params: &[Value],
    ) -> Result<StepResult, Fault> {
        let expected = prepared.statement.params().len();
        if expected != params.len() {
            return Err(Fault::Statement(StoreError::Statement(format!(
                "{} parameters given, {expected} expected: {sql}",
                params.len()
            ))));
        }
        let answer = async {
            let stream = self.client.query_raw(&prepared.statement, params).await?;
            let mut stream = pin!(stream);
            let mut raw = Vec::new();
            while let Some(row) = stream.try_next().await? {
                raw.push(row);
            }
            Ok((raw, stream.rows_affected().unwrap_or(0)))
        };
        let (raw, affected) = answer.await.map_err(|error| self.fault(error))?;
        let rows = raw.iter().map(|row| {
            let values = values::read(row, &prepared.columns)?;
            Ok(Row::new(Arc::clone(&prepared.columns), values))
        });
        let rows = rows.collect::<Result<_, StoreError>>();
        let rows = rows.map_err(Fault::Statement)?;
        Ok(StepResult { affected, rows })
    }

    /// Waits for an answer, but not for ever: a silent server may be gone for good, and then so is
    /// everything that was asked on this connection. A migration may take as long as it takes.
    pub(super) async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, Fault> {
        if self.role == Role::Migration {
            return Ok(answer.await);
        }
        match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
            Ok(answer) => Ok(answer),
            Err(_) => {
                self.retired.store(true, Ordering::Relaxed);
                self.driver.abort();
                Err(outage("PostgreSQL did not answer in time"))
            }
        }
    }
}

fn outage(reason: &str) -> Fault {
    Fault::Outage(StoreError::Unavailable(reason.to_owned()))
}

/// Whatever keeps us from connecting is an outage, a wrong password included.
fn cannot_connect(error: &tokio_postgres::Error) -> Fault {
    Fault::Outage(StoreError::Unavailable(format!(
        "cannot connect to PostgreSQL: {}",
        describe(error)
    )))
}
