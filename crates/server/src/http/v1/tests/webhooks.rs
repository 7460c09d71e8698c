//! Webhooks by API, for a receiver that is out of reach.

use axum::body::Body;
use serde_json::{Value, json};

use super::schedules::{is, now, post};
use super::shop::{CUSTOMER, Shop};

const HOUR: i64 = 3_600;

/// Schedules that fail when they are due, which is told at another moment each.
async fn fail_five(shop: &Shop) {
    let at = now(shop) + HOUR;
    let entry = |n: i64| {
        json!({"merchant_uid": format!("s-{n}"), "schedule_at": at + n, "amount": 3000,
            "notice_url": "https://shop.example/hook"})
    };
    let entries: Vec<Value> = (0..5).map(entry).collect();
    let body = json!({"customer_uid": CUSTOMER, "schedules": entries});
    assert_eq!(post(shop, "schedule", body).await.code(), 0);
    shop.advance(HOUR + 10).await;
}

async fn get(shop: &Shop, path: &str) -> Value {
    let got = shop.call(&format!("GET {path}"), "").await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    got.body["response"].clone()
}

fn uids(page: &Value) -> Vec<&str> {
    let list = page["list"].as_array().expect("an array");
    let uids = list.iter().map(|webhook| &webhook["body"]["merchant_uid"]);
    uids.map(|uid| uid.as_str().expect("a text")).collect()
}

#[tokio::test]
async fn what_was_sent_is_listed_newest_first_and_sent_again() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        assert_eq!(
            get(&shop, "/webhooks").await,
            json!({"list": [], "next": null})
        );
        fail_five(&shop).await;
        let all = get(&shop, "/webhooks").await;
        assert_eq!(uids(&all), ["s-4", "s-3", "s-2", "s-1", "s-0"]);
        assert_eq!(all["next"], Value::Null);
        let first = get(&shop, "/webhooks/?limit=3").await;
        assert_eq!(uids(&first), ["s-4", "s-3", "s-2"]);
        let next = first["next"].as_str().expect("there are more");
        let second = get(&shop, &format!("/webhooks?limit=3&before={next}")).await;
        assert_eq!(uids(&second), ["s-1", "s-0"]);
        assert_eq!(second["next"], Value::Null);
        let two = get(&shop, &format!("/webhooks?limit=2&before={next}")).await;
        assert_eq!(two["next"], Value::Null, "exactly the rest");

        let webhook = &all["list"][1];
        let id = webhook["id"].as_str().expect("a text");
        let imp_uid = webhook["imp_uid"].as_str().expect("a text");
        let one = get(&shop, &format!("/webhooks/{id}")).await;
        assert_eq!(one, *webhook);
        let tries = one["tries"].as_array().expect("an array").clone();
        assert_eq!(
            tries[0],
            json!({"answer": "no connection", "at": one["created_at"], "http_status": null})
        );
        assert_eq!(
            one,
            json!({
                "body": {"imp_uid": imp_uid, "merchant_uid": "s-3", "status": "failed"},
                "content_type": "application/json", "created_at": one["created_at"], "id": id, "imp_uid": imp_uid,
                "status": "queued", "tries": tries, "url": "https://shop.example/hook",
            })
        );
        let of_payment = get(&shop, &format!("/webhooks?imp_uid={imp_uid}")).await;
        assert_eq!(of_payment, json!({"list": [webhook], "next": null}));

        let resend = format!("POST /webhooks/{id}/resend");
        is(&shop.call(&resend, "").await, 200, 1, "still on its way");
        shop.advance(3 * 24 * HOUR).await;
        let dead = get(&shop, &format!("/webhooks/{id}")).await;
        let tried = dead["tries"].as_array().map(Vec::len);
        assert_eq!((&dead["status"], tried), (&json!("dead"), Some(8)));
        let again = shop.call(&resend, "").await;
        assert_eq!(again.body["response"]["status"], "queued", "{}", again.text);
        is(&shop.call(&resend, "").await, 200, 1, "still on its way");
        shop.advance(1).await;
        let tried = get(&shop, &format!("/webhooks/{id}")).await;
        assert_eq!(tried["tries"].as_array().map(Vec::len), Some(9));
        assert_eq!(tried["status"], "dead");
    }
}

#[tokio::test]
async fn webhooks_are_their_merchants_own() {
    let shop = Shop::sqlite().await;
    fail_five(&shop).await;
    let all = get(&shop, "/webhooks").await;
    let id = all["list"][0]["id"].as_str().expect("a text");
    let imp_uid = all["list"][0]["imp_uid"].as_str().expect("a text");
    shop.advance(3 * 24 * HOUR).await;
    let token = shop.other_merchants_token().await;
    let other = async |head: &str| {
        let headers = [("authorization", token.as_str())];
        shop.ask(head, &headers, Body::empty()).await
    };
    let list = other("GET /webhooks").await;
    assert_eq!(list.body["response"], json!({"list": [], "next": null}));
    for head in [
        format!("GET /webhooks/{id}"),
        format!("POST /webhooks/{id}/resend"),
        format!("GET /webhooks?imp_uid={imp_uid}"),
    ] {
        is(&other(&head).await, 404, -1, "존재하지 않는");
        let nobody = shop.ask(&head, &[], Body::empty()).await;
        is(&nobody, 401, -1, "Unauthorized");
    }
    let untouched = get(&shop, &format!("/webhooks/{id}")).await;
    assert_eq!(untouched["status"], "dead");
    for (head, status, message) in [
        ("GET /webhooks?limit=101", 400, "limit: "),
        ("GET /webhooks?limit=x", 400, "limit: "),
        ("GET /webhooks/msg_0", 404, ""),
        ("POST /webhooks/msg_0", 405, ""),
    ] {
        let refused = shop.call(head, "").await;
        assert_eq!(refused.status, status, "{head}: {}", refused.text);
        assert!(refused.message().starts_with(message), "{head}");
    }
}
