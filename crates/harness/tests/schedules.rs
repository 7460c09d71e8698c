//! Schedules through the real binary: a year of them as a merchant's server keeps them going, and a thousand at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dangol_harness::due::now;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{
    Api, Browser, Dangol, Engine, GOOD_CARD, LIMIT_CARD, Receiver, Reply, Setup, Shop, books, due,
    on_both_engines, until,
};
use serde_json::{Value, json};

on_both_engines!(
    a_year_goes_round_by_itself,
    a_thousand_due_at_once_are_executed_once_each,
    a_channel_sends_so_many_at_once_and_no_more,
    a_clean_stop_finishes_what_was_sent_and_hands_back_the_rest,
    a_card_is_proven_and_the_amount_given_back,
);

const MONTH: i64 = 30 * 86_400;
const MONTHS: usize = 12;
const AMOUNT: i64 = 9_900;

/// The month in which the charge is declined once, and is moved by a day.
const MOVED: usize = 4;
/// The month in which the charge is declined once, and tried again at once.
const RETRIED: usize = 7;
/// The month before which the customer's card changes to one without a balance.
const POOR: usize = 9;

/// The merchant's server: what it did about webhooks.
#[derive(Default)]
struct Merchant {
    paid: Mutex<Vec<Value>>,
    failed: AtomicUsize,
}

impl Merchant {
    /// A webhook is only a hint: the payment is read, and decides.
    async fn hear(&self, main: &str, told: &Value) {
        // A token of its own: the clock may have been moved far since the last one.
        let api = Api::new(main);
        let payment = api.payment(told["imp_uid"].as_str().expect("a text")).await;
        let payment = payment.payment().clone();
        assert_eq!(payment["status"], told["status"], "{payment}");
        let uid = payment["merchant_uid"].as_str().expect("a text").to_owned();
        let Some(month) = uid.strip_prefix("month-") else {
            return;
        };
        let month: usize = month.parse().expect("a number");
        assert_eq!(payment["customer_uid_usage"], "payment.scheduled");
        let at = payment["started_at"].as_i64().expect("a number");
        if payment["status"] == "paid" {
            self.paid.lock().expect("no panic").push(payment);
            if month < MONTHS {
                schedule(&api, month + 1, at + MONTH).await;
            }
            return;
        }
        self.failed.fetch_add(1, Ordering::SeqCst);
        let path = format!("/subscribe/payments/schedule/{uid}");
        match month {
            MOVED => {
                let body = json!({ "schedule_at": at + 86_400 });
                let moved = api.post(&format!("{path}/reschedule"), &body).await;
                assert_eq!(moved.code, 0, "{moved:?}");
            }
            RETRIED => {
                let retried = api.post(&format!("{path}/retry"), &json!({})).await;
                assert_eq!(retried.payment()["status"], "paid", "{retried:?}");
            }
            POOR => {}
            _ => panic!("{payment}"),
        }
    }
}

async fn schedule(api: &Api, month: usize, at: i64) {
    let entry =
        json!({ "merchant_uid": format!("month-{month}"), "schedule_at": at, "amount": AMOUNT });
    let body = json!({ "customer_uid": CUSTOMER, "schedules": [entry] });
    let made = api.post("/subscribe/payments/schedule", &body).await;
    assert_eq!((made.code, made.status), (0, 200), "{made:?}");
}

async fn a_year_goes_round_by_itself(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let merchant = Arc::new(Merchant::default());
    let (hearing, main) = (Arc::clone(&merchant), api.main.clone());
    let receiver = Receiver::answering(move |came| {
        let (merchant, main) = (Arc::clone(&hearing), main.clone());
        Box::pin(async move {
            merchant.hear(&main, &came.json()).await;
            Reply::Status(200)
        })
    })
    .await;
    api.set_webhook(&receiver.url).await;
    let card = async |order: &str, number: &str| {
        let landed = Browser::new(&dangol.api())
            .register(CUSTOMER, order, number)
            .await;
        assert!(landed.success(), "{landed:?}");
    };
    card("card-1", GOOD_CARD).await;
    schedule(&api, 1, now(&api).await + MONTH).await;
    for month in 1..=MONTHS {
        match month {
            MOVED | RETRIED => api.plan("charge", "decline", json!({ "times": 1 })).await,
            POOR => card("card-2", LIMIT_CARD).await,
            _ => {}
        }
        // The day is for the month that was moved by one.
        api.advance(MONTH + if month == MOVED { 86_400 } else { 60 })
            .await;
        if month == POOR {
            card("card-3", GOOD_CARD).await;
            let path = format!("/subscribe/payments/schedule/month-{month}");
            let declined = api.get(&path).await;
            assert_eq!(declined.text("payment_status"), "failed", "{declined:?}");
            let retried = api.post(&format!("{path}/retry"), &json!({})).await;
            assert_eq!(retried.payment()["status"], "paid", "{retried:?}");
        }
        until(&format!("month {month} to be heard of"), || async {
            let heard = merchant.paid.lock().expect("no panic").len();
            (heard == month).then_some(())
        })
        .await;
    }
    assert_eq!(
        merchant.failed.load(Ordering::SeqCst),
        3,
        "each failure was told"
    );
    let paid = merchant.paid.lock().expect("no panic").clone();
    let shown: Vec<books::Shown> = paid.iter().map(books::shown).collect();
    books::agree(&api, &shown).await;
    let sum: i64 = shown.iter().map(|payment| payment.amount).sum();
    assert_eq!(sum, AMOUNT * MONTHS as i64);
}

async fn a_thousand_due_at_once_are_executed_once_each(engine: Engine) {
    const COUNT: usize = 1_000;
    let mut shop = Shop::on(Setup {
        config: "schedules_per_second = 300",
        ..Setup::demo(engine)
    })
    .await;
    let due = now(&shop).await + 5;
    due::register(&shop, COUNT, due).await;
    due::until_executed(&shop, due, COUNT / 4).await;
    shop.dangol.kill9();
    shop.reopen();
    for part in (COUNT / 4..=COUNT - 100).step_by(50) {
        due::until_executed(&shop, due, part).await;
    }
    // What the dead process held is free by now, and what it had sent is asked about.
    shop.advance(180).await;
    due::until_executed(&shop, due, COUNT).await;

    let shown = due::payments(&shop, due).await;
    assert_eq!(shown.len(), COUNT, "each has a payment");
    let failed = shown.iter().find(|payment| payment.status == "failed");
    assert!(failed.is_none(), "{}", failed.expect("one").imp_uid);
    // A charge whose answer died with the process is for a person, and there are not many of those.
    let open = shown.iter().filter(|p| p.status == "ready").count();
    assert!(open <= 64, "{open}");
    books::agree(&shop, &shown).await;
}

/// How many charges the PG has received.
async fn charges(shop: &Shop) -> usize {
    let calls = shop.calls().await;
    calls
        .iter()
        .filter(|call| call.starts_with("charge "))
        .count()
}

async fn a_channel_sends_so_many_at_once_and_no_more(engine: Engine) {
    const PLACES: usize = 16;
    let shop = Shop::open(engine).await;
    let slow = json!({ "delay_ms": 10_000, "times": 100 });
    shop.plan("charge", "delay", slow).await;
    let due = now(&shop).await + 5;
    due::register(&shop, 40, due).await;
    // A place is free again when its charge is recorded: until then there is no seventeenth.
    let most = AtomicUsize::new(0);
    until("the first answer", || async {
        let sent = charges(&shop).await;
        if paid(&shop, due).await > 0 {
            return Some(());
        }
        most.fetch_max(sent, Ordering::SeqCst);
        None
    })
    .await;
    assert_eq!(most.into_inner(), PLACES);
}

/// How many of them are paid.
async fn paid(shop: &Shop, due: i64) -> usize {
    let shown = due::payments(shop, due).await;
    shown
        .iter()
        .filter(|payment| payment.status == "paid")
        .count()
}

async fn a_clean_stop_finishes_what_was_sent_and_hands_back_the_rest(engine: Engine) {
    const COUNT: usize = 100;
    let mut shop = Shop::open(engine).await;
    // Longer than a process lives that does not wait for its charges.
    let slow = json!({ "delay_ms": 7_000, "times": COUNT });
    shop.plan("charge", "delay", slow).await;
    let due = now(&shop).await + 5;
    due::register(&shop, COUNT, due).await;
    until("some to be on their way", || async {
        (charges(&shop).await >= 10).then_some(())
    })
    .await;
    assert_eq!(shop.dangol.sigterm(), Some(0));
    let open = shop.dangol.command(&["payment", "list"]);
    let open = String::from_utf8(open.stdout).expect("UTF-8");
    assert!(
        !open.contains("imps_"),
        "all that was sent is known: {open}"
    );
    shop.reopen();
    // Nobody moves the clock beyond the lease of a dead worker, and nobody need to.
    due::until_executed(&shop, due, COUNT).await;
    until("all to be paid", || async {
        (paid(&shop, due).await == COUNT).then_some(())
    })
    .await;
    assert!(
        charges(&shop).await > 0,
        "the second life had something to do"
    );
    let journal = shop.journal().await;
    let approvals = journal.iter().filter(|deed| deed["kind"] == "approval");
    assert_eq!(approvals.count(), COUNT);
}

async fn a_card_is_proven_and_the_amount_given_back(engine: Engine) {
    let shop = Shop::open(engine).await;
    let at = now(&shop).await + 3_600;
    let body = |uid: &str| {
        let entry = json!({ "merchant_uid": uid, "schedule_at": at, "amount": AMOUNT });
        json!({ "customer_uid": CUSTOMER, "checking_amount": 100, "schedules": [entry] })
    };
    let made = shop
        .post("/subscribe/payments/schedule", &body("c-1"))
        .await;
    assert_eq!(made.code, 0, "{made:?}");
    let money = async || {
        let journal = shop.journal().await;
        let of = |kind: &str| {
            let deeds = journal.iter().filter(|entry| entry["kind"] == kind);
            deeds
                .map(|entry| entry["amount"].as_i64().expect("a number"))
                .sum::<i64>()
        };
        (of("approval"), of("refund") + of("void"))
    };
    assert_eq!(money().await, (100, 100));

    // A card that declines schedules nothing.
    shop.plan("charge", "decline", json!({ "times": 1 })).await;
    let refused = shop
        .post("/subscribe/payments/schedule", &body("c-2"))
        .await;
    assert_eq!((refused.status, refused.code), (200, 1), "{refused:?}");
    assert!(
        refused
            .message
            .starts_with("카드정보 확인에 실패하였습니다."),
        "{refused:?}"
    );
    let none = shop.get("/subscribe/payments/schedule/c-2").await;
    assert_eq!(none.status, 404, "{none:?}");

    shop.advance(3_700).await;
    assert_eq!(money().await, (100 + AMOUNT, 100), "given back once");
}
