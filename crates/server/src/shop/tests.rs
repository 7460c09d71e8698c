//! The shop's server against a wire that is scripted, so that each answer and each silence can be shown.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use dangol_gateway::wire::{Answer, Request, WireError};
use serde_json::Value;
use tower::ServiceExt;

use super::*;

const SECRET: &str = "a-very-secret-secret";

/// Answers in order, and remembers what it was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<(u16, Value), WireError>>>,
    asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Wire for Script {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        self.asked.lock().unwrap().push(request);
        let (status, body) = self
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("a scripted answer")?;
        Ok(Answer {
            status,
            content_type: "application/json".to_owned(),
            retry_after_s: None,
            body: body.to_string().into_bytes(),
        })
    }
}

/// Each look is a second later.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }
}

fn shop(
    answers: impl IntoIterator<Item = Result<(u16, Value), WireError>>,
) -> (Router, Arc<Script>) {
    let wire = Arc::new(Script::default());
    wire.answers.lock().unwrap().extend(answers);
    let config = ShopConfig {
        main_url: "http://127.0.0.1:8080".to_owned(),
        shop_url: "http://shop.test:8082".to_owned(),
        user_code: "imp00000000".to_owned(),
        imp_key: "key".to_owned(),
        imp_secret: Secret::new(SECRET),
        wire: wire.clone(),
        clock: Arc::new(Ticking::default()),
    };
    (router(config), wire)
}

fn token() -> Result<(u16, Value), WireError> {
    Ok((
        200,
        json!({ "code": 0, "response": { "access_token": "the-token" } }),
    ))
}

async fn send(shop: &Router, request: axum::http::request::Builder, body: &str) -> (u16, String) {
    let request: HttpRequest<Body> = request.body(Body::from(body.to_owned())).unwrap();
    let response = shop.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn get_of(path: &str) -> axum::http::request::Builder {
    HttpRequest::get(path).header("host", "localhost:8082")
}

fn post_of(path: &str) -> axum::http::request::Builder {
    HttpRequest::post(path)
        .header("host", "localhost:8082")
        .header("content-type", "application/json")
}

const CHARGE: &str =
    r#"{"customer_uid":"gildong","merchant_uid":"order_1","amount":3000,"imp_uid":"x"}"#;

#[tokio::test]
async fn a_charge_goes_out_with_a_token_and_exactly_three_fields() {
    let paid = json!({ "code": 0, "response": { "status": "paid" } });
    let (shop, wire) = shop([token(), Ok((200, paid.clone()))]);
    let (status, body) = send(&shop, post_of("/api/again"), CHARGE).await;
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({ "status": 200, "body": paid })
    );
    assert!(!body.contains(SECRET) && !body.contains("the-token"));
    let asked = wire.asked.lock().unwrap();
    assert_eq!(asked[0].url, "http://127.0.0.1:8080/users/getToken");
    assert_eq!(
        asked[1].url,
        "http://127.0.0.1:8080/subscribe/payments/again"
    );
    assert!(
        asked[1]
            .headers
            .contains(&("authorization", "the-token".to_owned()))
    );
    let sent: Value = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(
        sent,
        json!({ "customer_uid": "gildong", "merchant_uid": "order_1", "amount": 3000 })
    );
}

#[tokio::test]
async fn a_lost_charge_is_not_called_a_failed_one() {
    let cases = [
        (vec![Err(WireError::NotConnected)], 502, "not_connected"),
        // The token was lost, so no charge was sent.
        (vec![Err(WireError::TimedOut)], 502, "not_connected"),
        (
            vec![token(), Err(WireError::NotConnected)],
            502,
            "not_connected",
        ),
        (vec![token(), Err(WireError::Lost)], 504, "no_answer"),
        (vec![token(), Err(WireError::TimedOut)], 504, "no_answer"),
    ];
    for (answers, status, error) in cases {
        let (shop, _) = shop(answers);
        let answer = send(&shop, post_of("/api/again"), CHARGE).await;
        assert_eq!(answer, (status, json!({ "error": error }).to_string()));
    }
}

#[tokio::test]
async fn only_the_shops_own_page_may_charge() {
    let (shop, wire) = shop([]);
    for site in ["cross-site", "same-site", "none"] {
        let request = post_of("/api/again").header("sec-fetch-site", site);
        assert_eq!(send(&shop, request, CHARGE).await.0, 403, "{site}");
    }
    let form = HttpRequest::post("/api/again")
        .header("host", "localhost:8082")
        .header("content-type", "text/plain");
    assert_eq!(send(&shop, form, CHARGE).await.0, 415);
    for host in [
        "evil.test",
        "localhost.evil.test:8082",
        "127.0.0.1.evil.test",
        "",
    ] {
        let request = HttpRequest::get("/api/config").header("host", host);
        assert_eq!(send(&shop, request, "").await.0, 403, "{host}");
    }
    assert!(wire.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_page_learns_the_channels_and_no_secret() {
    let channel = json!({ "pg_provider": "acme", "pg_id": "A1", "channel_key": "c", "type": "payment", "default": true });
    let merchants = json!([{ "user_code": "imp00000000", "imp_key": "key", "imp_secret": SECRET }]);
    let sandbox = json!({ "main": "m", "shop": "s", "pg": {}, "merchants": merchants, "channels": [channel] });
    let (shop, _) = shop([Ok((200, sandbox))]);
    let (status, body) = send(
        &shop,
        get_of("/api/config").header("sec-fetch-site", "same-origin"),
        "",
    )
    .await;
    assert_eq!(status, 200);
    assert!(!body.contains(SECRET), "{body}");
    let config: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(config["main_url"], "http://127.0.0.1:8080");
    assert_eq!(config["channels"], json!([channel]));
}

#[tokio::test]
async fn a_look_up_takes_an_imp_uid_and_no_path() {
    let (shop, wire) = shop([token(), Ok((404, json!({ "code": -1 })))]);
    let (status, body) = send(&shop, get_of("/api/payment/imp_123"), "").await;
    assert_eq!(
        (status, body),
        (200, r#"{"status":404,"body":{"code":-1}}"#.to_owned())
    );
    for path in [
        "/api/payment/..%2Fusers",
        "/api/payment/a%3Fb",
        "/api/payment/imp%20",
    ] {
        assert_eq!(send(&shop, get_of(path), "").await.0, 400, "{path}");
    }
    assert_eq!(
        wire.asked.lock().unwrap()[1].url,
        "http://127.0.0.1:8080/payments/imp_123"
    );
}

#[tokio::test]
async fn refused_credentials_are_told_as_the_api_told_them() {
    let refusal = json!({ "code": -1, "message": "no", "response": null });
    let (shop, _) = shop([Ok((401, refusal.clone()))]);
    let (_, body) = send(&shop, post_of("/api/again"), CHARGE).await;
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({ "status": 401, "body": refusal })
    );
}

#[tokio::test]
async fn webhooks_are_kept_in_both_forms_and_only_the_last_hundred() {
    let (shop, _) = shop([]);
    for at in 0..99 {
        send(
            &shop,
            post_of("/webhook"),
            &json!({ "imp_uid": at }).to_string(),
        )
        .await;
    }
    let form = HttpRequest::post("/webhook")
        .header("host", "127.0.0.1:8082")
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
    let answer = send(&shop, form, "imp_uid=imp_1&name=%EB%8B%A8%EA%B3%A8+drip").await;
    assert_eq!(answer, (200, "ok".to_owned()));
    send(&shop, post_of("/webhook"), "{broken").await;
    let (_, body) = send(&shop, get_of("/api/webhooks"), "").await;
    let list: Value = serde_json::from_str(&body).unwrap();
    let entries = list["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 100);
    assert_eq!(entries[0]["seq"], 2);
    assert_eq!(
        entries[98]["body"],
        json!({ "imp_uid": "imp_1", "name": "단골 drip" })
    );
    assert_eq!(entries[99]["body"], "{broken");
    assert_eq!(entries[99]["at_ms"], 100_000);
    let large = "x".repeat(BODY_BYTES_MAX + 1);
    assert_eq!(send(&shop, post_of("/webhook"), &large).await.0, 413);
}

#[tokio::test]
async fn the_pages_come_with_their_files_and_their_policy() {
    let (shop, _) = shop([]);
    for path in ["/", "/complete?imp_uid=imp_1"] {
        let request = get_of(path).body(Body::empty()).unwrap();
        let response = shop.clone().oneshot(request).await.unwrap();
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.contains("script-src 'self' http://127.0.0.1:8080 'unsafe-eval'"),
            "{policy}"
        );
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = String::from_utf8(bytes.to_vec()).unwrap();
        // Inline scripts would be refused by the policy, so every script is a file, and each file is there.
        let files: Vec<&str> = html
            .split(r#"="/"#)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let files: Vec<&str> = files
            .into_iter()
            .filter(|file| file.contains('.'))
            .collect();
        assert_eq!(files.len(), 3, "{files:?}");
        for file in files {
            assert_eq!(
                send(&shop, get_of(&format!("/{file}")), "").await.0,
                200,
                "{file}"
            );
        }
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script type=\"module\" src=").count()
        );
    }
    assert_eq!(send(&shop, get_of("/..%2Findex.html"), "").await.0, 404);
}
