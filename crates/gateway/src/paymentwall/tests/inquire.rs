//! Inquiries: the payment, then its charge.

use dangol_domain::{FailureClass, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, Inquired, Inquiry};
use crate::paymentwall::Connector;
use crate::wire::WireError;

/// The two answers of an inquiry that finds the charge.
fn both() -> (Value, Value) {
    let (status, look) = (transcript("status"), transcript("look"));
    (status["answer"].clone(), look["answer"].clone())
}

fn answering(status: &Value, look: &Value) -> Script {
    Script::each(&[(200, status.clone()), (200, look.clone())])
}

async fn inquired(script: &Script, channel: &Channel, inquiry: &Inquiry) -> Outcome {
    match Connector.inquire(script, channel, inquiry).await {
        Inquired::Outcome(outcome) => outcome,
        Inquired::Unsupported => panic!("supported"),
        Inquired::Issued(_) => panic!("a charge issues no key"),
    }
}

async fn asked(script: &Script, inquiry: &Inquiry) -> Outcome {
    inquired(script, &channel(), inquiry).await
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_order_number() {
    let (status, look) = both();
    let script = answering(&status, &look);
    let Outcome::Approved(receipt) = asked(&script, &inquiry(5_000)).await else {
        panic!("not approved");
    };
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("104872660", won(3000))
    );
    assert_eq!(receipt.card.name.as_deref(), Some("Visa"));
    let questions = script.all_asked();
    assert_eq!(questions.len(), 2);
    for (question, name) in questions.iter().zip(["status", "look"]) {
        assert_eq!(*question, transcript(name)["request"], "{name}");
        let sent = json!({"request": question, "answer": transcript(name)["answer"]});
        assert_eq!(scrub(&sent), twin(name));
    }
}

#[tokio::test]
async fn a_known_number_is_asked_by_its_reference() {
    let (mut status, mut look) = both();
    put(&mut status, "id", json!("b104872652"));
    put(&mut look, "id", json!("104872652"));
    for known in ["104872652", "b104872652"] {
        let script = answering(&status, &look);
        let mut inquiry = inquiry(5_000);
        inquiry.pg_tid = Some(known.to_owned());
        let outcome = asked(&script, &inquiry).await;
        assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
        let question = &script.all_asked()[0]["params"];
        assert_eq!(
            *question,
            json!({
                "key": PROJECT, "ref": "b104872652", "sign_version": "3",
                // Computed elsewhere.
                "sign": "383bf3d46f50a693e16102d10f43d89c9df87bbd35b31b09b61d51bc887959c8",
            })
        );
    }
    // A number that we know is another's when it differs.
    let mut other = inquiry(5_000);
    other.pg_tid = Some("104872699".to_owned());
    let script = Script::json(&status);
    let outcome = asked(&script, &other).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn what_was_refunded_since_had_been_approved() {
    let (mut status, mut look) = both();
    put(&mut status, "refunded", json!(true));
    put(&mut look, "refunded", json!(true));
    let outcome = asked(&answering(&status, &look), &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_inquiry_never_guesses() {
    let (status, look) = both();
    for (name, value) in [
        ("object", json!("charge")),
        ("object", Value::Null),
        ("id", Value::Null),
        ("id", json!("b/../1")),
        ("amount", json!("3001")),
        ("amount", Value::Null),
        ("currency", json!("USD")),
        ("currency", Value::Null),
        ("uid", json!("cust_0002")),
        ("product_id", json!("imps_000000000000")),
        ("product_id", Value::Null),
        ("risk", json!("declined")),
        ("risk", Value::Null),
    ] {
        let mut status = status.clone();
        put(&mut status, name, value.clone());
        let script = Script::json(&status);
        let outcome = asked(&script, &inquiry(5_000)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
    for (name, value) in [
        ("object", json!("payment")),
        ("id", json!("104872661")),
        ("id", Value::Null),
        ("amount", json!("2000")),
        ("currency", json!("JPY")),
        ("captured", Value::Null),
        ("risk", json!("declined")),
    ] {
        let mut look = look.clone();
        put(&mut look, name, value.clone());
        let outcome = asked(&answering(&status, &look), &inquiry(5_000)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{name}={value}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_question_that_fails_says_nothing_of_the_charge() {
    let (status, _) = both();
    for error in [
        WireError::NotConnected,
        WireError::Lost,
        WireError::TimedOut,
    ] {
        let first = Script::error(error);
        let outcome = asked(&first, &inquiry(5_000)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        let second = Script::json(&status);
        second.push(Err(error));
        let outcome = asked(&second, &inquiry(5_000)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
    let not_found = json!({"type": "Error", "code": 3000, "error": "Charge not found"});
    for (code, answer) in [(404, not_found), (500, json!({})), (200, json!([]))] {
        let script = Script::each(&[(200, status.clone()), (code, answer)]);
        let outcome = asked(&script, &inquiry(600_000)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
    for code in [3000, 3012, 4007, 1000] {
        let script = Script::refusal(400, code, "?");
        let outcome = asked(&script, &inquiry(600_000)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_review_is_pending_wherever_it_shows() {
    let (status, look) = both();
    let mut in_review = status.clone();
    put(&mut in_review, "risk", json!("pending"));
    let outcome = asked(&Script::json(&in_review), &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
    for (name, value) in [("risk", json!("pending")), ("captured", json!(false))] {
        let mut look = look.clone();
        put(&mut look, name, value);
        let outcome = asked(&answering(&status, &look), &inquiry(5_000)).await;
        assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
    }
    let named = channel_saying(&[("declined_risks", "refused, declined")]);
    put(&mut in_review, "risk", json!("declined"));
    let script = Script::json(&in_review);
    let outcome = inquired(&script, &named, &inquiry(5_000)).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
}

#[tokio::test]
async fn not_found_is_believed_when_it_is_named_and_late_enough() {
    let named = channel_saying(&[("not_found_codes", "404,3000")]);
    let not_found = || Script::refusal(404, 3000, "Payment not found");
    let early = inquired(&not_found(), &named, &inquiry(59_999)).await;
    assert!(matches!(early, Outcome::Unknown(_)), "{early:?}");
    let late = inquired(&not_found(), &named, &inquiry(60_000)).await;
    assert!(
        matches!(&late, Outcome::Declined(failure) if failure.class == FailureClass::NotFound),
        "{late:?}"
    );
    // A payment with a number was not lost on its way.
    let mut known = inquiry(60_000);
    known.pg_tid = Some("104872660".to_owned());
    let outcome = inquired(&not_found(), &named, &known).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    let nonsense = channel_saying(&[("not_found_codes", "3000"), ("not_found_after_s", "soon")]);
    let outcome = inquired(&not_found(), &nonsense, &inquiry(60_000)).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_issue_that_was_lost_still_brings_its_key() {
    let (status, look) = both();
    let mut issue = inquiry(5_000);
    issue.issues_key = true;
    let script = answering(&status, &look);
    let Inquired::Issued(issued) = Connector.inquire(&script, &channel(), &issue).await else {
        panic!("no key");
    };
    assert_eq!(issued.key.expose(), KEY);
    assert_eq!(issued.pg_tid.as_deref(), Some("104872660"));
    assert_eq!(issued.first_charge.unwrap().amount, won(3000));

    for token in [json!(""), json!(ONE_TIME)] {
        let mut look = look.clone();
        look["card"]["token"] = token;
        let outcome = inquired(&answering(&status, &look), &channel(), &issue).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
    let mut look = look.clone();
    put(&mut look, "risk", json!("pending"));
    let outcome = inquired(&answering(&status, &look), &channel(), &issue).await;
    assert!(matches!(outcome, Outcome::Pending(_)), "{outcome:?}");
}

#[tokio::test]
async fn without_the_status_api_only_a_known_number_is_asked_about() {
    let without = channel_saying(&[("status_api", "false")]);
    let (_, look) = both();
    let script = Script::silent();
    let nothing = Connector.inquire(&script, &without, &inquiry(5_000)).await;
    assert!(matches!(nothing, Inquired::Unsupported) && script.asked_nothing());
    let mut known = inquiry(5_000);
    known.pg_tid = Some("104872660".to_owned());
    let script = Script::json(&look);
    let outcome = inquired(&script, &without, &known).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    assert_eq!(script.asked(), transcript("look")["request"]);
}
