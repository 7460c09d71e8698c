//! From where, and how often, a merchant may call.

use std::net::IpAddr;

use dangol_domain::UserCode;
use dangol_domain::network::Network;
use dangol_engine::Settings;
use dangol_store::allowed_networks;

use super::shop::{Answered, IMP_KEY, IMP_SECRET, Shop, USER_CODE};

const GET_TOKEN: &str = "POST /users/getToken application/json";

fn limited(settings: &mut Settings) {
    settings.calls_per_second = 1;
    settings.failed_logins_per_minute = 3;
    settings.trusted_proxies = vec![IpAddr::from([127, 0, 0, 1])];
}

/// Asks for a token from an address, through the proxy.
async fn log_in(shop: &Shop, secret: &str, from: &str) -> Answered {
    let body = format!(r#"{{"imp_key": "{IMP_KEY}", "imp_secret": "{secret}"}}"#);
    shop.ask(GET_TOKEN, &[("x-forwarded-for", from)], body)
        .await
}

/// Looks something up from an address, with a token.
async fn look_up(shop: &Shop, from: &str) -> Answered {
    let token = shop.token().await;
    let headers = [("authorization", &*token), ("x-forwarded-for", from)];
    shop.ask("GET /cards/381", &headers, "").await
}

fn is_too_many(got: &Answered, after_s: &str) {
    assert_eq!((got.status, got.code()), (429, -1), "{}", got.text);
    assert_eq!(got.headers["retry-after"], after_s);
    assert!(got.message().contains("too many requests") && got.body["response"].is_null());
}

#[tokio::test]
async fn a_merchant_that_calls_too_often_waits_and_others_do_not() {
    for shop in [
        Shop::sqlite_with(limited).await,
        Shop::postgres_with(limited).await,
    ] {
        // Ten seconds' worth may come at once; the local clock stands still here.
        for _ in 0..10 {
            assert_eq!(look_up(&shop, "8.8.8.8").await.status, 200);
        }
        is_too_many(&look_up(&shop, "8.8.4.4").await, "1");
        is_too_many(&log_in(&shop, IMP_SECRET, "8.8.8.8").await, "1");
        let other = shop.other_merchants_token().await;
        let headers = [("authorization", &*other)];
        assert_eq!(shop.ask("GET /cards/381", &headers, "").await.status, 200);
    }
}

#[tokio::test]
async fn a_refused_charge_has_changed_nothing() {
    let shop = Shop::sqlite_with(limited).await;
    for _ in 0..10 {
        look_up(&shop, "8.8.8.8").await;
    }
    let body = r#"{"customer_uid": "단골 손님/1", "merchant_uid": "too-fast", "amount": 3000}"#;
    is_too_many(
        &shop.call("POST /subscribe/payments/again", body).await,
        "1",
    );
    let merchant = UserCode::parse(USER_CODE).unwrap();
    let found = dangol_store::payments::find_live(&shop.app.engine.db, &merchant, "too-fast");
    assert!(found.await.unwrap().is_none() && shop.pg_calls() == 0);
}

#[tokio::test]
async fn wrong_credentials_make_their_sender_wait() {
    let shop = Shop::sqlite_with(limited).await;
    for from in ["8.8.8.8", "2606:4700::1"] {
        // Right ones in between cost nothing.
        for _ in 0..3 {
            assert_eq!(log_in(&shop, IMP_SECRET, from).await.status, 200);
            assert_eq!(log_in(&shop, "wrong", from).await.status, 401);
        }
        is_too_many(&log_in(&shop, "wrong", from).await, "20");
        is_too_many(&log_in(&shop, IMP_SECRET, from).await, "20");
    }
    // The same line, another address; then another line.
    is_too_many(&log_in(&shop, "wrong", "2606:4700::2").await, "20");
    assert_eq!(log_in(&shop, "wrong", "8.8.4.4").await.status, 401);
    // A proxy that nobody named stands for everybody behind it.
    for _ in 0..5 {
        assert_eq!(log_in(&shop, "wrong", "10.0.0.9").await.status, 401);
    }
}

#[tokio::test]
async fn a_sandbox_has_no_limits() {
    let shop = Shop::sqlite().await;
    for _ in 0..400 {
        assert_eq!(look_up(&shop, "8.8.8.8").await.status, 200);
        assert_eq!(log_in(&shop, "wrong", "8.8.8.8").await.status, 401);
    }
    let live = Settings::new(false, String::new(), String::new());
    assert!(live.calls_per_second > 0 && live.failed_logins_per_minute > 0);
}

async fn allow(shop: &Shop, networks: &[&str]) {
    let networks: Vec<Network> = networks.iter().map(|text| text.parse().unwrap()).collect();
    let merchant = UserCode::parse(USER_CODE).unwrap();
    let db = &shop.app.engine.db;
    let changed = allowed_networks::change(db, &merchant, &networks, &[], 0);
    changed.await.unwrap();
}

#[tokio::test]
async fn only_allowed_addresses_call_when_a_merchant_names_some() {
    let behind_proxy =
        |settings: &mut Settings| settings.trusted_proxies = vec![IpAddr::from([127, 0, 0, 1])];
    for shop in [
        Shop::sqlite_with(behind_proxy).await,
        Shop::postgres_with(behind_proxy).await,
    ] {
        allow(&shop, &["203.0.113.0/24", "2001:db8::/32"]).await;
        for from in [
            "203.0.113.9",
            "::ffff:203.0.113.9",
            "198.51.100.1, 203.0.113.9",
            "2001:db8:1::1",
        ] {
            assert_eq!(log_in(&shop, IMP_SECRET, from).await.status, 200, "{from}");
            assert_eq!(look_up(&shop, from).await.status, 200, "{from}");
        }
        for (from, seen) in [
            ("203.0.114.9", "203.0.114.9"),
            // What a client adds before the proxy does is not believed.
            ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("2001:db9::1", "2001:db9::1"),
            ("", "unknown"),
        ] {
            for got in [
                log_in(&shop, IMP_SECRET, from).await,
                look_up(&shop, from).await,
            ] {
                assert_eq!((got.status, got.code()), (403, -1), "{from}: {}", got.text);
                assert!(got.body["response"].is_null());
                let told = format!("no calls from {seen})");
                assert!(got.message().contains(&told), "{}", got.message());
                assert!(!got.text.contains("203.0.113.0/24"), "the list is not told");
            }
        }
        // Who has no secret does not learn that there is a list.
        assert_eq!(log_in(&shop, "wrong", "203.0.114.9").await.status, 401);
        // The page's list is public, and another merchant has no list.
        let page = format!("GET /users/pg/{USER_CODE}");
        assert_eq!(shop.ask(&page, &[], "").await.status, 200);
        let other = shop.other_merchants_token().await;
        let headers = [("authorization", &*other), ("x-forwarded-for", "9.9.9.9")];
        assert_eq!(shop.ask("GET /cards/381", &headers, "").await.status, 200);
    }
}

#[tokio::test]
async fn without_a_proxy_nobody_speaks_for_another_address() {
    let shop = Shop::sqlite().await;
    allow(&shop, &["203.0.113.9"]).await;
    let got = look_up(&shop, "203.0.113.9").await;
    assert_eq!(got.status, 403, "{}", got.text);
    assert!(got.message().contains("127.0.0.1"));
    let shop = Shop::sqlite().await;
    allow(&shop, &["127.0.0.0/8"]).await;
    assert_eq!(look_up(&shop, "198.51.100.1").await.status, 200);
}
