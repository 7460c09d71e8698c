//! `again`: what is refused before the PG hears of it, and how its outcomes look.

use std::sync::atomic::Ordering;

use dangol_domain::{State, UserCode};
use dangol_store::payments;
use serde_json::{Value, json};

use super::shop::{Answered, CUSTOMER, Shop, USER_CODE};

async fn again(shop: &Shop, body: &Value) -> Answered {
    shop.call("POST /subscribe/payments/again", &body.to_string())
        .await
}

fn order(merchant_uid: &str) -> Value {
    json!({"customer_uid": CUSTOMER, "merchant_uid": merchant_uid, "amount": 3000})
}

/// The three fields of a good order, changed in some.
fn with(changes: Value) -> String {
    let mut body = order("uid-1");
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

/// Some readers see a user name in it, others a host.
const USER_OR_HOST: &str = r"https://evil.example\@a.example/x";

#[tokio::test]
async fn a_malformed_order_is_refused_by_the_name_of_its_field() {
    let shop = Shop::sqlite().await;
    let long = |length: usize| "가".repeat(length);
    let urls: Vec<String> = (0..6).map(|n| format!("https://a.example/{n}")).collect();
    for (body, field) in [
        (String::new(), "customer_uid"),
        ("{}".to_owned(), "customer_uid"),
        (r#"{"customer_uid": "x", "amount": 1"#.to_owned(), "body"),
        (with(json!({"customer_uid": null})), "customer_uid"),
        (with(json!({"customer_uid": " "})), "customer_uid"),
        (with(json!({"customer_uid": long(81)})), "customer_uid"),
        (with(json!({"customer_uid": "a\nb"})), "customer_uid"),
        (with(json!({"customer_uid": "a\0b"})), "customer_uid"),
        (with(json!({"customer_uid": {"a": 1}})), "customer_uid"),
        (with(json!({"merchant_uid": ""})), "merchant_uid"),
        (with(json!({"merchant_uid": long(41)})), "merchant_uid"),
        (with(json!({"merchant_uid": ["a"]})), "merchant_uid"),
        (with(json!({"amount": null})), "amount"),
        (with(json!({"amount": false})), "amount"),
        (with(json!({"amount": "3,000"})), "amount"),
        (with(json!({"amount": "abc"})), "amount"),
        (with(json!({"amount": -1})), "amount"),
        (with(json!({"amount": "1e309"})), "amount"),
        (with(json!({"amount": "9".repeat(65)})), "amount"),
        (with(json!({"amount": 3000.5})), "amount"),
        (with(json!({"amount": 3000.5, "currency": "KRW"})), "amount"),
        (with(json!({"amount": 9.999, "currency": "USD"})), "amount"),
        (with(json!({"currency": "XXX"})), "currency"),
        (with(json!({"tax_free": "x"})), "tax_free"),
        (with(json!({"vat_amount": -1})), "vat_amount"),
        (with(json!({"vat": "1.2.3"})), "vat"),
        (with(json!({"name": long(256)})), "name"),
        (with(json!({"name": "a\0b"})), "name"),
        (with(json!({"buyer_email": long(256)})), "buyer_email"),
        (with(json!({"buyer_tel": {}})), "buyer_tel"),
        (with(json!({"card_quota": 37})), "card_quota"),
        (with(json!({"card_quota": "three"})), "card_quota"),
        (
            with(json!({"custom_data": "x".repeat(65_537)})),
            "custom_data",
        ),
        (with(json!({"custom_data": {"a": "\0"}})), "custom_data"),
        (
            with(json!({"notice_url": "javascript:alert(1)"})),
            "notice_url",
        ),
        (with(json!({"notice_url": "https://"})), "notice_url"),
        (
            with(json!({"notice_url": "https://a.example/\r\nx"})),
            "notice_url",
        ),
        (with(json!({"notice_url": USER_OR_HOST})), "notice_url"),
        (
            with(json!({"notice_url": ["https://a.example/", "ftp://b.example/"]})),
            "notice_url",
        ),
        (with(json!({"notice_url": urls})), "notice_url"),
        (with(json!({"unknown": "\0"})), "unknown"),
    ] {
        let got = shop.call("POST /subscribe/payments/again", &body).await;
        assert_eq!((got.status, got.code()), (400, 1), "{body}: {}", got.text);
        assert!(
            got.message().starts_with(&format!("{field}: ")),
            "{body}: {}",
            got.text
        );
        assert!(got.body["response"].is_null());
    }
    nothing_happened(&shop, "uid-1").await;
}

async fn nothing_happened(shop: &Shop, merchant_uid: &str) {
    let merchant = UserCode::parse(USER_CODE).unwrap();
    let found = payments::find_all(&shop.app.engine.db, &merchant, merchant_uid)
        .await
        .unwrap();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(shop.pg_calls(), 0);
}

#[tokio::test]
async fn a_refused_order_says_what_v1_says() {
    let shop = Shop::sqlite().await;
    let used =
        "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";
    for (body, message) in [
        (
            with(json!({"customer_uid": "nobody"})),
            "등록되지 않은 구매자입니다.",
        ),
        (with(json!({"merchant_uid": "issued 한글@1"})), used),
        (
            with(json!({"merchant_uid": "issued 한글@1", "amount": 0})),
            used,
        ),
        (
            with(json!({"amount": 0})),
            "amount: 결제금액은 0보다 커야 합니다.",
        ),
        (
            with(json!({"amount": "-0.00"})),
            "amount: 결제금액은 0보다 커야 합니다.",
        ),
    ] {
        let got = shop.call("POST /subscribe/payments/again/", &body).await;
        assert_eq!(
            (got.status, got.code(), got.message()),
            (200, 1, message),
            "{body}"
        );
    }
    nothing_happened(&shop, "uid-1").await;
}

#[tokio::test]
async fn a_charge_that_never_left_is_a_failed_payment_and_may_be_repeated() {
    let shop = Shop::sqlite().await;
    for n in 1..=2 {
        let got = again(&shop, &order("uid-1")).await;
        assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
        assert_eq!(got.text, got.body.to_string(), "keys in order");
        let payment = &got.body["response"];
        assert_eq!(payment["status"], "failed");
        assert!(payment["imp_uid"].as_str().unwrap().starts_with("imps_"));
        assert!(!payment["fail_reason"].as_str().unwrap().is_empty());
        assert_eq!(
            (&payment["channel"], &payment["customer_uid_usage"]),
            (&json!("api"), &json!("payment"))
        );
        assert_eq!(shop.pg_calls(), n);
    }
}

#[tokio::test]
async fn a_lost_answer_is_an_open_payment_and_locks_its_number() {
    let shop = Shop::sqlite().await;
    shop.wire.loses_answers.store(true, Ordering::SeqCst);
    let got = again(&shop, &order("uid-1")).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    let open = &got.body["response"];
    assert_eq!(
        (&open["status"], &open["fail_reason"]),
        (&json!("ready"), &Value::Null)
    );
    let repeated = again(&shop, &order("uid-1")).await;
    assert_eq!(repeated.body["response"]["imp_uid"], open["imp_uid"]);
    assert_eq!(repeated.body["response"]["status"], "ready");
    let other = shop
        .call(
            "POST /subscribe/payments/again",
            &with(json!({"amount": 3001})),
        )
        .await;
    assert_eq!((other.status, other.code()), (200, 1));
    assert_eq!(shop.pg_calls(), 1, "never a second charge");
}

#[tokio::test]
async fn every_parameter_comes_back_as_it_was_written() {
    let shop = Shop::sqlite().await;
    let body = r#"{"customer_uid": "단골 손님/1", "merchant_uid": 95382678123123123, "amount": "3000.00", "tax_free": 0,
        "vat_amount": null, "name": "<script>alert(1)</script> \u202etest", "buyer_name": "홍길동", "buyer_email": "a@b.c",
        "buyer_tel": 821012345678, "buyer_addr": "", "buyer_postcode": "06018", "card_quota": "3", "currency": "krw",
        "custom_data": {"z": 1.10, "a": [true, null]}, "notice_url": ["https://a.example/hook"], "browser_ip": "10.0.0.1",
        "interest_free_by_merchant": false, "product_count": 0, "extra": {"x": 1}, "future_field": []}"#;
    let got = shop.call("POST /subscribe/payments/again", body).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    let payment = &got.body["response"];
    for (key, value) in [
        ("merchant_uid", json!("95382678123123123")),
        ("amount", json!(3000)),
        ("currency", json!("KRW")),
        ("name", json!("<script>alert(1)</script> \u{202e}test")),
        ("buyer_name", json!("홍길동")),
        ("buyer_email", json!("a@b.c")),
        ("buyer_tel", json!("821012345678")),
        ("buyer_addr", json!(null)),
        ("buyer_postcode", json!("06018")),
        ("card_quota", json!(3)),
        ("custom_data", json!(r#"{"z":1.10,"a":[true,null]}"#)),
    ] {
        assert_eq!(payment[key], value, "{key}");
    }
    assert!(got.headers["x-content-type-options"] == "nosniff");
    let path = format!("GET /payments/{}", payment["imp_uid"].as_str().unwrap());
    assert_eq!(
        shop.call(&path, "").await.body["response"],
        *payment,
        "stored as answered"
    );
}

#[tokio::test]
async fn a_form_charges_as_json_does() {
    let shop = Shop::sqlite().await;
    let token = shop.token().await;
    let head =
        format!("POST /subscribe/payments/again?_token={token} application/x-www-form-urlencoded");
    let form = "customer_uid=단골 손님/1& merchant_uid=form-1&amount=3000&card_quota=0&custom_data[a]=1&notice_url[]=";
    let got = shop.ask(&head, &[], form).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    assert_eq!(got.body["response"]["merchant_uid"], "form-1");
    assert_eq!(got.body["response"]["custom_data"], r#"{"a":"1"}"#);
}

#[tokio::test]
async fn another_merchants_key_is_unknown_here() {
    let shop = Shop::sqlite().await;
    // Whoever holds a token sees only what is his: a payment of the same number elsewhere is not found.
    let imp_uid = shop.add_payment("mine", State::Paid, 1_000_000, None).await;
    let other = shop.other_merchants_token().await;
    for (head, body, expected) in [
        (format!("GET /payments/{imp_uid}"), String::new(), (404, -1)),
        (
            "GET /payments/find/mine".to_owned(),
            String::new(),
            (404, -1),
        ),
        (
            "POST /subscribe/payments/again application/json".to_owned(),
            order("uid-1").to_string(),
            (200, 1),
        ),
    ] {
        let got = shop.ask(&head, &[("authorization", &other)], body).await;
        assert_eq!((got.status, got.code()), expected, "{head}: {}", got.text);
    }
    assert_eq!(shop.pg_calls(), 0);
}
