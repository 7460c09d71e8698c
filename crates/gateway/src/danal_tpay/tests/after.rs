//! Cancels, the deletion of keys, and the check of credentials.

use dangol_domain::{CardFacts, Currency, FailureClass, Money, Outcome, Receipt, Secret};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{CancelOrder, Channel, Checked, Gateway, Revoked};
use crate::danal_tpay::Connector;
use crate::wire::WireError;

fn receipt() -> Receipt {
    Receipt {
        pg_tid: "202611190931000000000002".to_owned(),
        amount: won(12900),
        approval_number: Some("30012346".to_owned()),
        approved_at_ms: Some(NOW_MS),
        card: CardFacts::default(),
        quota: 0,
        partial_cancel: None,
        receipt_url: None,
        cancel_key: None,
    }
}

fn cancel(amount: i64, balance: i64, partly_cancelled: bool) -> CancelOrder {
    CancelOrder {
        cancel_id: "CXL-20261119-0001".to_owned(),
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
    let script = Script::sealed(&recorded["answer"]);
    let outcome = cancelled(&script, &cancel(1000, 12900, false)).await;
    let Outcome::Approved(told) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((told.pg_tid, told.amount), (receipt().pg_tid, won(1000)));
    assert_eq!(told.approved_at_ms, Some(1_795_050_900_000));
    assert_eq!(script.asked(), recorded["request"]);
    let sent = json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
    assert_eq!(scrub(&sent), twin("cancel_part"));
}

#[tokio::test]
async fn a_cancel_is_called_whole_only_while_nothing_was_taken() {
    for (order, kind) in [
        (cancel(12900, 12900, false), "C"),
        (cancel(1000, 12900, false), "P"),
        (cancel(2000, 2000, true), "P"),
        (cancel(13000, 12900, false), "P"),
    ] {
        let script = Script::error(WireError::Lost);
        let outcome = cancelled(&script, &order).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        assert_eq!(script.asked()["CANCELTYPE"], kind);
    }
    let script = Script::error(WireError::Lost);
    let channel = channel_saying(&[("rest_cancel_type", "C")]);
    let rest = cancel(2000, 2000, true);
    Connector.cancel(&script, &channel, &receipt(), &rest).await;
    assert_eq!(script.asked()["CANCELTYPE"], "C");
    let away = cancelled(
        &Script::error(WireError::NotConnected),
        &cancel(12900, 12900, false),
    )
    .await;
    assert!(matches!(away, Outcome::NotSent(_)), "{away:?}");
    let dollars = CancelOrder {
        amount: Money::new(5, Currency::USD),
        ..rest
    };
    let script = Script::silent();
    let unsent = cancelled(&script, &dollars).await;
    assert!(matches!(unsent, Outcome::NotSent(_)) && script.asked_nothing());
}

#[tokio::test]
async fn a_cancel_of_anything_else_is_not_believed() {
    let answer = transcript("cancel_part")["answer"].clone();
    let order = cancel(1000, 12900, false);
    for (name, value) in [
        ("O_TID", json!("202611190931000000000003")),
        ("O_TID", Value::Null),
        ("AMOUNT", json!("12900")),
        ("AMOUNT", Value::Null),
        ("BALANCE", json!("0")),
        ("BALANCE", json!("12900")),
        ("BALANCE", json!("much")),
        ("BALANCE", Value::Null),
        ("RETURNCODE", Value::Null),
        ("RETURNCODE", json!("4000")),
    ] {
        let outcome = cancelled(&Script::sealed(&with(&answer, name, value.clone())), &order).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    let plain = cancelled(&Script::plain(&answer), &order).await;
    assert!(matches!(plain, Outcome::Unknown(_)), "{plain:?}");
    let mut whole = with(&answer, "AMOUNT", json!("12900"));
    whole = with(&whole, "BALANCE", json!("0"));
    let outcome = cancelled(&Script::sealed(&whole), &cancel(12900, 12900, false)).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn danals_rules_of_cancels_are_refusals() {
    for (codes, class) in [
        (
            &[
                "1115", "1116", "1120", "1123", "1126", "1127", "1128", "1129", "1140", "1144",
                "1145",
            ][..],
            Some(FailureClass::CancelRule),
        ),
        (&["1104", "1117"], Some(FailureClass::NotFound)),
        (&["1106", "1112", "2186"], Some(FailureClass::Config)),
        (&["1102"], Some(FailureClass::Protocol)),
        (
            &[
                "1113", "1125", "3201", "9999", "1103", "1156", "1121", "3112", "3143", "3268",
                "2101", "",
            ],
            None,
        ),
    ] {
        for code in codes {
            let script = Script::sealed(&json!({"RETURNCODE": code, "RETURNMSG": ""}));
            let outcome = cancelled(&script, &cancel(12900, 12900, false)).await;
            let declined = match &outcome {
                Outcome::Declined(failure) => Some(failure.class),
                Outcome::Unknown(_) => None,
                other => panic!("{code}: {other:?}"),
            };
            assert_eq!(declined, class, "{code}");
        }
    }
    let other = json!({"RETURNCODE": "1115", "O_TID": "202611190931000000000009"});
    let outcome = cancelled(&Script::sealed(&other), &cancel(12900, 12900, false)).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

async fn revoked(script: &Script) -> Revoked {
    Connector.revoke(script, &channel(), &key(), NOW_MS).await
}

#[tokio::test]
async fn a_deletion_is_the_transcript() {
    let recorded = transcript("delete_key");
    let script = Script::sealed(&recorded["answer"]);
    assert!(matches!(revoked(&script).await, Revoked::Done));
    assert_eq!(script.asked(), recorded["request"]);
    let sent = json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
    assert_eq!(scrub(&sent), twin("delete_key"));

    let plain = revoked(&Script::plain(&recorded["answer"])).await;
    assert!(matches!(plain, Revoked::Unknown(_)));
    for code in ["1113", "1125", "3201", "1103", "1115", "4000", ""] {
        let unclear = revoked(&Script::sealed(&json!({"RETURNCODE": code}))).await;
        assert!(matches!(unclear, Revoked::Unknown(_)), "{code}");
    }
    for (code, class) in [
        ("1121", FailureClass::UnknownKey),
        ("1107", FailureClass::Config),
    ] {
        let refused = revoked(&Script::sealed(&json!({"RETURNCODE": code}))).await;
        assert!(
            matches!(refused, Revoked::Refused(failure) if failure.class == class),
            "{code}"
        );
    }
    for error in [WireError::Lost, WireError::NotConnected] {
        assert!(matches!(
            revoked(&Script::error(error)).await,
            Revoked::Unknown(_)
        ));
    }
}

async fn checked(script: &Script, channel: &Channel) -> Checked {
    Connector.check(script, channel, NOW_MS).await
}

#[tokio::test]
async fn credentials_are_proven_by_the_deletion_of_nothing() {
    let unknown = json!({"RETURNCODE": "1121", "RETURNMSG": "잘못된 빌키"});
    let script = Script::sealed(&unknown);
    let Checked::Good(text) = checked(&script, &channel()).await else {
        panic!("not good");
    };
    assert!(text.contains("[1121]") && text.contains("IP"), "{text}");
    let asked = script.asked();
    assert_eq!(
        (&asked["TXTYPE"], &asked["BILLKEY"]),
        (&json!("DELBILLKEY"), &json!("NO-SUCH-KEY"))
    );
    // Whatever Danal says under our key, it has that key.
    for code in ["1104", "0000"] {
        let good = checked(&Script::sealed(&json!({"RETURNCODE": code})), &channel()).await;
        assert!(matches!(good, Checked::Good(_)), "{code}");
    }
    for (script, part) in [
        (
            Script::plain(&json!({"RETURNCODE": "1114"})),
            "cannot decrypt",
        ),
        (
            Script::plain(&json!({"RETURNCODE": "1106"})),
            "refuses this CPID",
        ),
        (
            Script::sealed(&json!({"RETURNCODE": "1109"})),
            "refuses this CPID",
        ),
        (
            Script::raw(200, foreign_body(&unknown).as_bytes()),
            "another key",
        ),
    ] {
        let Checked::Bad(text) = checked(&script, &channel()).await else {
            panic!("{part}: not bad");
        };
        assert!(text.contains(part) && !text.contains(CRYPTO_KEY), "{text}");
    }
    for script in [
        Script::plain(&unknown),
        Script::plain(&json!({"RETURNCODE": "0000"})),
        Script::raw(502, b""),
        Script::raw(200, b"<html>"),
        Script::error(WireError::NotConnected),
        Script::error(WireError::TimedOut),
    ] {
        let unproven = checked(&script, &channel()).await;
        assert!(matches!(unproven, Checked::CannotProve(_)));
    }
}

#[tokio::test]
async fn wrong_credentials_are_named_before_danal_is_asked() {
    for (cpid, crypto_key, named) in [
        (CPID, "", "missing"),
        (CPID, CPID, "is the CPID"),
        (CPID, "wrong", "64 hexadecimal"),
        (CPID, &CRYPTO_KEY[1..], "64 hexadecimal"),
        (CPID, &CRYPTO_KEY.replace('a', "z"), "64 hexadecimal"),
        (CRYPTO_KEY, CPID, "is a crypto key"),
        ("98100309", CRYPTO_KEY, "10 digits"),
        ("A010084434", CRYPTO_KEY, "10 digits"),
        ("", CRYPTO_KEY, "10 digits"),
    ] {
        let mut channel = channel();
        channel.pg_id = cpid.to_owned();
        channel
            .credentials
            .insert("crypto_key".to_owned(), Secret::new(crypto_key));
        let script = Script::silent();
        let Checked::Bad(text) = checked(&script, &channel).await else {
            panic!("{cpid} passed");
        };
        assert!(text.contains(named) && script.asked_nothing(), "{text}");
        assert!(crypto_key.len() < 20 || !text.contains(crypto_key));
    }
}
