//! Every statement of the product fits the schema on both engines, and none is forgotten.

mod common;

use std::path::Path;

use common::Place;
use dangol_store::{Engine, STATEMENTS};

on_both_engines!(every_statement_fits_the_schema);

async fn every_statement_fits_the_schema(place: Place) {
    let db = place.open().await;
    db.migrate().await.expect("the product's own schema");
    let others = match db.engine() {
        Engine::Sqlite => "_POSTGRES",
        Engine::Postgres => "_SQLITE",
    };
    let mut wrong = Vec::new();
    for (file, statements) in STATEMENTS {
        for (name, sql) in *statements {
            if name.ends_with(others) {
                continue;
            }
            if let Err(error) = db.check(sql).await {
                wrong.push(format!("{file}::{name}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
