//! Charges of a permanent token.

use dangol_domain::{Currency, FailureClass, Money, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, ChargeOrder, Gateway};
use crate::paymentwall::Connector;
use crate::wire::WireError;

async fn charged(script: &Script, order: &ChargeOrder) -> Outcome {
    charged_at(script, &channel(), order).await
}

async fn charged_at(script: &Script, channel: &Channel, order: &ChargeOrder) -> Outcome {
    Connector.charge(script, channel, &key(), order).await
}

async fn charged_with(answer: &Value) -> Outcome {
    charged(&Script::json(answer), &charge_order()).await
}

#[tokio::test]
async fn a_charge_is_the_transcript() {
    let recorded = transcript("charge");
    let script = Script::json(&recorded["answer"]);
    let Outcome::Approved(receipt) = charged(&script, &charge_order()).await else {
        panic!("not approved");
    };
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("charge"));
    assert_eq!(script.asked(), recorded["request"]);

    assert_eq!(receipt.pg_tid, "104872660", "the charge's plain number");
    assert_eq!(receipt.amount, won(3000));
    assert_eq!(receipt.approved_at_ms, Some(1_795_048_262_000));
    assert_eq!(receipt.approval_number, None, "Paymentwall tells none");
    assert_eq!(receipt.card.name.as_deref(), Some("Visa"));
    assert_eq!(receipt.card.code, None, "nor the issuer");
    let number = receipt.card.number.unwrap();
    assert_eq!(number.as_str(), "************4242");
    assert_eq!(receipt.partial_cancel, Some(true));
}

#[tokio::test]
async fn dollars_have_cents() {
    let order = ChargeOrder {
        amount: cents(50),
        browser_ip: None,
        ..charge_order()
    };
    let mut answer = answer_with(&transcript("charge"), "amount", json!(0.5));
    put(&mut answer, "currency", json!("USD"));
    put(&mut answer, "amount_paid", json!("650"));
    let script = Script::json(&answer);
    let Outcome::Approved(receipt) = charged(&script, &order).await else {
        panic!("not approved");
    };
    let params = &script.asked()["params"];
    assert_eq!(
        (&params["amount"], &params["currency"]),
        (&json!("0.50"), &json!("USD"))
    );
    assert_eq!(params.get("browser_ip"), None);
    assert_eq!(receipt.amount, cents(50));
    assert_eq!(
        receipt.partial_cancel,
        Some(false),
        "billed in won: no part can be given back"
    );
}

#[tokio::test]
async fn what_the_merchant_did_not_tell_is_made_but_for_the_address() {
    let mut order = charge_order();
    order.buyer.name = None;
    let script = Script::error(WireError::Lost);
    charged(&script, &order).await;
    let params = &script.asked()["params"];
    assert_eq!(params["customer[firstname]"], "Subscription");
    assert_eq!(params["customer[lastname]"], "Customer");

    for email in [None, Some(String::new()), Some("jack".to_owned())] {
        order.buyer.email = email;
        let script = Script::silent();
        let outcome = charged(&script, &order).await;
        assert!(
            matches!(&outcome, Outcome::NotSent(failure) if failure.message.contains("buyer_email")),
            "{outcome:?}"
        );
        assert!(script.asked_nothing());
    }
}

#[tokio::test]
async fn a_mark_before_the_answer_and_php_ways_are_understood() {
    let mut answer = answer_with(&transcript("charge"), "captured", json!(1));
    put(&mut answer, "amount", json!(3000));
    put(&mut answer, "amount_paid", json!("3000.00"));
    put(&mut answer, "id", json!(104_872_660));
    put(&mut answer, "something_new", json!({"deep": [1]}));
    let body = format!("\u{feff}{answer}");
    let outcome = charged(&Script::raw(200, body.as_bytes()), &charge_order()).await;
    assert!(
        matches!(&outcome, Outcome::Approved(receipt) if receipt.pg_tid == "104872660"),
        "{outcome:?}"
    );
    let refusal = "\u{feff}{\"type\":\"Error\",\"code\":3012,\"error\":\"declined\"}";
    let outcome = charged(&Script::raw(400, refusal.as_bytes()), &charge_order()).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    let test = answer_with(
        &transcript("charge"),
        "id",
        json!("9557984691424639727_test"),
    );
    assert!(matches!(charged_with(&test).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let recorded = transcript("charge");
    for (name, value) in [
        ("object", json!("subscription")),
        ("object", Value::Null),
        ("id", json!("b104872660")),
        ("id", json!("../104872660")),
        ("id", json!("")),
        ("id", Value::Null),
        ("amount", json!("3001")),
        ("amount", json!("3,000")),
        ("amount", json!("30.00")),
        ("amount", Value::Null),
        ("currency", json!("USD")),
        ("currency", Value::Null),
        ("amount_paid", json!("300")),
        ("captured", Value::Null),
        ("captured", json!("soon")),
        ("refunded", json!(true)),
        ("risk", json!("declined")),
        ("risk", Value::Null),
        ("risk", json!(["approved"])),
    ] {
        let outcome = charged_with(&answer_with(&recorded, name, value.clone())).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_review_or_a_mere_authorisation_is_pending() {
    for (risk, captured) in [("pending", true), ("pending", false), ("approved", false)] {
        let mut answer = answer_with(&transcript("charge"), "risk", json!(risk));
        put(&mut answer, "captured", json!(captured));
        let outcome = charged_with(&answer).await;
        assert!(
            matches!(&outcome, Outcome::Pending(why) if why.contains("104872660")),
            "{risk} {captured}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn only_a_listed_refusal_declines() {
    use FailureClass::*;
    for (code, class) in [
        (3012, Decline),
        (3010, Decline),
        (3200, Decline),
        (3011, Limit),
        (3013, HardDecline),
        (3103, HardDecline),
        (5000, HardDecline),
        (3014, BadCard),
        (3003, BadCard),
        (3006, Expired),
        (3102, Expired),
        (3115, Limit),
        (3116, Limit),
        (3111, UnknownKey),
        (3114, UnknownKey),
        (3008, Protocol),
        (3302, Protocol),
        (1001, Config),
        (4007, Config),
    ] {
        for status in [400, 401, 422] {
            let script = Script::refusal(status, code, "Transaction was declined");
            let outcome = charged(&script, &charge_order()).await;
            let Outcome::Declined(failure) = outcome else {
                panic!("{code}: {outcome:?}");
            };
            assert_eq!(failure.class, class, "{code}");
            assert_eq!(
                failure.reason(),
                format!("[{code}] Transaction was declined")
            );
        }
    }
    // Its own trouble, a duplicate, codes of other steps, and what no table has: all open.
    for code in [1000, 3205, 3000, 3112, 3201, 224, 9999, 0] {
        let outcome = charged(&Script::refusal(400, code, "?"), &charge_order()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{code}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_is_open_unless_nothing_was_sent() {
    let refusal = br#"{"type":"Error","code":3012,"error":"declined"}"#;
    let approved = transcript("charge")["answer"].to_string();
    let bodies: &[(u16, &[u8])] = &[
        (500, refusal),
        (503, refusal),
        // Documented with a 4xx only.
        (200, refusal),
        (302, b""),
        (200, b""),
        (200, b"\xef\xbb\xbf"),
        (200, b"<html>busy</html>"),
        (200, b"[]x"),
        (200, br#"{"object":"charge""#),
        (400, b"<html>bad request</html>"),
        (400, br#"{"code":3012,"error":"declined"}"#),
        (400, br#"{"type":"Error","error":"declined"}"#),
        (400, br#"{"type":"Error","code":3012,"object":"charge"}"#),
        (400, br#"{"type":"Error","code":3012,"code":3012}"#),
        (400, approved.as_bytes()),
        (202, approved.as_bytes()),
        (500, approved.as_bytes()),
    ];
    for (status, body) in bodies {
        let outcome = charged(&Script::raw(*status, body), &charge_order()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{status} {}: {outcome:?}",
            String::from_utf8_lossy(body)
        );
    }
    for error in [
        WireError::Lost,
        WireError::TimedOut,
        WireError::TooLarge { status: 200 },
    ] {
        let outcome = charged(&Script::error(error), &charge_order()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{error}: {outcome:?}"
        );
    }
    let away = Script::error(WireError::NotConnected);
    let outcome = charged(&away, &charge_order()).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_demand_for_3d_secure_is_a_decline() {
    let answer = json!({"success": 0, "secure": {"redirect": "https://api.paymentwall.com/3ds/1"}});
    let outcome = charged_with(&answer).await;
    assert!(
        matches!(&outcome, Outcome::Declined(failure) if failure.message.contains("3-D Secure")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn no_text_shows_a_key_or_a_card() {
    let recorded = transcript("charge");
    let leaky = format!("{KEY} / 4242-4242-4242-4242 / {PRIVATE_KEY}");
    let refusal = |code: &str| json!({"type": "Error", "code": code, "error": leaky}).to_string();
    let scripts = [
        Script::raw(400, refusal("3012").as_bytes()),
        Script::raw(400, refusal("9999").as_bytes()),
        Script::raw(400, refusal(&leaky).as_bytes()),
        Script::json(&answer_with(&recorded, "object", json!(leaky))),
        Script::json(&answer_with(&recorded, "id", json!(leaky))),
        Script::json(&answer_with(&recorded, "risk", json!(leaky))),
    ];
    for script in scripts {
        let shown = format!("{:?}", charged(&script, &charge_order()).await);
        for secret in [KEY, "abf4c7b1", "4242-4242", PRIVATE_KEY, SECRET] {
            assert!(!shown.contains(secret), "{shown}");
        }
        let asked = script.asked();
        assert!(!asked["path"].as_str().unwrap().contains(KEY));
    }
}

#[tokio::test]
async fn money_that_paymentwall_cannot_take_is_never_sent() {
    let dinars = Money::new(1000, Currency::parse("KWD").unwrap());
    for amount in [won(0), won(-3000), cents(0), dinars] {
        let order = ChargeOrder {
            amount,
            ..charge_order()
        };
        let script = Script::silent();
        let outcome = charged(&script, &order).await;
        assert!(
            matches!(&outcome, Outcome::NotSent(failure) if failure.class == FailureClass::BadAmount),
            "{outcome:?}"
        );
        assert!(script.asked_nothing());
    }
    let order = ChargeOrder {
        quota: 3,
        ..charge_order()
    };
    let outcome = charged(&Script::silent(), &order).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn won_can_be_written_with_decimals() {
    let wide = channel_saying(&[("two_decimals", "true")]);
    let answer = answer_with(&transcript("charge"), "amount", json!("3000.00"));
    let script = Script::json(&answer);
    let outcome = charged_at(&script, &wide, &charge_order()).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    assert_eq!(script.asked()["params"]["amount"], "3000.00");
}
