//! A place to keep a database: a folder for SQLite, a schema for PostgreSQL.

#![allow(
    dead_code,
    reason = "each test binary uses what it needs of this module"
)]

use std::path::PathBuf;

use dangol_store::test_support::Postgres;
use dangol_store::{Db, Migration};

/// The tables of these tests.
pub const TABLES: &[Migration] = &[Migration {
    name: "0001_tables",
    sqlite: "CREATE TABLE item (id TEXT PRIMARY KEY, count BIGINT NOT NULL, note TEXT, data BLOB);
             CREATE TABLE log (k TEXT NOT NULL, seq BIGINT NOT NULL, n BIGINT NOT NULL,
                               PRIMARY KEY (k, seq));",
    postgres:
        "CREATE TABLE item (id TEXT PRIMARY KEY, count BIGINT NOT NULL, note TEXT, data BYTEA);
               CREATE TABLE log (k TEXT NOT NULL, seq BIGINT NOT NULL, n BIGINT NOT NULL,
                                 PRIMARY KEY (k, seq));",
}];

/// Where a test's database lives; gone when dropped.
pub enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(Postgres),
}

impl Place {
    pub async fn sqlite() -> Place {
        Place::Sqlite(tempfile::tempdir().expect("a temporary folder"))
    }

    pub async fn postgres() -> Place {
        Place::Postgres(dangol_store::test_support::postgres().await)
    }

    /// The database file of SQLite.
    pub fn path(&self) -> PathBuf {
        match self {
            Place::Sqlite(dir) => dir.path().join("test.db"),
            Place::Postgres(_) => panic!("PostgreSQL has no file"),
        }
    }

    /// Another handle on the same database.
    pub async fn open(&self) -> Db {
        match self {
            Place::Sqlite(_) => Db::open_sqlite(&self.path()).await,
            Place::Postgres(place) => Db::open_postgres(&place.url).await,
        }
        .expect("the database opens")
    }

    /// A handle on the database with its tables made.
    pub async fn open_with_tables(&self) -> Db {
        let db = self.open().await;
        db.migrate_with(TABLES).await.expect("the tables are made");
        db
    }

    /// Keeps every writer from committing until the result is let go.
    pub async fn hold(&self) -> Hold {
        match self {
            Place::Sqlite(_) => {
                let conn = rusqlite::Connection::open(self.path()).expect("a connection");
                conn.execute_batch("BEGIN IMMEDIATE").expect("the lock");
                Hold::Sqlite(conn)
            }
            Place::Postgres(place) => {
                let client = connect(&place.url).await;
                let lock = "BEGIN; LOCK TABLE item, log IN EXCLUSIVE MODE";
                client.batch_execute(lock).await.expect("the lock");
                Hold::Postgres(client)
            }
        }
    }
}

/// Somebody else's lock.
pub enum Hold {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Hold {
    pub async fn release(self) {
        match self {
            Hold::Sqlite(conn) => conn.execute_batch("ROLLBACK").expect("the lock is let go"),
            Hold::Postgres(client) => {
                let released = client.batch_execute("ROLLBACK").await;
                released.expect("the lock is let go");
            }
        }
    }
}

/// A plain connection, beside the store's.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("a connection");
    tokio::spawn(connection);
    client
}

/// Makes a test of each function for each engine.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::common::Place::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::common::Place::postgres().await).await;
            })*
        }
    };
}
