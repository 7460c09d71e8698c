//! The window: registration, hand-off, return and exchange.

use dangol_domain::{CardKind, Currency, Device, FailureClass, Money};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Gateway, Issue, Way, WindowReturn};
use crate::kicc::Connector;
use crate::wire::WireError;

/// What a return brings after a buyer went through.
fn completed() -> WindowReturn {
    returned(&[
        ("resCd", "0000"),
        ("resMsg", "정상"),
        ("shopOrderNo", "imp_123456789012"),
        ("authorizationId", "26111909301110790000"),
        ("shopValue1", "token-1"),
        ("shopValue2", ""),
    ])
}

async fn closed(script: &Script, returned: &WindowReturn) -> Issue {
    let order = window_order(Device::Pc);
    Connector
        .close_window(script, &channel(), &order, returned)
        .await
}

#[tokio::test]
async fn a_window_is_registered_and_opened_where_kicc_says() {
    let recorded = transcript("register");
    let script = Script::json(&recorded["answer"]);
    let order = window_order(Device::Pc);
    let opened = Connector.open_window(&script, &channel(), &order).await;
    let hand_off = opened.unwrap();
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("register"));
    let (_, request) = script.asked();
    assert_eq!(
        request, recorded["request"],
        "the amount is 0 whatever was asked"
    );
    let Way::Form { method, url } = &hand_off.way else {
        panic!("not a form");
    };
    assert_eq!(
        (*method, url.as_str()),
        (
            "get",
            "https://testpgapi.easypay.co.kr/view/trades/cert-req.do"
        )
    );
    assert_eq!(
        hand_off.fields,
        [(
            "authorizationId".to_owned(),
            "26111909301110790000".to_owned()
        )],
        "a GET form loses its action's query"
    );
    assert_eq!(hand_off.origins, [HOST]);
}

#[tokio::test]
async fn a_phone_says_that_it_is_one() {
    let recorded = transcript("register");
    let script = Script::json(&recorded["answer"]);
    let mut order = window_order(Device::Mobile);
    order.language = "en".to_owned();
    order.buyer.tel = Some("02-1234-1234".to_owned());
    let channel = channel_saying(&[("cert_type", "1")]);
    let opened = Connector.open_window(&script, &channel, &order).await;
    assert!(opened.is_ok());
    let (_, request) = script.asked();
    assert_eq!(request["deviceTypeCode"], "mobile");
    assert_eq!(request["langFlag"], "ENG");
    assert_eq!(
        request["payMethodInfo"]["billKeyMethodInfo"]["certType"],
        "1"
    );
    assert_eq!(
        request["orderInfo"]["customerInfo"]["customerContactNo"],
        "0212341234"
    );
}

#[tokio::test]
async fn a_registration_that_is_not_kiccs_word_opens_nothing() {
    let recorded = transcript("register");
    let elsewhere = json!("https://testpgapi.easypay.co.kr.evil.example/view");
    let scripts = [
        Script::json(&answer_with(&recorded, "authPageUrl", elsewhere)),
        Script::json(&answer_with(
            &recorded,
            "authPageUrl",
            json!("javascript:alert(1)//"),
        )),
        Script::json(&answer_with(&recorded, "authPageUrl", Value::Null)),
        Script::json(&answer_with(&recorded, "resCd", json!("WN14"))),
        Script::json(&answer_with(&recorded, "resCd", Value::Null)),
        Script::raw(502, b"<html>"),
        Script::error(WireError::NotConnected),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let order = window_order(Device::Pc);
        let opened = Connector.open_window(script, &channel(), &order).await;
        assert!(opened.is_err(), "script {index} opened a window");
    }
}

#[tokio::test]
async fn what_kicc_cannot_take_is_not_registered() {
    let mut dollars = window_order(Device::Pc);
    dollars.amount = Money::new(3000, Currency::USD);
    let mut far = window_order(Device::Pc);
    far.return_url = format!("https://pay.example/{}", "x".repeat(240));
    for (order, class) in [
        (dollars, FailureClass::BadAmount),
        (far, FailureClass::Config),
    ] {
        let script = Script::silent();
        let opened = Connector.open_window(&script, &channel(), &order).await;
        assert!(opened.is_err_and(|failure| failure.class == class) && script.asked_nothing());
    }
}

#[test]
fn a_return_claims_an_order_and_a_token() {
    let claim = Connector.read_return(&channel(), &completed());
    assert_eq!(claim.order_id.as_deref(), Some("imp_123456789012"));
    assert_eq!(claim.token.unwrap().expose(), "token-1");
    let nothing = Connector.read_return(&channel(), &returned(&[("shopValue1", "")]));
    assert!(nothing.order_id.is_none() && nothing.token.is_none());
}

#[tokio::test]
async fn an_exchange_brings_the_key() {
    let recorded = transcript("exchange");
    let script = Script::json(&recorded["answer"]);
    let Issue::Issued(issued) = closed(&script, &completed()).await else {
        panic!("not issued");
    };
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("exchange"));
    assert_eq!(script.asked().1, recorded["request"]);
    assert_eq!(issued.key.expose(), KEY, "at issue cardNo is the key");
    assert_eq!(issued.pg_tid.as_deref(), Some("26111909301210790001"));
    assert_eq!(issued.card.code.as_deref(), Some("366"));
    assert_eq!(issued.card.name.as_deref(), Some("신한카드"));
    assert_eq!(issued.card.kind, Some(CardKind::Credit));
    assert_eq!(issued.card.number.unwrap().as_str(), "944116******257*");
    assert!(issued.first_charge.is_none(), "issuing moves no money");
}

#[tokio::test]
async fn a_key_is_believed_when_everything_agrees() {
    let recorded = transcript("exchange");
    for (name, value) in [
        ("mallId", json!("T5102002")),
        ("shopTransactionId", json!("imp_000000000000")),
        ("shopOrderNo", Value::Null),
        ("amount", json!(1000)),
        ("amount", Value::Null),
        ("msgAuthValue", Value::Null),
        ("msgAuthValue", json!("")),
        (
            "msgAuthValue",
            json!("8ea7f8f5ef8ab5c80f409d3dccafeca6c6cb89e5dfda2a41a5d3493e94a146ca"),
        ),
        ("paymentInfo", Value::Null),
        ("resCd", Value::Null),
        ("resCd", json!("VTIM")),
    ] {
        let answer = answer_with(&recorded, name, value.clone());
        let issue = closed(&Script::json(&answer), &completed()).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{name}={value}");
    }
    for key in [json!(""), json!("with space"), json!("x".repeat(61))] {
        let mut answer = recorded["answer"].clone();
        answer["paymentInfo"]["cardInfo"]["cardNo"] = key.clone();
        let issue = closed(&Script::json(&answer), &completed()).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{key}");
    }
    // The amount may come as a text; the code is over the text as it came.
    let answer = answer_with(&recorded, "amount", json!("0"));
    let issue = closed(&Script::json(&answer), &completed()).await;
    assert!(matches!(issue, Issue::Issued(_)));
}

#[tokio::test]
async fn a_refused_or_lost_exchange_brings_no_key() {
    let recorded = transcript("exchange");
    for (code, class) in [
        ("R102", FailureClass::ExpiredSession),
        ("8311", FailureClass::BadCard),
        ("9999", FailureClass::Protocol),
    ] {
        let answer = answer_with(&recorded, "resCd", json!(code));
        let issue = closed(&Script::json(&answer), &completed()).await;
        assert!(
            matches!(&issue, Issue::Refused(failure) if failure.class == class),
            "{code}"
        );
    }
    let order = window_order(Device::Pc);
    let duplicate = answer_with(&recorded, "resCd", json!("9998"));
    let channel = channel_saying(&[("duplicate_codes", "9998")]);
    let script = Script::json(&duplicate);
    let issue = Connector
        .close_window(&script, &channel, &order, &completed())
        .await;
    assert!(matches!(issue, Issue::Unknown(_)), "somebody got an answer");
    for error in [WireError::Lost, WireError::TimedOut] {
        let lost = closed(&Script::error(error), &completed()).await;
        assert!(matches!(lost, Issue::Unknown(_)));
    }
    let away = closed(&Script::error(WireError::NotConnected), &completed()).await;
    assert!(matches!(away, Issue::Refused(_)));
}

#[tokio::test]
async fn a_cancelled_foreign_or_empty_return_asks_kicc_nothing() {
    let cancelled = &[
        ("resCd", "W002"),
        ("resMsg", "[USER] 사용자 취소"),
        ("shopOrderNo", "imp_123456789012"),
        ("authorizationId", "26111909301110790000"),
    ][..];
    let foreign = &[
        ("resCd", "0000"),
        ("shopOrderNo", "imp_000000000000"),
        ("authorizationId", "26111909301110790000"),
    ][..];
    let empty = &[("resCd", "0000"), ("shopOrderNo", "imp_123456789012")][..];
    for (fields, class) in [
        (cancelled, FailureClass::UserCancel),
        (foreign, FailureClass::Protocol),
        (empty, FailureClass::Protocol),
        (&[][..], FailureClass::Protocol),
    ] {
        let script = Script::silent();
        let Issue::Refused(failure) = closed(&script, &returned(fields)).await else {
            panic!("{fields:?}");
        };
        assert_eq!(failure.class, class, "{fields:?}");
        assert!(!failure.message.is_empty() && script.asked_nothing());
    }
}
