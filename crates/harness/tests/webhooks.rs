//! Webhooks: they arrive at least once with one id, signed; a receiver that hangs delays nobody else; one that is gone is
//! switched off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use dangol_harness::receiver::{Received, Receiver, Reply};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Setup, Shop, on_both_engines, until};
use serde_json::json;

on_both_engines!(
    a_receiver_that_was_down_for_a_day_gets_everything,
    a_receiver_that_is_gone_is_switched_off_and_on_again,
    a_receiver_that_hangs_delays_nobody_else,
    what_is_never_taken_is_given_up_with_an_alarm,
    webhooks_of_a_payment_wait_for_each_other_where_that_is_wanted,
    an_answer_is_kept_and_the_webhook_sent_again_by_api,
);

/// How long a webhook may wait behind others that hang for twice as long. The aim is 2 s; the rest is for a machine that
/// is busy with other tests.
const FIRST_TRY: Duration = Duration::from_secs(15);

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
    let clock = shop.bare("GET", "/sandbox/clock", &[], Vec::new()).await;
    let real_time = clock.json()["now"].as_i64().expect("a number");
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
        // Receivers compare it with their own clock, which nobody moved.
        let stamp = |try_: &Received| -> i64 {
            let text = try_.header("webhook-timestamp");
            text.parse().expect("a number")
        };
        assert!(
            tries
                .iter()
                .all(|try_| (stamp(try_) - real_time).abs() < 300)
        );
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
    let given_up = shop.get(&format!("/webhooks?imp_uid={second}")).await;
    let given_up = given_up.payment()["list"][0].clone();
    assert_eq!(
        (&given_up["status"], &given_up["tries"][0]["http_status"]),
        (&json!("dead"), &json!(null)),
        "{given_up}"
    );
    let path = format!(
        "/webhooks/{}/resend",
        given_up["id"].as_str().expect("an id")
    );
    let refused = shop.post(&path, &json!({})).await;
    assert_eq!((refused.status, refused.code), (200, 1), "{refused:?}");
    assert!(refused.message.contains("switched off"), "{refused:?}");
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
    // The hundred hang for half a minute.
    let first_try = tokio::time::timeout(FIRST_TRY, shop.receiver.about(&paid)).await;
    assert!(first_try.is_ok(), "nothing within {FIRST_TRY:?}");
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
    let id = tries[0].header("webhook-id");
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

async fn an_answer_is_kept_and_the_webhook_sent_again_by_api(engine: Engine) {
    let shop = Shop::open(engine).await;
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    // Longer than what is kept, and cut in the middle of a letter.
    let text = format!("x{}", "가".repeat(2000));
    let answer = text.clone();
    let receiver = Receiver::answering(move |_| {
        let reply = match is_broken.load(Ordering::SeqCst) {
            true => Reply::Body(500, answer.clone()),
            false => Reply::Status(204),
        };
        Box::pin(async move { reply })
    })
    .await;
    shop.set_webhook(&receiver.url).await;
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    let imp_uid = paid.text("imp_uid");
    receiver.about(imp_uid).await;
    shop.advance(3 * 24 * 3600).await;
    let list = shop.get(&format!("/webhooks?imp_uid={imp_uid}")).await;
    let webhook = list.payment()["list"][0].clone();
    let id = webhook["id"].as_str().expect("a text");
    let tries = webhook["tries"].as_array().expect("an array");
    assert_eq!((&webhook["status"], tries.len()), (&json!("dead"), 8));
    for done in tries {
        assert_eq!(done["http_status"], 500);
        let kept = done["answer"].as_str().expect("a text");
        let kept = kept.trim_end_matches('\u{FFFD}');
        assert!(text.starts_with(kept) && kept.len() > 4000 && kept.len() <= 4096);
    }
    broken.store(false, Ordering::SeqCst);
    let resent = shop
        .post(&format!("/webhooks/{id}/resend"), &json!({}))
        .await;
    assert_eq!(resent.payment()["id"], id);
    let delivered = until("the webhook to be delivered", || async {
        let one = shop.get(&format!("/webhooks/{id}")).await;
        (one.response["status"] == "delivered").then_some(one.response)
    })
    .await;
    assert_eq!(delivered["tries"][8]["http_status"], 204);
    let came = about(&receiver, imp_uid);
    assert_eq!(came.len(), 9);
    assert!(came.iter().all(|came| came.header("webhook-id") == id));
    assert!(came.iter().all(|again| again.body == came[0].body));
}

async fn webhooks_of_a_payment_wait_for_each_other_where_that_is_wanted(engine: Engine) {
    for (config, in_order) in [("webhook_in_order = true\n", true), ("", false)] {
        let setup = Setup {
            config,
            ..Setup::demo(engine)
        };
        let shop = Shop::on(setup).await;
        let status = Arc::new(AtomicU16::new(503));
        let receiver = receiver(&status).await;
        shop.set_webhook(&receiver.url).await;
        let imp_uid = shop.again(CUSTOMER, "order-1", 3000).await;
        let imp_uid = imp_uid.text("imp_uid");
        receiver.about(imp_uid).await;
        let cancel = json!({ "imp_uid": imp_uid, "enable_webhook": true });
        let cancelled = shop.post("/payments/cancel", &cancel).await;
        assert_eq!(cancelled.payment()["status"], "cancelled");
        let other = shop.again(CUSTOMER, "order-2", 3000).await;
        receiver.about(other.text("imp_uid")).await;
        shop.advance(600).await;
        let told = || {
            let came = about(&receiver, imp_uid);
            let told = came.iter().map(|came| came.json()["status"].clone());
            told.collect::<Vec<_>>()
        };
        assert_eq!(
            told().contains(&json!("cancelled")),
            !in_order,
            "{:?}",
            told()
        );
        if in_order {
            status.store(200, Ordering::SeqCst);
            shop.advance(3600).await;
            let told = told();
            let [.., before, paid, cancelled] = told.as_slice() else {
                panic!("{told:?}");
            };
            assert_eq!([before, paid, cancelled], ["paid", "paid", "cancelled"]);
        }
    }
}
