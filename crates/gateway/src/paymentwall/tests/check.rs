//! The check of credentials.

use serde_json::{Value, json};

use super::support::*;
use crate::contract::{Channel, Checked, Gateway};
use crate::paymentwall::Connector;
use crate::wire::WireError;

fn error(code: u32) -> (u16, Value) {
    let status = if code == 4007 { 401 } else { 400 };
    (
        status,
        json!({"type": "Error", "code": code, "error": "no"}),
    )
}

async fn checked(script: &Script, channel: &Channel) -> Checked {
    Connector.check(script, channel, NOW_MS).await
}

#[tokio::test]
async fn credentials_are_proven_without_money() {
    let script = Script::each(&[error(3000), error(1), error(2)]);
    let good = checked(&script, &channel()).await;
    assert!(matches!(good, Checked::Good(_)));
    let asked = script.all_asked();
    assert_eq!(asked[0]["method"], "GET");
    assert_eq!(asked[0]["path"], "/api/brick/charge/0");
    assert_eq!(asked[0]["x-apikey"], PRIVATE_KEY);
    for question in &asked[1..] {
        assert_eq!(question["path"], "/api/rest/payment/");
        assert_eq!(question["params"]["ref"], "b0", "a payment that cannot be");
        assert_eq!(question.get("x-apikey"), None);
    }
    assert_ne!(asked[1]["params"]["sign"], asked[2]["params"]["sign"]);
}

#[tokio::test]
async fn what_proves_nothing_is_not_called_good() {
    for answers in [
        vec![error(3000), error(1), error(1)],
        vec![error(3000), (200, json!({})), error(1)],
        vec![error(3000), error(1), (500, json!({}))],
        vec![(200, json!({}))],
        vec![(500, json!({}))],
        vec![error(1000)],
    ] {
        let checked = checked(&Script::each(&answers), &channel()).await;
        assert!(matches!(checked, Checked::CannotProve(_)), "{answers:?}");
    }
    let away = checked(&Script::error(WireError::NotConnected), &channel()).await;
    assert!(matches!(away, Checked::CannotProve(_)));
    let lost = Script::each(&[error(3000)]);
    lost.push(Err(WireError::Lost));
    assert!(matches!(
        checked(&lost, &channel()).await,
        Checked::CannotProve(_)
    ));
}

#[tokio::test]
async fn a_refused_key_is_named_and_swapped_ones_too() {
    let swapped = Script::each(&[error(4007), error(3000)]);
    let Checked::Bad(text) = checked(&swapped, &channel()).await else {
        panic!("swapped keys passed");
    };
    assert!(text.contains("swapped"), "{text}");
    assert_eq!(swapped.all_asked()[1]["x-apikey"], PUBLIC_KEY);
    for second in [error(4007), (500, json!({}))] {
        let wrong = Script::each(&[error(4007), second]);
        let Checked::Bad(text) = checked(&wrong, &channel()).await else {
            panic!("a wrong key passed");
        };
        assert!(
            text.contains("brick_private_key") && text.contains("4007"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn wrong_credentials_are_named_before_paymentwall_is_asked() {
    for (name, value, named) in [
        ("secret_key", "", "secret_key is missing"),
        ("brick_public_key", "", "brick_public_key is missing"),
        ("brick_private_key", "", "brick_private_key is missing"),
        ("secret_key", "wrong", "secret_key is no key"),
        ("brick_private_key", "with space in the middle", "no key"),
        ("secret_key", PROJECT, "is the project key"),
        ("brick_public_key", PROJECT, "is the project key"),
        ("brick_private_key", PUBLIC_KEY, "the same as"),
        ("brick_private_key", SECRET, "the same as secret_key"),
        ("secret_key", "t_11c1806e0daf60fc31f2167f0e4d59", "Brick's"),
        (
            "brick_public_key",
            "33c1806e0daf60fc31f2167f0e4d59ab",
            "(t_)",
        ),
        (
            "brick_private_key",
            "85c66c2d7461e8885805f92dfd171cab",
            "(t_)",
        ),
    ] {
        let script = Script::silent();
        let Checked::Bad(text) = checked(&script, &channel_with(name, value)).await else {
            panic!("{name}={value} passed");
        };
        assert!(text.contains(named) && script.asked_nothing(), "{text}");
        assert!(value.is_empty() || !text.contains(value), "{text}");
    }
    let mut short = channel();
    short.pg_id = "project".to_owned();
    let checked_short = checked(&Script::silent(), &short).await;
    assert!(matches!(checked_short, Checked::Bad(text) if text.contains("project key")));
}

#[tokio::test]
async fn a_guess_that_cannot_be_is_named() {
    for (name, value) in [
        ("token_source", "pingback:card_token"),
        ("token_source", "widget"),
        ("sign_version", "1"),
        ("notice_sign_version_min", "4"),
        ("refund", "mail"),
        ("two_decimals", "yes"),
        ("status_api", ""),
    ] {
        let channel = channel_saying(&[(name, value)]);
        let Checked::Bad(text) = checked(&Script::silent(), &channel).await else {
            panic!("{name}={value} passed");
        };
        assert!(text.contains(name), "{text}");
    }
}
