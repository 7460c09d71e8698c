//! The store's promises, the same on both engines.

mod common;

use common::{Place, TABLES};
use dangol_store::{Db, Migration, StoreError, Write, Written, key_of, values};
use futures::FutureExt;
use futures::future::join_all;

on_both_engines!(
    callers_share_a_commit_and_get_their_own_results,
    a_poisoned_write_fails_alone,
    acknowledged_writes_survive_a_reopen,
    many_callers_at_once_lose_nothing,
    writes_of_one_key_keep_their_order,
    steps_see_each_other_and_return_rows,
    values_come_back_as_they_went_in,
    a_text_with_a_nul_is_refused,
    a_write_is_all_or_nothing,
    migrations_run_once,
    a_failing_migration_names_itself,
    two_handles_share_one_database,
    crossing_writes_all_succeed,
    an_abandoned_write_is_still_applied,
    a_reader_cannot_write,
    wrong_statements_are_errors,
    the_clock_is_the_databases,
);

const INSERT: &str = "INSERT INTO item (id, count) VALUES ($1, $2)";
const CLAIM: &str = "INSERT INTO item (id, count) VALUES ($1, $2)
                     ON CONFLICT DO NOTHING RETURNING id, count";
const COUNT: &str = "SELECT COUNT(*) FROM item";
const APPEND: &str = "INSERT INTO log (k, seq, n)
                      SELECT CAST($1 AS TEXT), COALESCE(MAX(seq), 0) + 1, CAST($2 AS BIGINT)
                      FROM log WHERE k = $1";

async fn count(db: &Db) -> i64 {
    let rows = db.read(COUNT, vec![]).await.expect("a count");
    rows[0].int(0).expect("a number")
}

fn insert(id: &str, count: i64) -> Write {
    Write::new(key_of(id)).step(INSERT, values![id, count])
}

/// Queues the writes, in their order, without waiting for any.
fn queue(
    db: &Db,
    writes: impl Iterator<Item = Write>,
) -> Vec<impl Future<Output = Result<Written, StoreError>>> {
    writes
        .map(|write| {
            let mut answer = Box::pin(db.write(write));
            let polled = answer.as_mut().now_or_never();
            assert!(polled.is_none(), "somebody holds the writer");
            answer
        })
        .collect()
}

async fn callers_share_a_commit_and_get_their_own_results(place: Place) {
    let db = place.open_with_tables().await;
    let hold = place.hold().await;
    // 64 callers want 32 ids, all in one writer's queue.
    let claims =
        (0..64).map(|n: i64| Write::new(7).step(CLAIM, values![format!("id{}", n % 32), n]));
    let claims = queue(&db, claims);
    hold.release().await;
    let mut won = Vec::new();
    let mut largest = 0;
    for (n, answer) in join_all(claims).await.into_iter().enumerate() {
        let written = answer.expect("a conflict is no error");
        largest = largest.max(written.group_count);
        if let Some(row) = written.row(0) {
            assert_eq!(row.int(1), Ok(n as i64), "somebody else's row");
            assert_eq!(row.text(0), Ok(format!("id{}", n % 32).as_str()));
            assert_eq!(written.affected(0), 1);
            won.push(n % 32);
        } else {
            assert_eq!(written.affected(0), 0);
        }
    }
    won.sort_unstable();
    assert_eq!(won, (0..32).collect::<Vec<_>>());
    // The first group took what was there; all others gathered behind it.
    assert!(largest >= 32, "the largest group had {largest}");
}

async fn a_poisoned_write_fails_alone(place: Place) {
    let db = place.open_with_tables().await;
    db.write(insert("taken", 1)).await.expect("the first one");
    let hold = place.hold().await;
    let writes = (0..20).map(|n| match n {
        7 => Write::new(1)
            .step(INSERT, values!["innocent?", 1])
            .step(INSERT, values!["taken", 2]),
        11 => Write::new(1).step("INSERT INTO nowhere VALUES ($1)", values![1]),
        13 => Write::new(1).step(INSERT, values!["no count", None::<i64>]),
        17 => Write::new(1).step(INSERT, values!["too few parameters"]),
        _ => Write::new(1).step(INSERT, values![format!("good{n}"), n]),
    });
    let answers = queue(&db, writes);
    hold.release().await;
    for (n, answer) in join_all(answers).await.into_iter().enumerate() {
        match n {
            7 | 13 => assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}"),
            11 | 17 => assert!(
                matches!(answer, Err(StoreError::Statement(_))),
                "{answer:?}"
            ),
            _ => assert_eq!(answer.expect("a good write").affected(0), 1),
        }
    }
    assert_eq!(count(&db).await, 1 + 16);
}

async fn acknowledged_writes_survive_a_reopen(place: Place) {
    let db = place.open_with_tables().await;
    for n in 0..20 {
        let write = insert(&format!("id{n}"), n);
        db.write(write).await.expect("a write");
    }
    drop(db);
    let db = place.open().await;
    assert_eq!(count(&db).await, 20);
}

async fn many_callers_at_once_lose_nothing(place: Place) {
    let db = place.open_with_tables().await;
    let callers = (0..64).map(|caller| {
        let db = db.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                let id = format!("{caller}/{n}");
                db.write(insert(&id, n)).await.expect("a write");
                let rows = db
                    .read("SELECT count FROM item WHERE id = $1", values![id])
                    .await
                    .expect("a read");
                assert_eq!(rows[0].int(0), Ok(n), "an acknowledged write is visible");
            }
        })
    });
    for caller in join_all(callers).await {
        caller.expect("no panic");
    }
    assert_eq!(count(&db).await, 64 * 20);
}

async fn writes_of_one_key_keep_their_order(place: Place) {
    let db = place.open_with_tables().await;
    let writes = (0..200_i64).flat_map(|n| (0..8_u64).map(move |key| (key, n)));
    let writes = writes.map(|(key, n)| {
        let write = Write::new(key).step(APPEND, values![format!("k{key}"), n]);
        db.write(write)
    });
    // join_all polls them in order, so each key's writes are queued in the order of n.
    for answer in join_all(writes).await {
        answer.expect("a write");
    }
    let rows = db
        .read("SELECT k, seq, n FROM log ORDER BY k, seq", vec![])
        .await
        .expect("the log");
    assert_eq!(rows.len(), 1600);
    for row in rows {
        assert_eq!(row.int(1).expect("seq") - 1, row.int(2).expect("n"));
    }
}

async fn steps_see_each_other_and_return_rows(place: Place) {
    let db = place.open_with_tables().await;
    let write = Write::new(0)
        .step(INSERT, values!["a", 1])
        .step(INSERT, values!["b", 2])
        .step(
            "UPDATE item SET count = count + $1 RETURNING id, count",
            values![10],
        )
        .step("UPDATE item SET count = 0 WHERE id = $1", values!["none"])
        .step("SELECT id FROM item ORDER BY id", vec![])
        .step("DELETE FROM item WHERE count > $1", values![11]);
    let written = db.write(write).await.expect("a write");
    assert_eq!(written.steps.len(), 6);
    let affected: Vec<_> = (0..6).map(|step| written.affected(step)).collect();
    assert_eq!(affected, [1, 1, 2, 0, 2, 1]);
    let mut sums: Vec<_> = written.steps[2]
        .rows
        .iter()
        .map(|row| row.int(1).expect("a count"))
        .collect();
    sums.sort_unstable();
    assert_eq!(sums, [11, 12]);
    assert_eq!(written.steps[4].rows[1].text(0), Ok("b"));
    assert!(written.row(1).is_none() && written.row(99).is_none());
    assert_eq!(count(&db).await, 1);
}

async fn values_come_back_as_they_went_in(place: Place) {
    let db = place.open_with_tables().await;
    let text = "단골 🧾 \u{202e}rtl <script> ' \" \\ \u{7f}";
    let data: Vec<u8> = (0..=255).collect();
    let long = "x".repeat(1_000_000);
    let all = "INSERT INTO item (id, count, note, data) VALUES ($1, $2, $3, $4)";
    let write = Write::new(0)
        .step(all, values!["max", i64::MAX, text, data.clone()])
        .step(all, values!["min", i64::MIN, None::<&str>, None::<Vec<u8>>])
        .step(all, values!["empty", 0, "", Vec::<u8>::new()])
        .step(all, values!["long", true, long.as_str(), long.as_bytes()]);
    db.write(write).await.expect("a write");
    let read = |id: &'static str| {
        let db = db.clone();
        async move {
            let sql = "SELECT count, note, data, count > 0 FROM item WHERE id = $1";
            let mut rows = db.read(sql, values![id]).await.expect("a read");
            rows.pop().expect("a row")
        }
    };
    let row = read("max").await;
    assert_eq!(row.int(0), Ok(i64::MAX));
    assert_eq!(row.text(1), Ok(text));
    assert_eq!(row.blob(2), Ok(data.as_slice()));
    assert_eq!(row.int(3), Ok(1), "truth is a number on both");
    let row = read("min").await;
    assert_eq!(row.int(0), Ok(i64::MIN));
    assert_eq!((row.opt_text(1), row.opt_blob(2)), (Ok(None), Ok(None)));
    let error = row.text(1).expect_err("NULL is no text");
    assert_eq!(error.to_string(), "column note does not hold a text");
    let row = read("empty").await;
    assert_eq!((row.text(1), row.blob(2)), (Ok(""), Ok([].as_slice())));
    let row = read("long").await;
    assert_eq!(row.text(1).map(str::len), Ok(1_000_000));
    assert_eq!(row.blob(2).map(<[u8]>::len), Ok(1_000_000));
}

async fn a_text_with_a_nul_is_refused(place: Place) {
    let db = place.open_with_tables().await;
    let error = db.write(insert("canary\0", 1)).await.expect_err("refused");
    assert!(matches!(&error, StoreError::Statement(_)));
    assert!(!error.to_string().contains("canary"), "{error}");
    let sql = "SELECT 1 FROM item WHERE id = $1";
    assert!(db.read(sql, values!["\0"]).await.is_err());
}

async fn a_write_is_all_or_nothing(place: Place) {
    let db = place.open_with_tables().await;
    let write = Write::new(0)
        .step(INSERT, values!["canary-a", 1])
        .step(INSERT, values!["canary-a", 1]);
    let error = db.write(write).await.expect_err("a conflict");
    assert!(matches!(&error, StoreError::Conflict(_)), "{error:?}");
    assert!(!error.to_string().contains("canary"), "{error}");
    assert_eq!(count(&db).await, 0);
}

async fn migrations_run_once(place: Place) {
    let dbs = join_all((0..4).map(|_| place.open())).await;
    let applied = join_all(dbs.iter().map(|db| db.migrate_with(TABLES))).await;
    let names: Vec<String> = applied
        .into_iter()
        .flat_map(|names| names.expect("no error"))
        .collect();
    assert_eq!(names, ["0001_tables"], "four nodes, one of them did it");
    assert_eq!(dbs[0].migrate_with(TABLES).await, Ok(vec![]));
}

async fn a_failing_migration_names_itself(place: Place) {
    const BROKEN: &[Migration] = &[
        TABLES[0],
        Migration {
            name: "0002_broken",
            sqlite: "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);",
            postgres: "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);",
        },
    ];
    let db = place.open().await;
    let error = db.migrate_with(BROKEN).await.expect_err("it is broken");
    assert!(
        matches!(&error, StoreError::Migration { name, .. } if name == "0002_broken"),
        "{error:?}"
    );
    assert_eq!(count(&db).await, 0, "the one before it stays");
    assert!(db.read("SELECT id FROM half", vec![]).await.is_err());
}

async fn two_handles_share_one_database(place: Place) {
    let one = place.open_with_tables().await;
    let two = place.open().await;
    let writes = (0..100).map(|n| {
        let db = if n % 2 == 0 { &one } else { &two };
        db.write(insert(&format!("id{n}"), n))
    });
    for answer in join_all(writes).await {
        answer.expect("a write");
    }
    drop(one);
    two.write(insert("after", 1)).await.expect("still there");
    assert_eq!(count(&two).await, 101);
}

/// Two writers that lock the same rows in opposite orders.
async fn crossing_writes_all_succeed(place: Place) {
    let db = place.open_with_tables().await;
    for id in ["a", "b"] {
        db.write(insert(id, 0)).await.expect("a row");
    }
    let add = "UPDATE item SET count = count + 1 WHERE id = $1";
    let writes = (0..40).map(|n| {
        let (first, second) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
        db.write(
            Write::new(n)
                .step(add, values![first])
                .step(add, values![second]),
        )
    });
    for answer in join_all(writes).await {
        answer.expect("a write");
    }
    let rows = db.read("SELECT count FROM item", vec![]).await;
    for row in rows.expect("both rows") {
        assert_eq!(row.int(0), Ok(40));
    }
}

async fn an_abandoned_write_is_still_applied(place: Place) {
    let db = place.open_with_tables().await;
    let hold = place.hold().await;
    let left = Write::new(3).step(INSERT, values!["left", 1]);
    drop(queue(&db, [left].into_iter()));
    hold.release().await;
    let after = Write::new(3).step(INSERT, values!["after", 1]);
    db.write(after).await.expect("the writer lives");
    assert_eq!(count(&db).await, 2);
}

async fn a_reader_cannot_write(place: Place) {
    let db = place.open_with_tables().await;
    let answer = db.read(INSERT, values!["sneaky", 1]).await;
    assert!(answer.is_err());
    assert_eq!(count(&db).await, 0);
}

async fn wrong_statements_are_errors(place: Place) {
    let db = place.open_with_tables().await;
    for (sql, params) in [
        ("SELECT nothing FROM item", vec![]),
        ("SELECT id FROM item WHERE id = $1", vec![]),
        ("SELECT id FROM item", values![1]),
    ] {
        let error = db.read(sql, params).await.expect_err(sql);
        assert!(matches!(error, StoreError::Statement(_)), "{error:?}");
    }
}

async fn the_clock_is_the_databases(place: Place) {
    let db = place.open().await;
    let first = db.now_ms().await.expect("a time");
    let second = db.now_ms().await.expect("a time");
    let in_2020 = 1_577_836_800_000;
    assert!(in_2020 < first && first <= second, "{first} {second}");
}
