//! Where the product keeps its data in a test.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names the server on which tests may make schemas.
const VARIABLE: &str = "DANGOL_TEST_POSTGRES_URL";

/// Which engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A schema of its own on the test server.
    Postgres,
}

/// A place for one product's data, gone when dropped.
pub enum Database {
    /// A file in the data folder.
    Sqlite,
    /// A schema.
    Postgres(Schema),
}

/// A fresh schema of PostgreSQL.
pub struct Schema {
    server: String,
    name: String,
    /// Another product's, which sees to its end.
    shared: bool,
    /// Every connection with this URL sees this schema only.
    pub url: String,
}

impl Database {
    /// A fresh one.
    ///
    /// # Panics
    /// When no test server is named, saying how to get one.
    pub async fn make(engine: Engine) -> Database {
        match engine {
            Engine::Sqlite => Database::Sqlite,
            Engine::Postgres => Database::Postgres(Schema::make().await),
        }
    }

    /// The same one, for one more server.
    ///
    /// # Panics
    /// On SQLite, which one server has for itself.
    pub fn share(&self) -> Database {
        match self {
            Database::Sqlite => panic!("one server has an SQLite file for itself"),
            Database::Postgres(schema) => Database::Postgres(Schema {
                server: schema.server.clone(),
                name: schema.name.clone(),
                url: schema.url.clone(),
                shared: true,
            }),
        }
    }

    /// The URL for the product, where it needs one.
    pub fn url(&self) -> Option<&str> {
        match self {
            Database::Sqlite => None,
            Database::Postgres(schema) => Some(&schema.url),
        }
    }
}

impl Schema {
    async fn make() -> Schema {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(VARIABLE) else {
            panic!(
                "{VARIABLE} is not set: run the tests with `make test`, or with \
                 `scripts/with-postgres.sh cargo test ...`, which start a throw-away server"
            );
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("harness_{}_{number}", process::id());
        run(
            &server,
            &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"),
        )
        .await;
        let separator = if server.contains('?') { '&' } else { '?' };
        Schema {
            url: format!("{server}{separator}options=-c%20search_path%3D{name}"),
            server,
            name,
            shared: false,
        }
    }

    /// Every row of every table as text, for searching.
    pub async fn dump(&self) -> String {
        let client = connect(&self.url).await;
        let named = "SELECT table_name FROM information_schema.tables WHERE table_schema = $1";
        let tables = client
            .query(named, &[&self.name])
            .await
            .expect("tables are listed");
        let mut all = String::new();
        for table in tables {
            let table: String = table.get(0);
            let rows = client
                .query(&format!("SELECT t::text FROM \"{table}\" AS t"), &[])
                .await
                .expect("a table is read");
            for row in rows {
                let text: String = row.get(0);
                all += &format!("{table} {text}\n");
            }
        }
        all
    }
}

impl Drop for Schema {
    /// On a thread of its own, for the test's runtime may be ending. A schema that stays behind harms nobody.
    fn drop(&mut self) {
        if self.shared {
            return;
        }
        let (server, sql) = (
            self.server.clone(),
            format!("DROP SCHEMA {} CASCADE", self.name),
        );
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

async fn connect(url: &str) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
    let (client, connection) =
        connected.unwrap_or_else(|error| panic!("the server that {VARIABLE} names: {error}"));
    tokio::spawn(connection);
    client
}

async fn run(server: &str, sql: &str) {
    let client = connect(server).await;
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}
