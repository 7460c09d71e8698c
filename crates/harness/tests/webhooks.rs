//! Webhooks: they arrive at least once with one id, signed; a receiver that hangs delays nobody else; one that is gone is
//! switched off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use dangol_harness::receiver::{Received, Receiver, Reply};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Shop, on_both_engines, until};
use serde_json::json;

on_both_engines!(
    a_receiver_that_was_down_for_a_day_gets_everything,
    a_receiver_that_is_gone_is_switched_off_and_on_again,
    a_receiver_that_hangs_delays_nobody_else,
    what_is_never_taken_is_given_up_with_an_alarm,
);

/// A receiver whose answer can be changed.
async fn receiver(status: &Arc<AtomicU16>) -> Receiver {
    let status = Arc::clone(status);
    Receiver::answering(move |_| {
        let status = status.load(Ordering::SeqCst);
        Box::pin(async move { Reply::Status(status) })
    })
    .await
}

fn about(receiver: &Receiver, imp_uid: &str) -> Vec<Received> {
    let mut all = receiver.received();
    all.retain(|received| received.body.contains(imp_uid));
    all
}

async fn a_receiver_that_was_down_for_a_day_gets_everything(engine: Engine) {
    let shop = Shop::open(engine).await;
    let status = Arc::new(AtomicU16::new(503));
    let receiver = receiver(&status).await;
    shop.set_webhook(&receiver.url).await;
    let mut paid = Vec::new();
    for order in ["order-1", "order-2", "order-3"] {
        let payment = shop.again(CUSTOMER, order, 3000).await;
        paid.push(payment.text("imp_uid").to_owned());
    }
    shop.advance(24 * 3600).await;
    for imp_uid in &paid {
        let tries = about(&receiver, imp_uid);
        assert!(tries.len() >= 7, "{} tries in a day", tries.len());
    }
    status.store(200, Ordering::SeqCst);
    let before = receiver.received().len();
    shop.advance(30 * 3600).await;
    for imp_uid in &paid {
        let tries = about(&receiver, imp_uid);
        let first = tries[0].header("webhook-id").to_owned();
        assert!(first.starts_with("msg_"), "{first}");
        assert!(tries.iter().all(|try_| try_.header("webhook-id") == first));
        assert!(tries.iter().all(|try_| try_.body == tries[0].body));
        assert!(
            tries
                .iter()
                .all(|try_| try_.header("webhook-signature").starts_with("v1,"))
        );
        let stamps: std::collections::BTreeSet<_> = tries
            .iter()
            .map(|try_| try_.header("webhook-timestamp"))
            .collect();
        assert_eq!(stamps.len(), tries.len(), "each try has its own time");
    }
    assert_eq!(
        receiver.received().len(),
        before + paid.len(),
        "once, when it is back"
    );
}

async fn a_receiver_that_is_gone_is_switched_off_and_on_again(engine: Engine) {
    let shop = Shop::open(engine).await;
    let status = Arc::new(AtomicU16::new(410));
    let receiver = receiver(&status).await;
    shop.set_webhook(&receiver.url).await;
    let first = shop
        .again(CUSTOMER, "order-1", 3000)
        .await
        .text("imp_uid")
        .to_owned();
    shop.advance(60).await;
    status.store(200, Ordering::SeqCst);
    let second = shop
        .again(CUSTOMER, "order-2", 3000)
        .await
        .text("imp_uid")
        .to_owned();
    shop.advance(3 * 24 * 3600).await;
    assert_eq!(about(&receiver, &first).len(), 1, "nobody is there");
    assert!(
        about(&receiver, &second).is_empty(),
        "nothing is sent to it"
    );
    let list = |word: &str| {
        let listed = shop.dangol.command(&["webhook", "list"]);
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        let lines: Vec<String> = listed.lines().map(str::to_owned).collect();
        lines
            .into_iter()
            .find(|line| line.contains(word))
            .unwrap_or_else(|| panic!("{word}: {listed}"))
    };
    assert!(list(&receiver.url).contains("switched off"));
    let on = shop
        .dangol
        .command(&["webhook", "on", "--url", &receiver.url]);
    assert!(
        on.status.success(),
        "{}",
        String::from_utf8_lossy(&on.stderr)
    );
    let id = list(&second).split(' ').next().expect("an id").to_owned();
    let again = shop.dangol.command(&["webhook", "resend", &id]);
    assert!(
        again.status.success(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let arrived = until("the webhook that was sent again", || async {
        about(&receiver, &second).into_iter().next()
    })
    .await;
    assert_eq!(arrived.header("webhook-id"), id);
    let unknown = shop.dangol.command(&["webhook", "resend", "msg_unknown"]);
    assert!(!unknown.status.success());
}

async fn a_receiver_that_hangs_delays_nobody_else(engine: Engine) {
    let shop = Shop::open(engine).await;
    let hangs = Arc::new(AtomicBool::new(true));
    let waiting = Arc::clone(&hangs);
    let hanging = Receiver::answering(move |_| {
        let hangs = waiting.load(Ordering::SeqCst);
        Box::pin(async move {
            if hangs {
                Reply::Hang
            } else {
                Reply::Status(200)
            }
        })
    })
    .await;
    for n in 0..100 {
        let body = json!({
            "customer_uid": CUSTOMER, "merchant_uid": format!("hangs-{n}"), "amount": 1000,
            "notice_url": hanging.url,
        });
        let paid = shop.post("/subscribe/payments/again", &body).await;
        assert_eq!(paid.payment()["status"], "paid");
    }
    let paid = shop
        .again(CUSTOMER, "order-1", 3000)
        .await
        .text("imp_uid")
        .to_owned();
    // `until` gives up long before the first of the hundred times out.
    shop.receiver.about(&paid).await;
}

async fn what_is_never_taken_is_given_up_with_an_alarm(engine: Engine) {
    let shop = Shop::open(engine).await;
    let status = Arc::new(AtomicU16::new(500));
    let receiver = receiver(&status).await;
    shop.set_webhook(&receiver.url).await;
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    let paid = paid.text("imp_uid").to_owned();
    receiver.about(&paid).await;
    shop.advance(30 * 3600).await;
    assert_eq!(about(&receiver, &paid).len(), 7);
    assert!(!shop.dangol.log().contains("ALARM"), "one try is left");
    shop.advance(10 * 3600).await;
    let tries = about(&receiver, &paid);
    assert_eq!(tries.len(), 8);
    let id = header(&tries[0], "webhook-id");
    let log = shop.dangol.log();
    let alarm = log.lines().find(|line| line.contains("ALARM"));
    assert!(alarm.is_some_and(|line| line.contains(id)), "{log}");
    let listed = shop.dangol.command(&["webhook", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let line = listed.lines().find(|line| line.starts_with(id));
    assert!(line.is_some_and(|line| line.contains("dead")), "{listed}");
    shop.advance(5 * 24 * 3600).await;
    assert_eq!(about(&receiver, &paid).len(), 8, "it is over");
    status.store(200, Ordering::SeqCst);
    assert!(
        shop.dangol
            .command(&["webhook", "resend", id])
            .status
            .success()
    );
    until("the webhook that was sent again", || async {
        (about(&receiver, &paid).len() == 9).then_some(())
    })
    .await;
}
