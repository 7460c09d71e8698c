//! Many schedules that are due in the same second.

use serde_json::{Value, json};

use crate::books::Shown;
use crate::shop::CUSTOMER;
use crate::{Api, until};

/// How many the API takes at once, and shows on a page.
const BATCH: usize = 1_000;

/// Registers so many, due at a moment, unix seconds. Each has an amount of its own.
pub async fn register(api: &Api, count: usize, due: i64) {
    let entry = |n: usize| json!({ "merchant_uid": format!("s-{n}"), "schedule_at": due, "amount": 1_000 + n });
    for first in (0..count).step_by(BATCH) {
        let wanted = first..count.min(first + BATCH);
        let entries: Vec<Value> = wanted.clone().map(entry).collect();
        let body = json!({ "customer_uid": CUSTOMER, "schedules": entries });
        let made = api.post("/subscribe/payments/schedule", &body).await;
        let made_count = made.response.as_array().map(Vec::len);
        assert_eq!(made_count, Some(wanted.len()), "{}", made.message);
    }
}

/// How many of them have run.
pub async fn executed(api: &Api, due: i64) -> usize {
    let page = page(api, due, "limit=1&schedule_status=executed").await;
    page["total"].as_u64().expect("a number") as usize
}

/// Waits until so many have run.
pub async fn until_executed(api: &Api, due: i64, count: usize) {
    until(&format!("{count} to be executed"), || async {
        (executed(api, due).await >= count).then_some(())
    })
    .await;
}

/// All of them as they stand, by their payments. A schedule that has not run, or has none, is missing.
pub async fn payments(api: &Api, due: i64) -> Vec<Shown> {
    let mut shown = Vec::new();
    for number in 1.. {
        let page = page(api, due, &format!("limit={BATCH}&page={number}")).await;
        let list = page["list"].as_array().expect("a list");
        shown.extend(list.iter().filter_map(payment));
        if list.len() < BATCH {
            break;
        }
    }
    shown
}

/// The payment of a schedule.
fn payment(schedule: &Value) -> Option<Shown> {
    Some(Shown {
        imp_uid: schedule["imp_uid"].as_str()?.to_owned(),
        // One whose end is not known yet has none in a schedule.
        status: schedule["payment_status"]
            .as_str()
            .unwrap_or("ready")
            .to_owned(),
        amount: schedule["amount"].as_i64().expect("a number"),
    })
}

async fn page(api: &Api, due: i64, query: &str) -> Value {
    let path = format!(
        "/subscribe/payments/schedule?from={due}&to={}&{query}",
        due + 1
    );
    api.get(&path).await.payment().clone()
}

/// Now by the product's clock, unix seconds.
pub async fn now(api: &Api) -> i64 {
    let clock = api.bare("GET", "/sandbox/clock", &[], Vec::new()).await;
    clock.json()["now"].as_i64().expect("a number")
}
