//! The window: hand-off, return and exchange.

use dangol_domain::{CardKind, Device, FailureClass};
use serde_json::json;

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Gateway, HandOff, Issue, Way, WindowReturn};
use crate::kcp_billing::Connector;
use crate::wire::WireError;

const SPL: &str = "https://stg-spl.kcp.co.kr";

fn field<'a>(hand_off: &'a HandOff, name: &str) -> Option<&'a str> {
    let mut found = hand_off.fields.iter().filter(|(field, _)| field == name);
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "{name} is there once");
    value
}

/// What a PC's form or a phone's return brings after a buyer went through.
fn completed() -> WindowReturn {
    returned(&[
        ("ordr_idxx", "imp_123456789012"),
        ("site_cd", "A52Q7"),
        ("res_cd", "0000"),
        ("res_msg", "정상처리"),
        ("tran_cd", "00100000"),
        ("enc_data", "2DpH3kCmVtq0E1"),
        ("enc_info", "9af0c3d1"),
        ("card_mask_no", "5366-4800-****-1234"),
        ("param_opt_1", "token-1"),
    ])
}

async fn closed(script: &Script, returned: &WindowReturn) -> Issue {
    let order = window_order(Device::Pc);
    Connector
        .close_window(script, &channel(), &order, returned)
        .await
}

#[tokio::test]
async fn a_pc_gets_the_script_and_its_form() {
    let mut order = window_order(Device::Pc);
    order.extra = json!({"bypass": {"kcp": {"batch_birth_day_yn": "Y"}, "other": "x"}});
    let script = Script::silent();
    let hand_off = Connector
        .open_window(&script, &channel(), &order)
        .await
        .unwrap();
    let Way::Script { url } = &hand_off.way else {
        panic!("not a script");
    };
    assert_eq!(url, "https://testspay.kcp.co.kr/plugin/kcp_spay_hub.js");
    let page_script = Connector.page_script().unwrap();
    assert!(page_script.contains("function m_Completepayment(FormOrJson, closeEvent)"));
    assert_eq!(hand_off.form_name, Some("order_info"));
    for (name, value) in [
        ("ordr_idxx", "imp_123456789012"),
        ("site_cd", "A52Q7"),
        ("site_name", "Demo shop"),
        ("kcpgroup_id", "A52Q71000489"),
        ("pay_method", "AUTH:CARD"),
        ("card_cert_type", "BATCH"),
        ("module_type", "01"),
        ("batch_cardno_return_yn", "Y"),
        ("batch_birth_day_yn", "Y"),
        ("param_opt_1", "token-1"),
        ("res_cd", ""),
        ("res_msg", ""),
        ("enc_info", ""),
        ("enc_data", ""),
        ("tran_cd", ""),
        ("card_mask_no", ""),
    ] {
        assert_eq!(field(&hand_off, name), Some(value), "{name}");
    }
    assert_eq!(field(&hand_off, "other"), None);
    assert!(
        hand_off
            .origins
            .contains(&"https://testspay.kcp.co.kr".to_owned())
    );
}

#[tokio::test]
async fn a_phone_is_registered_and_posts_to_the_filter() {
    let recorded = transcript("register");
    let script = Script::json(&recorded["answer"]);
    let order = window_order(Device::Mobile);
    let hand_off = Connector
        .open_window(&script, &channel(), &order)
        .await
        .unwrap();
    let sent = as_transcript(&script, "https://testsmpay.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("register"));
    let Way::Form { method, url } = &hand_off.way else {
        panic!("not a form");
    };
    assert_eq!(
        (*method, url.as_str()),
        (
            "post",
            "https://testsmpay.kcp.co.kr/pay/jsp/encodingFilter/encodingFilter.jsp"
        )
    );
    for (name, value) in [
        ("PayUrl", "https://testsmpay.kcp.co.kr/pay/mobileGW.kcp"),
        ("approval_key", "ak0123456789"),
        ("encoding_trans", "UTF-8"),
        ("Ret_URL", "https://pay.example/payments/return/w1"),
        ("kcp_group_id", "A52Q71000489"),
        ("ActionResult", "batch"),
        ("param_opt_1", "token-1"),
    ] {
        assert_eq!(field(&hand_off, name), Some(value), "{name}");
    }
    assert_eq!(hand_off.charset, "utf-8");
}

#[tokio::test]
async fn a_registration_that_is_not_kcps_word_opens_nothing() {
    let recorded = transcript("register");
    let elsewhere = json!("https://testsmpay.kcp.co.kr.evil.example/pay/mobileGW.kcp");
    let scripts = [
        Script::json(&answer_with(&recorded, "PayUrl", elsewhere)),
        Script::json(&answer_with(
            &recorded,
            "PayUrl",
            json!("javascript:alert(1)//"),
        )),
        Script::json(&answer_with(&recorded, "approvalKey", json!(""))),
        Script::json(&json!({"Code": "S032", "Message": "접근 불가"})),
        Script::json(&json!({})),
        Script::raw(502, b"<html>"),
        Script::error(WireError::NotConnected),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let order = window_order(Device::Mobile);
        let opened = Connector.open_window(script, &channel(), &order).await;
        assert!(opened.is_err(), "script {index} opened a window");
    }
}

#[test]
fn a_return_claims_an_order_and_a_token() {
    let claim = Connector.read_return(&channel(), &completed());
    assert_eq!(claim.order_id.as_deref(), Some("imp_123456789012"));
    assert_eq!(claim.token.unwrap().expose(), "token-1");
    let nothing = Connector.read_return(&channel(), &returned(&[("param_opt_1", "")]));
    assert!(nothing.order_id.is_none() && nothing.token.is_none());
}

#[tokio::test]
async fn an_exchange_brings_the_key() {
    let recorded = transcript("exchange");
    let script = Script::json(&recorded["answer"]);
    let Issue::Issued(issued) = closed(&script, &completed()).await else {
        panic!("not issued");
    };
    let sent = as_transcript(&script, SPL, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("exchange"));
    assert_eq!(script.asked().1["enc_data"], "2DpH3kCmVtq0E1");
    assert_eq!(issued.key.expose(), "2611190936001234");
    assert_eq!(issued.card.code.as_deref(), Some("365"));
    assert_eq!(issued.card.kind, Some(CardKind::Check));
    assert_eq!(issued.card.number.unwrap().as_str(), "536648******1234");
    assert!(issued.first_charge.is_none(), "issuing moves no money");
}

#[tokio::test]
async fn a_return_without_kcps_word_brings_no_key() {
    for answer in [
        json!({"res_cd": "6004", "res_msg": "복호화 오류"}),
        json!({"res_cd": "9999", "batch_key": "2611190936001234"}),
        json!({"res_cd": "S032"}),
    ] {
        let issue = closed(&Script::json(&answer), &completed()).await;
        assert!(matches!(issue, Issue::Refused(_)), "{answer}");
    }
    for answer in [
        json!({"res_cd": "0000"}),
        json!({"res_cd": "0000", "batch_key": "with space"}),
        json!({"batch_key": "2611190936001234"}),
        json!({"res_cd": "8041", "batch_key": "2611190936001234"}),
    ] {
        let issue = closed(&Script::json(&answer), &completed()).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{answer}");
    }
    let lost = closed(&Script::error(WireError::Lost), &completed()).await;
    assert!(matches!(lost, Issue::Unknown(_)));
}

#[tokio::test]
async fn a_cancelled_foreign_or_empty_return_asks_kcp_nothing() {
    let cancelled = &[("ordr_idxx", "imp_123456789012"), ("res_cd", "3001")][..];
    let foreign = &[
        ("ordr_idxx", "imp_000000000000"),
        ("res_cd", "0000"),
        ("tran_cd", "00100000"),
        ("enc_data", "a"),
        ("enc_info", "b"),
    ][..];
    let empty = &[("ordr_idxx", "imp_123456789012"), ("res_cd", "0000")][..];
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

#[tokio::test]
async fn a_refusal_in_korean_bytes_is_readable() {
    let (message, _, _) = encoding_rs::EUC_KR.encode("한도 초과");
    let returned = WindowReturn {
        fields: vec![
            ("res_cd".to_owned(), b"CC61".to_vec()),
            ("res_msg".to_owned(), message.into_owned()),
        ],
    };
    let Issue::Refused(failure) = closed(&Script::silent(), &returned).await else {
        panic!("not refused");
    };
    assert_eq!(failure.reason(), "[CC61] 한도 초과");
    assert_eq!(failure.class, FailureClass::Limit);
}
