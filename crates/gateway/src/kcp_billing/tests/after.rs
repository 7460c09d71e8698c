//! Cancels, the deletion of keys, and the check of credentials.

use dangol_domain::{CardFacts, FailureClass, Outcome, Receipt, Secret};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{CancelOrder, Channel, Checked, Gateway, Revoked};
use crate::kcp_billing::Connector;
use crate::wire::WireError;

fn receipt() -> Receipt {
    Receipt {
        pg_tid: "26111901234567".to_owned(),
        amount: won(3000),
        approval_number: Some("30012345".to_owned()),
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
        cancel_id: "c1".to_owned(),
        order_id: "imps_123456789012".to_owned(),
        amount: won(amount),
        balance,
        partly_cancelled,
        reason: String::new(),
        at_ms: NOW_MS,
    }
}

async fn cancelled(script: &Script, order: &CancelOrder) -> Outcome {
    Connector
        .cancel(script, &channel(), &receipt(), order)
        .await
}

#[tokio::test]
async fn a_partial_cancel_is_the_transcript() {
    let recorded = transcript("cancel_part");
    let script = Script::json(&recorded["answer"]);
    let outcome = cancelled(&script, &cancel(1000, 3000, false)).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("26111901234567", won(1000))
    );
    assert_eq!(receipt.approved_at_ms, Some(1_795_050_900_000));
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("cancel_part"));
}

#[tokio::test]
async fn a_cancel_is_whole_only_while_nothing_was_taken() {
    for (order, mod_type, amounts) in [
        (
            cancel(3000, 3000, false),
            "STSC",
            [Value::Null, Value::Null],
        ),
        (
            cancel(1000, 3000, false),
            "STPC",
            [json!("1000"), json!("3000")],
        ),
        (
            cancel(2000, 2000, true),
            "STPC",
            [json!("2000"), json!("2000")],
        ),
    ] {
        let script = Script::error(WireError::Lost);
        let outcome = cancelled(&script, &order).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        let (_, request) = script.asked();
        assert_eq!(request["mod_type"], mod_type);
        assert_eq!(
            [&request["mod_mny"], &request["rem_mny"]],
            amounts.each_ref()
        );
        super::keys::assert_signed(&request, &format!("A52Q7^26111901234567^{mod_type}"));
    }
}

#[tokio::test]
async fn a_cancel_of_anything_else_is_not_believed() {
    let recorded = transcript("cancel_part");
    for (name, value) in [
        ("tno", json!("26111901234568")),
        ("tno", Value::Null),
        ("mod_mny", json!("3000")),
        ("mod_mny", Value::Null),
        ("rem_mny", json!("0")),
        ("res_cd", json!("8041")),
        ("res_cd", json!("9999")),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let outcome = cancelled(&script, &cancel(1000, 3000, false)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_older_names_of_a_partial_cancel_are_understood() {
    let answer = json!({"res_cd": "0000", "tno": "26111901234567", "panc_mod_mny": 1000, "panc_rem_mny": 2000});
    let outcome = cancelled(&Script::json(&answer), &cancel(1000, 3000, false)).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn kcps_rules_of_cancels_are_refusals() {
    use FailureClass::*;
    for (code, class) in [
        ("8133", CancelRule),
        ("8023", CancelRule),
        ("8036", CancelRule),
        ("8037", CancelRule),
        ("8040", CancelRule),
        ("8132", NotFound),
        ("8012", Config),
    ] {
        let script = Script::json(&json!({"res_cd": code, "res_msg": ""}));
        let outcome = cancelled(&script, &cancel(3000, 3000, false)).await;
        assert!(
            matches!(&outcome, Outcome::Declined(failure) if failure.class == class),
            "{code}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn without_a_key_no_cancel_is_sent() {
    let mut channel = channel();
    channel
        .credentials
        .insert("private_key_password".to_owned(), Secret::new("wrong"));
    let script = Script::silent();
    let order = cancel(3000, 3000, false);
    let outcome = Connector
        .cancel(&script, &channel, &receipt(), &order)
        .await;
    assert!(
        matches!(&outcome, Outcome::NotSent(failure) if failure.class == FailureClass::Config),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_deletion_is_the_transcript() {
    let recorded = transcript("revoke");
    let script = Script::json(&recorded["answer"]);
    let revoked = Connector.revoke(&script, &channel(), &key(), NOW_MS).await;
    assert!(matches!(revoked, Revoked::Done));
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("revoke"));

    let revoke = async |script: Script| Connector.revoke(&script, &channel(), &key(), NOW_MS).await;
    let refused = revoke(Script::json(&json!({"res_cd": "5209"}))).await;
    assert!(matches!(refused, Revoked::Refused(_)));
    let unlisted = revoke(Script::json(&json!({"res_cd": "9999"}))).await;
    assert!(matches!(unlisted, Revoked::Unknown(_)));
    let lost = revoke(Script::error(WireError::Lost)).await;
    assert!(matches!(lost, Revoked::Unknown(_)));
}

async fn checked(script: Script, channel: &Channel) -> Checked {
    Connector.check(&script, channel, NOW_MS).await
}

#[tokio::test]
async fn credentials_are_proven_by_a_question_about_nothing() {
    let answers = |code: &str| Script::json(&json!({"res_cd": code, "res_msg": "결과"}));
    let good = checked(answers("8132"), &channel()).await;
    assert!(matches!(good, Checked::Good(_)));
    let bad = checked(answers("S032"), &channel()).await;
    assert!(matches!(bad, Checked::Bad(text) if text.contains("[S032]")));
    let strange = checked(answers("9999"), &channel()).await;
    assert!(matches!(strange, Checked::CannotProve(_)));
    let away = checked(Script::error(WireError::NotConnected), &channel()).await;
    assert!(matches!(away, Checked::CannotProve(_)));
}

#[tokio::test]
async fn wrong_credentials_are_named_before_kcp_is_asked() {
    let other = include_str!("../fixtures/keys/other.pem");
    for (name, value, named) in [
        ("group_id", "A52Q7", "group_id"),
        ("cert", KEY, "swapped"),
        ("cert", "", "cert is not"),
        ("private_key", "", "missing"),
        ("private_key", CERT, "not a private key"),
        ("private_key", other, "not the key of cert"),
        ("private_key_password", "", "password"),
    ] {
        let mut channel = channel();
        channel
            .credentials
            .insert(name.to_owned(), Secret::new(value));
        let script = Script::silent();
        let Checked::Bad(text) = Connector.check(&script, &channel, NOW_MS).await else {
            panic!("{name} passed");
        };
        assert!(text.contains(named), "{name}: {text}");
    }
    let in_2060 = 2_840_140_800_000;
    let Checked::Bad(text) = Connector
        .check(&Script::silent(), &channel(), in_2060)
        .await
    else {
        panic!("an expired certificate passed");
    };
    assert!(text.contains("expired on Jul 13"), "{text}");
}
