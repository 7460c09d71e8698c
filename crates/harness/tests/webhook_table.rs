//! i'mport's table of what is told by webhook and what is not, row by row: its documentation says that a payment is told
//! whenever it is approved, a schedule however it ends, a cancel by API only when it asks for that, and an ordinary failure
//! never. Rows about what is not built (virtual accounts) are left out; a review that approves late is in the browser tests.

use std::collections::BTreeMap;

use dangol_harness::browser::card_params;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, GOOD_CARD, Receiver, Shop, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    what_v1_tells_is_told_and_nothing_else,
    what_no_answer_could_tell_is_told,
    a_window_that_takes_money_is_told,
);

const REFUSED_CARD: &str = "4000 0000 0000 0002";
const HOUR: i64 = 3_600;

/// Order numbers, each an event, and the statuses that webhooks tell of it.
type Table = &'static [(&'static str, &'static [&'static str])];

const V1: Table = &[
    // In the window.
    ("card-1", &["paid"]),
    ("window-registers-again", &["paid"]),
    ("window-refused", &[]),
    ("window-given-up", &[]),
    ("window-expired", &[]),
    // By API.
    ("again-approved", &["paid"]),
    ("again-declined", &[]),
    ("again-notice-url", &[]),
    // Schedules.
    ("schedule-approved", &["paid"]),
    ("schedule-declined", &["failed"]),
    ("schedule-declined-retried", &["failed", "paid"]),
    ("card-of-a-leaver", &["paid"]),
    ("schedule-without-key", &["failed"]),
    ("schedule-revoked", &[]),
    // Cancels.
    ("cancel-by-api", &["paid"]),
    ("cancel-by-api-asked", &["cancelled", "paid"]),
    ("cancel-in-parts-asked", &["cancelled", "cancelled", "paid"]),
    ("cancel-refused", &["paid"]),
];

/// What came of each order by the time that nothing is on its way any more, against the table.
async fn holds(shop: &Shop, table: Table) {
    shop.advance(HOUR).await;
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for came in shop.receiver.received() {
        let body = came.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let cancelled = body["status"] == "cancelled";
        assert_eq!(!body["cancellation_id"].is_null(), cancelled, "{body}");
        told.entry(text("merchant_uid"))
            .or_default()
            .push(text("status"));
    }
    // Webhooks overtake each other.
    told.values_mut().for_each(|statuses| statuses.sort());
    let expected = table.iter().filter(|(_, statuses)| !statuses.is_empty());
    let expected = expected.map(|(order, statuses)| {
        let statuses = statuses.iter().map(|status| (*status).to_owned());
        ((*order).to_owned(), statuses.collect())
    });
    assert_eq!(told, expected.collect());
}

/// The payment's status under this order number, `-` where there is none: each row has happened.
async fn statuses(shop: &Shop, table: Table) -> Vec<String> {
    let mut all = Vec::new();
    for (order, _) in table {
        let found = shop.find(order).await;
        let status = found.response["status"].as_str().unwrap_or("-");
        all.push(format!("{order} {status}"));
    }
    all
}

async fn again(shop: &Shop, order: &str) -> Value {
    shop.again(CUSTOMER, order, 3000).await.payment().clone()
}

async fn decline(shop: &Shop) {
    shop.plan("charge", "decline", json!({ "times": 1 })).await;
}

async fn windows(shop: &Shop) {
    let mut browser = Browser::new(&shop.api);
    let again = browser
        .register(CUSTOMER, "window-registers-again", GOOD_CARD)
        .await;
    assert!(again.success(), "{again:?}");
    let refused = browser
        .register("nobody", "window-refused", REFUSED_CARD)
        .await;
    assert!(!refused.success(), "{refused:?}");
    let given_up = browser.prepare_card("nobody", "window-given-up").await;
    let close = json!({ "imp_uid": given_up.imp_uid, "nonce": given_up.nonce });
    let closed = shop.control("/window/close", &close).await;
    assert_eq!(
        closed.json()["response"]["state"],
        "done",
        "{}",
        closed.text()
    );
    browser.prepare_card("nobody", "window-expired").await;
}

async fn schedules(shop: &Shop) {
    let clock = shop.bare("GET", "/sandbox/clock", &[], Vec::new()).await;
    let at = clock.json()["now"].as_i64().expect("a number") + HOUR;
    let register = async |customer: &str, order: &str, amount: i64| {
        let entry = json!({ "merchant_uid": order, "schedule_at": at, "amount": amount });
        let body = json!({ "customer_uid": customer, "schedules": [entry] });
        let made = shop.post("/subscribe/payments/schedule", &body).await;
        assert_eq!(made.code, 0, "{made:?}");
    };
    register(CUSTOMER, "schedule-approved", 1000).await;
    register(CUSTOMER, "schedule-declined", 1001).await;
    register(CUSTOMER, "schedule-declined-retried", 1002).await;
    register(CUSTOMER, "schedule-revoked", 1000).await;
    for amount in [1001, 1002] {
        let these = json!({ "times": 1, "match": { "amount": amount } });
        shop.plan("charge", "decline", these).await;
    }
    let revoke = json!({ "customer_uid": CUSTOMER, "merchant_uid": "schedule-revoked" });
    let revoked = shop.post("/subscribe/payments/unschedule", &revoke).await;
    assert_eq!(revoked.code, 0, "{revoked:?}");
    let mut browser = Browser::new(&shop.api);
    let landed = browser
        .register("leaver", "card-of-a-leaver", GOOD_CARD)
        .await;
    assert!(landed.success(), "{landed:?}");
    register("leaver", "schedule-without-key", 1000).await;
    let left = shop.delete("/subscribe/customers/leaver").await;
    assert_eq!(left.code, 0, "{left:?}");
    shop.advance(HOUR + 60).await;
    let path = "/subscribe/payments/schedule/schedule-declined-retried/retry";
    let retried = shop.post(path, &json!({})).await;
    assert_eq!(retried.payment()["status"], "paid", "{retried:?}");
}

async fn cancels(shop: &Shop) {
    let cancel = async |body: Value, code: i64| {
        let answer = shop.post("/payments/cancel", &body).await;
        assert_eq!(answer.code, code, "{answer:?}");
    };
    for order in [
        "cancel-by-api",
        "cancel-by-api-asked",
        "cancel-in-parts-asked",
        "cancel-refused",
    ] {
        assert_eq!(again(shop, order).await["status"], "paid");
    }
    cancel(json!({ "merchant_uid": "cancel-by-api" }), 0).await;
    let asked = json!({ "merchant_uid": "cancel-by-api-asked", "enable_webhook": true });
    cancel(asked, 0).await;
    for _ in 0..2 {
        let part = json!({
            "merchant_uid": "cancel-in-parts-asked", "amount": 1000, "enable_webhook": true
        });
        cancel(part, 0).await;
    }
    shop.plan("cancel", "decline", json!({ "times": 1 })).await;
    let refused = json!({ "merchant_uid": "cancel-refused", "enable_webhook": true });
    cancel(refused, -1).await;
}

async fn what_v1_tells_is_told_and_nothing_else(engine: Engine) {
    let shop = Shop::open(engine).await;
    windows(&shop).await;
    assert_eq!(again(&shop, "again-approved").await["status"], "paid");
    decline(&shop).await;
    assert_eq!(again(&shop, "again-declined").await["status"], "failed");
    let other = Receiver::start().await;
    let body = json!({
        "customer_uid": CUSTOMER, "merchant_uid": "again-notice-url", "amount": 1000, "notice_url": other.url,
    });
    let paid = shop.post("/subscribe/payments/again", &body).await;
    let to_other = other.about(paid.text("imp_uid")).await;
    assert_eq!(
        to_other[0].json()["status"],
        "paid",
        "in the endpoint's place"
    );
    schedules(&shop).await;
    cancels(&shop).await;
    assert_eq!(
        statuses(&shop, V1).await,
        [
            "card-1 paid",
            "window-registers-again paid",
            "window-refused failed",
            "window-given-up failed",
            "window-expired ready",
            "again-approved paid",
            "again-declined failed",
            "again-notice-url paid",
            "schedule-approved paid",
            "schedule-declined failed",
            "schedule-declined-retried paid",
            "card-of-a-leaver paid",
            "schedule-without-key failed",
            "schedule-revoked -",
            "cancel-by-api cancelled",
            "cancel-by-api-asked cancelled",
            "cancel-in-parts-asked cancelled",
            "cancel-refused paid",
        ]
    );
    holds(&shop, V1).await;
    assert_eq!(other.received().len(), 1);
}

/// Beyond the table: an answer that had to stay open, and what an operator finds.
async fn what_no_answer_could_tell_is_told(engine: Engine) {
    let shop = Shop::at(engine, "kicc", "T0000009").await;
    for (order, fault) in [("lost", "drop_answer"), ("never-sent", "drop_request")] {
        shop.plan("charge", fault, json!({ "times": 1 })).await;
        assert_eq!(again(&shop, order).await["status"], "ready");
    }
    assert_eq!(again(&shop, "given-back").await["status"], "paid");
    shop.plan("cancel", "drop_answer", json!({ "times": 1 }))
        .await;
    let cancel = json!({ "merchant_uid": "given-back" });
    let open = shop.post("/payments/cancel", &cancel).await;
    assert_eq!(open.payment()["status"], "paid", "nobody knows yet");
    shop.advance(24 * HOUR).await;
    let imp_uid = shop.find("given-back").await.text("imp_uid").to_owned();
    let found = ["payment", "resolve", &imp_uid, "--cancelled"];
    let found = shop.dangol.command(&found);
    assert!(found.status.success(), "{found:?}");
    holds(
        &shop,
        &[
            ("card-1", &["paid"]),
            ("lost", &["paid"]),
            ("never-sent", &["failed"]),
            ("given-back", &["cancelled", "paid"]),
        ],
    )
    .await;
}

async fn a_window_that_takes_money_is_told(engine: Engine) {
    let shop = Shop::at(engine, "danal_tpay", "1234567890").await;
    let mut browser = Browser::new(&shop.api);
    let mut params = card_params("payer", "with-money");
    params["amount"] = json!(1500);
    let prepared = browser.prepare_window(params).await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    assert!(browser.land(&form).await.success());
    let approvals = shop.deeds("approval", &prepared.imp_uid).await;
    assert_eq!(approvals[0]["amount"], 1500);
    holds(&shop, &[("card-1", &["paid"]), ("with-money", &["paid"])]).await;
}
