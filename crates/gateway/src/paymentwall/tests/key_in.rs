//! Card data by API: a token first, then its charge.

use dangol_domain::{CardData, CardFields, FailureClass, Outcome};
use serde_json::{Value, json};

use super::scrub::transcript;
use super::support::*;
use crate::contract::{Channel, ChargeOrder, Gateway, Issue, KeyIn};
use crate::paymentwall::Connector;
use crate::wire::WireError;

const NUMBER: &str = "4242424242424242";

fn card() -> CardData {
    let fields = CardFields {
        number: "4242-4242-4242-4242",
        expiry: "2030-11",
        birth: Some("000000"),
        pwd_2digit: None,
        cvc: Some("826"),
    };
    CardData::read(&fields).unwrap()
}

fn shop() -> Channel {
    channel_saying(&[("browser_domain", "shop.example")])
}

fn token() -> Value {
    json!({"type": "token", "token": ONE_TIME, "expires_in": 290, "active": 1,
           "card": {"type": "Visa", "last4": "4242", "bin": "424242", "exp_month": "11", "exp_year": "2030"}})
}

/// A charge as it is answered; without storing, it has no token.
fn charge(stored: bool) -> Value {
    let mut answer = transcript("charge")["answer"].clone();
    if !stored {
        put(&mut answer["card"], "token", Value::Null);
    }
    answer
}

async fn charged(script: &Script) -> Outcome {
    Connector
        .charge_card(script, &shop(), card(), &charge_order())
        .await
}

async fn issued(script: &Script) -> Issue {
    Connector
        .issue_by_card(script, &shop(), card(), &charge_order())
        .await
}

#[tokio::test]
async fn a_card_becomes_a_token_and_only_the_token_is_charged() {
    for (stores, store_card) in [(false, "0"), (true, "1")] {
        let script = Script::each(&[(200, token()), (200, charge(stores))]);
        let number = match stores {
            false => match charged(&script).await {
                Outcome::Approved(receipt) => receipt.card.number,
                other => panic!("{other:?}"),
            },
            true => match issued(&script).await {
                Issue::Issued(issued) => {
                    assert!(issued.first_charge.is_some() && issued.key.expose() == KEY);
                    issued.card.number
                }
                _ => panic!("no key"),
            },
        };
        assert_eq!(number.unwrap().as_str(), "424242******4242");
        let asked = script.all_asked();
        assert_eq!(
            asked[0],
            json!({"method": "POST", "path": "/api/brick/token", "params": {
                "public_key": PUBLIC_KEY, "card[number]": NUMBER, "card[exp_month]": "11", "card[exp_year]": "2030",
                "card[cvv]": "826",
            }}),
        );
        assert_eq!(asked[1]["path"], "/api/brick/charge");
        let params = &asked[1]["params"];
        for (name, value) in [
            ("token", ONE_TIME),
            ("store_card", store_card),
            ("plan", "imps_123456789012"),
            ("uid", "cust_0001"),
            ("amount", "3000"),
            ("browser_ip", "203.0.113.7"),
            ("browser_domain", "shop.example"),
        ] {
            assert_eq!(params[name], value, "{name}");
        }
        assert!(!asked[1].to_string().contains(NUMBER));
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_charged() {
    let refused = |code| json!({"type": "Error", "code": code, "error": "no"});
    for (status, answer, class) in [
        (400, refused(224), FailureClass::BadCard),
        // Which status a refusal has is not documented.
        (200, refused(223), FailureClass::Expired),
        (200, refused(231), FailureClass::Retryable),
        (500, json!({}), FailureClass::Retryable),
        (200, json!({"type": "token"}), FailureClass::Retryable),
        (
            200,
            json!({"type": "token", "token": KEY}),
            FailureClass::Retryable,
        ),
    ] {
        let script = Script::each(&[(status, answer.clone())]);
        match charged(&script).await {
            Outcome::NotSent(failure) => assert_eq!(failure.class, class, "{answer}"),
            other => panic!("{answer}: {other:?}"),
        }
        assert_eq!(script.all_asked().len(), 1);
    }
    let lost = Script::error(WireError::Lost);
    assert!(matches!(issued(&lost).await, Issue::Refused(_)));
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_unknown() {
    for stores in [false, true] {
        let script = Script::each(&[(200, token())]);
        script.push(Err(WireError::Lost));
        let unknown = match stores {
            false => matches!(charged(&script).await, Outcome::Unknown(_)),
            true => matches!(issued(&script).await, Issue::Unknown(_)),
        };
        assert!(unknown);
        assert_eq!(script.all_asked().len(), 2, "nothing is sent again");
    }
}

#[tokio::test]
async fn a_demand_for_3d_secure_is_a_refusal() {
    let demand = json!({"success": 0, "secure": {"redirect": "https://issuer.example"}});
    let script = Script::each(&[(200, token()), (200, demand)]);
    let Outcome::Declined(failure) = charged(&script).await else {
        panic!("not declined");
    };
    assert!(failure.message.contains("3-D Secure"));
}

#[test]
fn without_the_buyers_address_no_card_is_taken() {
    let takes = |order: &ChargeOrder| {
        let card = card();
        Connector.takes_card(&shop(), &card, order, KeyIn::Charge)
    };
    assert!(takes(&charge_order()).is_ok());
    let nowhere = ChargeOrder {
        browser_ip: None,
        ..charge_order()
    };
    assert!(takes(&nowhere).unwrap_err().starts_with("browser_ip: "));
}
