//! Key-in by API: refused without a channel for it, and what is refused before the PG hears of it.

use dangol_domain::UserCode;
use dangol_store::payments;
use serde_json::{Value, json};

use super::shop::{Shop, USER_CODE};

const ONETIME: &str = "/subscribe/payments/onetime";
const REGISTER: &str = "/subscribe/customers/card-1";
const CARD: &str = "4242-4242-4242-4242";

fn card() -> Value {
    json!({"merchant_uid": "uid-1", "amount": 3000, "card_number": CARD, "expiry": "2030-11",
           "birth": "910203", "pwd_2digit": "47"})
}

fn with(changes: Value) -> Value {
    let mut body = card();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn nothing_happened(shop: &Shop) {
    let merchant = UserCode::parse(USER_CODE).unwrap();
    let found = payments::find_all(&shop.app.engine.db, &merchant, "uid-1").await;
    assert!(found.unwrap().is_empty());
    assert_eq!(shop.pg_calls(), 0);
    let key = shop.call(&format!("GET {REGISTER}"), "").await;
    assert_eq!((key.status, key.code()), (200, 1), "{}", key.text);
}

async fn every_route_says_that_it_is_off(shop: &Shop) {
    for (path, body) in [
        (ONETIME, card()),
        (ONETIME, with(json!({"customer_uid": "card-1"}))),
        (ONETIME, with(json!({"pg": "nice.MID", "customer_uid": ""}))),
        (ONETIME, with(json!({"channel_key": "channel-key-1"}))),
        // Nothing of it is looked at.
        (ONETIME, json!({"card_number": "x"})),
        (ONETIME, json!({})),
        (REGISTER, card()),
        (REGISTER, with(json!({"channel_key": "channel-key-1"}))),
        (REGISTER, json!({})),
    ] {
        let got = shop.call(&format!("POST {path}"), &body.to_string()).await;
        assert_eq!((got.status, got.code()), (200, 1), "{path}: {}", got.text);
        assert!(
            got.message().contains("api_payment"),
            "{path}: {}",
            got.text
        );
        assert!(got.body["response"].is_null());
    }
    nothing_happened(shop).await;
}

#[tokio::test]
async fn without_a_channel_card_data_is_refused_on_sqlite() {
    every_route_says_that_it_is_off(&Shop::sqlite().await).await;
}

#[tokio::test]
async fn without_a_channel_card_data_is_refused_on_postgres() {
    every_route_says_that_it_is_off(&Shop::postgres().await).await;
}

#[tokio::test]
async fn without_a_token_nobody_learns_whether_it_is_on() {
    let shop = Shop::sqlite().await;
    for path in [ONETIME, REGISTER] {
        let head = format!("POST {path} application/json");
        let got = shop.ask(&head, &[], card().to_string()).await;
        assert_eq!((got.status, got.code()), (401, -1), "{path}");
    }
}
