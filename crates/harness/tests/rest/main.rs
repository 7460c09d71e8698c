//! The V1 API row by row: what is asked, and the status, code, message and shape that clients get, against the running
//! server on both engines. One line is one thing that i'mport's clients rely on.
//!
//! What one cannot know, because i'mport's sources contradict each other or say nothing, is marked `chosen`, with the
//! choice; docs/reference/compatibility.md lists them.

mod again;
mod auth;
mod cancels;
mod codes;
mod customers;
mod key_in;
mod life;
mod lists;
mod payments;
mod prepared;
mod row;
mod schedules;
mod services;
mod shape;
mod world;

use dangol_harness::{Engine, on_both_engines};
use row::Row;
use world::World;

on_both_engines!(
    every_row_holds,
    a_merchant_uid_lives_as_v1_has_it,
    a_token_lives_half_an_hour,
);

/// All rows. Those that change something have an order or a key of their own; those about one order stand together, in
/// the order of its life. What an allow-list of addresses refuses is not among them: the server's own tests have the
/// addresses for it.
fn rows() -> Vec<Row> {
    [
        auth::rows(),
        payments::rows(),
        lists::rows(),
        prepared::rows(),
        cancels::rows(),
        customers::rows(),
        again::rows(),
        schedules::rows(),
        services::rows(),
        key_in::rows(),
        codes::rows(),
    ]
    .concat()
}

async fn every_row_holds(engine: Engine) {
    let world = World::make(engine).await;
    let mut wrong = Vec::new();
    for row in rows() {
        if let Err(why) = world.holds(&row).await {
            wrong.push(why);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
}

async fn a_merchant_uid_lives_as_v1_has_it(engine: Engine) {
    life::a_merchant_uid_lives_as_v1_has_it(engine).await;
}

async fn a_token_lives_half_an_hour(engine: Engine) {
    auth::a_token_lives_half_an_hour(engine).await;
}
