//! What only PostgreSQL has: a server that goes away, comes back, and is shared.

mod common;

use common::{Place, connect};
use dangol_store::{Db, Migration, StoreError, Write, values};
use futures::FutureExt;
use futures::future::join_all;

const INSERT: &str = "INSERT INTO item (id, count) VALUES ($1, 0)";

fn url(place: &Place) -> &str {
    match place {
        Place::Postgres(place) => &place.url,
        Place::Sqlite(_) => panic!("not PostgreSQL"),
    }
}

async fn count(db: &Db) -> i64 {
    let rows = db.read("SELECT COUNT(*) FROM item", vec![]).await;
    rows.expect("a count")[0].int(0).expect("a number")
}

/// Ends every connection that [`open_marked`] made in this test's schema, as a restart would.
async fn end_connections(place: &Place) -> i64 {
    let client = connect(url(place)).await;
    let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE application_name = (SELECT current_schema()) AND pid <> pg_backend_pid()";
    let row = client.query_one(sql, &[]).await.expect("an answer");
    row.get(0)
}

/// A handle whose connections bear the schema's name.
async fn open_marked(place: &Place) -> Db {
    let schema = url(place).rsplit("%3D").next().expect("the schema");
    let url = format!("{}&application_name={schema}", url(place));
    let db = Db::open_postgres(&url).await.expect("the database opens");
    db.migrate_with(common::TABLES).await.expect("tables");
    db
}

#[tokio::test]
async fn lost_connections_are_made_anew() {
    let place = Place::postgres().await;
    let db = open_marked(&place).await;
    for n in 0..4_u64 {
        let write = Write::new(n).step(INSERT, values![format!("before{n}")]);
        db.write(write).await.expect("a write");
        count(&db).await;
    }
    let ended = end_connections(&place).await;
    assert!(ended >= 6, "2 writers and 4 readers, but {ended}");
    for n in 0..4_u64 {
        let write = Write::new(n).step(INSERT, values![format!("after{n}")]);
        db.write(write).await.expect("a write on a new connection");
    }
    assert_eq!(count(&db).await, 8);
}

#[tokio::test]
async fn a_group_that_loses_its_connection_before_the_commit_is_applied_once() {
    let place = Place::postgres().await;
    let db = open_marked(&place).await;
    let hold = place.hold().await;
    let writes: Vec<_> = (0..20)
        .map(|n| {
            let write = Write::new(0).step(INSERT, values![format!("id{n}")]);
            let mut answer = Box::pin(db.write(write));
            assert!(answer.as_mut().now_or_never().is_none());
            answer
        })
        .collect();
    wait_for_lock(&place).await;
    assert!(end_connections(&place).await >= 1);
    hold.release().await;
    for answer in join_all(writes).await {
        answer.expect("tried again on a new connection");
    }
    assert_eq!(count(&db).await, 20);
}

/// Until some connection of [`open_marked`] waits for a lock.
async fn wait_for_lock(place: &Place) {
    let client = connect(url(place)).await;
    let sql = "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
               WHERE NOT granted AND application_name = (SELECT current_schema())";
    loop {
        let row = client.query_one(sql, &[]).await.expect("an answer");
        if row.get::<_, i64>(0) > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_lost_during_the_commit_leaves_the_outcome_unknown() {
    const DEADLY: &[Migration] = &[Migration {
        name: "0002_deadly",
        sqlite: "",
        postgres: "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                     $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$;
                   CREATE CONSTRAINT TRIGGER die AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW WHEN (NEW.id = 'deadly') EXECUTE FUNCTION die()",
    }];
    let place = Place::postgres().await;
    let db = place.open_with_tables().await;
    db.migrate_with(DEADLY).await.expect("a trigger");
    let deadly = Write::new(0).step(INSERT, values!["deadly"]);
    let error = db.write(deadly).await.expect_err("the connection ended");
    assert!(matches!(&error, StoreError::CommitUnknown(_)), "{error:?}");
    assert!(!error.is_retryable(), "it may have been applied");
    let after = Write::new(0).step(INSERT, values!["after"]);
    db.write(after).await.expect("a new connection");
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_write_that_loses_a_deadlock_is_tried_again() {
    let add = "UPDATE item SET count = count + 1 WHERE id = $1";
    let place = Place::postgres().await;
    let db = open_marked(&place).await;
    let rows = Write::new(0)
        .step(INSERT, values!["a"])
        .step(INSERT, values!["b"]);
    db.write(rows).await.expect("two rows");
    // The other one never looks for deadlocks, so it is our write that gets cancelled.
    let other = connect(url(&place)).await;
    let other_has_b = "SET deadlock_timeout = '60s'; BEGIN;
                       UPDATE item SET count = count + 1 WHERE id = 'b'";
    other.batch_execute(other_has_b).await.expect("a lock on b");
    let crossing = Write::new(0)
        .step(add, values!["a"])
        .step(add, values!["b"]);
    let mut ours = Box::pin(db.write(crossing));
    assert!(ours.as_mut().now_or_never().is_none());
    wait_for_lock(&place).await;
    let other_wants_a = "UPDATE item SET count = count + 1 WHERE id = 'a'; COMMIT";
    let theirs = other.batch_execute(other_wants_a);
    let (theirs, ours) = futures::join!(theirs, ours);
    theirs.expect("the other one wins");
    ours.expect("ours is tried again");
    let rows = db.read("SELECT count FROM item", vec![]).await;
    for row in rows.expect("both rows") {
        assert_eq!(row.int(0), Ok(2));
    }
}

#[tokio::test]
async fn a_migration_does_not_break_statements_prepared_before() {
    const MORE: &[Migration] = &[Migration {
        name: "0002_more",
        sqlite: "",
        postgres: "ALTER TABLE item ADD COLUMN more TEXT",
    }];
    let place = Place::postgres().await;
    let db = place.open_with_tables().await;
    let all = "SELECT * FROM item";
    let write = || {
        let insert = "INSERT INTO item (id, count) VALUES ($1, 1)
                      ON CONFLICT (id) DO UPDATE SET count = item.count + 1 RETURNING *";
        Write::new(0).step(insert, values!["a"])
    };
    db.write(write()).await.expect("a write");
    for _ in 0..4 {
        db.read(all, vec![]).await.expect("a read");
    }
    db.migrate_with(MORE).await.expect("another column");
    let written = db.write(write()).await.expect("prepared anew");
    assert_eq!(written.row(0).expect("the row").int(1), Ok(2));
    for _ in 0..4 {
        let rows = db.read(all, vec![]).await.expect("prepared anew");
        assert_eq!(rows[0].opt_text(4), Ok(None));
    }
}

#[tokio::test]
async fn a_constraint_checked_at_the_commit_fails_its_write_alone() {
    const DEFERRED: &[Migration] = &[Migration {
        name: "0002_deferred",
        sqlite: "",
        postgres: "ALTER TABLE log ADD CONSTRAINT item_of_log FOREIGN KEY (k) REFERENCES item (id)
                   DEFERRABLE INITIALLY DEFERRED",
    }];
    let place = Place::postgres().await;
    let db = place.open_with_tables().await;
    db.migrate_with(DEFERRED).await.expect("a constraint");
    let hold = place.hold().await;
    let writes: Vec<_> = (0..10)
        .map(|n| {
            let log = "INSERT INTO log (k, seq, n) VALUES ($1, 1, 1)";
            let id = format!("id{n}");
            let mut write = Write::new(0).step(log, values![id.as_str()]);
            if n != 5 {
                write.push(INSERT, values![id]);
            }
            let mut answer = Box::pin(db.write(write));
            assert!(answer.as_mut().now_or_never().is_none());
            answer
        })
        .collect();
    hold.release().await;
    for (n, answer) in join_all(writes).await.into_iter().enumerate() {
        match answer {
            Err(StoreError::Conflict(name)) if n == 5 => assert!(name.contains("item_of_log")),
            answer => assert!(n != 5 && answer.is_ok(), "{n}: {answer:?}"),
        }
    }
    assert_eq!(count(&db).await, 9);
}

#[tokio::test]
async fn numbers_that_do_not_fit_are_refused_without_showing_them() {
    let place = Place::postgres().await;
    let db = place.open_with_tables().await;
    for (sql, params) in [
        ("SELECT CAST($1 AS SMALLINT)", values![4_242_424_242_i64]),
        ("SELECT CAST($1 AS BIGINT)", values!["canary"]),
        ("SELECT CAST($1 AS TEXT)", values![424_242]),
        ("SELECT SUM(count) FROM item", vec![]),
    ] {
        db.write(Write::new(0).step(
            "INSERT INTO item (id, count) VALUES ('x', 1) ON CONFLICT DO NOTHING",
            vec![],
        ))
        .await
        .expect("a row");
        let error = db.read(sql, params).await.expect_err(sql).to_string();
        assert!(
            !error.contains("4242") && !error.contains("canary"),
            "{error}"
        );
        count(&db).await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_without_the_password() {
    for url in [
        "postgresql://dangol:canary@127.0.0.1:1/none",
        "postgresql://dangol:canary@127.0.0.1:1/none?no_such=option",
        "canary",
    ] {
        let error = Db::open_postgres(url).await.expect_err("nobody is there");
        assert!(matches!(&error, StoreError::Unavailable(_)), "{error:?}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
