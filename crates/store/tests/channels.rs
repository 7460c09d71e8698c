//! Changing a channel in place.

mod common;

use std::collections::BTreeMap;

use common::Place;
use dangol_domain::UserCode;
use dangol_store::Db;
use dangol_store::channels::{self, ChannelRecord};

on_both_engines!(
    a_change_keeps_the_key_and_moves_the_default,
    a_change_of_what_somebody_else_has_changed_does_nothing,
);

/// A database with the channels `a`, the default, and `b`.
async fn with_two(place: &Place) -> (Db, ChannelRecord, ChannelRecord) {
    let db = place.open().await;
    db.migrate().await.expect("the product's own schema");
    let make = |channel_key: &str, is_default| ChannelRecord {
        merchant: merchant(),
        channel_key: channel_key.to_owned(),
        provider: "pg".to_owned(),
        pg_id: format!("mid-{channel_key}"),
        kind: "payment".to_owned(),
        name: channel_key.to_owned(),
        sandbox: false,
        is_default,
        hosts: dialect("api", "https://pg.example"),
        credentials: format!("sealed {channel_key}"),
        dialect: BTreeMap::new(),
        created_at: 1,
    };
    let (a, b) = (make("a", true), make("b", false));
    for channel in [&a, &b] {
        assert!(channels::insert(&db, channel).await.expect("the database"));
    }
    (db, a, b)
}

fn merchant() -> UserCode {
    UserCode::parse("imp00000000").expect("a code")
}

fn dialect(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// The merchant's channels in the order in which they are offered: key, name, credentials, dialect, default.
async fn all(db: &Db) -> Vec<(String, String, String, BTreeMap<String, String>, bool)> {
    let found = channels::of_merchant(db, &merchant()).await;
    let found = found.expect("the database").into_iter();
    found
        .map(|c| {
            (
                c.channel_key,
                c.name,
                c.credentials,
                c.dialect,
                c.is_default,
            )
        })
        .collect()
}

async fn a_change_keeps_the_key_and_moves_the_default(place: Place) {
    let (db, a, b) = with_two(&place).await;
    let untouched = all(&db).await[0].clone();
    let mut after = b.clone();
    after.name = "new".to_owned();
    after.credentials = "sealed anew".to_owned();
    after.dialect = dialect("codes", "1,2");
    let changed = channels::change(&db, &b, &after).await;
    assert!(changed.expect("the database"));
    let b_now = |is_default| {
        let (name, credentials) = ("new".to_owned(), "sealed anew".to_owned());
        let codes = dialect("codes", "1,2");
        ("b".to_owned(), name, credentials, codes, is_default)
    };
    assert_eq!(all(&db).await, [untouched, b_now(false)]);

    let before = after.clone();
    after.is_default = true;
    let changed = channels::change(&db, &before, &after).await;
    assert!(changed.expect("the database"));
    let both = all(&db).await;
    assert_eq!(both[0], b_now(true));
    assert_eq!((both[1].0.as_str(), both[1].4), ("a", false));
    // Another merchant's channel of the same key is another channel.
    let mut others = a.clone();
    others.merchant = UserCode::parse("imp87654321").expect("a code");
    let changed = channels::change(&db, &others, &others).await;
    assert!(!changed.expect("the database"));
}

async fn a_change_of_what_somebody_else_has_changed_does_nothing(place: Place) {
    let (db, _, b) = with_two(&place).await;
    let mut first = b.clone();
    first.dialect = dialect("codes", "1");
    let changed = channels::change(&db, &b, &first).await;
    assert!(changed.expect("the database"));
    let seen = all(&db).await;

    let mut second = b.clone();
    second.credentials = "others".to_owned();
    second.is_default = true;
    let changed = channels::change(&db, &b, &second).await;
    assert!(!changed.expect("the database"));
    assert_eq!(all(&db).await, seen);

    let removed = channels::delete(&db, &b.merchant, &b.channel_key).await;
    assert!(removed.expect("the database"));
    second = first.clone();
    second.is_default = true;
    let changed = channels::change(&db, &first, &second).await;
    assert!(!changed.expect("the database"));
    assert_eq!(all(&db).await, seen[..1]);
}
