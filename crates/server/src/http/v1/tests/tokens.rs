//! Tokens, and what every answer has in common.

use axum::body::Body;
use dangol_gateway::wire::{Request, Wire};
use dangol_wire::HttpWire;

use super::shop::{Answered, IMP_KEY, IMP_SECRET, Shop};

const GET_TOKEN: &str = "POST /users/getToken application/json";

fn credentials() -> String {
    format!(r#"{{"imp_key": "{IMP_KEY}", "imp_secret": "{IMP_SECRET}"}}"#)
}

async fn get_token(shop: &Shop) -> (String, i64, i64) {
    let got = shop.ask(GET_TOKEN, &[], credentials()).await;
    let number = |name: &str| got.body["response"][name].as_i64().unwrap();
    let token = got.body["response"]["access_token"].as_str().unwrap();
    (token.to_owned(), number("now"), number("expired_at"))
}

#[tokio::test]
async fn a_token_comes_whatever_way_it_is_asked_for() {
    let shop = Shop::sqlite().await;
    for (head, body) in [
        (GET_TOKEN, credentials()),
        // A key of digits may come as a number.
        (
            GET_TOKEN,
            format!(r#"{{"imp_key": {IMP_KEY}, "imp_secret": "{IMP_SECRET}"}}"#),
        ),
        (
            "POST /users/getToken/ application/json; charset=utf-8",
            credentials(),
        ),
        ("POST /users/getToken", credentials()),
        (
            "POST /users/getToken application/x-www-form-urlencoded",
            credentials(),
        ),
        (
            "POST /users/getToken application/x-www-form-urlencoded",
            format!("imp_key={IMP_KEY}& imp_secret={IMP_SECRET}"),
        ),
        (
            &format!("POST /users/getToken?imp_key={IMP_KEY}"),
            format!("imp_secret={IMP_SECRET}"),
        ),
    ] {
        let got = shop.ask(head, &[], body).await;
        assert_eq!((got.status, got.code()), (200, 0), "{head}: {}", got.text);
        let token = got.body["response"]["access_token"].as_str().unwrap();
        assert!(
            token.len() == 40
                && token
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        );
        assert_eq!(got.headers["content-type"], "application/json");
        assert_eq!(got.headers["cache-control"], "no-store");
    }
    for (body, status, message) in [
        ("{}", 400, "imp_key, imp_secret 파라메터가 누락되었습니다."),
        (
            r#"{"imp_key": "x", "imp_secret": null}"#,
            400,
            "imp_key, imp_secret 파라메터가 누락되었습니다.",
        ),
        (
            r#"{"imp_key": "x", "imp_secret": "y"}"#,
            401,
            "인증에 실패하였습니다. API키와 secret을 확인하세요.",
        ),
        (
            &format!(r#"{{"imp_key": "{IMP_KEY}", "imp_secret": "y"}}"#),
            401,
            "인증에 실패하였습니다. API키와 secret을 확인하세요.",
        ),
    ] {
        let got = shop.ask(GET_TOKEN, &[], body.to_owned()).await;
        assert_eq!(
            (got.status, got.code(), got.message()),
            (status, -1, message),
            "{body}"
        );
        assert!(got.body["response"].is_null());
    }
}

#[tokio::test]
async fn the_token_stays_the_same_until_it_expires() {
    let shop = Shop::sqlite().await;
    let (token, now, end) = get_token(&shop).await;
    assert_eq!(end - now, 1_800);
    // The clock ticks on while the test runs, and may pass a second.
    let about = |at: i64, seconds: i64| (seconds..seconds + 5).contains(&(at - now));
    shop.advance(1_730).await;
    let (same, at, until) = get_token(&shop).await;
    assert_eq!((same, until), (token.clone(), end));
    assert!(about(at, 1_730), "{at}");
    shop.advance(20).await;
    let (same, at, until) = get_token(&shop).await;
    assert_eq!(
        (same, until),
        (token.clone(), end + 300),
        "the last minute adds five"
    );
    assert!(about(at, 1_750), "{at}");
    assert_eq!(
        with_token(&shop, &[("authorization", &token)], "")
            .await
            .status,
        200
    );
    shop.advance(351).await;
    let refused = with_token(&shop, &[("authorization", &token)], "").await;
    assert_eq!((refused.status, refused.message()), (401, "Unauthorized"));
    let (newer, now, end) = get_token(&shop).await;
    assert_ne!(newer, token);
    assert_eq!(end - now, 1_800);
}

async fn with_token(shop: &Shop, headers: &[(&str, &str)], query: &str) -> Answered {
    shop.ask(&format!("GET /users/pg{query}"), headers, Body::empty())
        .await
}

#[tokio::test]
async fn a_token_is_read_in_four_ways_and_nothing_else_gets_in() {
    let shop = Shop::sqlite().await;
    let (token, ..) = get_token(&shop).await;
    let token = token.as_str();
    let bearer = format!("Bearer {token}");
    let lower = format!("bearer  {token} ");
    for (headers, query) in [
        (&[("authorization", token)][..], String::new()),
        (&[("authorization", &bearer)], String::new()),
        (&[("authorization", &lower)], String::new()),
        (&[("x-imptokenheader", token)], String::new()),
        (
            &[("authorization", ""), ("X-ImpTokenHeader", token)],
            String::new(),
        ),
        (&[], format!("?_token={token}")),
        (&[], format!("?a=1&+_token={token}")),
    ] {
        let got = with_token(&shop, headers, &query).await;
        assert_eq!(got.status, 200, "{headers:?} {query}");
    }
    let forged = format!(
        "{}{}",
        if token.starts_with('0') { '1' } else { '0' },
        &token[1..]
    );
    let twice = format!("{token}{token}");
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "null",
        "Basic eDp5",
        &forged,
        &twice,
        &token[..39],
        &token.to_uppercase()[1..],
    ] {
        let got = with_token(&shop, &[("authorization", value)], "").await;
        let expected = r#"{"code":-1,"message":"Unauthorized","response":null}"#;
        assert_eq!((got.status, got.text.as_str()), (401, expected), "{value}");
    }
    for head in [
        "GET /payments/imp_000000000000",
        "GET /payments/find/x",
        "GET /payments/find/x/paid",
        "GET /payments?imp_uid=imp_000000000000",
        "GET /payments/findAll/x",
        "GET /payments/findAll/x/paid",
        "GET /payments/status/all",
        "GET /payments/imp_000000000000/balance",
        "POST /payments/prepare",
        "PUT /payments/prepare",
        "GET /payments/prepare/x",
        "GET /subscribe/customers?customer_uid=x",
        "GET /subscribe/customers/x",
        "GET /subscribe/customers/x/payments",
        "GET /cards",
        "GET /cards/361",
        "GET /banks",
        "GET /banks/004",
        "GET /tiers/ABC",
        "POST /subscribe/payments/again",
        "GET /users/pg",
    ] {
        let got = shop.ask(head, &[], Body::empty()).await;
        assert_eq!((got.status, got.message()), (401, "Unauthorized"), "{head}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_envelope() {
    let shop = Shop::sqlite().await;
    for (head, status) in [
        ("GET /nowhere", 404),
        ("POST /subscribe/payments/foreign", 404),
        ("GET /users/getToken", 405),
        ("DELETE /payments/imp_000000000000", 405),
        ("PUT /subscribe/payments/again/", 405),
    ] {
        let got = shop.ask(head, &[], Body::empty()).await;
        assert_eq!((got.status, got.code()), (status, -1), "{head}");
        assert!(
            !got.message().is_empty() && got.body["response"].is_null(),
            "{head}"
        );
        assert_eq!(got.headers["content-type"], "application/json", "{head}");
    }
    let allowed = shop.ask("GET /users/getToken", &[], Body::empty()).await;
    assert_eq!(allowed.headers["allow"], "POST");
}

#[tokio::test]
async fn a_caller_who_is_still_writing_reads_why_his_body_is_refused() {
    let shop = Shop::sqlite().await;
    let url = shop.listen().await;
    let wire = HttpWire::new().unwrap();
    for (size, status) in [
        (1024 * 1024, 400),
        (1024 * 1024 + 1, 413),
        (10 * 1024 * 1024, 413),
    ] {
        let body = vec![b' '; size];
        let request = Request::post(format!("{url}/users/getToken"), "application/json", body);
        let got = wire.send(request).await.unwrap();
        assert_eq!(got.status, status, "{size}");
        let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        assert!(body["message"].is_string() && body["response"].is_null());
    }
}
