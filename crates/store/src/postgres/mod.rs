//! PostgreSQL: two writers that own a connection each, and a few pipelined readers.

mod fault;
mod reader;
mod session;
mod tls;
mod values;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};

pub(crate) use reader::Readers;

use crate::StoreError;
use crate::group::{Fault, QUEUE_COUNT_MAX, Queued};
use crate::migrate::{self, Migration};
use session::{Role, Session};

/// Measured: a third writer gains nothing, one alone leaves the disk idle between two groups.
const WRITER_COUNT: usize = 2;

/// How long a connection attempt may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an answer may take once its statement was sent: longer than the server's own
/// `statement_timeout`, so it only fires when the server has gone silent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the server is and how to get there.
pub(crate) struct Server {
    config: Config,
    tls: tls::Tls,
}

/// Prints nothing: the URL holds a password.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server(..)")
    }
}

impl Server {
    /// Reads a URL or a `key=value` text. The error does not repeat it: it may hold a password.
    fn parse(url: &str) -> Result<Server, StoreError> {
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::Unavailable(
                "the PostgreSQL URL cannot be read; it should look like \
                 postgresql://user:password@host:5432/database?sslmode=require"
                    .to_owned(),
            )
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("dangol");
        }
        // Of several hosts, the one that takes writes: after a failover that is another one.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.tcp_user_timeout(ANSWER_TIMEOUT);
        let tls = tls::Tls::new(config.get_ssl_mode() == SslMode::Require)?;
        Ok(Server { config, tls })
    }
}

/// Opens the database: its writers' queues and its readers. One connection is made at once, so that
/// a wrong URL is an error here.
pub(crate) async fn open(url: &str) -> Result<(Vec<mpsc::Sender<Queued>>, Readers), StoreError> {
    let server = Arc::new(Server::parse(url)?);
    let mut first = Some(
        Session::connect(&server, Role::Writer)
            .await
            .map_err(Fault::into_error)?,
    );
    let mut queues = Vec::with_capacity(WRITER_COUNT);
    for _ in 0..WRITER_COUNT {
        let (queue, waiting) = mpsc::channel(QUEUE_COUNT_MAX);
        tokio::spawn(writer::run(Arc::clone(&server), first.take(), waiting));
        queues.push(queue);
    }
    Ok((queues, Readers::new(server)))
}

/// Nodes that start together migrate one after the other.
const TAKE_TURNS: &str = "SELECT pg_advisory_lock(423424191852)"; // any number, but always this one

/// Applies what is missing of `migrations`, each in its own transaction; the names applied.
pub(crate) async fn migrate(
    server: &Arc<Server>,
    migrations: &[Migration],
) -> Result<Vec<String>, StoreError> {
    let session = Session::connect(server, Role::Migration)
        .await
        .map_err(Fault::into_error)?;
    let prepared = async {
        session.batch(TAKE_TURNS).await?;
        // From here on rather fail than queue up in front of everybody's statements.
        session.batch("SET lock_timeout = '10s'").await?;
        session.batch(migrate::CREATE_VERSIONS).await
    };
    prepared.await.map_err(Fault::into_error)?;
    let mut applied = Vec::new();
    for migration in migrations {
        let missing = apply_migration(&session, migration)
            .await
            .map_err(|failed| migration.failed(&failed.into_error()))?;
        if missing {
            applied.push(migration.name.to_owned());
        }
    }
    Ok(applied)
}

/// Whether the migration was missing. On an error the session is closed, and so rolls back.
async fn apply_migration(session: &Session, migration: &Migration) -> Result<bool, Fault> {
    let name = [migration.name.into()];
    let rows = session.query(migrate::IS_APPLIED, &name).await?.rows;
    let known = rows.first().map(|row| row.int(0)).transpose();
    if known.map_err(Fault::Outage)?.unwrap_or(0) > 0 {
        return Ok(false);
    }
    session.batch("BEGIN").await?;
    session.batch(migration.postgres).await?;
    session.query(migrate::RECORD, &name).await?;
    session.batch("COMMIT").await?;
    Ok(true)
}
