//! Key-in by API: refused without a channel for it, and what is refused before the PG hears of it.

use std::sync::atomic::Ordering;

use axum::body::Body;
use dangol_domain::{State, UserCode};
use dangol_gateway::profile::{AmountAtIssue::AlwaysCharged, Kind::ApiPayment, Profile};
use dangol_gateway::{Entry, GATEWAYS};
use dangol_store::payments;
use serde_json::{Value, json};

use super::shop::{Answered, Shop, USER_CODE};

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

/// Has the merchant take card data, at a PG that takes nothing else.
async fn takes_cards(shop: &Shop, dialect: &[(&str, &str)]) {
    takes_cards_at(shop, |profile| profile.kinds == [ApiPayment], dialect).await;
}

async fn takes_cards_at(shop: &Shop, wanted: fn(&Profile) -> bool, dialect: &[(&str, &str)]) {
    let engine = &shop.app.engine;
    let code = UserCode::parse(USER_CODE).unwrap();
    let merchant = engine.merchant(&code).await.unwrap().unwrap();
    let is_wanted = |entry: &&Entry| wanted(entry.gateway.profile());
    let entry = GATEWAYS.iter().find(is_wanted).unwrap();
    let dialect = dialect
        .iter()
        .map(|(name, says)| ((*name).to_owned(), (*says).to_owned()));
    let of = (entry, ApiPayment);
    shop.add_channel_of(&merchant, of, "card-channel-key", dialect.collect())
        .await;
    engine.channels.forget();
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

async fn post(shop: &Shop, path: &str, body: &Value) -> Answered {
    let got = shop.call(&format!("POST {path}"), &body.to_string()).await;
    assert!(
        !got.text.contains("4242-4242") && !got.text.contains("4242424242424242"),
        "an answer with a card: {}",
        got.text
    );
    got
}

async fn state(shop: &Shop, merchant_uid: &str) -> Option<State> {
    let merchant = UserCode::parse(USER_CODE).unwrap();
    let found = payments::find_all(&shop.app.engine.db, &merchant, merchant_uid).await;
    found.unwrap().last().map(|payment| payment.state)
}

#[tokio::test]
async fn such_a_channel_is_shown_to_servers_and_not_to_pages() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[]).await;
    let kinds = |body: &Value, list: &str| -> Vec<String> {
        let channels = body[list].as_array().unwrap();
        let kind = |channel: &Value| channel["type"].as_str().unwrap().to_owned();
        channels.iter().map(kind).collect()
    };
    let got = shop.call("GET /users/pg", "").await;
    assert_eq!(kinds(&got.body, "response"), ["payment", "api_payment"]);
    let public = format!("GET /users/pg/{USER_CODE}");
    let got = shop.ask(&public, &[], Body::empty()).await;
    assert_eq!(kinds(&got.body, "data"), ["payment"]);
}

#[tokio::test]
async fn a_card_that_cannot_be_one_is_refused_by_its_field() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[]).await;
    for (field, value) in [
        ("card_number", json!(null)),
        ("card_number", json!("4242-4242")),
        ("card_number", json!("4242-4242-4242-424x")),
        ("card_number", json!({"a": CARD})),
        ("expiry", json!("")),
        ("expiry", json!("30-11")),
        ("expiry", json!("2030-13")),
        ("birth", json!("9102")),
        ("birth", json!("911303")),
        ("pwd_2digit", json!("473")),
        ("cvc", json!("12")),
    ] {
        for path in [ONETIME, REGISTER] {
            let got = post(&shop, path, &with(json!({ field: value }))).await;
            assert_eq!((got.status, got.code()), (400, 1), "{field}: {}", got.text);
            let named = format!("{field}: ");
            assert!(got.message().starts_with(&named), "{field}: {}", got.text);
        }
    }
    for (field, value) in [
        ("merchant_uid", json!(null)),
        ("amount", json!(null)),
        ("amount", json!("3,000")),
        ("customer_uid", json!("가".repeat(81))),
        ("card_quota", json!("three")),
    ] {
        let got = post(&shop, ONETIME, &with(json!({ field: value }))).await;
        assert_eq!((got.status, got.code()), (400, 1), "{field}: {}", got.text);
    }
    for (field, value) in [("amount", json!(0)), ("birth", json!(null))] {
        let got = post(&shop, ONETIME, &with(json!({ field: value }))).await;
        assert_eq!((got.status, got.code()), (200, 1), "{field}: {}", got.text);
    }
    nothing_happened(&shop).await;
}

#[tokio::test]
async fn without_the_operators_word_no_key_is_made() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[]).await;
    let with_key = with(json!({"customer_uid": "card-1"}));
    for (path, body) in [(REGISTER, card()), (ONETIME, with_key)] {
        let got = post(&shop, path, &body).await;
        assert_eq!((got.status, got.code()), (200, 1), "{path}: {}", got.text);
        assert!(got.message().contains("key_issue"), "{}", got.text);
    }
    nothing_happened(&shop).await;
}

#[tokio::test]
async fn a_card_that_never_left_is_a_refusal_and_a_failed_payment() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[("key_issue", "hub")]).await;
    for n in 1..=2 {
        let got = post(&shop, ONETIME, &card()).await;
        assert_eq!((got.status, got.code()), (200, -1), "{}", got.text);
        assert!(
            got.message()
                .starts_with("카드정보 인증에 실패하였습니다. ")
        );
        assert!(got.body["response"].is_null());
        assert_eq!(shop.pg_calls(), n, "it may be tried again");
    }
    assert_eq!(state(&shop, "uid-1").await, Some(State::Failed));
    let got = post(&shop, REGISTER, &card()).await;
    assert_eq!((got.status, got.code()), (200, -1), "{}", got.text);
    let begins = "카드정보 인증 및 빌키 발급에 실패하였습니다. ";
    assert!(got.message().starts_with(begins), "{}", got.text);
    let key = shop.call(&format!("GET {REGISTER}"), "").await;
    assert_eq!(key.code(), 1, "{}", key.text);
}

#[tokio::test]
async fn a_lost_answer_goes_to_a_person_and_is_never_sent_again() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[("key_issue", "hub")]).await;
    shop.wire.loses_answers.store(true, Ordering::SeqCst);
    let got = post(&shop, ONETIME, &card()).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    assert_eq!(got.body["response"]["status"], "ready");
    assert!(got.body["response"]["customer_uid"].is_null());
    let uid = got.body["response"]["imp_uid"].clone();
    // The same again joins it, another order of that number is refused.
    let joined = post(&shop, ONETIME, &card()).await;
    assert_eq!(joined.body["response"]["imp_uid"], uid, "{}", joined.text);
    let other = post(&shop, ONETIME, &with(json!({"amount": 4000}))).await;
    assert_eq!((other.status, other.code()), (200, 1), "{}", other.text);
    assert_eq!(shop.pg_calls(), 1);
    shop.advance(600).await;
    assert_eq!(state(&shop, "uid-1").await, Some(State::NeedsReview));
    assert_eq!(
        shop.pg_calls(),
        1,
        "without its card it cannot be sent again"
    );

    let with_key = with(json!({"customer_uid": "card-1", "merchant_uid": "uid-2"}));
    let got = post(&shop, ONETIME, &with_key).await;
    assert_eq!(got.body["response"]["status"], "ready", "{}", got.text);
    let got = post(&shop, REGISTER, &card()).await;
    assert_eq!((got.status, got.code()), (200, -1), "{}", got.text);
    let key = shop.call(&format!("GET {REGISTER}"), "").await;
    assert_eq!(key.code(), 1, "no key is kept: {}", key.text);
    shop.advance(600).await;
    assert_eq!(state(&shop, "uid-2").await, Some(State::NeedsReview));
}

/// A PG that has a window too, and makes keys by charging.
fn charges_at_issue(profile: &Profile) -> bool {
    profile.kinds.contains(&ApiPayment) && profile.amount_at_issue == AlwaysCharged
}

#[tokio::test]
async fn what_a_pg_that_makes_keys_by_charging_lacks_is_named() {
    let shop = Shop::sqlite().await;
    takes_cards_at(
        &shop,
        charges_at_issue,
        &[("browser_domain", "shop.example")],
    )
    .await;
    let good = with(json!({
        "cvc": "826", "buyer_email": "ana@example.net", "browser_ip": "198.51.100.7",
    }));
    let got = post(&shop, REGISTER, &good).await;
    assert_eq!((got.status, got.code()), (200, 1), "{}", got.text);
    assert!(got.message().contains("onetime"), "{}", got.text);
    for (field, value, named) in [
        ("card_number", json!("4242-4242-4242-4241"), "card_number"),
        ("cvc", json!(null), "cvc"),
        ("buyer_email", json!("ana"), "buyer_email"),
        ("card_quota", json!(3), "일시불"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let got = post(&shop, ONETIME, &body).await;
        assert_eq!((got.status, got.code()), (200, 1), "{field}: {}", got.text);
        assert!(got.message().contains(named), "{field}: {}", got.text);
    }
    nothing_happened(&shop).await;
    let got = post(&shop, ONETIME, &good).await;
    assert_eq!((got.status, got.code()), (200, -1), "{}", got.text);
    assert_eq!(shop.pg_calls(), 1, "without a token nothing is charged");
    assert_eq!(state(&shop, "uid-1").await, Some(State::Failed));
}

#[tokio::test]
async fn a_shop_without_a_domain_is_told_which_setting_it_lacks() {
    let shop = Shop::sqlite().await;
    takes_cards_at(&shop, charges_at_issue, &[]).await;
    let body = with(json!({
        "cvc": "826", "buyer_email": "ana@example.net", "browser_ip": "198.51.100.7",
    }));
    let got = post(&shop, ONETIME, &body).await;
    assert_eq!((got.status, got.code()), (200, 1), "{}", got.text);
    assert!(got.message().contains("browser_domain"), "{}", got.text);
    nothing_happened(&shop).await;
}

#[tokio::test]
async fn a_key_of_the_caller_sends_a_card_once() {
    let shop = Shop::sqlite().await;
    takes_cards(&shop, &[]).await;
    let token = shop.token().await;
    let onetime = async |body: Value| {
        let headers = [("authorization", &*token), ("idempotency-key", "key-1")];
        let head = format!("POST {ONETIME} application/json");
        shop.ask(&head, &headers, body.to_string()).await
    };
    let first = onetime(card()).await;
    assert_eq!((first.status, first.code()), (200, -1), "{}", first.text);
    assert_eq!(onetime(card()).await.body, first.body);
    let other = onetime(with(json!({"amount": 3001}))).await;
    assert_eq!((other.status, other.code()), (409, 1), "{}", other.text);
    // Nothing is known of the card by then, so it makes no other request.
    let card = onetime(with(json!({"card_number": "4000-0000-0000-0341"}))).await;
    assert_eq!(card.body, first.body);
    assert_eq!(shop.pg_calls(), 1);
}
