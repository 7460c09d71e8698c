//! The window: reservation, hand-off, return and confirmation.

use dangol_domain::{Device, FailureClass};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Gateway, Issue, Revoked, Way, WindowReturn};
use crate::payco::Connector;
use crate::wire::WireError;

/// What a return brings after a buyer went through.
fn completed() -> Vec<(&'static str, &'static str)> {
    vec![
        ("code", "0"),
        ("message", "success"),
        ("sellerAutoPaymentReferenceKey", "imp_123456789012"),
        ("autoPaymentCertifyKey", CERTIFY_KEY),
        ("returnToken", "token-1"),
    ]
}

async fn closed(script: &Script, returned: &WindowReturn) -> Issue {
    let (channel, order) = (channel(), window_order(Device::Pc));
    let closing = Connector.close_window(script, &channel, &order, returned);
    closing.await
}

#[tokio::test]
async fn a_registration_is_reserved_and_opened_where_payco_says() {
    let recorded = transcript("reserve");
    let script = Script::json(&recorded["answer"]);
    let order = window_order(Device::Pc);
    let hand_off = Connector
        .open_window(&script, &channel(), &order)
        .await
        .unwrap();
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("reserve"));
    assert_eq!(sent["request"], recorded["request"]);
    let Way::Form { method, url } = &hand_off.way else {
        panic!("not a form");
    };
    assert_eq!(
        (*method, url.as_str(), hand_off.fields.len()),
        (
            "get",
            "https://alpha-bill.payco.com/easyLogin/2026111900001",
            0
        )
    );
    assert_eq!(hand_off.origins, ["https://alpha-bill.payco.com"]);
}

#[tokio::test]
async fn a_phone_says_so_and_how_it_shows_the_window() {
    let recorded = transcript("reserve");
    for (extra, in_layer) in [(json!({}), "Y"), (json!({"popup": true}), "N")] {
        let script = Script::json(&recorded["answer"]);
        let mut order = window_order(Device::Mobile);
        order.extra = extra;
        let opened = Connector.open_window(&script, &channel(), &order).await;
        assert!(opened.is_ok());
        let (_, sent) = script.asked();
        assert_eq!(sent["orderChannel"], "MOBILE");
        let extra: Value = serde_json::from_str(sent["extraData"].as_str().unwrap()).unwrap();
        assert_eq!(extra["viewOptions"]["iframeYn"], in_layer);
        assert_eq!(
            extra["cancelMobileUrl"],
            "https://pay.example/payments/return/w1?code=2222&sellerAutoPaymentReferenceKey=imp%5F123456789012&returnToken=token%2D1"
        );
    }
}

#[tokio::test]
async fn a_reservation_that_is_not_paycos_word_opens_nothing() {
    let recorded = transcript("reserve");
    let at = |url: &str| answer_with(&recorded, "orderSheetUrl", json!(url));
    let scripts = [
        Script::json(&at("https://bill.payco.com.evil.example/easyLogin/1")),
        Script::json(&at("javascript:alert(1)//.payco.com")),
        Script::json(&at("")),
        Script::json(&json!({"code": 0, "message": "success"})),
        Script::json(&code(9)),
        Script::json(&json!({})),
        Script::raw(502, b"<html>"),
        Script::error(WireError::NotConnected),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let order = window_order(Device::Pc);
        let opened = Connector.open_window(script, &channel(), &order).await;
        assert!(opened.is_err(), "script {index} opened a window");
    }
    let mut order = window_order(Device::Pc);
    order.return_url = format!("https://pay.example/{}", "x".repeat(1000));
    let script = Script::default();
    let opened = Connector.open_window(&script, &channel(), &order).await;
    assert_eq!(opened.err().map(|f| f.class), Some(FailureClass::Config));
}

#[test]
fn a_return_claims_an_order_and_a_token() {
    let claim = Connector.read_return(&channel(), &returned(&completed()));
    assert_eq!(claim.order_id.as_deref(), Some("imp_123456789012"));
    assert_eq!(claim.token.unwrap().expose(), "token-1");
    let nothing = Connector.read_return(&channel(), &returned(&[("returnToken", "")]));
    assert!(nothing.order_id.is_none() && nothing.token.is_none());
}

#[tokio::test]
async fn a_confirmation_brings_the_key_with_or_without_a_code_in_the_return() {
    let recorded = transcript("info");
    let without_code = completed().split_off(2);
    for fields in [completed(), without_code] {
        let script = Script::json(&recorded["answer"]);
        let Issue::Issued(issued) = closed(&script, &returned(&fields)).await else {
            panic!("not issued");
        };
        let sent = as_transcript(&script, &recorded["answer"]);
        assert_eq!(scrub(&sent), twin("info"));
        assert_eq!(sent["request"], recorded["request"]);
        assert!(issued.key.expose() == key().expose(), "all three parts");
        assert_eq!(issued.card.code.as_deref(), Some("365"));
        let number = issued.card.number.unwrap();
        assert_eq!(number.as_str(), "536648******1234");
        assert!(issued.first_charge.is_none());
    }
    // A number that is not masked is not taken for a card's.
    let script = Script::json(&answer_with(&recorded, "pinNo", json!("5366480000001234")));
    match closed(&script, &returned(&completed())).await {
        Issue::Issued(issued) => assert_eq!(issued.card.number, None),
        _ => panic!("not issued"),
    }
}

#[tokio::test]
async fn a_cancelled_foreign_or_empty_return_asks_payco_nothing() {
    let with = |name: &'static str, value: &'static str| {
        let mut fields = completed();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        fields
    };
    let cases = [
        (with("code", "2222"), FailureClass::UserCancel),
        (with("code", "1012"), FailureClass::ExpiredSession),
        (with("code", "77"), FailureClass::Protocol),
        (
            with("sellerAutoPaymentReferenceKey", "imp_other"),
            FailureClass::Protocol,
        ),
        (with("autoPaymentCertifyKey", ""), FailureClass::Protocol),
        (vec![], FailureClass::Protocol),
    ];
    for (fields, class) in cases {
        let script = Script::default();
        match closed(&script, &returned(&fields)).await {
            Issue::Refused(failure) => assert_eq!(failure.class, class, "{fields:?}"),
            _ => panic!("not refused: {fields:?}"),
        }
        assert!(script.all_asked().is_empty());
    }
}

#[tokio::test]
async fn a_key_is_believed_when_everything_agrees() {
    let recorded = transcript("info");
    for (name, value) in [
        ("sellerAutoPaymentReferenceKey", json!("imp_other")),
        ("sellerAutoPaymentReferenceKey", Value::Null),
        ("autoPaymentCertifyKey", json!("other")),
        ("autoPaymentCertifyKey", Value::Null),
        ("autoPaymentNo", json!("")),
        ("autoPaymentNo", Value::Null),
    ] {
        let script = Script::json(&answer_with(&recorded, name, value.clone()));
        let issue = closed(&script, &returned(&completed())).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{name} {value}");
    }
    let unknown = [
        Script::json(&code(9000)),
        Script::json(&json!({"message": "?"})),
        Script::json(&json!({"code": 0, "result": "?"})),
        Script::raw(200, b"<html>"),
        Script::raw(500, b"<html>"),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in unknown.iter().enumerate() {
        let issue = closed(script, &returned(&completed())).await;
        assert!(matches!(issue, Issue::Unknown(_)), "script {index}");
    }
    for script in [
        Script::json(&code(77)),
        Script::error(WireError::NotConnected),
    ] {
        let issue = closed(&script, &returned(&completed())).await;
        assert!(matches!(issue, Issue::Refused(_)));
    }
}

#[tokio::test]
async fn what_the_window_made_is_deleted_without_its_number() {
    let (channel, order) = (channel(), window_order(Device::Pc));
    let script = Script::json(&json!({"code": 0, "message": "success"}));
    let done = returned(&completed());
    let discarded = Connector.discard(&script, &channel, &order, &done).await;
    assert!(matches!(discarded, Revoked::Done));
    let (url, sent) = script.asked();
    assert!(url.ends_with("/outseller/autoPayment/delete"), "{url}");
    assert_eq!(sent["sellerAutoPaymentReferenceKey"], order.order_id);
    assert_eq!(sent["autoPaymentCertifyKey"], CERTIFY_KEY);
    let script = Script::default();
    let nothing = returned(&[("code", "2222")]);
    let discarded = Connector.discard(&script, &channel, &order, &nothing).await;
    assert!(matches!(discarded, Revoked::Unsupported));
    assert!(script.all_asked().is_empty());
}
