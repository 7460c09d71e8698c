//! Two servers on one PostgreSQL database.

use dangol_harness::{Engine, Shop, books, due};

/// How many schedules, and after how many one of the servers dies.
const COUNT: usize = 600;
const BEFORE: usize = 150;

/// The schedules that the dead one had in its hands are taken over within this, seconds.
const TAKEN_OVER: i64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_run_once_each_though_one_of_two_servers_dies() {
    let shop = Shop::open(Engine::Postgres).await;
    let mut other = shop.dangol.one_more("");
    let due = due::now(&shop).await + 5;
    due::register(&shop, COUNT, due).await;
    due::until_executed(&shop, due, BEFORE).await;
    other.kill9();
    shop.advance(TAKEN_OVER).await;
    assert_eq!(due::executed(&shop, due).await, COUNT, "none is left");
    // What the dead one had sent is asked about by now.
    shop.advance(180).await;

    let shown = due::payments(&shop, due).await;
    assert_eq!(shown.len(), COUNT, "each has a payment");
    books::agree(&shop, &shown).await;
    let open = shown.iter().filter(|p| p.status == "ready").count();
    assert!(open <= 16, "only what was on its way is open: {open}");
    assert!(shown.iter().all(|p| p.status != "failed"));
}
