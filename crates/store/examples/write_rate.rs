//! How many writes a second the store makes durable, and how large the groups are that form.
//!
//! ```text
//! cargo run --release -p dangol-store --example write_rate -- [CALLERS] [SECONDS] [FOLDER]
//! ```
//! 64 callers, 5 seconds and the system's temporary folder by default: give a folder on the disk
//! that counts. Each caller makes one write after another; a write inserts three rows. PostgreSQL is
//! measured where `DANGOL_TEST_POSTGRES_URL` names one that flushes:
//! `DANGOL_TEST_POSTGRES_FSYNC=on scripts/with-postgres.sh cargo run ...`.

#![expect(clippy::print_stdout, reason = "figures are its purpose")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dangol_store::test_support::postgres;
use dangol_store::{Db, Migration, StoreError, Write, values};

type Failure = Box<dyn std::error::Error>;

const TABLES: &[Migration] = &[Migration {
    name: "0001_rate",
    sqlite: MAKE,
    postgres: MAKE,
}];

/// A payment, its event, its job: about what one outcome writes.
const MAKE: &str = "
    CREATE TABLE payment (id TEXT PRIMARY KEY, amount BIGINT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE event (id TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, seq));
    CREATE TABLE job (id TEXT PRIMARY KEY, due_ms BIGINT NOT NULL);";

const PAYMENT: &str = "INSERT INTO payment (id, amount, body) VALUES ($1, $2, $3)
                       ON CONFLICT DO NOTHING RETURNING id";
const EVENT: &str = "INSERT INTO event (id, seq, body) VALUES ($1, $2, $3)";
const JOB: &str = "INSERT INTO job (id, due_ms) VALUES ($1, $2)";

struct Options {
    callers: u64,
    seconds: u64,
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let options = Options {
        callers: args.next().map_or(Ok(64), |text| text.parse())?,
        seconds: args.next().map_or(Ok(5), |text| text.parse())?,
        folder: args.next().map_or_else(std::env::temp_dir, PathBuf::from),
    };
    let dir = tempfile::tempdir_in(&options.folder)?;
    let db = Db::open_sqlite(&dir.path().join("rate.db")).await?;
    measure("SQLite", &db, &options).await?;
    drop(db);
    if std::env::var_os("DANGOL_TEST_POSTGRES_URL").is_some() {
        let place = postgres().await;
        let db = Db::open_postgres(&place.url).await?;
        measure("PostgreSQL", &db, &options).await?;
    }
    Ok(())
}

async fn measure(name: &str, db: &Db, options: &Options) -> Result<(), Failure> {
    db.migrate_with(TABLES).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..options.callers)
        .map(|caller| tokio::spawn(write_until(db.clone(), caller, Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let (mut writes, mut commits) = (0_u64, 0.0_f64);
    for caller in callers {
        let (its_writes, its_commits) = caller.await??;
        writes += its_writes;
        commits += its_commits;
    }
    let seconds = options.seconds as f64;
    println!(
        "{name}: {} callers, {:.0} writes/s of 3 rows, {:.0} commits/s, {:.1} writes a commit",
        options.callers,
        writes as f64 / seconds,
        commits / seconds,
        writes as f64 / commits,
    );
    Ok(())
}

/// One caller: its writes, and its share of the commits.
async fn write_until(db: Db, caller: u64, stop: Arc<AtomicBool>) -> Result<(u64, f64), StoreError> {
    let (mut writes, mut commits) = (0, 0.0);
    let body = "x".repeat(300);
    while !stop.load(Ordering::Relaxed) {
        // Ids ascend with time, as the product's keys do.
        let id = format!("{writes:08}-{caller:04}");
        let write = Write::new(caller)
            .step(PAYMENT, values![id.as_str(), 3000, body.as_str()])
            .step(EVENT, values![id.as_str(), 1, "prepared"])
            .step(JOB, values![id, writes as i64]);
        let written = db.write(write).await?;
        writes += 1;
        commits += 1.0 / written.group_count as f64;
    }
    Ok((writes, commits))
}
