//! What only SQLite has: files, a log, a disk that can be full.

mod common;

use std::path::Path;

use common::Place;
use dangol_store::{Db, StoreError, Write, values};

const INSERT: &str = "INSERT INTO item (id, count, data) VALUES ($1, 0, $2)";

async fn count(db: &Db) -> i64 {
    let rows = db.read("SELECT COUNT(*) FROM item", vec![]).await;
    rows.expect("a count")[0].int(0).expect("a number")
}

/// What the disk would hold if the process were killed now.
fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let place = Place::sqlite().await;
    let db = place.open_with_tables().await;
    for n in 0..50 {
        let write = Write::new(0).step(INSERT, values![format!("id{n}"), vec![7; 1000]]);
        db.write(write).await.expect("a write");
    }
    let copy = tempfile::tempdir().expect("a temporary folder");
    let dir = place.path().parent().expect("a folder").to_owned();
    copy_files(&dir, copy.path());
    let revived = Db::open_sqlite(&copy.path().join("test.db")).await;
    assert_eq!(count(&revived.expect("the copy opens")).await, 50);
}

#[tokio::test]
async fn closing_leaves_one_plain_file() {
    let place = Place::sqlite().await;
    let db = place.open_with_tables().await;
    let clone = db.clone();
    clone
        .write(Write::new(0).step(INSERT, values!["a", None::<&str>]))
        .await
        .expect("a write");
    drop(db);
    drop(clone);
    let dir = place.path().parent().expect("a folder").to_owned();
    let files: Vec<_> = std::fs::read_dir(dir)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(files, ["test.db"]);
}

#[tokio::test]
async fn the_log_stays_short_beside_a_writer_that_never_rests() {
    const MEGABYTE: usize = 1 << 20;
    let place = Place::sqlite().await;
    let db = place.open_with_tables().await;
    let writes = (0..200).map(|n| {
        let data = vec![n as u8; MEGABYTE];
        db.write(Write::new(0).step(INSERT, values![format!("id{n}"), data]))
    });
    // 8 at a time: the next group is always there when a commit ends.
    use futures::StreamExt;
    let mut answers = futures::stream::iter(writes).buffer_unordered(8);
    while let Some(answer) = answers.next().await {
        answer.expect("a write");
    }
    let log = place.path().with_extension("db-wal");
    let bytes = std::fs::metadata(log).expect("the log").len();
    assert!(bytes < 100 * MEGABYTE as u64, "the log has {bytes} bytes");
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_not_the_end() {
    let place = Place::sqlite().await;
    let db = place.open_with_tables().await;
    let limit = |sql| db.write(Write::new(0).step(sql, vec![]));
    limit("PRAGMA max_page_count = 64").await.expect("a limit");
    let too_much = Write::new(0)
        .step(INSERT, values!["small", None::<&str>])
        .step(INSERT, values!["large", vec![1; 1 << 20]]);
    let error = db.write(too_much).await.expect_err("no room");
    assert!(matches!(&error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.is_retryable());
    assert_eq!(count(&db).await, 0, "reads go on, and nothing was applied");
    limit("PRAGMA max_page_count = 100000").await.expect("room");
    let again = Write::new(0).step(INSERT, values!["large", vec![1; 1 << 20]]);
    db.write(again).await.expect("the writer lives on");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_as_such() {
    let place = Place::sqlite().await;
    std::fs::write(place.path(), "not a database, ".repeat(512)).expect("a file");
    let error = Db::open_sqlite(&place.path()).await.expect_err("refused");
    assert!(matches!(&error, StoreError::Corrupt(_)), "{error:?}");
    let missing = place.path().join("no/such/folder.db");
    let error = Db::open_sqlite(&missing).await.expect_err("refused");
    assert!(error.to_string().contains("no/such/folder.db"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::sqlite().await;
    let db = place.open_with_tables().await;
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        let path = place.path().with_file_name(name);
        let mode = std::fs::metadata(path).expect("the file").permissions();
        assert_eq!(mode.mode() & 0o077, 0, "{name}");
    }
    drop(db);
}
