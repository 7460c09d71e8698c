//! Orders whose amount is told before a window opens.

use serde_json::{Value, json};

use super::shop::Shop;

const POST: &str = "POST /payments/prepare";
const PUT: &str = "PUT /payments/prepare/";
const UNKNOWN: &str = "사전등록된 결제정보가 존재하지 않습니다.";
const TWICE: &str = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).";

fn order(merchant_uid: &str, amount: Value, currency: Value) -> String {
    json!({"merchant_uid": merchant_uid, "amount": amount, "currency": currency}).to_string()
}

#[tokio::test]
async fn an_order_is_prepared_once_and_changed_at_will() {
    const NULL: Value = Value::Null;
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let uid = "주문 1/a@b:c";
        let get = "GET /payments/prepare/%EC%A3%BC%EB%AC%B8%201%2Fa%40b%3Ac";
        let unknown = (404, -1, UNKNOWN);
        let done = (200, 0, "");
        // What is called, with which amount and currency; what is said, and the amount and currency that are shown.
        for (head, asked, told, shown) in [
            (get, None, unknown, None),
            (PUT, Some((json!(3000), NULL)), unknown, None),
            (
                POST,
                Some((json!(3000), NULL)),
                done,
                Some((json!(3000), NULL)),
            ),
            (get, None, done, Some((json!(3000), NULL))),
            (POST, Some((json!(1), NULL)), (200, 1, TWICE), None),
            (get, None, done, Some((json!(3000), NULL))),
            (
                PUT,
                Some((json!("9.90"), json!("usd"))),
                done,
                Some((json!(9.9), json!("USD"))),
            ),
            (get, None, done, Some((json!(9.9), json!("USD")))),
            (
                PUT,
                Some((json!(0), json!(""))),
                done,
                Some((json!(0), NULL)),
            ),
        ] {
            let body = asked.map_or(String::new(), |(amount, currency)| {
                order(uid, amount, currency)
            });
            let got = shop.call(head, &body).await;
            let what = format!("{head} {body}: {}", got.text);
            assert_eq!((got.status, got.code(), got.message()), told, "{what}");
            let shown = shown.map_or(NULL, |(amount, currency)| {
                json!({"amount": amount, "currency": currency, "merchant_uid": uid})
            });
            assert_eq!(got.body["response"], shown, "{what}");
            assert_eq!(got.text, got.body.to_string(), "keys in order");
        }
    }
}

#[tokio::test]
async fn each_merchant_has_orders_of_his_own() {
    let shop = Shop::sqlite().await;
    let head = "POST /payments/prepare application/json";
    let (mine, other) = (shop.token().await, shop.other_merchants_token().await);
    for (token, amount) in [(&mine, 3000), (&other, 7)] {
        let body = order("uid", json!(amount), json!(null));
        let got = shop.ask(head, &[("authorization", token)], body).await;
        assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    }
    let got = shop.call("GET /payments/prepare/uid/", "").await;
    assert_eq!(got.body["response"]["amount"], 3000);
}

#[tokio::test]
async fn a_form_prepares_as_json_does() {
    let shop = Shop::sqlite().await;
    let token = shop.token().await;
    let head = format!("POST /payments/prepare/?_token={token} application/x-www-form-urlencoded");
    let got = shop
        .ask(&head, &[], "merchant_uid=form-1& amount=3000&currency=")
        .await;
    let expected = json!({"amount": 3000, "currency": null, "merchant_uid": "form-1"});
    assert_eq!(got.body["response"], expected, "{}", got.text);
}

#[tokio::test]
async fn malformed_orders_are_refused_by_the_name_of_their_field() {
    let shop = Shop::sqlite().await;
    for (body, field) in [
        ("{}".to_owned(), "merchant_uid"),
        (order("", json!(1), json!(null)), "merchant_uid"),
        (
            order(&"가".repeat(41), json!(1), json!(null)),
            "merchant_uid",
        ),
        (order("a\nb", json!(1), json!(null)), "merchant_uid"),
        (order("a", json!(null), json!(null)), "amount"),
        (order("a", json!("3,000"), json!(null)), "amount"),
        (order("a", json!(-1), json!(null)), "amount"),
        (order("a", json!(3000.5), json!("KRW")), "amount"),
        (order("a", json!("0.00001"), json!(null)), "amount"),
        (order("a", json!([1]), json!(null)), "amount"),
        (order("a", json!(1), json!("XXX")), "currency"),
        ("[]".to_owned(), "body"),
    ] {
        for head in [POST, PUT] {
            let got = shop.call(head, &body).await;
            assert_eq!(
                (got.status, got.code()),
                (400, 1),
                "{head} {body}: {}",
                got.text
            );
            assert!(
                got.message().starts_with(&format!("{field}: ")),
                "{body}: {}",
                got.text
            );
        }
    }
    for head in [
        "GET /payments/prepare",
        "DELETE /payments/prepare",
        "POST /payments/prepare/x",
    ] {
        let got = shop.call(head, "").await;
        assert_eq!((got.status, got.code()), (405, -1), "{head}");
    }
}
