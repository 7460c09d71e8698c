//! The state of an order's product.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway};
use crate::payco::Connector;
use crate::service::{Served, ServiceOrder};
use crate::wire::WireError;

async fn served(script: &Script, channel: &Channel, status: &str) -> Served {
    let order = ServiceOrder {
        order_id: "imps_123456789012".to_owned(),
        merchant_uid: "order-1".to_owned(),
        name: String::new(),
        receipt: receipt(),
        values: BTreeMap::from([("status", status.to_owned())]),
    };
    let [service] = Connector.services() else {
        panic!("one service");
    };
    service.call(script, channel, &order).await
}

#[tokio::test]
async fn a_changed_status_is_the_transcript() {
    let recorded = transcript("order_status");
    let script = Script::json(&recorded["answer"]);
    let served = served(&script, &channel(), "DELIVERY_START").await;
    assert!(matches!(served, Served::Done(told) if told == json!({"status": "DELIVERY_START"})));
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("order_status"));
    assert_eq!(sent["request"], recorded["request"]);
}

#[tokio::test]
async fn what_payco_says_to_it_is_told() {
    let recorded = transcript("order_status");
    for (answer, is_done) in [
        (answer_with(&recorded, "orderNo", Value::Null), true),
        (code(0), true),
        (code("0"), true),
        (
            answer_with(&recorded, "orderNo", json!("202611190900000009")),
            false,
        ),
    ] {
        let served = served(&Script::json(&answer), &channel(), "CANCELED").await;
        assert_eq!(matches!(served, Served::Done(_)), is_done, "{answer}");
        assert_eq!(matches!(served, Served::Unknown(_)), !is_done, "{answer}");
    }
    let text = "파라미터 정보가 유효하지 않습니다. orderProductStatus field reject";
    for refused in [
        code(1001),
        code(77),
        json!({"code": "1001", "message": text}),
    ] {
        match served(&Script::json(&refused), &channel(), "asdf").await {
            Served::Refused { message, detail } => {
                assert_eq!((json!(message), detail), (refused["message"].clone(), None));
            }
            other => panic!("{refused}: {other:?}"),
        }
    }
    for unclear in [
        Script::json(&code(9000)),
        Script::json(&json!({"message": "?"})),
        Script::raw(500, b""),
        Script::raw(200, b"<html>"),
        Script::error(WireError::TimedOut),
    ] {
        let served = served(&unclear, &channel(), "DELIVERY_START").await;
        assert!(matches!(served, Served::Unknown(_)), "{served:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let down = Script::error(WireError::NotConnected);
    let served_down = served(&down, &channel(), "DELIVERY_START").await;
    assert!(matches!(served_down, Served::NotSent(_)), "{served_down:?}");
    let channel = channel_with("product_id", "");
    match served(&Script::default(), &channel, "DELIVERY_START").await {
        Served::NotSent(failure) => assert!(failure.message.contains("product_id")),
        other => panic!("{other:?}"),
    }
}
