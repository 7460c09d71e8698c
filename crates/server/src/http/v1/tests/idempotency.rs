//! `Idempotency-Key`: the same answer for a day, on both engines; nothing done twice.

use dangol_engine::flow::idempotent::{self, Turn};
use serde_json::{Value, json};

use super::shop::{Answered, CUSTOMER, Shop, USER_CODE};

async fn again(shop: &Shop, key: &str, body: &Value) -> Answered {
    let token = shop.token().await;
    let headers = [("authorization", token.as_str()), ("idempotency-key", key)];
    let head = "POST /subscribe/payments/again application/json";
    shop.ask(head, &headers, body.to_string()).await
}

fn order(merchant_uid: &str, amount: i64) -> Value {
    json!({"customer_uid": CUSTOMER, "merchant_uid": merchant_uid, "amount": amount})
}

#[tokio::test]
async fn a_key_repeats_its_answer_for_a_day_on_both_engines() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        // The PG cannot be reached, so that the charge is a failed payment, which V1 lets anybody try anew.
        let first = again(&shop, "key-1", &order("uid-1", 3000)).await;
        assert_eq!(
            (first.status, &first.body["response"]["status"]),
            (200, &json!("failed"))
        );
        let calls = shop.pg_calls();
        let same = again(&shop, "key-1", &order("uid-1", 3000)).await;
        assert_eq!((same.status, &same.body), (200, &first.body));
        let other = again(&shop, "key-1", &order("uid-1", 3001)).await;
        assert_eq!((other.status, &other.body["code"]), (409, &json!(1)));
        assert_eq!(shop.pg_calls(), calls, "neither reached the PG");
        let anew = again(&shop, "key-2", &order("uid-1", 3000)).await;
        assert_ne!(
            anew.body["response"]["imp_uid"],
            first.body["response"]["imp_uid"]
        );
        shop.advance(24 * 3600 - 60).await;
        assert_eq!(
            again(&shop, "key-1", &order("uid-1", 3000)).await.body,
            first.body
        );
        shop.advance(120).await;
        let forgotten = again(&shop, "key-1", &order("uid-1", 3000)).await;
        assert_ne!(
            forgotten.body["response"]["imp_uid"],
            first.body["response"]["imp_uid"]
        );
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_a_bad_key_is_none() {
    let shop = Shop::sqlite().await;
    let body = json!({"customer_uid": "nobody", "merchant_uid": "uid-1", "amount": 1});
    let refused = again(&shop, "key-1", &body).await;
    assert_eq!((refused.status, &refused.body["code"]), (200, &json!(1)));
    assert_eq!(again(&shop, "key-1", &body).await.body, refused.body);
    for key in ["", &"k".repeat(256)] {
        let bad = again(&shop, key, &order("uid-2", 3000)).await;
        assert_eq!((bad.status, &bad.body["code"]), (400, &json!(1)), "{key}");
        let text = bad.body["message"].as_str().unwrap_or_default();
        assert!(text.starts_with("Idempotency-Key"), "{text}");
    }
    assert_eq!(shop.pg_calls(), 0);
}

#[tokio::test]
async fn what_nobody_answered_for_is_answered_by_what_happened() {
    let shop = Shop::sqlite().await;
    let engine = &shop.app.engine;
    let merchant = dangol_domain::UserCode::parse(USER_CODE).unwrap();
    let body = order("uid-1", 3000);
    let what = body.to_string();
    let asked: [&[u8]; 3] = [b"/subscribe/payments/again", b"", what.as_bytes()];
    // A process that died in the middle: it has the turn, and charged.
    let turn = idempotent::begin(engine, &merchant, "key-1", &asked)
        .await
        .unwrap();
    assert!(matches!(turn, Turn::Ours(_)));
    let flying = again(&shop, "key-1", &body).await;
    assert_eq!((flying.status, &flying.body["code"]), (409, &json!(1)));
    let charged = shop.call("POST /subscribe/payments/again", &what).await;
    let imp_uid = &charged.body["response"]["imp_uid"];
    let calls = shop.pg_calls();
    shop.advance(120).await;
    let answered = again(&shop, "key-1", &body).await;
    assert_eq!(
        (answered.status, &answered.body["response"]["imp_uid"]),
        (200, imp_uid)
    );
    assert_eq!(shop.pg_calls(), calls, "nothing is sent again");
    assert_eq!(again(&shop, "key-1", &body).await.body, answered.body);
}
