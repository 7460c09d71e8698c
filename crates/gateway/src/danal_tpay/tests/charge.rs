//! Charges.

use dangol_domain::{Currency, FailureClass, Money, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, ChargeOrder, Gateway, Inquired, Inquiry};
use crate::danal_tpay::Connector;
use crate::profile::{AmountAtIssue, FrameKind, InquiryBy};
use crate::wire::WireError;

async fn charged(script: &Script, channel: &Channel) -> Outcome {
    Connector
        .charge(script, channel, &key(), &charge_order())
        .await
}

async fn charged_with(answer: &Value) -> Outcome {
    charged(&Script::sealed(answer), &channel()).await
}

#[tokio::test]
async fn a_charge_is_the_transcript() {
    let recorded = transcript("charge");
    let script = Script::sealed(&recorded["answer"]);
    let Outcome::Approved(receipt) = charged(&script, &channel()).await else {
        panic!("not approved");
    };
    assert_eq!(script.asked(), recorded["request"]);
    let sent = json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
    assert_eq!(scrub(&sent), twin("charge"));

    assert_eq!(receipt.pg_tid, "202611190931000000000002");
    assert_eq!(receipt.amount, won(12900));
    assert_eq!(receipt.approval_number.as_deref(), Some("30012346"));
    assert_eq!(
        receipt.approved_at_ms,
        Some(NOW_MS),
        "09:31 in Korea is 00:31 UTC"
    );
    assert_eq!(receipt.card.code.as_deref(), Some("366"));
    assert_eq!(receipt.card.name.as_deref(), Some("신한카드"));
    assert_eq!(receipt.card.number.unwrap().as_str(), "419187******3831");
    assert_eq!((receipt.quota, receipt.cancel_key), (0, None));
}

#[tokio::test]
async fn what_is_not_told_is_left_out() {
    let order = ChargeOrder {
        buyer: Default::default(),
        name: "\"A&B\" <1+1>".to_owned(),
        customer_uid: "홍 길동+1".to_owned(),
        ..charge_order()
    };
    let script = Script::error(WireError::Lost);
    Connector.charge(&script, &channel(), &key(), &order).await;
    let asked = script.asked();
    assert!(asked.get("USERNAME").is_none() && asked.get("USERPHONE").is_none());
    assert_eq!(asked["ITEMNAME"], "A B   1 1");
    assert_eq!(asked["USERID"], "홍 길동_1");
}

#[tokio::test]
async fn a_bare_approval_has_no_facts_and_an_unmasked_card_is_masked() {
    let bare = json!({
        "RETURNCODE": "0000", "TID": "T1", "ORDERID": "imps_123456789012", "AMOUNT": "12900",
    });
    let Outcome::Approved(receipt) = charged_with(&bare).await else {
        panic!("not approved");
    };
    assert_eq!(
        (receipt.approval_number, receipt.approved_at_ms),
        (None, None)
    );
    assert_eq!(
        (receipt.card.code, receipt.card.name, receipt.card.number),
        (None, None, None)
    );

    let mut full = with(&bare, "CARDNO", json!("4191870012343831"));
    full = with(&full, "CARDCODE", json!("7777"));
    full = with(&full, "CARDNAME", json!("새카드"));
    full = with(&full, "QUOTA", json!("03"));
    let Outcome::Approved(receipt) = charged_with(&full).await else {
        panic!("not approved");
    };
    assert_eq!(receipt.card.number.unwrap().as_str(), "419187******3831");
    assert_eq!(
        (receipt.card.code, receipt.card.name.as_deref()),
        (None, Some("새카드"))
    );
    assert_eq!(receipt.quota, 3);
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let answer = transcript("charge")["answer"].clone();
    for (name, value) in [
        ("ORDERID", json!("imps_000000000000")),
        ("ORDERID", json!("")),
        ("ORDERID", Value::Null),
        ("AMOUNT", json!("129000")),
        ("AMOUNT", json!("12,900")),
        ("AMOUNT", json!("-12900")),
        ("AMOUNT", json!("12900.5")),
        ("AMOUNT", Value::Null),
        ("TID", json!("")),
        ("TID", Value::Null),
        ("RETURNCODE", Value::Null),
        ("RETURNCODE", json!("00000")),
        ("RETURNCODE", json!("0")),
    ] {
        let outcome = charged_with(&with(&answer, name, value.clone())).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    let zeros = charged_with(&with(&answer, "AMOUNT", json!("12900.00"))).await;
    assert!(matches!(zeros, Outcome::Approved(_)), "{zeros:?}");
    // Whoever can answer without the key is not Danal.
    let plain = charged(&Script::plain(&answer), &channel()).await;
    assert!(matches!(plain, Outcome::Unknown(_)), "{plain:?}");
}

#[tokio::test]
async fn only_a_listed_refusal_declines() {
    use FailureClass::*;
    for (codes, class) in [
        (&["1100", "1101", "1102", "1143", "1154"][..], Protocol),
        (
            &[
                "1106", "1107", "1108", "1109", "1112", "1130", "1131", "2186",
            ],
            Config,
        ),
        (&["1110"], BadAmount),
        (&["1121"], UnknownKey),
        (
            &[
                "1132", "1133", "1134", "1135", "1137", "1138", "1139", "1141", "1146", "1155",
            ],
            Limit,
        ),
        (&["3112", "3133", "3242"], Limit),
        (&["1147", "1149", "1150", "1151", "1152", "3115"], BadCard),
        (&["3100", "3119"], Expired),
        (&["3122", "3123", "3128", "3146"], HardDecline),
        (&["3143"], Decline),
        (&["3267", "3268"], Retryable),
    ] {
        for code in codes {
            let outcome =
                charged_with(&json!({"RETURNCODE": code, "RETURNMSG": "거래 거절"})).await;
            let Outcome::Declined(failure) = outcome else {
                panic!("{code}: {outcome:?}");
            };
            assert_eq!((failure.class, failure.code.as_str()), (class, *code));
            assert_eq!(failure.reason(), format!("[{code}] 거래 거절"));
        }
    }
    // Troubles, duplicates, codes of other steps, and what no table has: all open.
    for code in [
        "1113", "1125", "3201", "9999", "1103", "1156", "1104", "1105", "1115", "1124", "1128",
        "2101", "4000", "-1", "",
    ] {
        let outcome = charged_with(&json!({"RETURNCODE": code, "RETURNMSG": "?"})).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{code}: {outcome:?}"
        );
    }
    let other = json!({"RETURNCODE": "3112", "ORDERID": "imps_000000000000"});
    let outcome = charged_with(&other).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_failure_may_come_in_plain() {
    for (code, class) in [
        ("1114", FailureClass::Protocol),
        ("1106", FailureClass::Config),
    ] {
        let answer = json!({"RETURNCODE": code, "RETURNMSG": ""});
        let outcome = charged(&Script::plain(&answer), &channel()).await;
        assert!(
            matches!(&outcome, Outcome::Declined(failure) if failure.class == class && !failure.message.is_empty()),
            "{outcome:?}"
        );
    }
    // Sealed, it says that Danal could decrypt, and contradicts itself.
    let outcome = charged_with(&json!({"RETURNCODE": "1114"})).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn what_is_no_answer_is_open_unless_nothing_was_sent() {
    let declined = json!({"RETURNCODE": "3112"});
    let bodies = [
        (500, sealed_body(&declined)),
        (302, String::new()),
        (200, String::new()),
        (200, "<html>busy</html>".to_owned()),
        (200, "RETURNMSG=busy".to_owned()),
        (200, sealed_body(&declined)[..20].to_owned()),
        (200, foreign_body(&declined)),
        (200, "RETURNCODE=3112&RETURNCODE=0000".to_owned()),
    ];
    for (status, body) in bodies {
        let outcome = charged(&Script::raw(status, body.as_bytes()), &channel()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{status} {body}: {outcome:?}"
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
    let leaky = format!("{KEY} / 4191-8700-0000-1234");
    let answers = [
        json!({"RETURNCODE": "3112", "RETURNMSG": leaky}),
        json!({"RETURNCODE": "4000", "RETURNMSG": leaky}),
        json!({"RETURNCODE": leaky, "RETURNMSG": leaky}),
        with(&transcript("charge")["answer"], "ORDERID", json!(leaky)),
    ];
    for answer in answers {
        for script in [Script::sealed(&answer), Script::plain(&answer)] {
            let shown = format!("{:?}", charged(&script, &channel()).await);
            for secret in [KEY, "TESTBILLKEY", "4191-8700", "0000-1234", CRYPTO_KEY] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn money_that_danal_cannot_take_is_never_sent() {
    let usd = Money::new(5000, Currency::USD);
    for (amount, quota) in [
        (won(0), 0),
        (won(-3000), 0),
        (usd, 0),
        (Money::new(5, Currency::JPY), 0),
        (won(12900), 2),
    ] {
        let order = ChargeOrder {
            amount,
            quota,
            ..charge_order()
        };
        let script = Script::silent();
        let outcome = Connector.charge(&script, &channel(), &key(), &order).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
        assert!(script.asked_nothing());
    }
    // An amount below its minimum is Danal's to refuse.
    let small = ChargeOrder {
        amount: won(300),
        ..charge_order()
    };
    let script = Script::sealed(&json!({"RETURNCODE": "1110"}));
    let outcome = Connector.charge(&script, &channel(), &key(), &small).await;
    assert!(
        matches!(&outcome, Outcome::Declined(failure) if failure.class == FailureClass::BadAmount),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn dollars_travel_as_the_operator_says() {
    for (unit, amount) in [("cents", "5000"), ("dollars", "50.00")] {
        let order = ChargeOrder {
            amount: Money::new(5000, Currency::USD),
            ..charge_order()
        };
        let answer = with(&transcript("charge")["answer"], "AMOUNT", json!(amount));
        let script = Script::sealed(&answer);
        let channel = channel_saying(&[("usd_amount", unit)]);
        let outcome = Connector.charge(&script, &channel, &key(), &order).await;
        assert!(
            matches!(&outcome, Outcome::Approved(receipt) if receipt.amount == order.amount),
            "{outcome:?}"
        );
        let asked = script.asked();
        assert_eq!(
            (&asked["CURRENCY"], &asked["AMOUNT"]),
            (&json!("840"), &json!(amount))
        );
    }
}

#[tokio::test]
async fn nothing_can_be_asked_about() {
    let inquiry = Inquiry {
        order_id: "imps_123456789012".to_owned(),
        customer_uid: "gildong_0001".to_owned(),
        issues_key: false,
        amount: won(12900),
        sent_at_ms: NOW_MS,
        pg_tid: Some(TID.to_owned()),
        at_ms: NOW_MS + 60_000,
    };
    let script = Script::silent();
    let inquired = Connector.inquire(&script, &channel(), &inquiry).await;
    assert!(matches!(inquired, Inquired::Unsupported) && script.asked_nothing());
}

#[test]
fn the_profile_says_how_danal_differs() {
    let profile = Connector.profile();
    assert_eq!(
        (profile.provider.as_str(), profile.demo_pg_id.as_str()),
        ("danal_tpay", CPID)
    );
    assert!(profile.amount_at_issue == AmountAtIssue::ChargedWhenPositive);
    assert!(profile.inquiry == InquiryBy::Nothing && profile.card_only);
    // The callback on a phone too, on the whole page.
    assert!(profile.mobile.frame == FrameKind::Layer && profile.mobile.width.is_none());
    assert!(profile.pc.frame == FrameKind::Layer && profile.pc.width == Some(720));
    let notice = profile.notice.as_ref().expect("Danal sends notices");
    assert_eq!((notice.answer.as_str(), notice.sources.len()), ("OK", 2));
}
