//! Schedules at a PG out of reach: what their tests share.

mod registering;
mod running;

use dangol_store::jobs;
use serde_json::{Value, json};

use super::shop::{self, Answered, CUSTOMER, Shop};

const HOUR: i64 = 3_600;

pub fn now(shop: &Shop) -> i64 {
    shop.app.engine.now_ms().div_euclid(1_000)
}

pub async fn post(shop: &Shop, path: &str, body: Value) -> Answered {
    shop.call(
        &format!("POST /subscribe/payments/{path}"),
        &body.to_string(),
    )
    .await
}

pub async fn get(shop: &Shop, path: &str) -> Answered {
    shop.call(&format!("GET /subscribe/{path}"), "").await
}

/// Registers schedules of 3,000 won: a name and how many seconds from now.
pub async fn register(shop: &Shop, entries: &[(&str, i64)]) -> Answered {
    let now = now(shop);
    let entry = |(uid, in_s): &(&str, i64)| json!({"merchant_uid": uid, "schedule_at": now + in_s, "amount": 3000});
    let schedules: Vec<Value> = entries.iter().map(entry).collect();
    let body = json!({"customer_uid": CUSTOMER, "schedules": schedules});
    post(shop, "schedule", body).await
}

pub async fn one(shop: &Shop, uid: &str) -> Value {
    let found = get(shop, &format!("payments/schedule/{uid}")).await;
    assert_eq!((found.status, found.code()), (200, 0), "{}", found.text);
    found.body["response"].clone()
}

pub fn uids(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("an array");
    list.iter()
        .map(|schedule| schedule["merchant_uid"].as_str().expect("a text"))
        .collect()
}

pub fn is(answer: &Answered, status: u16, code: i64, message: &str) {
    assert_eq!(
        (answer.status, answer.code()),
        (status, code),
        "{}",
        answer.text
    );
    assert!(answer.message().contains(message), "{}", answer.text);
    assert!(answer.body["response"].is_null(), "{}", answer.text);
}

pub async fn pending_jobs(shop: &Shop) -> i64 {
    let pending = jobs::pending(&shop.app.engine.db).await.unwrap();
    let of = pending.iter().find(|(kind, _)| kind == "pay_schedule");
    of.map_or(0, |(_, count)| *count)
}

/// Makes two tests of each function, one on each engine.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Shop::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Shop::postgres().await).await;
            })*
        }
    };
}

use on_both;
