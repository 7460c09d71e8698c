//! Lists and their totals: what the indexes and counters say against a plain search through everything.

#[path = "../common/mod.rs"]
mod common;
mod lines;

use std::cmp::Reverse;

use common::Place;
use dangol_domain::v1::{SortKey, Sorting, Status};
use dangol_domain::{Payment, State, UserCode};
use dangol_store::lists::{self, List, Slice, Window};
use dangol_store::{Db, Migration, Write, values};
use futures::future::join_all;
use lines::{Drawn, HOUR, Line, merchant, three_days};

on_both_engines!(
    lists_hold_what_a_plain_search_finds,
    far_stragglers_are_listed_too,
    clocks_may_disagree,
    attempts_of_one_number_are_all_found,
    a_customers_payments_are_his,
    every_state_is_counted_as_it_is_shown,
    totals_survive_crowds_and_later_changes,
    what_was_there_before_is_counted,
);

const SORTINGS: [Sorting; 6] = {
    const fn by(key: SortKey, descending: bool) -> Sorting {
        Sorting { key, descending }
    }
    [
        by(SortKey::Started, true),
        by(SortKey::Started, false),
        by(SortKey::Paid, true),
        by(SortKey::Paid, false),
        by(SortKey::Updated, true),
        by(SortKey::Updated, false),
    ]
};

async fn open(place: &Place) -> Db {
    let db = place.open().await;
    db.migrate().await.expect("the product's own schema");
    db
}

/// What a plain search finds, in the order of a sorting.
fn searched(lines: &[Line], list: &List<'_>, sorting: Sorting) -> Vec<String> {
    let mut found: Vec<&Line> = lines
        .iter()
        .filter(|line| list.status.is_none_or(|status| status == line.status()))
        .filter(|line| {
            let at = list.status.map_or(line.started, |_| line.at());
            (list.window.from..list.window.until).contains(&at)
        })
        .collect();
    let order = |line: &&Line| (line.key(sorting.key), line.started, line.imp_uid());
    match sorting.descending {
        true => found.sort_by_key(|line| Reverse(order(line))),
        false => found.sort_by_key(order),
    }
    found.into_iter().map(Line::imp_uid).collect()
}

async fn compare(db: &Db, lines: &[Line], window: Window, limit: i64) {
    let merchant = merchant();
    let statuses = Status::ALL.into_iter().map(Some).chain([None]);
    for status in statuses {
        let list = List {
            merchant: &merchant,
            status,
            window,
        };
        let total = list.count(db).await.expect("a count");
        for sorting in SORTINGS {
            let expected = searched(lines, &list, sorting);
            let what = format!("{status:?} {window:?} {sorting:?}");
            assert_eq!(total, expected.len() as i64, "{what}");
            let mut found = Vec::new();
            for page in 0..=total / limit {
                let slice = Slice {
                    limit,
                    offset: page * limit,
                };
                let page = list.slice(db, sorting, slice, total).await.expect("a page");
                assert!(page.len() as i64 <= limit, "{what}");
                found.extend(ids(page));
            }
            assert_eq!(found, expected, "{what}");
        }
    }
}

fn ids(payments: Vec<Payment>) -> Vec<String> {
    let ids = payments
        .into_iter()
        .map(|payment| payment.imp_uid.to_string());
    ids.collect()
}

async fn lists_hold_what_a_plain_search_finds(place: Place) {
    let db = open(&place).await;
    let mut drawn = Drawn(1);
    let lines = three_days(&mut drawn);
    for line in &lines {
        line.insert(&db).await;
    }
    let window = |from, until| Window { from, until };
    for (from, until, limit) in [
        (0, 200 * HOUR, 1_000),
        (0, 200 * HOUR, 7),
        (5 * HOUR, 6 * HOUR, 3),
        (5 * HOUR, 30 * HOUR, 50),
        (5 * HOUR - 1, 30 * HOUR + 1, 50),
        (5 * HOUR + 1, 6 * HOUR - 1, 50),
        (5 * HOUR + 1, 5 * HOUR + 2, 50),
        (100, 71 * HOUR + 17, 50),
        (20 * HOUR, 20 * HOUR, 50),
        (500 * HOUR, 600 * HOUR, 50),
    ] {
        compare(&db, &lines, window(from, until), limit).await;
    }
    // Whoever asks for somebody else's list finds nothing.
    let other = UserCode::new(2);
    for status in [None, Some(Status::Paid)] {
        let list = List {
            merchant: &other,
            status,
            window: window(0, 200 * HOUR),
        };
        assert_eq!(list.count(&db).await, Ok(0));
        let slice = Slice {
            limit: 10,
            offset: 0,
        };
        let page = list.slice(&db, Sorting::NEWEST_FIRST, slice, 0).await;
        assert_eq!(ids(page.expect("a page")), Vec::<String>::new());
    }
}

/// A walk by start expects that a status changes soon. These changed long after, and others stand in the way.
async fn far_stragglers_are_listed_too(place: Place) {
    let db = open(&place).await;
    let mut lines = Vec::new();
    for n in 0..40 {
        lines.push(Line::new(n, State::Cancelled, n * HOUR, 400 * HOUR));
    }
    for n in 40..1_600 {
        lines.push(Line::new(n, State::Failed, 100 * HOUR + n, 10));
    }
    for n in 1_600..1_640 {
        lines.push(Line::new(n, State::Paid, 99 * HOUR + n, 2 * HOUR));
    }
    join_all(lines.iter().map(|line| line.insert(&db))).await;
    let window = |from, until| Window { from, until };
    for (from, until) in [
        (0, 600 * HOUR),
        (400 * HOUR, 420 * HOUR),
        (101 * HOUR, 102 * HOUR),
    ] {
        compare(&db, &lines, window(from, until), 600).await;
    }
    compare(&db, &lines, window(400 * HOUR, 500 * HOUR), 7).await;
}

/// Of two nodes one is behind: what it was told it writes down as earlier than the start.
async fn clocks_may_disagree(place: Place) {
    let db = open(&place).await;
    let mut lines: Vec<Line> = (0..40)
        .map(|n| Line::new(n, State::Paid, 10 * HOUR + n * 1_000, 500))
        .collect();
    lines.extend((40..50).map(|n| Line::new(n, State::Paid, 11 * HOUR + n * 1_000, -300_000)));
    join_all(lines.iter().map(|line| line.insert(&db))).await;
    let window = Window {
        from: 10 * HOUR,
        until: 11 * HOUR,
    };
    compare(&db, &lines, window, 7).await;
}

async fn attempts_of_one_number_are_all_found(place: Place) {
    let db = open(&place).await;
    let mut lines: Vec<Line> = (0..25)
        .map(|n| {
            Line::new(
                n,
                [State::Failed, State::Ready][usize::from(n % 3 == 0)],
                n * 1_000,
                100,
            )
        })
        .collect();
    lines.push(Line::new(25, State::Paid, 7_500, 90_000));
    for line in &lines {
        line.insert_as(&db, "shared", None).await;
    }
    Line::new(99, State::Failed, 1, 1)
        .insert_as(&db, "another", None)
        .await;
    let merchant = merchant();
    for status in [
        None,
        Some(Status::Failed),
        Some(Status::Paid),
        Some(Status::Cancelled),
    ] {
        let list = List {
            merchant: &merchant,
            status,
            window: Window {
                from: 0,
                until: i64::MAX,
            },
        };
        let counted = lists::count_of_uid(&db, &merchant, "shared", status)
            .await
            .expect("a count");
        assert_eq!(counted.all, 26);
        for sorting in SORTINGS {
            let expected = searched(&lines, &list, sorting);
            assert_eq!(counted.with_status, expected.len() as i64, "{status:?}");
            let mut found = Vec::new();
            for offset in [0, 10, 20] {
                let slice = Slice { limit: 10, offset };
                let page = lists::of_uid(&db, &merchant, "shared", status, sorting, slice).await;
                found.extend(ids(page.expect("a page")));
            }
            assert_eq!(found, expected, "{status:?} {sorting:?}");
        }
    }
    let nothing = lists::count_of_uid(&db, &merchant, "nothing", None)
        .await
        .expect("a count");
    assert_eq!((nothing.all, nothing.with_status), (0, 0));
}

async fn a_customers_payments_are_his(place: Place) {
    let db = open(&place).await;
    let states = [
        State::Ready,
        State::Expired,
        State::Failed,
        State::Sending,
        State::Paid,
    ];
    for n in 0..30 {
        let line = Line::new(n, states[n as usize % 5], n * 1_000, 1);
        let customer = ["one", "two"][n as usize % 2];
        line.insert_as(&db, &format!("uid-{n}"), Some(customer))
            .await;
    }
    let merchant = merchant();
    // Even lines of which nobody merely opened a window, newest first.
    let expected: Vec<String> = (0..30)
        .rev()
        .filter(|n| n % 2 == 0 && n % 5 >= 2)
        .map(|n| Line::new(n, State::Paid, 0, 0).imp_uid())
        .collect();
    let total = lists::count_of_customer(&db, &merchant, "one").await;
    assert_eq!(total, Ok(expected.len() as i64));
    let mut found = Vec::new();
    for offset in [0, 4, 8] {
        let page = lists::of_customer(&db, &merchant, "one", Slice { limit: 4, offset }).await;
        found.extend(ids(page.expect("a page")));
    }
    assert_eq!(found, expected);
    assert_eq!(
        lists::count_of_customer(&db, &merchant, "nobody").await,
        Ok(0)
    );
}

async fn every_state_is_counted_as_it_is_shown(place: Place) {
    let db = open(&place).await;
    for (n, state) in State::ALL.into_iter().enumerate() {
        Line::new(n as i64, state, 10, 20).insert(&db).await;
    }
    let sql = "SELECT state, shown, shown_at FROM payment";
    let rows = db.read(sql, vec![]).await.expect("all");
    assert_eq!(rows.len(), State::ALL.len());
    for row in rows {
        let state = State::from_code(row.int(0).expect("a code")).expect("a state");
        let status = Status::of(state);
        assert_eq!(row.int(1), Ok(status.code()), "{state:?}");
        let at = if status == Status::Ready { 10 } else { 30 };
        assert_eq!(row.int(2), Ok(at), "{state:?}");
    }
}

/// Many writers at once, then changes of what was counted long ago, then the end of a few rows.
async fn totals_survive_crowds_and_later_changes(place: Place) {
    let db = open(&place).await;
    let mut drawn = Drawn(2);
    let mut lines: Vec<Line> = (0..120)
        .map(|n| Line::new(n, State::Sending, drawn.below(3 * HOUR), 0))
        .collect();
    join_all(lines.iter().map(|line| line.insert(&db))).await;
    let everything = Window {
        from: 0,
        until: 900 * HOUR,
    };
    for round in 0..4 {
        for line in &mut lines {
            let at = line.started + drawn.below(1 + round * 20 * HOUR);
            match drawn.below(5) {
                0 => line.stand(State::Paid, at),
                1 if line.paid.is_none() => line.stand(State::Failed, at),
                2 => line.stand(State::PartlyCancelled, at + HOUR),
                3 if line.status() == Status::Ready => line.stand(State::Expired, at),
                _ => {}
            }
        }
        join_all(lines.iter().map(|line| line.update(&db))).await;
        compare(&db, &lines, everything, 1_000).await;
        compare(
            &db,
            &lines,
            Window {
                from: HOUR + 5,
                until: 9 * HOUR + 7,
            },
            1_000,
        )
        .await;
    }
    let delete = "DELETE FROM payment WHERE merchant = $1 AND imp_uid = $2";
    for line in lines.drain(..40) {
        let step = Write::new(0).step(delete, values![merchant().as_str(), line.imp_uid()]);
        db.write(step).await.expect("an operator's deed");
    }
    compare(&db, &lines, everything, 1_000).await;
    let off = "SELECT COUNT(*) FROM (SELECT SUM(n) AS n FROM payment_count GROUP BY merchant, shown, hour) AS hours WHERE n < 0";
    let rows = db.read(off, vec![]).await.expect("the counters");
    assert_eq!(rows[0].int(0), Ok(0));
}

/// The schema before there were lists.
const BEFORE: &[Migration] = &[Migration {
    name: "0001_init",
    sqlite: include_str!("../../migrations/sqlite/0001_init.sql"),
    postgres: include_str!("../../migrations/postgres/0001_init.sql"),
}];

async fn what_was_there_before_is_counted(place: Place) {
    let db = place.open().await;
    db.migrate_with(BEFORE).await.expect("the older schema");
    let lines = three_days(&mut Drawn(3));
    for line in &lines {
        line.insert(&db).await;
    }
    db.migrate().await.expect("the present schema");
    compare(
        &db,
        &lines,
        Window {
            from: HOUR,
            until: 200 * HOUR,
        },
        1_000,
    )
    .await;
}
