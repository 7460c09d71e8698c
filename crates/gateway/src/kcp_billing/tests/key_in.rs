//! Card data by API.

use dangol_domain::{CardData, CardFields, FailureClass, Outcome};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, Issue, KeyIn};
use crate::kcp_billing::key_in::{Connector, facts};
use crate::wire::WireError;

const GOOD: CardFields<'static> = CardFields {
    number: "4242-4242-4242-4242",
    expiry: "2030-11",
    birth: Some("910203"),
    pwd_2digit: Some("47"),
    cvc: None,
};

fn card() -> CardData {
    CardData::read(&GOOD).unwrap()
}

fn site() -> Channel {
    let mut channel = channel();
    channel.pg_id = "T0000".to_owned();
    channel
}

/// The operator says that the guess is right.
fn issuing() -> Channel {
    let mut channel = site();
    channel
        .dialect
        .insert("key_issue".to_owned(), "hub".to_owned());
    channel
}

async fn charged(script: &Script) -> Outcome {
    Connector
        .charge_card(script, &site(), card(), &charge_order())
        .await
}

async fn issued(script: &Script, channel: &Channel) -> Issue {
    Connector
        .issue_by_card(script, channel, card(), &charge_order())
        .await
}

#[tokio::test]
async fn a_charge_of_a_card_is_the_transcript() {
    let recorded = transcript("card_charge");
    let script = Script::json(&recorded["answer"]);
    let Outcome::Approved(receipt) = charged(&script).await else {
        panic!("not approved");
    };
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("card_charge"));
    let (_, request) = script.asked();
    for name in ["card_no", "card_expiry", "card_taxno", "card_pwd"] {
        assert_eq!(request[name], recorded["request"][name], "{name}");
    }
    assert_eq!(receipt.pg_tid, "26111901234567");
    assert_eq!(
        receipt.card.number.unwrap().as_str(),
        "424242******4242",
        "the zeros in the middle are KCP's, not the card's"
    );
}

#[tokio::test]
async fn a_contract_without_authentication_sends_neither_birth_nor_password() {
    let recorded = transcript("card_charge");
    let script = Script::json(&recorded["answer"]);
    let fields = CardFields {
        birth: None,
        pwd_2digit: None,
        ..GOOD
    };
    let card = CardData::read(&fields).unwrap();
    let order = charge_order();
    Connector.charge_card(&script, &site(), card, &order).await;
    let (_, request) = script.asked();
    assert!(request.get("card_taxno").is_none() && request.get("card_pwd").is_none());
}

#[tokio::test]
async fn a_key_by_a_card_is_the_transcript() {
    let recorded = transcript("card_issue");
    let script = Script::json(&recorded["answer"]);
    let Issue::Issued(key) = issued(&script, &issuing()).await else {
        panic!("no key");
    };
    let sent = as_transcript(&script, "https://stg-spl.kcp.co.kr", &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("card_issue"));
    assert!(key.key.expose() == "2611190936001234" && key.first_charge.is_none());
    assert_eq!(key.card.number.unwrap().as_str(), "424242******4242");
    assert_eq!(key.card.code.as_deref(), Some("365"));
}

#[tokio::test]
async fn without_the_operators_word_no_key_is_asked_for() {
    assert!(
        Connector
            .takes_card(&site(), &card(), &charge_order(), KeyIn::Charge)
            .is_ok()
    );
    let refused = Connector.takes_card(&site(), &card(), &charge_order(), KeyIn::Issue);
    assert!(refused.unwrap_err().contains("key_issue"));
    let script = Script::silent();
    assert!(matches!(issued(&script, &site()).await, Issue::Refused(_)));
    assert!(script.asked_nothing());
    assert!(
        Connector
            .takes_card(&issuing(), &card(), &charge_order(), KeyIn::Issue)
            .is_ok()
    );
}

#[test]
fn a_channel_asks_for_what_its_contract_wants() {
    let takes = |name: &str, says: &str, fields: CardFields<'_>| {
        let mut channel = site();
        channel.dialect.insert(name.to_owned(), says.to_owned());
        let card = CardData::read(&fields).unwrap();
        Connector
            .takes_card(&channel, &card, &charge_order(), KeyIn::Charge)
            .is_ok()
    };
    let nobody = || CardFields {
        birth: None,
        ..GOOD
    };
    let openly = || CardFields {
        pwd_2digit: None,
        ..GOOD
    };
    let unruly = || CardFields {
        number: "5164530000000000",
        ..GOOD
    };
    let long = || CardFields {
        number: "42424242424242424",
        ..GOOD
    };
    for (name, says, fields, good) in [
        ("require_birth", "true", nobody(), false),
        ("require_birth", "false", nobody(), true),
        ("require_pwd", "true", openly(), false),
        ("require_pwd", "false", openly(), true),
        ("luhn", "false", unruly(), true),
        ("luhn", "true", unruly(), false),
        ("luhn", "true", GOOD, true),
        ("luhn", "false", long(), false),
    ] {
        assert_eq!(takes(name, says, fields), good, "{name}={says}");
    }
}

#[tokio::test]
async fn only_a_listed_refusal_declines_a_card() {
    use FailureClass::*;
    for (code, class) in [
        ("CC63", BadCard),
        ("CC66", BadCard),
        ("CC69", HardDecline),
        ("CC35", Config),
        ("CC54", Expired),
        ("CC61", Limit),
        ("8107", BadCard),
        ("8004", Protocol),
    ] {
        let answer = json!({"res_cd": code, "res_msg": "거절 4242424242424242"});
        let Outcome::Declined(failure) = charged(&Script::json(&answer)).await else {
            panic!("{code} is a refusal");
        };
        assert_eq!((failure.class, failure.code.as_str()), (class, code));
        assert!(!failure.message.contains("4242424242424242"));
    }
    for code in ["8041", "8338", "9999", "CCA8", ""] {
        let answer = json!({"res_cd": code, "res_msg": ""});
        let outcome = charged(&Script::json(&answer)).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{code}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_approval_of_anything_else_is_not_believed() {
    let recorded = transcript("card_charge");
    for (name, value) in [
        ("order_no", json!("imps_000000000000")),
        ("amount", json!("30000")),
        ("amount", Value::Null),
        ("tno", Value::Null),
        ("res_cd", Value::Null),
    ] {
        let answer = answer_with(&recorded, name, value.clone());
        let outcome = charged(&Script::json(&answer)).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{name}={value}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_missing_connection_is_not_sent() {
    let charge = charged(&Script::error(WireError::NotConnected)).await;
    assert!(matches!(charge, Outcome::NotSent(_)));
    let charge = charged(&Script::error(WireError::Lost)).await;
    assert!(matches!(charge, Outcome::Unknown(_)));
    let issue = issued(&Script::error(WireError::NotConnected), &issuing()).await;
    assert!(matches!(issue, Issue::Refused(_)));
    let issue = issued(&Script::error(WireError::Lost), &issuing()).await;
    assert!(matches!(issue, Issue::Unknown(_)));
    let keyless = json!({"res_cd": "0000", "res_msg": "정상처리"});
    let issue = issued(&Script::json(&keyless), &issuing()).await;
    assert!(matches!(issue, Issue::Unknown(_)));
}

#[test]
fn both_contracts_guess_alike() {
    let billing = &crate::kcp_billing::facts().dialect;
    assert!(billing.len() > 3);
    for (name, guess) in billing {
        assert_eq!(facts().dialect.get(name), Some(guess), "{name}");
    }
}
