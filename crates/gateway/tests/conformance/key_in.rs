//! The cases of card data by API.

use std::sync::Arc;

use dangol_domain::{BillingKey, CardData, CardFields, FailureClass, Outcome};
use dangol_gateway::contract::{ChargeOrder, Issue, KeyIn};
use dangol_gateway::profile::{AmountAtIssue, Kind};

use crate::subject::{GOOD_CARD, Held, Subject, told};

impl Subject {
    /// Whether this PG takes card data by API.
    pub fn takes_cards(&self) -> bool {
        self.gateway.profile().kinds.contains(&Kind::ApiPayment)
    }

    /// Whether a key is always made with a charge.
    fn charges_at_issue(&self) -> bool {
        self.gateway.profile().amount_at_issue == AmountAtIssue::AlwaysCharged
    }

    /// A key of card data, for a PG without a window.
    pub async fn key_of_card(&self, card: &str) -> BillingKey {
        match self.issue_by_card(card, &self.keyed_order()).await {
            Issue::Issued(issued) => issued.key,
            other => panic!("no key: {}", told(&other)),
        }
    }

    /// An order with what a PG may want to know of a caller.
    fn keyed_order(&self) -> ChargeOrder {
        ChargeOrder {
            browser_ip: Some("203.0.113.7".to_owned()),
            ..self.charge_order(3000)
        }
    }

    /// Whether this PG has a window; else card data comes by API.
    pub fn has_window(&self) -> bool {
        self.gateway.profile().kinds.contains(&Kind::Payment)
    }

    /// Has a key made of card data.
    pub async fn issue_by_card(&self, card: &str, order: &ChargeOrder) -> Issue {
        let (wire, channel) = (&self.wire, &self.channel);
        let card = card_data(card);
        let takes = self.gateway.takes_card(channel, &card, order, KeyIn::Issue);
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

pub async fn card_data_makes_a_key_and_takes_what_it_says(subject: Arc<Subject>) -> Held {
    if !subject.takes_cards() {
        return only_by_window();
    }
    let order = subject.keyed_order();
    let Issue::Issued(issued) = subject.issue_by_card(GOOD_CARD, &order).await else {
        panic!("no key was issued");
    };
    assert_eq!(subject.keys_made(&order.order_id), 1);
    let charged = match subject.charges_at_issue() {
        true => vec![3000],
        false => vec![],
    };
    assert_eq!(issued.first_charge.is_some(), subject.charges_at_issue());
    assert_eq!(subject.taken(&order.order_id), charged);
    let number = issued.card.number.expect("the number is known");
    assert_eq!(number.as_str(), "424242******4242");
    Held::Yes
}

pub async fn card_data_is_charged_once(subject: Arc<Subject>) -> Held {
    if !subject.takes_cards() {
        return only_by_window();
    }
    let order = subject.keyed_order();
    let before = subject.calls();
    match subject.charge_card(GOOD_CARD, &order).await {
        Outcome::Approved(receipt) => {
            let number = receipt.card.number.expect("the number is known");
            assert_eq!(number.as_str(), "424242******4242");
            assert_eq!(receipt.amount, order.amount);
        }
        other => panic!("{other:?}"),
    }
    // One for the charge, and where there are tokens, one for the token, which moves nothing.
    let tokens = usize::from(subject.charges_at_issue());
    assert_eq!(subject.calls() - before, 1 + tokens);
    assert_eq!(subject.taken(&order.order_id), [3000]);
    assert_eq!(subject.keys_made(&order.order_id), 0, "nothing is kept");
    // The same attempt again can only be this one.
    let again = subject.charge_card(GOOD_CARD, &order).await;
    assert!(matches!(again, Outcome::Unknown(_)), "{again:?}");
    assert_eq!(subject.taken(&order.order_id), [3000]);
    Held::Yes
}

pub async fn declined_card_data_takes_nothing(subject: Arc<Subject>) -> Held {
    if !subject.takes_cards() {
        return only_by_window();
    }
    // At a PG whose keys are made by charges, cards that fail only later are charged here once.
    let always = ("4000 0000 0000 0002", FailureClass::Decline);
    let later = [
        ("4000 0000 0000 0341", FailureClass::Limit),
        ("4000 0000 0000 9995", FailureClass::Limit),
        ("4000 0000 0000 9987", FailureClass::HardDecline),
        ("4000 0000 0000 0069", FailureClass::Expired),
    ];
    let later = later.into_iter().filter(|_| !subject.charges_at_issue());
    for (card, class) in later.chain([always]) {
        let order = subject.keyed_order();
        match subject.charge_card(card, &order).await {
            Outcome::Declined(failure) => assert_eq!(failure.class, class, "{failure:?}"),
            other => panic!("{card}: {other:?}"),
        }
        assert!(subject.taken(&order.order_id).is_empty());
    }
    let order = subject.keyed_order();
    let issue = subject.issue_by_card("4000 0000 0000 0002", &order).await;
    assert!(matches!(&issue, Issue::Refused(_)), "{}", told(&issue));
    assert!(subject.journal(&order.order_id).is_empty());
    Held::Yes
}

pub async fn card_data_without_a_sure_answer_is_unknown(subject: Arc<Subject>) -> Held {
    if !subject.takes_cards() {
        return only_by_window();
    }
    // Where a key is made by a charge, each charge of a card might make one.
    let charge = match subject.charges_at_issue() {
        true => "issue_key",
        false => "charge",
    };
    for fault in [
        "drop_request",
        "drop_answer",
        "http_500",
        "garbage",
        "huge",
        "says_timeout",
    ] {
        if let Err(why) = subject.plan(charge, fault, None) {
            return Held::CannotBeShown(why);
        }
        let order = subject.keyed_order();
        let charged = subject.charge_card(GOOD_CARD, &order).await;
        assert!(
            matches!(charged, Outcome::Unknown(_)),
            "{fault}: {charged:?}"
        );
        assert!(!format!("{charged:?}").contains("4242424242424242"));
        if let Err(why) = subject.plan("issue_key", fault, None) {
            return Held::CannotBeShown(why);
        }
        let order = subject.keyed_order();
        let issue = subject.issue_by_card(GOOD_CARD, &order).await;
        assert!(
            matches!(&issue, Issue::Unknown(_)),
            "{fault}: {}",
            told(&issue)
        );
    }
    if let Err(why) = subject.plan(charge, "wrong_amount", None) {
        return Held::CannotBeShown(why);
    }
    let charged = subject.charge_card(GOOD_CARD, &subject.keyed_order()).await;
    assert!(matches!(charged, Outcome::Unknown(_)), "{charged:?}");
    Held::Yes
}
