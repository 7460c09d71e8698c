//! Charges and inquiries.

use dangol_domain::{BillingKey, Currency, FailureClass, Money, Outcome};
use serde_json::{Value, json};

use super::super::charge::tax_split;
use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, Inquired, Inquiry};
use crate::payco::Connector;
use crate::wire::WireError;

async fn charged(script: &Script, channel: &Channel) -> Outcome {
    let order = charge_order();
    Connector.charge(script, channel, &key(), &order).await
}

async fn inquired(script: &Script, pg_tid: Option<&str>) -> Outcome {
    let inquiry = Inquiry {
        order_id: "imps_123456789012".to_owned(),
        amount: won(3000),
        customer_uid: "gildong_0001_1234".to_owned(),
        issues_key: false,
        sent_at_ms: NOW_MS,
        pg_tid: pg_tid.map(str::to_owned),
        at_ms: NOW_MS,
    };
    match Connector.inquire(script, &channel(), &inquiry).await {
        Inquired::Outcome(outcome) => outcome,
        Inquired::Unsupported => panic!("unsupported"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

#[tokio::test]
async fn a_charge_is_the_transcript() {
    let recorded = transcript("charge");
    let script = Script::json(&recorded["answer"]);
    let Outcome::Approved(receipt) = charged(&script, &channel()).await else {
        panic!("not approved");
    };
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("charge"));
    assert_eq!(sent["request"], recorded["request"]);
    assert_eq!(receipt.pg_tid, "202611190900000001");
    assert_eq!(receipt.amount, won(3000));
    assert_eq!(receipt.approval_number.as_deref(), Some("25600001"));
    assert_eq!(receipt.approved_at_ms, Some(NOW_MS));
    assert_eq!(receipt.partial_cancel, Some(true));
    assert_eq!(receipt.card.name.as_deref(), Some("씨티카드"));
    let number = receipt.card.number.as_ref().unwrap();
    assert_eq!(
        number.as_str(),
        "536648******1234",
        "a full number is masked"
    );
    let cancel_key = receipt.cancel_key.as_ref().unwrap();
    assert!(cancel_key.expose() == ORDER_CERTIFY_KEY);
    assert!(!format!("{receipt:?}").contains(ORDER_CERTIFY_KEY));
}

#[tokio::test]
async fn texts_and_decimals_in_place_of_numbers_are_understood() {
    let recorded = transcript("charge");
    for amount in [json!("3000"), json!(3000.0), json!("3000.00")] {
        let mut answer = answer_with(&recorded, "totalPaymentAmt", amount.clone());
        answer["code"] = json!("0");
        let outcome = charged(&Script::json(&answer), &channel()).await;
        assert!(
            matches!(outcome, Outcome::Approved(_)),
            "{amount}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let recorded = transcript("charge");
    for (name, value) in [
        ("sellerOrderReferenceKey", json!("imps_other")),
        ("sellerOrderReferenceKey", Value::Null),
        ("totalPaymentAmt", json!(3001)),
        ("totalPaymentAmt", json!(3000.5)),
        ("totalPaymentAmt", Value::Null),
        ("paymentCompletionYn", json!("N")),
        ("orderNo", json!("")),
        ("orderNo", Value::Null),
        ("paymentDetails", json!("?")),
    ] {
        let answer = answer_with(&recorded, name, value.clone());
        for outcome in [
            charged(&Script::json(&answer), &channel()).await,
            inquired(&Script::json(&answer), None).await,
        ] {
            assert!(
                matches!(outcome, Outcome::Unknown(_)),
                "{name} {value}: {outcome:?}"
            );
        }
    }
    let outcome = charged(&Script::json(&json!({"code": 0})), &channel()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)));
}

#[tokio::test]
async fn only_a_listed_refusal_declines() {
    let decline =
        async |answer: Value, channel: Channel| match charged(&Script::json(&answer), &channel)
            .await
        {
            Outcome::Declined(failure) => Some(failure.class),
            Outcome::Unknown(_) => None,
            other => panic!("{other:?}"),
        };
    let limit = Some(FailureClass::Limit);
    assert_eq!(decline(code(1402), channel()).await, limit);
    assert_eq!(decline(code("1402"), channel()).await, limit);
    for unclear in [
        json!(1001),
        json!(1450),
        json!(9000),
        json!(9999),
        json!(77),
        json!(""),
        json!(2222),
        json!(true),
    ] {
        assert_eq!(
            decline(code(unclear.clone()), channel()).await,
            None,
            "{unclear}"
        );
    }
    let lost = channel_saying("hard_decline_codes", "77");
    assert_eq!(
        decline(code(77), lost).await,
        Some(FailureClass::HardDecline)
    );
    let gone = channel_saying("unknown_key_codes", "77");
    assert_eq!(
        decline(code(77), gone).await,
        Some(FailureClass::UnknownKey)
    );
    let again = channel_saying("duplicate_codes", "1402");
    assert_eq!(
        decline(code(1402), again).await,
        None,
        "the operator's word is stronger"
    );
}

#[tokio::test]
async fn what_is_no_answer_is_open_unless_nothing_was_sent() {
    let scripts = [
        Script::raw(500, b"{\"code\":1402}"),
        Script::raw(200, b"<html>"),
        Script::raw(200, b"[]"),
        Script::error(WireError::Lost),
        Script::error(WireError::TimedOut),
        Script::error(WireError::TooLarge { status: 200 }),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let outcome = charged(script, &channel()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "script {index}: {outcome:?}"
        );
    }
    let outcome = charged(&Script::error(WireError::NotConnected), &channel()).await;
    assert!(matches!(outcome, Outcome::NotSent(_)));
}

#[tokio::test]
async fn what_payco_cannot_charge_is_never_sent() {
    let script = Script::default();
    let mut dollars = charge_order();
    dollars.amount = Money::new(300, Currency::parse("USD").expect("a currency"));
    let mut nothing = charge_order();
    nothing.amount = won(0);
    let mut instalments = charge_order();
    instalments.quota = 3;
    for order in [dollars, nothing, instalments] {
        let outcome = Connector.charge(&script, &channel(), &key(), &order).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    }
    let foreign = BillingKey::new("2611190936001234");
    let order = charge_order();
    let outcome = Connector
        .charge(&script, &channel(), &foreign, &order)
        .await;
    assert!(matches!(outcome, Outcome::NotSent(_)));
    assert!(script.all_asked().is_empty());
}

#[tokio::test]
async fn tax_parts_and_the_product_travel_when_they_are_told() {
    let parts = |amount: i64, free: Option<i64>, vat: Option<i64>| {
        let mut order = charge_order();
        (order.amount, order.tax_free, order.vat) = (won(amount), free, vat);
        tax_split(&order).map(|t| (t.total_taxfree_amt, t.total_taxable_amt, t.total_vat_amt))
    };
    assert_eq!(parts(12900, None, Some(1173)), Some((0, 11727, 1173)));
    assert_eq!(parts(12900, Some(1900), None), Some((1900, 10000, 1000)));
    assert_eq!(parts(3000, Some(3000), None), Some((3000, 0, 0)));
    for (free, vat) in [
        (None, None),
        (Some(3001), None),
        (Some(-1), Some(0)),
        (None, Some(3001)),
    ] {
        assert_eq!(parts(3000, free, vat), None, "{free:?} {vat:?}");
    }
    let recorded = transcript("charge");
    for (free, kind) in [
        (Some(1900), "COMBINE"),
        (Some(3000), "DUTYFREE"),
        (Some(0), "TAXATION"),
    ] {
        let mut order = charge_order();
        order.tax_free = free;
        let script = Script::json(&recorded["answer"]);
        Connector.charge(&script, &channel(), &key(), &order).await;
        let (_, sent) = script.asked();
        assert_eq!(sent["orderProducts"][0]["taxationType"], kind);
        assert_eq!(sent["totalTaxfreeAmt"], json!(free));
    }
    let script = Script::json(&recorded["answer"]);
    charged(&script, &channel_with("product_id", "")).await;
    assert!(script.asked().1.get("orderProducts").is_none());
}

#[tokio::test]
async fn an_inquiry_finds_an_approval_either_way() {
    let recorded = transcript("verify");
    let script = Script::json(&recorded["answer"]);
    let outcome = inquired(&script, None).await;
    assert!(
        matches!(&outcome, Outcome::Approved(receipt) if receipt.amount == won(3000)),
        "{outcome:?}"
    );
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("verify"));
    // Refused with an empty number, found without one.
    let script = Script::json(&code(1001)).then_json(&recorded["answer"]);
    let outcome = inquired(&script, Some("202611190900000001")).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    let asked = script.all_asked();
    assert_eq!(asked[0].1["reserveOrderNo"], "");
    assert!(asked[1].1.get("reserveOrderNo").is_none());
}

#[tokio::test]
async fn an_inquiry_never_guesses() {
    let recorded = transcript("verify");
    let scripts = [
        Script::json(&code(1402)).then_json(&code(1402)),
        Script::json(&code(77)).then_json(&code(77)),
        Script::raw(500, b""),
        Script::raw(200, b"<html>"),
        Script::error(WireError::NotConnected),
    ];
    for (index, script) in scripts.iter().enumerate() {
        let outcome = inquired(script, None).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "script {index}: {outcome:?}"
        );
    }
    let other = inquired(
        &Script::json(&recorded["answer"]),
        Some("202611190900000009"),
    )
    .await;
    assert!(matches!(other, Outcome::Unknown(_)));
}

#[tokio::test]
async fn not_found_is_believed_when_it_is_named_everywhere_and_late_enough() {
    let asked = async |named: &str, second: i64, age_s: i64| {
        let script = Script::json(&code(77)).then_json(&code(second));
        let inquiry = Inquiry {
            order_id: "imps_123456789012".to_owned(),
            amount: won(3000),
            customer_uid: "gildong_0001_1234".to_owned(),
            issues_key: false,
            sent_at_ms: NOW_MS - age_s * 1000,
            pg_tid: None,
            at_ms: NOW_MS,
        };
        let channel = channel_saying("not_found_codes", named);
        match Connector.inquire(&script, &channel, &inquiry).await {
            Inquired::Outcome(Outcome::Declined(failure)) => {
                assert_eq!(failure.class, FailureClass::NotFound);
                true
            }
            Inquired::Outcome(Outcome::Unknown(_)) => false,
            _ => panic!("neither"),
        }
    };
    assert!(asked("77", 77, 60).await);
    assert!(!asked("77", 77, 59).await, "it may still be on its way");
    assert!(
        !asked("77", 1001, 60).await,
        "one way of asking was not understood"
    );
    assert!(!asked("", 77, 60).await);
}

#[tokio::test]
async fn no_text_shows_a_key_or_a_card() {
    let text = format!("오류 {CERTIFY_KEY} 5366-4800-0000-1234");
    for number in [json!(1402), json!(77), json!(1001), json!(9000)] {
        let answer = json!({"code": number, "message": text});
        let outcome = charged(&Script::json(&answer), &channel()).await;
        let shown = format!("{outcome:?}");
        assert!(
            !shown.contains(&CERTIFY_KEY[..20]) && !shown.contains("0000-1234"),
            "{shown}"
        );
    }
}
