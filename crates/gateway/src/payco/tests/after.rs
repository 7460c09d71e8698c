//! Cancels, deletions and the check of credentials.

use dangol_domain::{FailureClass, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Checked, Gateway, Revoked};
use crate::payco::Connector;
use crate::wire::WireError;

async fn cancelled(script: &Script, channel: &Channel, amount: i64, balance: i64) -> Outcome {
    let order = cancel_order(amount, balance);
    Connector.cancel(script, channel, &receipt(), &order).await
}

#[tokio::test]
async fn a_partial_cancel_is_the_transcript() {
    let recorded = transcript("cancel_part");
    let script = Script::json(&recorded["answer"]);
    let outcome = cancelled(&script, &channel(), 1000, 3000).await;
    assert!(
        matches!(&outcome, Outcome::Approved(receipt) if receipt.amount == won(1000)),
        "{outcome:?}"
    );
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("cancel_part"));
    assert_eq!(sent["request"], recorded["request"]);
}

#[tokio::test]
async fn a_cancel_of_all_that_is_left_names_no_product() {
    let recorded = transcript("cancel_part");
    for (amount, product_id) in [(3000, "PROD_AUTO"), (2000, "")] {
        let mut answer = answer_with(&recorded, "totalCancelPaymentAmt", json!(amount));
        answer["result"]["remainCancelPossibleAmt"] = json!(0);
        let script = Script::json(&answer);
        let channel = channel_with("product_id", product_id);
        let outcome = cancelled(&script, &channel, amount, amount).await;
        assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
        let (_, sent) = script.asked();
        assert_eq!(sent["cancelTotalAmt"], amount);
        assert!(sent.get("orderProducts").is_none());
    }
    let script = Script::default();
    let outcome = cancelled(&script, &channel_with("product_id", ""), 1000, 3000).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_cancel_of_anything_else_is_not_believed() {
    let recorded = transcript("cancel_part");
    for (name, value) in [
        ("orderNo", json!("202611190900000009")),
        ("orderNo", Value::Null),
        ("totalCancelPaymentAmt", json!(1001)),
        ("totalCancelPaymentAmt", Value::Null),
        ("remainCancelPossibleAmt", json!(2001)),
        ("remainCancelPossibleAmt", json!("?")),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let outcome = cancelled(&script, &channel(), 1000, 3000).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name} {value}: {outcome:?}"
        );
    }
    let scripts = [
        Script::json(&code(77)),
        Script::json(&code(1402)),
        Script::json(&code(9000)),
        Script::raw(500, b""),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let outcome = cancelled(script, &channel(), 1000, 3000).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "script {index}: {outcome:?}"
        );
    }
    let ruled = channel_saying("cancel_refusal_codes", "77");
    match cancelled(&Script::json(&code(77)), &ruled, 1000, 3000).await {
        Outcome::Declined(failure) => assert_eq!(failure.class, FailureClass::CancelRule),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_certify_key_is_asked_for_and_nothing_is_cancelled_without_it() {
    let (verify, cancel) = (transcript("verify"), transcript("cancel_part"));
    let mut receipt = receipt();
    receipt.cancel_key = None;
    let order = cancel_order(1000, 3000);
    let script = Script::json(&verify["answer"]).then_json(&cancel["answer"]);
    let outcome = Connector
        .cancel(&script, &channel(), &receipt, &order)
        .await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    assert_eq!(script.all_asked()[1].1, cancel["request"]);
    let scripts = [
        Script::json(&answer_with(&verify, "orderCertifyKey", Value::Null)),
        Script::json(&answer_with(
            &verify,
            "orderNo",
            json!("202611190900000009"),
        )),
        Script::json(&code(1001)).then_json(&code(1001)),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let outcome = Connector.cancel(script, &channel(), &receipt, &order).await;
        assert!(
            matches!(outcome, Outcome::NotSent(_)),
            "script {index}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_deletion_is_the_transcript() {
    let recorded = transcript("delete");
    let script = Script::json(&recorded["answer"]);
    let revoked = Connector.revoke(&script, &channel(), &key(), NOW_MS).await;
    assert!(matches!(revoked, Revoked::Done));
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("delete"));
    assert_eq!(sent["request"], recorded["request"]);
    let gone = channel_saying("unknown_key_codes", "77");
    for (channel, refused) in [(gone, true), (channel(), false)] {
        let script = Script::json(&code(77));
        let revoked = Connector.revoke(&script, &channel, &key(), NOW_MS).await;
        assert_eq!(matches!(revoked, Revoked::Refused(_)), refused);
        assert_eq!(matches!(revoked, Revoked::Unknown(_)), !refused);
    }
    let lost = Script::error(WireError::Lost);
    let revoked = Connector.revoke(&lost, &channel(), &key(), NOW_MS).await;
    assert!(matches!(revoked, Revoked::Unknown(_)));
}

#[tokio::test]
async fn credentials_are_proven_by_a_reservation_that_nobody_completes() {
    let reserved = transcript("reserve");
    let script = Script::json(&reserved["answer"]);
    let checked = Connector.check(&script, &channel(), NOW_MS).await;
    assert!(matches!(checked, Checked::Good(_)));
    let (url, sent) = script.asked();
    assert!(url.ends_with("/outseller/autoPayment/reserve"));
    assert_eq!(
        (&sent["cpId"], &sent["totalPaymentAmt"]),
        (&json!("PARTNERTEST_AUTO"), &json!(0))
    );
    let refused = Script::json(&code(77));
    let checked = Connector.check(&refused, &channel(), NOW_MS).await;
    assert!(matches!(checked, Checked::Bad(why) if why.contains("[77]")));
    let down = Script::error(WireError::NotConnected);
    let checked = Connector.check(&down, &channel(), NOW_MS).await;
    assert!(matches!(checked, Checked::CannotProve(_)));
}

#[tokio::test]
async fn wrong_credentials_are_named_before_payco_is_asked() {
    for (name, value) in [
        ("cp_id", ""),
        ("cp_id", "S0FSJE"),
        ("cp_id", "PROD_AUTO"),
        ("cp_id", "PARTNER TEST"),
        ("cp_id", "0123456789012345678901234567890"),
    ] {
        let channel = channel_with(name, value);
        let checked = Connector.check(&Script::default(), &channel, NOW_MS).await;
        assert!(
            matches!(checked, Checked::Bad(why) if why.contains(name)),
            "{value}"
        );
    }
}
