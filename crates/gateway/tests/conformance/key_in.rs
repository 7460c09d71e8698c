//! The cases of card data by API.

use std::sync::Arc;

use dangol_domain::{BillingKey, CardData, CardFields, FailureClass, Outcome};
use dangol_gateway::contract::{ChargeOrder, Issue, KeyIn};
use dangol_gateway::profile::Kind;

use crate::subject::{GOOD_CARD, Held, Subject, told};

impl Subject {
    /// A key of card data, for a PG without a window.
    pub async fn key_of_card(&self, card: &str) -> BillingKey {
        match self.issue_by_card(card, &self.charge_order(3000)).await {
            Issue::Issued(issued) => issued.key,
            other => panic!("no key: {}", told(&other)),
        }
    }

    /// Whether this PG has a window; else card data comes by API.
    pub fn has_window(&self) -> bool {
        self.gateway.profile().kind == Kind::Payment
    }

    /// Has a key made of card data.
    pub async fn issue_by_card(&self, card: &str, order: &ChargeOrder) -> Issue {
        let (wire, channel) = (&self.wire, &self.channel);
        let card = card_data(card);
        let takes = self.gateway.takes_card(channel, &card, KeyIn::Issue);
        takes.expect("the simulator's channel issues keys");
        self.gateway.issue_by_card(wire, channel, card, order).await
    }

    /// Charges card data.
    pub async fn charge_card(&self, card: &str, order: &ChargeOrder) -> Outcome {
        let (wire, channel) = (&self.wire, &self.channel);
        let charged = self
            .gateway
            .charge_card(wire, channel, card_data(card), order);
        charged.await
    }
}

/// A card as a merchant's server sends it.
fn card_data(number: &str) -> CardData {
    let fields = CardFields {
        number,
        expiry: "2030-11",
        birth: Some("910203"),
        pwd_2digit: Some("47"),
        cvc: Some("826"),
    };
    CardData::read(&fields).expect("a card")
}

fn only_by_window() -> Held {
    Held::CannotBeShown("window only".to_owned())
}

pub async fn card_data_makes_a_key_and_takes_no_money(subject: Arc<Subject>) -> Held {
    if subject.has_window() {
        return only_by_window();
    }
    let order = subject.charge_order(3000);
    let Issue::Issued(issued) = subject.issue_by_card(GOOD_CARD, &order).await else {
        panic!("no key was issued");
    };
    assert_eq!(subject.keys_made(&order.order_id), 1);
    assert!(subject.taken(&order.order_id).is_empty() && issued.first_charge.is_none());
    let number = issued.card.number.expect("the number is known");
    assert_eq!(number.as_str(), "424242******4242");
    Held::Yes
}

pub async fn card_data_is_charged_once(subject: Arc<Subject>) -> Held {
    if subject.has_window() {
        return only_by_window();
    }
    let order = subject.charge_order(3000);
    let before = subject.calls();
    match subject.charge_card(GOOD_CARD, &order).await {
        Outcome::Approved(receipt) => {
            let number = receipt.card.number.expect("the number is known");
            assert_eq!(number.as_str(), "424242******4242");
            assert_eq!(receipt.amount, order.amount);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(subject.calls() - before, 1, "one charge is one request");
    assert_eq!(subject.taken(&order.order_id), [3000]);
    assert_eq!(subject.keys_made(&order.order_id), 0, "nothing is kept");
    // The same attempt again can only be this one.
    let again = subject.charge_card(GOOD_CARD, &order).await;
    assert!(matches!(again, Outcome::Unknown(_)), "{again:?}");
    assert_eq!(subject.taken(&order.order_id), [3000]);
    Held::Yes
}

pub async fn declined_card_data_takes_nothing(subject: Arc<Subject>) -> Held {
    if subject.has_window() {
        return only_by_window();
    }
    for (card, class) in [
        ("4000 0000 0000 0341", FailureClass::Limit),
        ("4000 0000 0000 9995", FailureClass::Limit),
        ("4000 0000 0000 9987", FailureClass::HardDecline),
        ("4000 0000 0000 0069", FailureClass::Expired),
        ("4000 0000 0000 0002", FailureClass::Decline),
    ] {
        let order = subject.charge_order(3000);
        match subject.charge_card(card, &order).await {
            Outcome::Declined(failure) => assert_eq!(failure.class, class, "{failure:?}"),
            other => panic!("{card}: {other:?}"),
        }
        assert!(subject.taken(&order.order_id).is_empty());
    }
    let order = subject.charge_order(3000);
    let issue = subject.issue_by_card("4000 0000 0000 0002", &order).await;
    assert!(matches!(&issue, Issue::Refused(_)), "{}", told(&issue));
    assert!(subject.journal(&order.order_id).is_empty());
    Held::Yes
}

pub async fn card_data_without_a_sure_answer_is_unknown(subject: Arc<Subject>) -> Held {
    if subject.has_window() {
        return only_by_window();
    }
    for fault in [
        "drop_request",
        "drop_answer",
        "http_500",
        "garbage",
        "huge",
        "says_timeout",
    ] {
        for operation in ["charge", "issue_key"] {
            if let Err(why) = subject.plan(operation, fault, None) {
                return Held::CannotBeShown(why);
            }
        }
        let order = subject.charge_order(3000);
        let charged = subject.charge_card(GOOD_CARD, &order).await;
        assert!(
            matches!(charged, Outcome::Unknown(_)),
            "{fault}: {charged:?}"
        );
        assert!(!format!("{charged:?}").contains("4242424242424242"));
        let order = subject.charge_order(3000);
        let issue = subject.issue_by_card(GOOD_CARD, &order).await;
        assert!(
            matches!(&issue, Issue::Unknown(_)),
            "{fault}: {}",
            told(&issue)
        );
    }
    if let Err(why) = subject.plan("charge", "wrong_amount", None) {
        return Held::CannotBeShown(why);
    }
    let charged = subject
        .charge_card(GOOD_CARD, &subject.charge_order(3000))
        .await;
    assert!(matches!(charged, Outcome::Unknown(_)), "{charged:?}");
    Held::Yes
}
