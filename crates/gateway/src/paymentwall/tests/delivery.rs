//! How a delivery stands.

use std::collections::BTreeMap;

use dangol_domain::{CardFacts, Receipt};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway};
use crate::paymentwall::Connector;
use crate::service::{Served, Service, ServiceOrder};
use crate::wire::WireError;

fn service() -> &'static dyn Service {
    let [service] = Connector.services() else {
        panic!("one service");
    };
    *service
}

/// Something physical, in the words of the service's own examples.
fn order() -> ServiceOrder {
    let examples = service().params().iter();
    let mut values: BTreeMap<_, _> = examples
        .map(|param| (param.name, param.example.to_owned()))
        .collect();
    values.insert(
        "estimated_update_datetime",
        (NOW_MS / 1000 + 300).to_string(),
    );
    values.insert(
        "estimated_delivery_datetime",
        (NOW_MS / 1000 + 86_700).to_string(),
    );
    ServiceOrder {
        order_id: "imps_123456789012".to_owned(),
        merchant_uid: "order-2026-0001".to_owned(),
        name: "Monthly plan".to_owned(),
        receipt: Receipt {
            pg_tid: "104872652".to_owned(),
            amount: cents(990),
            approval_number: None,
            approved_at_ms: Some(NOW_MS),
            card: CardFacts::default(),
            quota: 0,
            partial_cancel: None,
            receipt_url: None,
            cancel_key: None,
        },
        values,
    }
}

async fn served(script: &Script, channel: &Channel, order: &ServiceOrder) -> Served {
    service().call(script, channel, order).await
}

#[tokio::test]
async fn a_delivery_is_the_transcript() {
    let recorded = transcript("delivery");
    let script = Script::json(&recorded["answer"]);
    let told = served(&script, &channel(), &order()).await;
    assert!(matches!(told, Served::Done(told) if told == json!({"success": 1})));
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("delivery"));
    assert_eq!(script.asked(), recorded["request"]);
}

#[tokio::test]
async fn what_was_not_told_is_not_sent_and_a_live_key_is_no_test() {
    let mut digital = order();
    digital.values = BTreeMap::from([
        ("type", "digital".to_owned()),
        ("status", "delivered".to_owned()),
        ("refundable", "no".to_owned()),
        ("estimated_delivery_datetime", "1795048560".to_owned()),
        ("estimated_update_datetime", "1795048560".to_owned()),
        ("shipping_address_email", "jack@example.com".to_owned()),
    ]);
    let script = Script::json(&json!({"success": 1}));
    let live = channel_with("brick_public_key", "33c1806e0daf60fc31f2167f0e4d59");
    served(&script, &live, &digital).await;
    let sent = &script.asked()["params"];
    let names: Vec<&String> = sent.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 9, "{names:?}");
    assert_eq!(
        (&sent["refundable"], &sent["details"]),
        (&json!("0"), &json!("Monthly plan"))
    );
    assert_eq!(
        sent["estimated_delivery_datetime"],
        "2026/11/19 00:36:00 +0000"
    );
}

#[tokio::test]
async fn a_refusal_is_told_in_paymentwalls_words() {
    let documented = json!({
        "error_code": 2, "error": "Wrong parameters passed", "notices": ["You don't have access to this delivery"],
    });
    let detail = |code: Value, error: &str, notices: Value| json!({"error": error, "error_code": code, "notices": notices});
    for (script, message, told) in [
        (
            Script::json(&documented),
            "Wrong parameters passed (You don't have access to this delivery)",
            documented.clone(),
        ),
        (
            Script::refusal(401, 4007, "API key is invalid"),
            "API key is invalid",
            detail(json!(4007), "API key is invalid", json!([])),
        ),
        (
            Script::json(&json!({"success": 1, "error": "but"})),
            "but",
            detail(Value::Null, "but", json!([])),
        ),
    ] {
        match served(&script, &channel(), &order()).await {
            Served::Refused {
                message: said,
                detail,
            } => {
                assert_eq!((said.as_str(), detail), (message, Some(told)));
            }
            other => panic!("{message}: {other:?}"),
        }
    }
    for script in [
        Script::json(&json!({})),
        Script::json(&json!({"success": 0})),
        Script::raw(200, b"1"),
        Script::raw(502, br#"{"success":1}"#),
        Script::error(WireError::TimedOut),
    ] {
        let told = served(&script, &channel(), &order()).await;
        assert!(matches!(told, Served::Unknown(_)), "{told:?}");
    }
    let down = Script::error(WireError::NotConnected);
    let told = served(&down, &channel(), &order()).await;
    assert!(matches!(told, Served::NotSent(_)), "{told:?}");
    let mut nameless = order();
    nameless.receipt.pg_tid = "1/../2".to_owned();
    let silent = Script::silent();
    let told = served(&silent, &channel(), &nameless).await;
    assert!(matches!(told, Served::NotSent(_)) && silent.asked_nothing());
}
