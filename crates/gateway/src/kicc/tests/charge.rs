//! Charges and inquiries.

use dangol_domain::{CardKind, Currency, FailureClass, Money, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, ChargeOrder, Gateway, Inquired, Inquiry};
use crate::kicc::Connector;
use crate::wire::WireError;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("charge"));
    assert_eq!(script.asked().1, recorded["request"]);

    assert_eq!(receipt.pg_tid, "26111909310010790002");
    assert_eq!(receipt.amount, won(12900));
    assert_eq!(receipt.approval_number.as_deref(), Some("30012345"));
    assert_eq!(
        receipt.approved_at_ms,
        Some(NOW_MS),
        "09:31 in Korea is 00:31 UTC"
    );
    assert_eq!(receipt.card.code.as_deref(), Some("366"));
    assert_eq!(
        receipt.card.number.unwrap().as_str(),
        "419187******383*",
        "at a charge cardNo is the card"
    );
    assert_eq!(receipt.partial_cancel, Some(true));
}

#[tokio::test]
async fn texts_in_place_of_numbers_and_korean_bytes_are_understood() {
    let recorded = transcript("charge");
    let mut answer = answer_with(&recorded, "amount", json!("12900"));
    answer["somethingNew"] = json!({"deep": [1]});
    let card = &mut answer["paymentInfo"]["cardInfo"];
    card["cardNo"] = json!(4_191_870_012_343_831_i64);
    card["cardGubun"] = json!("Y");
    card["installmentMonth"] = json!("03");
    let text = answer.to_string();
    let (bytes, _, _) = encoding_rs::EUC_KR.encode(&text);
    let outcome = charged(&Script::raw(200, &bytes), &channel()).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(receipt.card.kind, Some(CardKind::Check));
    assert_eq!(receipt.quota, 3);
    assert_eq!(
        receipt.card.number.unwrap().as_str(),
        "419187******3831",
        "a full number is masked"
    );
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let recorded = transcript("charge");
    let of_the_issue = "5cb5fc01f6b11946d33a790df5fdb516ec1ec5ac3de47345770f89709f7edeb6";
    for (name, value) in [
        ("mallId", json!("T5102002")),
        ("mallId", Value::Null),
        ("shopTransactionId", json!("imps_000000000000")),
        ("shopOrderNo", json!("imps_000000000000")),
        ("shopOrderNo", Value::Null),
        ("amount", json!(129_000)),
        ("amount", json!("12,900")),
        ("amount", Value::Null),
        ("pgCno", json!("")),
        ("pgCno", Value::Null),
        ("statusCode", json!("TS02")),
        ("statusCode", json!("TS07")),
        ("msgAuthValue", json!(of_the_issue)),
        ("msgAuthValue", json!("")),
        ("msgAuthValue", Value::Null),
        ("resCd", Value::Null),
        ("resCd", json!("00000")),
        ("pgCno", json!(["26111909310010790002"])),
    ] {
        let outcome = charged_with(&answer_with(&recorded, name, value.clone())).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    // What is signed cannot be changed: the amount alone, the time alone.
    for (name, value) in [
        ("amount", json!(12900.0)),
        ("transactionDate", json!("20261119093101")),
    ] {
        let mut answer = recorded["answer"].clone();
        put(&mut answer, name, value);
        let outcome = charged_with(&answer).await;
        let is_whole = name == "amount";
        assert_eq!(
            matches!(outcome, Outcome::Approved(_)),
            is_whole,
            "{name}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn only_a_listed_refusal_declines() {
    use FailureClass::*;
    for (code, class) in [
        ("8521", Limit),
        ("8035", Limit),
        ("8314", Expired),
        ("8311", BadCard),
        ("8350", HardDecline),
        ("8373", Decline),
        ("8527", Decline),
    ] {
        let answer = json!({"resCd": code, "resMsg": "거래 거절", "paymentInfo": null});
        let outcome = charged_with(&answer).await;
        let Outcome::Declined(failure) = outcome else {
            panic!("{code}: {outcome:?}");
        };
        assert_eq!((failure.class, failure.code.as_str()), (class, code));
        assert_eq!(failure.reason(), format!("[{code}] 거래 거절"));
    }
    // Time-outs behind KICC, what no table has, codes that belong elsewhere: all open.
    for code in ["VTIM", "VT00", "9999", "", "W002", "R102", "5001"] {
        let outcome = charged_with(&json!({"resCd": code, "resMsg": "?"})).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{code}: {outcome:?}"
        );
    }
    let other = json!({"resCd": "8521", "resMsg": "", "shopTransactionId": "imps_000000000000"});
    let outcome = charged_with(&other).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn what_is_no_answer_is_open_unless_nothing_was_sent() {
    let bodies: [(u16, &[u8]); 6] = [
        (500, br#"{"resCd":"8521"}"#),
        (302, b""),
        (200, b""),
        (200, b"<html>busy</html>"),
        (200, br#"{"resCd":"8521""#),
        (200, br#"{"resCd":"8521","resCd":"0000"}"#),
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
    let leaky = format!("{KEY} / 4191-8700-0000-1234");
    let answers = [
        json!({"resCd": "8521", "resMsg": leaky}),
        json!({"resCd": "9999", "resMsg": leaky}),
        json!({"resCd": leaky, "resMsg": leaky}),
        answer_with(&recorded, "shopOrderNo", json!(leaky)),
    ];
    for answer in answers {
        let shown = format!("{:?}", charged_with(&answer).await);
        for secret in [KEY, "BA000042", "4191-8700", "0000-1234", SECRET] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn an_operator_can_name_codes_that_are_not_published() {
    let answer = json!({"resCd": "9999", "resMsg": "없는 키"});
    let channel = channel_saying(&[("unknown_key_codes", "9998, 9999")]);
    let outcome = charged(&Script::json(&answer), &channel).await;
    assert!(
        matches!(&outcome, Outcome::Declined(failure) if failure.class == FailureClass::UnknownKey),
        "{outcome:?}"
    );
    // A duplicate is this very attempt, whatever else is said of the code.
    let channel = channel_saying(&[("duplicate_codes", "8521")]);
    let answer = json!({"resCd": "8521", "resMsg": "중복"});
    let outcome = charged(&Script::json(&answer), &channel).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn tax_parts_add_up_or_stay_away() {
    for (free, vat, expected) in [
        (None, None, None),
        (Some(0), None, Some([11727, 0, 1173])),
        (Some(11800), Some(100), Some([1000, 11800, 100])),
        (Some(12900), None, Some([0, 12900, 0])),
        (Some(19000), None, None),
        (Some(12000), Some(12000), None),
        (Some(i64::MIN), None, None),
    ] {
        let script = Script::error(WireError::Lost);
        let order = ChargeOrder {
            tax_free: free,
            vat,
            ..charge_order()
        };
        Connector.charge(&script, &channel(), &key(), &order).await;
        let wanted = expected.map_or(
            Value::Null,
            |[tax, free, vat]| json!({"taxAmount": tax, "freeAmount": free, "vatAmount": vat}),
        );
        assert_eq!(script.asked().1["taxInfo"], wanted, "{free:?} {vat:?}");
    }
}

#[tokio::test]
async fn money_that_is_not_won_is_never_sent() {
    for amount in [won(0), won(-3000), Money::new(3000, Currency::USD)] {
        let order = ChargeOrder {
            amount,
            ..charge_order()
        };
        let script = Script::silent();
        let outcome = Connector.charge(&script, &channel(), &key(), &order).await;
        assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
        assert!(script.asked_nothing());
    }
}

fn inquiry(after_ms: i64) -> Inquiry {
    Inquiry {
        order_id: "imps_123456789012".to_owned(),
        amount: won(12900),
        customer_uid: "gildong_0001_1234".to_owned(),
        issues_key: false,
        sent_at_ms: NOW_MS,
        pg_tid: None,
        at_ms: NOW_MS + after_ms,
    }
}

async fn inquired(script: &Script, channel: &Channel, inquiry: &Inquiry) -> Outcome {
    match Connector.inquire(script, channel, inquiry).await {
        Inquired::Outcome(outcome) => outcome,
        Inquired::Unsupported => panic!("supported today and yesterday"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_order_number() {
    let recorded = transcript("inquire");
    let script = Script::json(&recorded["answer"]);
    let outcome = inquired(&script, &channel(), &inquiry(5_000)).await;
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("26111909310010790002", won(12900)),
        "what was cancelled since had been approved"
    );
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("inquire"));
}

#[tokio::test]
async fn an_inquiry_asks_for_the_day_of_the_attempt_as_long_as_kicc_tells() {
    // 23:59:59.999 in Korea, and what is asked a millisecond, a day and two days later.
    let late = 1_795_100_399_999;
    for (after_ms, asks) in [(1, true), (DAY_MS, true), (DAY_MS + 1, false)] {
        let inquiry = Inquiry {
            sent_at_ms: late,
            at_ms: late + after_ms,
            ..inquiry(0)
        };
        let script = Script::json(&transcript("inquire")["answer"]);
        let inquired = Connector.inquire(&script, &channel(), &inquiry).await;
        assert_eq!(matches!(inquired, Inquired::Outcome(_)), asks);
        if asks {
            assert_eq!(script.asked().1["transactionDate"], "20261119");
        } else {
            assert!(script.asked_nothing());
        }
    }
}

#[tokio::test]
async fn an_inquiry_never_guesses() {
    let recorded = transcript("inquire");
    for (name, value) in [
        ("mallId", Value::Null),
        ("shopTransactionId", json!("imps_000000000000")),
        ("shopOrderNo", json!("imps_000000000000")),
        ("amount", json!(2000)),
        ("pgCno", Value::Null),
        ("statusCode", json!("TS07")),
        ("statusCode", json!("RF01")),
        ("statusCode", Value::Null),
        ("resCd", json!("9999")),
        ("resCd", json!("8521")),
        ("resCd", Value::Null),
    ] {
        let answer = answer_with(&recorded, name, value.clone());
        let outcome = inquired(&Script::json(&answer), &channel(), &inquiry(DAY_MS)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    // Not to reach KICC now says nothing of the charge then.
    let script = Script::error(WireError::NotConnected);
    let outcome = inquired(&script, &channel(), &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    // A number that we know is another's when it differs.
    let mut other = inquiry(5_000);
    other.pg_tid = Some("26111909310010790009".to_owned());
    let script = Script::json(&recorded["answer"]);
    let outcome = inquired(&script, &channel(), &other).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn not_found_is_believed_when_it_is_named_and_late_enough() {
    let answer = json!({"resCd": "S404", "resMsg": "거래 없음"});
    let channel = channel_saying(&[("not_found_codes", "S404")]);
    let early = inquired(&Script::json(&answer), &channel, &inquiry(59_999)).await;
    assert!(matches!(early, Outcome::Unknown(_)), "{early:?}");
    let late = inquired(&Script::json(&answer), &channel, &inquiry(60_000)).await;
    assert!(
        matches!(&late, Outcome::Declined(failure) if failure.class == FailureClass::NotFound),
        "{late:?}"
    );
    let nonsense = channel_saying(&[("not_found_codes", "S404"), ("not_found_after_s", "soon")]);
    let outcome = inquired(&Script::json(&answer), &nonsense, &inquiry(60_000)).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_decline_in_an_inquiry_needs_the_operators_word_and_every_number() {
    let answer = answer_with(&transcript("inquire"), "resCd", json!("8521"));
    let channel = channel_saying(&[("inquiry_shows_declines", "true")]);
    let outcome = inquired(&Script::json(&answer), &channel, &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    let bare = json!({"resCd": "8521", "resMsg": ""});
    let outcome = inquired(&Script::json(&bare), &channel, &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}
