//! Refunds, and the deletion of keys, which there is none of.

use dangol_domain::{CardFacts, FailureClass, Outcome, Receipt};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{CancelOrder, Channel, Gateway, Revoked};
use crate::paymentwall::Connector;
use crate::wire::WireError;

fn receipt() -> Receipt {
    Receipt {
        pg_tid: "104872652".to_owned(),
        amount: cents(990),
        approval_number: None,
        approved_at_ms: Some(NOW_MS),
        card: CardFacts::default(),
        quota: 0,
        partial_cancel: Some(true),
        receipt_url: None,
        cancel_key: None,
    }
}

fn cancel(amount: i64, balance: i64, partly_cancelled: bool) -> CancelOrder {
    CancelOrder {
        cancel_id: "rf-0001".to_owned(),
        order_id: "imp_123456789012".to_owned(),
        amount: cents(amount),
        balance,
        partly_cancelled,
        reason: "partial refund".to_owned(),
        at_ms: NOW_MS,
    }
}

async fn cancelled(script: &Script, channel: &Channel, order: &CancelOrder) -> Outcome {
    Connector.cancel(script, channel, &receipt(), order).await
}

fn by_brick() -> Channel {
    channel_saying(&[("refund", "brick")])
}

#[tokio::test]
async fn a_ticket_is_the_transcript_and_only_a_beginning() {
    let recorded = transcript("ticket_part");
    let script = Script::json(&recorded["answer"]);
    let v2 = channel_saying(&[("sign_version", "2")]);
    let outcome = cancelled(&script, &v2, &cancel(330, 990, false)).await;
    assert!(
        matches!(outcome, Outcome::Pending(_)),
        "a pingback tells its end: {outcome:?}"
    );
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("ticket_part"));
    assert_eq!(
        script.asked()["params"]["sign"],
        "c9b5b9f914b3ce0d4b1d3a77b4c75faf",
        "computed elsewhere"
    );
    assert_eq!(script.asked(), recorded["request"]);
}

#[tokio::test]
async fn a_ticket_is_whole_only_while_nothing_was_taken() {
    for (order, kind, amount) in [
        (cancel(990, 990, false), "1", None),
        (cancel(330, 990, false), "5", Some("3.30")),
        (cancel(660, 660, true), "5", Some("6.60")),
    ] {
        let script = Script::error(WireError::Lost);
        let outcome = cancelled(&script, &channel(), &order).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        let params = script.asked()["params"].clone();
        assert_eq!(params["type"], kind);
        assert_eq!(params.get("amount").and_then(Value::as_str), amount);
        let id = amount.map(|_| "rf-0001");
        assert_eq!(params.get("merchant_refund_id").and_then(Value::as_str), id);
        assert_eq!(
            (&params["sign_version"], &params["ref"]),
            (&json!("3"), &json!("b104872652"))
        );
        assert_eq!(params.get("test_mode"), None);
    }
    let script = Script::error(WireError::NotConnected);
    let outcome = cancelled(&script, &channel(), &cancel(990, 990, false)).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    let script = Script::error(WireError::Lost);
    let trial = channel_saying(&[("ticket_test_mode", "1"), ("ref_prefix", "t")]);
    let mut order = cancel(990, 990, false);
    order.reason = " \n".to_owned();
    cancelled(&script, &trial, &order).await;
    let params = script.asked()["params"].clone();
    assert_eq!(
        (&params["test_mode"], &params["ref"]),
        (&json!("1"), &json!("t104872652"))
    );
    assert_eq!(params["message"], "가맹점 요청");
}

#[tokio::test]
async fn a_ticket_that_was_not_opened_is_a_refusal_and_a_strange_answer_is_none() {
    for (answer, said) in [
        (
            json!({"result": 0, "errors": ["Either ref or uid is required"]}),
            "Either ref or uid is required",
        ),
        (json!({"result": "0", "errors": []}), "페이먼트월"),
        (json!({"result": 0}), "페이먼트월"),
    ] {
        let outcome = cancelled(&Script::json(&answer), &channel(), &cancel(990, 990, false)).await;
        let Outcome::Declined(failure) = outcome else {
            panic!("{answer}: {outcome:?}");
        };
        assert_eq!(failure.class, FailureClass::CancelRule);
        assert!(failure.message.contains(said), "{}", failure.message);
    }
    let script = Script::refusal(401, 4007, "API key is invalid");
    let outcome = cancelled(&script, &channel(), &cancel(990, 990, false)).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    for script in [
        Script::json(&json!({"result": 1, "errors": ["but"]})),
        Script::json(&json!({"result": 2})),
        Script::json(&json!({})),
        Script::raw(200, b"1"),
        Script::raw(500, br#"{"result":1}"#),
        Script::refusal(400, 3012, "?"),
        Script::refusal(500, 3204, "?"),
        Script::error(WireError::TimedOut),
    ] {
        let outcome = cancelled(&script, &channel(), &cancel(990, 990, false)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn brick_refunds_a_whole_charge_at_once() {
    let recorded = transcript("refund");
    let script = Script::json(&recorded["answer"]);
    let outcome = cancelled(&script, &by_brick(), &cancel(990, 990, false)).await;
    let Outcome::Approved(given_back) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (given_back.pg_tid.as_str(), given_back.amount),
        ("104872652", cents(990))
    );
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("refund"));
    assert_eq!(script.asked(), recorded["request"]);

    for (name, value) in [
        ("object", json!("payment")),
        ("id", json!("104872653")),
        ("id", Value::Null),
        ("refunded", json!(false)),
        ("refunded", Value::Null),
        ("amount", json!("3.30")),
        ("currency", Value::Null),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let outcome = cancelled(&script, &by_brick(), &cancel(990, 990, false)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    for (code, class) in [
        (3201, FailureClass::CancelRule),
        (3202, FailureClass::CancelRule),
        (3204, FailureClass::CancelRule),
        (3000, FailureClass::NotFound),
        (4007, FailureClass::Config),
    ] {
        let script = Script::refusal(400, code, "no");
        let outcome = cancelled(&script, &by_brick(), &cancel(990, 990, false)).await;
        assert!(
            matches!(&outcome, Outcome::Declined(failure) if failure.class == class),
            "{code}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_refund_that_cannot_be_is_not_asked_for() {
    let elsewhere = Receipt {
        partial_cancel: Some(false),
        ..receipt()
    };
    let nameless = Receipt {
        pg_tid: "none".to_owned(),
        ..receipt()
    };
    let won = Receipt {
        amount: won(990),
        ..receipt()
    };
    let silent = Script::silent();
    for (channel, receipt, order) in [
        (by_brick(), receipt(), cancel(330, 990, false)),
        (by_brick(), receipt(), cancel(660, 660, true)),
        (channel(), elsewhere, cancel(330, 990, false)),
        (channel(), nameless, cancel(990, 990, false)),
        (channel(), won, cancel(990, 990, false)),
        (channel(), receipt(), cancel(0, 990, false)),
        (
            channel_saying(&[("refund", "mail")]),
            receipt(),
            cancel(990, 990, false),
        ),
    ] {
        let outcome = Connector.cancel(&silent, &channel, &receipt, &order).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    }
    assert!(silent.asked_nothing());
}

#[tokio::test]
async fn a_key_can_only_be_deleted_here() {
    let script = Script::silent();
    let revoked = Connector.revoke(&script, &channel(), &key(), NOW_MS).await;
    assert!(matches!(revoked, Revoked::Unsupported) && script.asked_nothing());
}
