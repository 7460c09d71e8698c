//! For tests of this and other crates: a PostgreSQL schema of their own.

use std::sync::atomic::{AtomicU32, Ordering};

/// Names the server on which the tests may make what they like.
const VARIABLE: &str = "DANGOL_TEST_POSTGRES_URL";

/// A fresh, empty schema; dropped with this value.
#[derive(Debug)]
pub struct Postgres {
    server: String,
    schema: String,
    /// For [`Db::open_postgres`](crate::Db::open_postgres): every connection sees this schema only.
    pub url: String,
}

/// Makes a fresh schema on the test server.
///
/// # Panics
/// When no test server is named, saying how to get one, or when it cannot be reached.
pub async fn postgres() -> Postgres {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var(VARIABLE) else {
        panic!(
            "{VARIABLE} is not set: run the tests with `make test`, or with \
             `scripts/with-postgres.sh cargo test ...`, which start a throw-away server"
        );
    };
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let schema = format!("test_{}_{number}", std::process::id());
    run(
        &server,
        &format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"),
    )
    .await;
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options=-c%20search_path%3D{schema}");
    Postgres {
        server,
        schema,
        url,
    }
}

impl Drop for Postgres {
    /// On a thread of its own, for the test's runtime may be ending. A schema that stays behind
    /// harms nobody.
    fn drop(&mut self) {
        let server = self.server.clone();
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(run(&server, &sql));
            }
        });
        let _ = dropping.join();
    }
}

async fn run(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .unwrap_or_else(|error| panic!("the server that {VARIABLE} names: {error}"));
    let connection = tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    drop(client);
    let _ = connection.await;
}
