//! The webhook first, then the buyer's browser, for merchants who want it so.

use std::sync::Arc;

use dangol_harness::browser::Prepared;
use dangol_harness::form::Form;
use dangol_harness::receiver::{Receiver, Reply};
use dangol_harness::{Api, Browser, Dangol, Engine, GOOD_CARD, on_both_engines};
use serde_json::json;
use tokio::sync::Semaphore;

on_both_engines!(
    the_browser_hears_after_the_webhook,
    a_receiver_that_fails_holds_the_browser_for_the_limit_only,
    nobody_waits_unless_the_merchant_wants_it,
);

/// A server whose merchant hears first, and a buyer whom the PG is about to send back.
async fn first(engine: Engine, receiver: &Receiver) -> (Dangol, Browser, Prepared, Form) {
    let dangol = Dangol::demo(engine).await;
    let set = dangol.command(&["merchant", "set", "--webhook-first", "on"]);
    assert!(
        set.status.success(),
        "{}",
        String::from_utf8_lossy(&set.stderr)
    );
    let (browser, prepared, form) = about_to_return(&dangol.api(), receiver).await;
    (dangol, browser, prepared, form)
}

async fn about_to_return(api: &Api, receiver: &Receiver) -> (Browser, Prepared, Form) {
    api.set_webhook(&receiver.url).await;
    let mut browser = Browser::new(api);
    let prepared = browser.prepare_card("gildong", "card-1").await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    (browser, prepared, form)
}

/// What the page is told of its window: its state, while the payment can be read already.
async fn told(api: &Api, prepared: &Prepared) -> String {
    let asked = json!({ "imp_uid": prepared.imp_uid, "nonce": prepared.nonce });
    let result = api.control("/window/result", &asked).await.json();
    let payment = api.payment(&prepared.imp_uid).await;
    assert_eq!(payment.payment()["status"], "paid");
    result["response"]["state"]
        .as_str()
        .expect("a text")
        .to_owned()
}

async fn the_browser_hears_after_the_webhook(engine: Engine) {
    let (arrived, may_answer) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (came, answers) = (Arc::clone(&arrived), Arc::clone(&may_answer));
    let receiver = Receiver::answering(move |_| {
        let (came, answers) = (Arc::clone(&came), Arc::clone(&answers));
        Box::pin(async move {
            came.add_permits(1);
            answers.acquire().await.expect("it stays open").forget();
            Reply::Status(204)
        })
    })
    .await;
    let (dangol, mut browser, prepared, form) = first(engine, &receiver).await;
    let landing = tokio::spawn(async move { browser.land(&form).await });
    arrived.acquire().await.expect("it stays open").forget();
    assert_eq!(told(&dangol.api(), &prepared).await, "working");
    assert!(!landing.is_finished());
    may_answer.add_permits(1);
    let landed = landing.await.expect("no panic");
    assert!(landed.success(), "{landed:?}");
    assert_eq!(told(&dangol.api(), &prepared).await, "done");
}

async fn a_receiver_that_fails_holds_the_browser_for_the_limit_only(engine: Engine) {
    let receiver = Receiver::answering(|_| Box::pin(async { Reply::Status(503) })).await;
    let (dangol, mut browser, prepared, form) = first(engine, &receiver).await;
    let api = dangol.api();
    let landing = tokio::spawn(async move { browser.land(&form).await });
    receiver.about(&prepared.imp_uid).await;
    assert_eq!(told(&api, &prepared).await, "working");
    // The second try, after five seconds, fails as well; the third comes long after the limit.
    api.advance(11).await;
    assert_eq!(told(&api, &prepared).await, "done");
    let landed = landing.await.expect("no panic");
    assert!(landed.success(), "{landed:?}");
}

async fn nobody_waits_unless_the_merchant_wants_it(engine: Engine) {
    let receiver = Receiver::answering(|_| Box::pin(async { Reply::Hang })).await;
    let dangol = Dangol::demo(engine).await;
    let (mut browser, prepared, form) = about_to_return(&dangol.api(), &receiver).await;
    let landed = browser.land(&form).await;
    assert!(landed.success(), "{landed:?}");
    assert_eq!(told(&dangol.api(), &prepared).await, "done");
}
