//! Charges and inquiries.

use dangol_domain::{CardKind, FailureClass, Money, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, Inquired, Inquiry};
use crate::kcp_billing::Connector;
use crate::wire::WireError;

async fn charged(script: &Script, channel: &Channel) -> Outcome {
    Connector
        .charge(script, channel, &key(), &charge_order())
        .await
}

async fn charged_with(answer: &Value) -> Outcome {
    charged(&Script::json(answer), &channel()).await
}

#[tokio::test]
async fn a_charge_is_the_transcript() {
    let recorded = transcript("charge");
    let script = Script::json(&recorded["answer"]);
    let Outcome::Approved(receipt) = charged(&script, &channel()).await else {
        panic!("not approved");
    };
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("charge"));
    let (_, request) = script.asked();
    assert_eq!(request["bt_batch_key"], "2611190936001234");
    let cert = request["kcp_cert_info"].as_str().unwrap();
    assert!(
        cert.starts_with("-----BEGIN CERTIFICATE-----M") && !cert.contains(['\r', '\n']),
        "KCP refuses a certificate with line breaks"
    );

    assert_eq!(receipt.pg_tid, "26111901234567");
    assert_eq!(receipt.amount, won(3000));
    assert_eq!(receipt.approval_number.as_deref(), Some("30012345"));
    assert_eq!(
        receipt.approved_at_ms,
        Some(1_795_048_560_000),
        "09:36 in Korea is 00:36 UTC"
    );
    assert_eq!(receipt.card.code.as_deref(), Some("365"));
    assert_eq!(
        receipt.card.number.unwrap().as_str(),
        "536648******1234",
        "a full number is masked"
    );
    assert_eq!(receipt.partial_cancel, Some(true));
}

#[tokio::test]
async fn numbers_in_place_of_texts_and_korean_bytes_are_understood() {
    let mut answer = transcript("charge")["answer"].clone();
    for (name, value) in [
        ("amount", json!(3000)),
        ("tno", json!(26111901234567_i64)),
        ("card_no", json!(5366480000001234_i64)),
        ("card_bin_type_02", json!(1)),
        ("coupon_mny", Value::Null),
        ("something_new", json!({"deep": [1]})),
    ] {
        answer[name] = value;
    }
    let text = answer.to_string();
    let (bytes, _, _) = encoding_rs::EUC_KR.encode(&text);
    let outcome = charged(&Script::raw(200, &bytes), &channel()).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(receipt.pg_tid, "26111901234567");
    assert_eq!(receipt.card.name.as_deref(), Some("삼성카드"));
    assert_eq!(receipt.card.kind, Some(CardKind::Check));
    assert_eq!(receipt.card.number.unwrap().as_str(), "536648******1234");
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let recorded = transcript("charge");
    for (name, value) in [
        ("order_no", json!("imps_000000000000")),
        ("order_no", Value::Null),
        ("amount", json!("30000")),
        ("amount", json!("3,000")),
        ("amount", json!("")),
        ("amount", Value::Null),
        ("tno", json!("")),
        ("tno", Value::Null),
        ("res_cd", Value::Null),
        ("res_cd", json!("00000")),
        ("tno", json!(["26111901234567"])),
    ] {
        let outcome = charged_with(&answer_with(&recorded, name, value.clone())).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn only_a_listed_refusal_declines() {
    use FailureClass::*;
    for (code, class) in [
        ("CC61", Limit),
        ("CC10", Limit),
        ("CC43", HardDecline),
        ("CC54", Expired),
        ("CC03", Decline),
        ("S032", Config),
        ("5209", Config),
        ("8135", BadAmount),
        ("CC98", Retryable),
    ] {
        let outcome = charged_with(&json!({"res_cd": code, "res_msg": "거래 거절"})).await;
        let Outcome::Declined(failure) = outcome else {
            panic!("{code}: {outcome:?}");
        };
        assert_eq!((failure.class, failure.code.as_str()), (class, code));
        assert_eq!(failure.reason(), format!("[{code}] 거래 거절"));
    }
    // Time-outs behind KCP, what no table has, codes that belong elsewhere, and "I know this request": all open.
    for code in [
        "8041", "8175", "CC72", "7512", "9999", "", "3001", "8133", "8338", "9167",
    ] {
        let outcome = charged_with(&json!({"res_cd": code, "res_msg": "?"})).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{code}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_is_open_unless_nothing_was_sent() {
    let bodies: [(u16, &[u8]); 6] = [
        (500, br#"{"res_cd":"CC61"}"#),
        (302, b""),
        (200, b""),
        (200, b"<html>busy</html>"),
        (200, br#"{"res_cd":"CC61""#),
        (200, br#"{"res_cd":"CC61","res_cd":"0000"}"#),
    ];
    for (status, body) in bodies {
        let outcome = charged(&Script::raw(status, body), &channel()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{status} {body:?}: {outcome:?}"
        );
    }
    for error in [
        WireError::Lost,
        WireError::TimedOut,
        WireError::TooLarge { status: 200 },
    ] {
        let outcome = charged(&Script::error(error), &channel()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{error}: {outcome:?}"
        );
    }
    let outcome = charged(&Script::error(WireError::NotConnected), &channel()).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn no_text_shows_a_key_or_a_card() {
    let recorded = transcript("charge");
    let leaky = "2611190936001234 / 5366-4800-0000-1234";
    let answers = [
        json!({"res_cd": "CC61", "res_msg": leaky}),
        json!({"res_cd": "9999", "res_msg": leaky}),
        json!({"res_cd": leaky, "res_msg": leaky}),
        answer_with(&recorded, "order_no", json!(leaky)),
    ];
    for answer in answers {
        let shown = format!("{:?}", charged_with(&answer).await);
        for secret in ["2611190936001234", "5366-4800", "0000-1234"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn an_operator_can_name_codes_that_are_not_published() {
    let answer = json!({"res_cd": "9999", "res_msg": "없는 키"});
    let channel = channel_saying("unknown_key_codes", "9998, 9999");
    let outcome = charged(&Script::json(&answer), &channel).await;
    assert!(
        matches!(&outcome, Outcome::Declined(failure) if failure.class == FailureClass::UnknownKey),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn tax_parts_add_up_or_stay_away() {
    for (free, vat, expected) in [
        (None, None, None),
        (Some(0), None, Some(["2727", "273", "0"])),
        (Some(1900), Some(100), Some(["1000", "100", "1900"])),
        (Some(3000), None, Some(["0", "0", "3000"])),
        (Some(9000), None, None),
        (Some(2000), Some(2000), None),
    ] {
        let script = Script::error(WireError::Lost);
        let order = crate::contract::ChargeOrder {
            tax_free: free,
            vat,
            ..charge_order()
        };
        Connector.charge(&script, &channel(), &key(), &order).await;
        let (_, request) = script.asked();
        let parts = ["comm_tax_mny", "comm_vat_mny", "comm_free_mny"];
        for (i, name) in parts.into_iter().enumerate() {
            let wanted = expected.map_or(Value::Null, |parts| json!(parts[i]));
            assert_eq!(request[name], wanted, "{name} of {free:?} {vat:?}");
        }
    }
}

#[tokio::test]
async fn money_that_is_not_won_is_never_sent() {
    for amount in [
        won(0),
        won(-3000),
        Money::new(3000, dangol_domain::Currency::USD),
    ] {
        let order = crate::contract::ChargeOrder {
            amount,
            ..charge_order()
        };
        let script = Script::silent();
        let outcome = Connector.charge(&script, &channel(), &key(), &order).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
        assert!(script.asked_nothing());
    }
}

#[tokio::test]
async fn instalments_that_kcp_does_not_take_are_never_sent() {
    for (quota, amount, sent) in [
        (0, 1, Some("00")),
        (1, 50_000, Some("00")),
        (2, 50_000, Some("02")),
        (12, 50_000, Some("12")),
        (2, 49_999, None),
        (13, 50_000, None),
    ] {
        let order = crate::contract::ChargeOrder {
            amount: won(amount),
            quota,
            ..charge_order()
        };
        let script = Script::error(WireError::Lost);
        let outcome = Connector.charge(&script, &channel(), &key(), &order).await;
        match sent {
            Some(text) => assert_eq!(script.asked().1["quota"], text, "{quota} of {amount}"),
            None => {
                assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
                assert!(script.asked_nothing(), "{quota} of {amount}");
            }
        }
    }
}

fn inquiry(pg_tid: Option<&str>) -> Inquiry {
    Inquiry {
        order_id: "imps_123456789012".to_owned(),
        amount: won(3000),
        customer_uid: "gildong_0001_1234".to_owned(),
        issues_key: false,
        sent_at_ms: NOW_MS,
        pg_tid: pg_tid.map(str::to_owned),
        at_ms: NOW_MS,
    }
}

async fn inquired(script: &Script, channel: &Channel) -> Outcome {
    let inquiry = inquiry(Some("26111901234567"));
    match Connector.inquire(script, channel, &inquiry).await {
        Inquired::Outcome(outcome) => outcome,
        Inquired::Unsupported => panic!("supported with KCP's number"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

#[tokio::test]
async fn an_inquiry_needs_kcps_number() {
    let script = Script::silent();
    let inquired = Connector.inquire(&script, &channel(), &inquiry(None)).await;
    assert!(matches!(inquired, Inquired::Unsupported));
}

#[tokio::test]
async fn a_cancelled_approval_was_an_approval() {
    let recorded = transcript("inquire");
    let script = Script::json(&recorded["answer"]);
    let outcome = inquired(&script, &channel()).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(receipt.amount, won(3000));
    assert_eq!(receipt.approved_at_ms, Some(1_795_048_560_000));
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("inquire"));
    super::keys::assert_signed(&script.asked().1, "A52Q7^26111901234567^PACA");
}

#[tokio::test]
async fn an_inquiry_never_guesses() {
    let recorded = transcript("inquire");
    for (name, value) in [
        ("tno", json!("26111901234568")),
        ("order_no", json!("imps_000000000000")),
        ("amount", json!("2000")),
        ("stat_ca_cd", json!("STAF")),
        ("stat_ca_cd", json!("STXX")),
        ("stat_ca_cd", Value::Null),
        ("res_cd", json!("8132")),
        ("res_cd", json!("CC61")),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let outcome = inquired(&script, &channel()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    // Not to reach KCP now says nothing of the charge then.
    let outcome = inquired(&Script::error(WireError::NotConnected), &channel()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");

    let undecided = answer_with(&recorded, "stat_ca_cd", json!("STIR"));
    let outcome = inquired(&Script::json(&undecided), &channel()).await;
    assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
    let failed = answer_with(&recorded, "stat_ca_cd", json!("STAF"));
    let channel = channel_saying("failed_states", "STAF,STVF");
    let outcome = inquired(&Script::json(&failed), &channel).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
}
