//! Events beyond V1's: nobody is told who did not ask, and who did is told each once, in a shape of its own.

use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, LIMIT_CARD, Receiver, Shop, on_both_engines, until};
use serde_json::{Value, json};

on_both_engines!(
    nobody_is_told_who_did_not_ask,
    keys_and_failures_are_told,
    a_schedule_is_announced_a_week_before_as_it_stands_then,
    what_was_scheduled_before_is_announced_too,
);

const DAY: i64 = 86_400;
const ALL: [&str; 5] = [
    "key.deleted",
    "key.issued",
    "key.replaced",
    "payment.failed",
    "schedule.upcoming",
];

async fn turn_on(shop: &Shop, events: &[&str]) {
    let body = json!({ "url": shop.receiver.url, "events": events });
    let set = shop.control("/sandbox/webhook", &body).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(set.json()["events"], json!(events));
}

async fn register(shop: &Shop, customer_uid: &str, merchant_uid: &str, card: &str) -> String {
    let mut browser = Browser::new(&shop.api);
    let landed = browser.register(customer_uid, merchant_uid, card).await;
    assert!(landed.success(), "{landed:?}");
    shop.find(merchant_uid).await.text("imp_uid").to_owned()
}

async fn schedule(shop: &Shop, merchant_uid: &str, at: i64) {
    let entry = json!({ "merchant_uid": merchant_uid, "schedule_at": at, "amount": 9900 });
    let body = json!({ "customer_uid": CUSTOMER, "schedules": [entry] });
    let made = shop.post("/subscribe/payments/schedule", &body).await;
    assert_eq!(made.code, 0, "{made:?}");
}

async fn now(shop: &Shop) -> i64 {
    let clock = shop.bare("GET", "/sandbox/clock", &[], Vec::new()).await;
    clock.json()["now"].as_i64().expect("a number")
}

/// What came with a type so far.
fn typed(receiver: &Receiver) -> Vec<Value> {
    let mut all: Vec<Value> = receiver.received().iter().map(|came| came.json()).collect();
    all.retain(|body| !body["type"].is_null());
    all
}

/// What came with a type, once so many have come.
async fn told(receiver: &Receiver, count: usize) -> Vec<Value> {
    until(&format!("{count} events"), || async {
        Some(typed(receiver)).filter(|told| told.len() >= count)
    })
    .await
}

/// Everything that can happen; the last is a payment, behind which nothing is on its way any more.
async fn live(shop: &Shop) {
    register(shop, "other", "card-2", LIMIT_CARD).await;
    register(shop, "other", "card-3", LIMIT_CARD).await;
    let declined = shop.again("other", "declined", 3000).await;
    assert_eq!(declined.payment()["status"], "failed");
    schedule(shop, "month-1", now(shop).await + 10 * DAY).await;
    shop.advance(4 * DAY).await;
    let deleted = shop.delete("/subscribe/customers/other").await;
    assert_eq!(deleted.code, 0, "{deleted:?}");
    let last = shop.again(CUSTOMER, "last", 3000).await;
    shop.receiver.about(last.text("imp_uid")).await;
    shop.advance(60).await;
}

async fn nobody_is_told_who_did_not_ask(engine: Engine) {
    let shop = Shop::open(engine).await;
    live(&shop).await;
    for came in shop.receiver.received() {
        let keys: Vec<String> = came
            .json()
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        assert_eq!(keys, ["imp_uid", "merchant_uid", "status"], "{}", came.body);
    }
    assert_eq!(
        shop.receiver.received().len(),
        4,
        "three cards and a charge"
    );
    // What there is, is named where somebody asks for what there is not.
    let wrong = json!({ "url": null, "events": ["key.issued", "key.lost"] });
    let refused = shop.control("/sandbox/webhook", &wrong).await;
    assert_eq!(refused.status, 400);
    for name in ALL {
        assert!(refused.text().contains(name), "{}", refused.text());
    }
    let listed = shop.dangol.command(&["webhook", "events"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let off: Vec<String> = ALL.iter().map(|name| format!("{name}  off")).collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), off);
    let wrong = shop.dangol.command(&["webhook", "events", "key.lost"]);
    assert_eq!(wrong.status.code(), Some(2));
}

async fn keys_and_failures_are_told(engine: Engine) {
    let shop = Shop::open(engine).await;
    turn_on(&shop, &ALL).await;
    live(&shop).await;
    let imp_uid = |uid: &'static str| {
        let shop = &shop;
        async move { shop.find(uid).await.text("imp_uid").to_owned() }
    };
    let key = |kind: &str, uid: &str, imp_uid: String| json!({ "type": kind, "customer_uid": "other", "merchant_uid": uid, "imp_uid": imp_uid });
    let mut told = told(&shop.receiver, 5).await;
    // Webhooks overtake each other.
    told.sort_by_key(|body| body["type"].to_string());
    let announced = told.pop().expect("five");
    assert_eq!(announced["type"], "schedule.upcoming");
    assert_eq!(
        told,
        [
            json!({ "type": "key.deleted", "customer_uid": "other" }),
            key("key.issued", "card-2", imp_uid("card-2").await),
            key("key.replaced", "card-3", imp_uid("card-3").await),
            json!({
                "type": "payment.failed", "imp_uid": imp_uid("declined").await, "merchant_uid": "declined",
                "status": "failed",
            }),
        ]
    );
    // What V1 tells is told as before.
    assert_eq!(shop.receiver.received().len(), 4 + 5);
    let list = shop.get("/webhooks").await;
    let deleted = &list.payment()["list"];
    let deleted = deleted.as_array().expect("an array").iter();
    let mut deleted = deleted.filter(|webhook| webhook["body"]["type"] == "key.deleted");
    let deleted = deleted.next().expect("it is listed");
    assert_eq!(
        (&deleted["imp_uid"], &deleted["status"]),
        (&Value::Null, &json!("delivered"))
    );
}

async fn a_schedule_is_announced_a_week_before_as_it_stands_then(engine: Engine) {
    let shop = Shop::open(engine).await;
    turn_on(&shop, &["schedule.upcoming"]).await;
    // A payment's own URL is told what V1 tells of that payment.
    let other = Receiver::start().await;
    let start = now(&shop).await;
    let entry = |uid: &str, days: i64| json!({ "merchant_uid": uid, "schedule_at": start + days * DAY, "amount": 9900, "notice_url": other.url });
    let entries = [
        entry("kept", 10),
        entry("moved", 10),
        entry("moved-near", 10),
        entry("revoked", 10),
        entry("near", 6),
    ];
    let body = json!({ "customer_uid": CUSTOMER, "schedules": entries });
    let made = shop.post("/subscribe/payments/schedule", &body).await;
    assert_eq!(made.code, 0, "{made:?}");
    for (uid, days) in [("moved", 20), ("moved-near", 5)] {
        let at = json!({ "schedule_at": start + days * DAY });
        let moved = shop
            .put(&format!("/subscribe/payments/schedule/{uid}"), &at)
            .await;
        assert_eq!(moved.code, 0, "{moved:?}");
    }
    let revoke = json!({ "customer_uid": CUSTOMER, "merchant_uid": "revoked" });
    let revoked = shop.post("/subscribe/payments/unschedule", &revoke).await;
    assert_eq!(revoked.code, 0, "{revoked:?}");
    let announced = |uid: &str, days: i64| {
        json!({
            "type": "schedule.upcoming", "amount": 9900, "currency": "KRW", "customer_uid": CUSTOMER,
            "merchant_uid": uid, "schedule_at": start + days * DAY,
        })
    };
    shop.advance(3 * DAY - 60).await;
    assert!(typed(&shop.receiver).is_empty(), "not yet");
    shop.advance(120).await;
    assert_eq!(told(&shop.receiver, 1).await, [announced("kept", 10)]);
    shop.advance(10 * DAY - 120).await;
    assert_eq!(told(&shop.receiver, 1).await.len(), 1);
    shop.advance(120).await;
    let all = [announced("kept", 10), announced("moved", 20)];
    assert_eq!(told(&shop.receiver, 2).await, all);
    shop.advance(30 * DAY).await;
    assert_eq!(told(&shop.receiver, 2).await, all);
    assert!(
        other
            .received()
            .iter()
            .all(|came| came.json()["type"].is_null())
    );
    assert_eq!(other.received().len(), 4, "each that ran");
}

async fn what_was_scheduled_before_is_announced_too(engine: Engine) {
    let shop = Shop::open(engine).await;
    let start = now(&shop).await;
    schedule(&shop, "early", start + 10 * DAY).await;
    schedule(&shop, "late", start + 7 * DAY - 60).await;
    schedule(&shop, "off-again", start + 12 * DAY).await;
    let body = json!({
        "url": shop.receiver.url, "content_type": "application/x-www-form-urlencoded",
        "events": ["schedule.upcoming"],
    });
    for _ in 0..2 {
        let set = shop.control("/sandbox/webhook", &body).await;
        assert_eq!(set.status, 200, "{}", set.text());
    }
    shop.advance(4 * DAY).await;
    let mut forms: Vec<String> = shop
        .receiver
        .received()
        .iter()
        .map(|came| came.body.clone())
        .collect();
    forms.retain(|form| form.contains("type="));
    let at = start + 10 * DAY;
    assert_eq!(
        forms,
        [format!(
            "amount=9900&currency=KRW&customer_uid={CUSTOMER}&merchant_uid=early&schedule_at={at}&type=schedule.upcoming"
        )]
    );
    let off = shop.dangol.command(&["webhook", "events", "--none"]);
    assert!(off.status.success(), "{off:?}");
    let kept = shop
        .control("/sandbox/webhook", &json!({ "url": shop.receiver.url }))
        .await;
    assert_eq!(kept.json()["events"], json!([]), "{}", kept.text());
    let before = shop.receiver.received().len();
    shop.advance(2 * DAY).await;
    assert_eq!(
        shop.receiver.received().len(),
        before,
        "nobody wants it any more"
    );
}
