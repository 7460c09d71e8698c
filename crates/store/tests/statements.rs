//! Every statement of the product fits the schema on both engines, finds its rows by an index, and none is forgotten.

mod common;

use std::path::Path;

use common::{Place, connect};
use dangol_store::{Db, Engine, STATEMENTS};

on_both_engines!(
    every_statement_fits_the_schema,
    every_statement_finds_its_rows_by_an_index,
    lists_use_the_index_made_for_them,
);

async fn every_statement_fits_the_schema(place: Place) {
    let db = migrated(&place).await;
    let mut wrong = Vec::new();
    for (name, sql) in statements_of(&db) {
        if let Err(error) = db.check(sql).await {
            wrong.push(format!("{name}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn migrated(place: &Place) -> Db {
    let db = place.open().await;
    db.migrate().await.expect("the product's own schema");
    db
}

/// The statements of one engine, as `file::NAME`.
fn statements_of(db: &Db) -> impl Iterator<Item = (String, &'static str)> {
    let others = match db.engine() {
        Engine::Sqlite => "_POSTGRES",
        Engine::Postgres => "_SQLITE",
    };
    let all = STATEMENTS.iter().flat_map(|(file, statements)| {
        let named = statements.iter();
        named.map(move |(name, sql)| (format!("{file}::{name}"), *sql))
    });
    all.filter(move |(name, _)| !name.ends_with(others))
}

/// Statements that go through a whole table, and why they may.
const WHOLE_TABLE: &[(&str, &str)] = &[
    ("jobs::OF_SUBJECT", "for operators and tests"),
    ("jobs::PENDING", "a figure for metrics; jobs are few"),
    ("merchants::ALL", "all of them are asked for"),
    ("payments::IN_STATE", "for operators, not on a hot path"),
];

async fn every_statement_finds_its_rows_by_an_index(place: Place) {
    let db = migrated(&place).await;
    let mut wrong = Vec::new();
    for (name, sql) in statements_of(&db) {
        let plan = plan_of(&place, sql).await;
        let searches = plan.iter().all(|line| !is_scan(line, sql));
        let may_scan = WHOLE_TABLE.iter().any(|(excepted, _)| *excepted == name);
        // PostgreSQL may go through an index where SQLite has to go through the table.
        let needs_no_exception = searches && may_scan && db.engine() == Engine::Sqlite;
        if !searches && !may_scan || needs_no_exception {
            wrong.push(format!("{name}:\n  {}", plan.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each statement and the index by which it finds what is on a page or in a broken hour.
const LISTS: &[(&str, &str)] = &[
    ("COUNT_ALL", "payment_started"),
    ("COUNT_SHOWN", "payment_shown"),
    ("ALL_STARTED_DESC", "payment_started"),
    ("ALL_STARTED_ASC", "payment_started"),
    ("ALL_SORTED_DESC", "payment_started"),
    ("ALL_SORTED_ASC", "payment_started"),
    ("SHOWN_DESC", "payment_shown"),
    ("SHOWN_ASC", "payment_shown"),
    ("SHOWN_SORTED_DESC", "payment_shown"),
    ("SHOWN_SORTED_ASC", "payment_shown"),
    ("SHOWN_WALK", "payment_started"),
    ("COUNT_UID", "payment_live"),
    ("UID_DESC", "payment_idle"),
    ("UID_ASC", "payment_idle"),
    ("COUNT_CUSTOMER", "payment_customer"),
    ("CUSTOMER_DESC", "payment_customer"),
];

async fn lists_use_the_index_made_for_them(place: Place) {
    let db = migrated(&place).await;
    let statements = statements_of(&db).filter_map(|(name, sql)| {
        let name = name.strip_prefix("lists::")?.to_owned();
        Some((name, sql))
    });
    let mut unlisted = LISTS.len();
    for (name, sql) in statements {
        let expected = LISTS.iter().find(|(list, _)| *list == name);
        let (_, index) = expected.unwrap_or_else(|| panic!("{name} has no index here"));
        unlisted -= 1;
        let plan = plan_of(&place, sql).await.join("\n");
        assert!(plan.contains(index), "{name}: {plan}");
    }
    assert_eq!(unlisted, 0, "a statement that is no longer there");
}

/// How the engine would run a statement whose values it does not know, in its own words.
async fn plan_of(place: &Place, sql: &str) -> Vec<String> {
    match place {
        Place::Sqlite(_) => {
            let conn = rusqlite::Connection::open(place.path()).expect("a connection");
            let mut explained = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .expect("a plan");
            let lines = explained.raw_query().mapped(|row| row.get("detail"));
            lines.map(|line| line.expect("a line")).collect()
        }
        Place::Postgres(postgres) => {
            let client = connect(&postgres.url).await;
            // On an empty table only a look-up that no index can serve still goes through all of it.
            let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
            let prepared = format!("{settings}; PREPARE asked AS {sql}");
            client.batch_execute(&prepared).await.expect("prepared");
            let count = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; count].join(", ");
            let arguments = if count > 0 {
                format!("({nulls})")
            } else {
                String::new()
            };
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE asked{arguments}");
            let rows = client.query(&explain, &[]).await.expect("a plan");
            let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            with_conditions(&lines)
        }
    }
}

/// Puts the condition of an index scan, which PostgreSQL writes below it, into the scan's own line.
fn with_conditions(lines: &[String]) -> Vec<String> {
    let mut plan: Vec<String> = Vec::new();
    for line in lines {
        match plan.last_mut() {
            Some(last) if line.trim_start().starts_with("Index Cond:") => {
                *last += line.trim_start()
            }
            _ => plan.push(line.clone()),
        }
    }
    plan
}

/// Whether a line of a plan goes through a whole table or index. What a statement itself has put together (`AS part`)
/// is no table.
fn is_scan(line: &str, sql: &str) -> bool {
    let words = line.trim_start_matches([' ', '-', '>', '|', '`']);
    if let Some(scanned) = words.strip_prefix("SCAN ") {
        let name = scanned.split(' ').next().unwrap_or_default();
        return !name.starts_with('(')
            && !sql.contains(&format!(") AS {name}"))
            && name != "CONSTANT";
    }
    let by_index = words.contains("Index Scan") || words.contains("Index Only Scan");
    words.contains("Seq Scan") || by_index && !words.contains("Index Cond:")
}

/// The files that hold the product's SQL: all but the engines themselves.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = std::fs::read_dir(src).expect("the sources");
    let mut sources = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        if path.is_file() && !["lib", "placeholders", "test_support"].contains(&&*name) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            sources.push((name.into_owned(), text));
        }
    }
    sources
}

#[test]
fn no_file_is_missing_from_the_list() {
    let declaring = sources()
        .into_iter()
        .filter(|(_, text)| text.contains("statements! {"));
    let mut declaring: Vec<String> = declaring.map(|(name, _)| name).collect();
    declaring.sort_unstable();
    let mut listed: Vec<_> = STATEMENTS.iter().map(|(file, _)| *file).collect();
    listed.sort_unstable();
    assert_eq!(declaring, listed, "STATEMENTS in lib.rs names every file");
}

#[test]
fn no_statement_bypasses_the_list() {
    for (name, text) in sources() {
        let dense: String = text.split_whitespace().collect();
        for start in ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"] {
            let literal = format!("(\"{start}");
            assert!(
                !dense.contains(&literal),
                "{name}.rs passes a statement directly: declare it in statements!"
            );
        }
    }
}
