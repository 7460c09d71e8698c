//! Cancels, the deletion of keys, and the check of credentials.

use dangol_domain::{BillingKey, CardFacts, FailureClass, Outcome, Receipt, Secret};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{CancelOrder, Channel, Checked, Gateway, Revoked};
use crate::kicc::Connector;
use crate::wire::WireError;

fn receipt() -> Receipt {
    Receipt {
        pg_tid: "26111909310010790002".to_owned(),
        amount: won(12900),
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
        cancel_id: "CXL-20261119-0001".to_owned(),
        order_id: "imps_123456789012".to_owned(),
        amount: won(amount),
        balance,
        partly_cancelled,
        reason: String::new(),
        at_ms: NOW_MS,
    }
}

async fn cancelled(script: &Script, channel: &Channel, order: &CancelOrder) -> Outcome {
    Connector.cancel(script, channel, &receipt(), order).await
}

#[tokio::test]
async fn a_partial_cancel_is_the_transcript() {
    let recorded = transcript("cancel_part");
    let script = Script::json(&recorded["answer"]);
    let outcome = cancelled(&script, &channel(), &cancel(1000, 12900, false)).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("26111909310010790002", won(1000))
    );
    assert_eq!(receipt.approved_at_ms, Some(1_795_050_900_000));
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("cancel_part"));
    assert_eq!(
        script.asked().1["msgAuthValue"],
        "d66070c46d745ee37df77d14de8930ddc3a12f71dad2f9357c13f02b9b52fe5b",
        "computed elsewhere over pgCno|shopTransactionId"
    );
}

#[tokio::test]
async fn a_cancel_is_whole_only_while_nothing_was_taken() {
    for (order, code, amounts) in [
        (
            cancel(12900, 12900, false),
            "40",
            [Value::Null, Value::Null],
        ),
        (
            cancel(1000, 12900, false),
            "32",
            [json!(1000), json!(12900)],
        ),
        (cancel(2000, 2000, true), "32", [json!(2000), json!(2000)]),
    ] {
        let script = Script::error(WireError::Lost);
        let outcome = cancelled(&script, &channel(), &order).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        let (_, request) = script.asked();
        assert_eq!(request["reviseTypeCode"], code);
        assert_eq!(
            [&request["amount"], &request["remainAmount"]],
            amounts.each_ref()
        );
    }
    let script = Script::error(WireError::NotConnected);
    let outcome = cancelled(&script, &channel(), &cancel(12900, 12900, false)).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_cancel_of_anything_else_is_not_believed() {
    let recorded = transcript("cancel_part");
    for (name, value) in [
        ("mallId", json!("T5102002")),
        ("shopTransactionId", json!("CXL-20261119-0002")),
        ("shopOrderNo", json!("imps_000000000000")),
        ("oriPgCno", json!("26111909310010790003")),
        ("oriPgCno", Value::Null),
        ("cancelAmount", json!(12900)),
        ("cancelAmount", Value::Null),
        ("remainAmount", json!(0)),
        ("remainAmount", json!("much")),
        ("statusCode", json!("TS03")),
        ("statusCode", Value::Null),
        ("resCd", json!("VTIM")),
        ("resCd", json!("9999")),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let outcome = cancelled(&script, &channel(), &cancel(1000, 12900, false)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    // A whole cancel that ends as a partial one was another.
    let mut answer = recorded["answer"].clone();
    put(&mut answer, "cancelAmount", json!(12900));
    put(&mut answer, "remainAmount", json!("0"));
    let whole = cancel(12900, 12900, false);
    let outcome = cancelled(&Script::json(&answer), &channel(), &whole).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    put(&mut answer, "statusCode", json!("TS05"));
    let outcome = cancelled(&Script::json(&answer), &channel(), &whole).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn kiccs_rules_of_cancels_are_refusals_once_they_are_named() {
    let channel = channel_saying(&[
        ("cancel_refusal_codes", "C1,C2"),
        ("not_found_codes", "N1"),
        ("bad_signature_codes", "H1"),
    ]);
    for (code, class) in [
        ("C1", Some(FailureClass::CancelRule)),
        ("C2", Some(FailureClass::CancelRule)),
        ("N1", Some(FailureClass::NotFound)),
        ("H1", Some(FailureClass::Config)),
        ("8521", None),
        ("C3", None),
    ] {
        let script = Script::json(&json!({"resCd": code, "resMsg": ""}));
        let outcome = cancelled(&script, &channel, &cancel(12900, 12900, false)).await;
        let declined = match &outcome {
            Outcome::Declined(failure) => Some(failure.class),
            Outcome::Unknown(_) => None,
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(declined, class, "{code}");
    }
}

#[tokio::test]
async fn a_deletion_is_the_transcript() {
    let recorded = transcript("revoke");
    let script = Script::json(&recorded["answer"]);
    let revoked = Connector.revoke(&script, &channel(), &key(), NOW_MS).await;
    assert!(matches!(revoked, Revoked::Done));
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("revoke"));
    let (_, request) = script.asked();
    assert_eq!(request, recorded["request"]);

    let revoke = async |script: Script, channel: Channel| {
        Connector.revoke(&script, &channel, &key(), NOW_MS).await
    };
    for (name, value) in [
        ("shopTransactionId", json!("del-1")),
        ("mallId", Value::Null),
        ("resCd", json!("9999")),
        ("resCd", json!("VTIM")),
    ] {
        let answer = answer_with(&recorded, name, value);
        let unclear = revoke(Script::json(&answer), channel()).await;
        assert!(matches!(unclear, Revoked::Unknown(_)), "{name}");
    }
    let known = channel_saying(&[("unknown_key_codes", "9999")]);
    let refused = revoke(Script::json(&json!({"resCd": "9999"})), known).await;
    assert!(matches!(refused, Revoked::Refused(_)));
    let lost = revoke(Script::error(WireError::Lost), channel()).await;
    assert!(matches!(lost, Revoked::Unknown(_)));
}

#[tokio::test]
async fn no_two_deletions_have_one_number() {
    let number = async |key: &str, at_ms: i64| {
        let script = Script::error(WireError::Lost);
        let key = BillingKey::new(key);
        Connector.revoke(&script, &channel(), &key, at_ms).await;
        let (_, request) = script.asked();
        let number = request["shopTransactionId"].as_str().unwrap().to_owned();
        assert!(number.len() <= 60 && !number.contains(key.expose()));
        number
    };
    let first = number(KEY, NOW_MS).await;
    assert_ne!(first, number(KEY, NOW_MS + 1).await);
    assert_ne!(first, number("261119000001BA000043", NOW_MS).await);
}

fn answers(codes: [&str; 2]) -> Script {
    Script::each(&codes.map(|code| json!({"resCd": code, "resMsg": "결과"})))
}

async fn checked(script: &Script, channel: &Channel) -> Checked {
    Connector.check(script, channel, NOW_MS).await
}

#[tokio::test]
async fn credentials_are_proven_by_two_cancels_of_nothing() {
    let script = answers(["N1", "H1"]);
    let good = checked(&script, &channel()).await;
    assert!(matches!(good, Checked::Good(_)));
    let asked = script.all_asked();
    for (_, request) in &asked {
        assert_eq!(request["pgCno"], "0".repeat(20), "a payment that cannot be");
    }
    let message = format!(
        "{}|{}",
        "0".repeat(20),
        asked[0].1["shopTransactionId"].as_str().unwrap()
    );
    let code = asked[0].1["msgAuthValue"].as_str().unwrap();
    let fits = |code: &str| crate::codec_hmac::fits(SECRET.as_bytes(), message.as_bytes(), code);
    assert!(fits(code) && !fits(asked[1].1["msgAuthValue"].as_str().unwrap()));

    let same = checked(&answers(["N1", "N1"]), &channel()).await;
    assert!(matches!(same, Checked::CannotProve(_)));
    let absurd = checked(&answers(["0000", "H1"]), &channel()).await;
    assert!(matches!(absurd, Checked::CannotProve(_)));
    let named = channel_saying(&[("bad_signature_codes", "H1")]);
    let bad = checked(&answers(["H1", "H1"]), &named).await;
    assert!(matches!(bad, Checked::Bad(text) if text.contains("[H1]")));
}

#[tokio::test]
async fn wrong_credentials_are_named_before_kicc_is_asked() {
    for (mid, secret, named) in [
        ("T5102001", "", "missing"),
        ("T5102001", "T5102001", "is the MID"),
        ("T5102001", "short", "no secret key"),
        ("T5102001", "with a space in it", "no secret key"),
        (SECRET, "T5102001", "MID"),
    ] {
        let mut channel = channel();
        channel.pg_id = mid.to_owned();
        let secret_text = Secret::new(secret);
        channel.credentials.insert("secret".to_owned(), secret_text);
        let script = Script::silent();
        let Checked::Bad(text) = checked(&script, &channel).await else {
            panic!("{mid} {secret} passed");
        };
        assert!(text.contains(named) && script.asked_nothing(), "{text}");
    }
}
