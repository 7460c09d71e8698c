//! Card data by API, cut like the others.

use dangol_domain::{Buyer, CardData, CardFields};
use dangol_engine::flow::Again;
use dangol_engine::flow::key_in::{card_channel, pay_once};
use dangol_gateway::profile::Kind;

use crate::scripts::{CARD, Orders, Script, merchant, now_due};
use crate::world::Stage;

/// `onetime`: card data is charged once, and what falls due at once.
#[derive(Clone)]
pub struct Keyed(String);

impl Script for Keyed {
    const NAME: &'static str = "charge of card data";
    const KIND: Kind = Kind::ApiPayment;

    fn new(number: String) -> Keyed {
        Keyed(format!("keyed-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: None,
        }
    }

    async fn play(self, stage: Stage) {
        pay_by_card(&stage, String::new(), self.0).await;
        now_due(&stage).await;
    }
}

/// `onetime` with a `customer_uid`: a key is made and charged.
#[derive(Clone)]
pub struct KeyedIssue(String);

impl Script for KeyedIssue {
    const NAME: &'static str = "key and charge of card data";
    const KIND: Kind = Kind::ApiPayment;

    fn new(number: String) -> KeyedIssue {
        KeyedIssue(format!("keyed-issue-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: Some(format!("customer of {}", self.0)),
        }
    }

    async fn play(self, stage: Stage) {
        let customer_uid = self.orders().issues.expect("it issues");
        pay_by_card(&stage, customer_uid, self.0).await;
        now_due(&stage).await;
    }
}

/// Charges card data, and keeps its key where it gets a name.
pub async fn pay_by_card(stage: &Stage, customer_uid: String, merchant_uid: String) {
    let (engine, merchant) = (&stage.engine, merchant(&stage.engine).await);
    let fields = CardFields {
        number: CARD,
        expiry: "2030-11",
        birth: Some("910203"),
        pwd_2digit: Some("47"),
        cvc: Some("826"),
    };
    let order = Again {
        customer_uid,
        merchant_uid,
        amount: "3000".to_owned(),
        buyer: Buyer {
            email: Some("hong@shop.example".to_owned()),
            ..Buyer::default()
        },
        browser_ip: Some("203.0.113.7".to_owned()),
        ..Again::default()
    };
    let card = CardData::read(&fields).expect("a card");
    let channel = card_channel(engine, &merchant, None, None).await;
    let channel = channel.expect("the channel takes card data");
    // A refusal is an answer too: the first try may have been paid.
    let _ = pay_once(engine, &merchant, channel, &order, card).await;
}
