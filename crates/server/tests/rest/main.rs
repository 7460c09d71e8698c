//! The main job without a browser: a card is registered through the PG's pages, and the API charges its key.

mod contract;
mod sandbox;

use std::time::Duration;

use sandbox::Sandbox;
use serde_json::{Value, json};

const GOOD_CARD: &str = "4242 4242 4242 4242";
const LIMIT_CARD: &str = "4000 0000 0000 0341";
const USED: &str =
    "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";

#[tokio::test]
async fn a_registered_card_is_charged_once_for_each_order() {
    let shop = Sandbox::start().await;
    shop.register("regular-1", GOOD_CARD).await;
    let customer = shop.get("/subscribe/customers/regular-1").await;
    assert_eq!(customer["code"], 0, "{customer}");
    assert_eq!(customer["response"]["card_number"], "424242******4242");

    let charged = shop.again("regular-1", "order-1").await;
    let payment = &charged["response"];
    assert_eq!(
        (&charged["code"], &charged["message"]),
        (&json!(0), &Value::Null),
        "{charged}"
    );
    assert_eq!(
        (&payment["status"], &payment["amount"]),
        (&json!("paid"), &json!(3000))
    );
    assert_eq!(payment["pg_provider"], customer["response"]["pg_provider"]);
    assert!(payment["imp_uid"].as_str().unwrap().starts_with("imps_"));
    let approvals = shop.journal("approval").await;
    assert_eq!(approvals.len(), 1, "{approvals:?}");
    assert_eq!(approvals[0]["order_id"], payment["imp_uid"]);
    assert_eq!(
        (&approvals[0]["amount"], &approvals[0]["pg_tid"]),
        (&json!(3000), &payment["pg_tid"])
    );

    let repeated = shop.again("regular-1", "order-1").await;
    assert_eq!(
        (&repeated["code"], &repeated["message"]),
        (&json!(1), &json!(USED))
    );
    let issue = shop.again("regular-1", "issue-regular-1").await;
    assert_eq!(
        (&issue["code"], &issue["message"]),
        (&json!(1), &json!(USED))
    );
    assert_eq!(shop.journal("approval").await.len(), 1);
    let found = shop.get("/payments/find/order-1/paid/").await;
    assert_eq!(found["response"], *payment);
}

#[tokio::test]
async fn a_declined_charge_is_a_failed_payment() {
    let shop = Sandbox::start().await;
    shop.register("regular-1", LIMIT_CARD).await;
    let first = shop.again("regular-1", "order-1").await;
    let payment = &first["response"];
    assert_eq!(
        (&first["code"], &payment["status"]),
        (&json!(0), &json!("failed")),
        "{first}"
    );
    assert!(
        payment["fail_reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    let second = shop.again("regular-1", "order-1").await;
    assert_eq!(second["response"]["status"], "failed");
    assert_ne!(
        second["response"]["imp_uid"], payment["imp_uid"],
        "each attempt has a number of its own"
    );
    assert!(shop.journal("approval").await.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_never_a_failure_and_never_a_second_charge() {
    let shop = Sandbox::start().await;
    shop.register("regular-1", GOOD_CARD).await;
    shop.charge_fault("drop_answer", 0).await;
    let open = shop.again("regular-1", "order-1").await;
    assert_eq!(
        (&open["code"], &open["response"]["status"]),
        (&json!(0), &json!("ready")),
        "{open}"
    );
    let repeated = shop.again("regular-1", "order-1").await;
    assert_eq!(repeated["response"]["imp_uid"], open["response"]["imp_uid"]);
    assert_ne!(repeated["response"]["status"], "failed");
    assert_eq!(shop.journal("approval").await.len(), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_changes_nothing() {
    let shop = Sandbox::start().await;
    shop.register("regular-1", GOOD_CARD).await;
    shop.charge_fault("delay", 1_000).await;
    let patience = Duration::from_millis(200);
    let hung_up = tokio::time::timeout(patience, shop.again("regular-1", "order-1")).await;
    assert!(
        hung_up.is_err(),
        "the PG takes a second, the caller waited less"
    );
    // The same order again joins the charge that goes on, or finds it done.
    let joined = shop.again("regular-1", "order-1").await;
    assert!(
        joined["message"] == USED || joined["response"]["status"] == "paid",
        "{joined}"
    );
    assert_eq!(
        shop.get("/payments/find/order-1").await["response"]["status"],
        "paid"
    );
    assert_eq!(shop.journal("approval").await.len(), 1);
}

#[tokio::test]
async fn twins_get_one_answer_and_one_charge() {
    let shop = Sandbox::start().await;
    shop.register("regular-1", GOOD_CARD).await;
    shop.charge_fault("delay", 500).await;
    let twin = || shop.again("regular-1", "order-1");
    let (a, b, c) = tokio::join!(twin(), twin(), twin());
    assert_eq!(
        (&a["code"], &a["response"]["status"]),
        (&json!(0), &json!("paid")),
        "{a}"
    );
    assert!(a == b && b == c);
    assert_eq!(shop.journal("approval").await.len(), 1);
}

#[tokio::test]
async fn a_window_opens_for_the_prepared_amount_only() {
    let shop = Sandbox::start().await;
    let order = json!({"merchant_uid": "order-1", "amount": 3000});
    let prepared = shop.post("/payments/prepare", &order).await;
    assert_eq!(prepared["code"], 0, "{prepared}");
    let otherwise =
        "amount: 사전등록된 결제정보와 결제금액 또는 통화가 일치하지 않아 결제를 중단합니다.";
    for money in [
        json!({"amount": 3001}),
        json!({"amount": "1"}),
        json!({"amount": 0}),
        json!({"amount": 30, "currency": "USD"}),
        json!({}),
    ] {
        let refused = shop.prepare("order-1", "regular-1", money).await;
        assert_eq!(
            (&refused["code"], &refused["message"]),
            (&json!(1), &json!(otherwise))
        );
        let result = &refused["response"]["result"];
        assert_eq!(
            (&result["success"], &result["imp_uid"]),
            (&json!(false), &Value::Null)
        );
        assert_eq!(
            (&result["merchant_uid"], &result["error_msg"]),
            (&json!("order-1"), &json!(otherwise))
        );
    }
    // Refused before anything was written: the number was never used.
    let found = shop.get("/payments/findAll/order-1").await;
    assert_eq!(
        (&found["code"], &found["response"]),
        (&json!(-1), &Value::Null),
        "{found}"
    );
    // The currency was left open; a number and its text are the same amount.
    for money in [
        json!({"amount": 3000}),
        json!({"amount": "3000.00", "currency": "KRW"}),
        json!({"amount": 3000, "currency": "USD"}),
    ] {
        let opened = shop.prepare("order-1", "regular-1", money).await;
        assert_eq!(opened["code"], 0, "{opened}");
        assert!(opened["response"]["window_url"].is_string(), "{opened}");
    }
    let dollars = json!({"merchant_uid": "order-2", "amount": 50, "currency": "USD"});
    let prepared = shop.post("/payments/prepare", &dollars).await;
    assert_eq!(prepared["response"]["currency"], "USD", "{prepared}");
    for (money, code) in [
        (json!({"amount": 50}), 1),
        (json!({"amount": 50, "currency": "KRW"}), 1),
        (json!({"amount": 50, "currency": "USD"}), 0),
    ] {
        let answer = shop.prepare("order-2", "regular-1", money).await;
        assert_eq!(answer["code"], code, "{answer}");
    }
    // An order that nobody prepared may ask for anything.
    let free = shop
        .prepare("order-3", "regular-1", json!({"amount": 7}))
        .await;
    assert_eq!(free["code"], 0, "{free}");
}
