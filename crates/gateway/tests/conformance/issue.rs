//! The cases of windows and of the keys that they issue.

use std::sync::Arc;

use dangol_domain::{Device, FailureClass};
use dangol_gateway::contract::{Issue, Tokeniser, WindowReturn};
use dangol_gateway::profile::AmountAtIssue;
use dangol_gateway::sandbox::journal::Kind;
use dangol_gateway::wire::{Request, Wire};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::subject::{GOOD_CARD, Held, Subject, told};
use crate::windows::{Buyer, forged, go_through};

/// Why a case of windows says nothing of a PG that has none.
fn no_window() -> Held {
    Held::CannotBeShown("no window".to_owned())
}

async fn issues(subject: &Subject, device: Device) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    let order = subject.window_order(device);
    let Issue::Issued(issued) = subject.go(&order, Buyer::Types(GOOD_CARD)).await else {
        panic!("no key was issued");
    };
    let journal = subject.journal(&order.order_id);
    let keys: Vec<_> = journal
        .iter()
        .filter(|line| line.deed.kind == Kind::KeyIssued)
        .collect();
    assert_eq!(keys.len(), 1, "one key is issued");
    let written = keys[0]
        .deed
        .key
        .as_deref()
        .expect("the journal has the key");
    // A key may have further parts around the one that the PG writes down.
    let is_the_pgs = !written.is_empty() && issued.key.expose().contains(written);
    assert!(is_the_pgs, "the key is the PG's");
    let charged = issued.first_charge.as_ref().map(|receipt| receipt.amount);
    match subject.gateway.profile().amount_at_issue {
        AmountAtIssue::ShownOnly => {
            assert!(charged.is_none() && journal.len() == 1, "no money moves");
        }
        AmountAtIssue::ChargedWhenPositive | AmountAtIssue::AlwaysCharged => {
            assert_eq!(
                charged,
                Some(order.amount),
                "the first charge comes with it"
            );
            assert_eq!(subject.taken(&order.order_id), [order.amount.minor]);
        }
    }
    let card = format!("{:?}", issued.card);
    assert!(
        !card.contains("4242424242424242"),
        "the card is masked: {card}"
    );
    Held::Yes
}

pub async fn a_pc_window_issues_a_key(subject: Arc<Subject>) -> Held {
    issues(&subject, Device::Pc).await
}

pub async fn a_mobile_window_issues_a_key(subject: Arc<Subject>) -> Held {
    issues(&subject, Device::Mobile).await
}

pub async fn a_buyer_who_cancels_gets_no_key(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    for device in [Device::Pc, Device::Mobile] {
        let order = subject.window_order(device);
        match subject.go(&order, Buyer::Cancels).await {
            Issue::Refused(failure) => assert_eq!(failure.class, FailureClass::UserCancel),
            other => panic!("{}", told(&other)),
        }
        assert!(subject.journal(&order.order_id).is_empty());
    }
    Held::Yes
}

pub async fn a_card_refused_at_issue_gets_no_key(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    for device in [Device::Pc, Device::Mobile] {
        let order = subject.window_order(device);
        let issue = subject
            .go(&order, Buyer::Types("4000 0000 0000 0002"))
            .await;
        assert!(matches!(&issue, Issue::Refused(_)), "{}", told(&issue));
        assert!(subject.journal(&order.order_id).is_empty());
    }
    Held::Yes
}

pub async fn a_forged_return_brings_no_key(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    let order = subject.window_order(Device::Pc);
    let hand_off = subject.open(&order).await;
    let returned = forged(subject.provider(), &hand_off, &order);
    let closed = subject
        .gateway
        .close_window(&subject.wire, &subject.channel, &order, &returned);
    let issue = closed.await;
    assert!(matches!(&issue, Issue::Refused(_)), "{}", told(&issue));
    assert!(subject.journal(&order.order_id).is_empty());
    Held::Yes
}

pub async fn a_return_of_another_window_brings_no_key(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    let (mine, other) = (
        subject.window_order(Device::Pc),
        subject.window_order(Device::Pc),
    );
    let hand_off = subject.open(&other).await;
    let buyer = Buyer::Types(GOOD_CARD);
    let wire = &subject.wire;
    let returned = go_through(wire, subject.provider(), &hand_off, &other, buyer).await;
    let closed = subject
        .gateway
        .close_window(wire, &subject.channel, &mine, &returned);
    let issue = closed.await;
    assert!(matches!(&issue, Issue::Refused(_)), "{}", told(&issue));
    assert!(subject.journal(&mine.order_id).is_empty());
    Held::Yes
}

pub async fn a_return_used_twice_brings_no_second_key(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    let order = subject.window_order(Device::Pc);
    let hand_off = subject.open(&order).await;
    let buyer = Buyer::Types(GOOD_CARD);
    let wire = &subject.wire;
    let returned = go_through(wire, subject.provider(), &hand_off, &order, buyer).await;
    let mut keys = vec![];
    for _ in 0..2 {
        let closed = subject
            .gateway
            .close_window(wire, &subject.channel, &order, &returned);
        match closed.await {
            Issue::Issued(issued) => keys.push(issued.key),
            other => assert_eq!(keys.len(), 1, "{}", told(&other)),
        }
    }
    // A PG that confirms its keys as often as it is asked confirms the one that there is.
    let same = keys.iter().all(|key| key.expose() == keys[0].expose());
    assert!(same && !keys.is_empty(), "one key");
    assert_eq!(subject.keys_made(&order.order_id), 1);
    assert!(subject.taken(&order.order_id).len() <= 1);
    Held::Yes
}

/// A card goes from the shop's page to the PG, and the token that it gives to us.
pub async fn a_token_of_the_shops_page_issues_a_key(subject: Arc<Subject>) -> Held {
    let Some(tokeniser) = subject.gateway.tokeniser(&subject.channel) else {
        return Held::CannotBeShown("this PG takes cards in its own window only".to_owned());
    };
    let refused = tokenise(&subject, &tokeniser, "4242424242424241").await;
    let names = &tokeniser.answer;
    assert!(refused.get(names.token).is_none(), "{refused}");
    let said = [names.code, names.message].map(|name| refused.get(name).is_some());
    assert_eq!(said, [true, true], "{refused}");

    let mut order = subject.window_order(Device::Pc);
    order.browser_ip = Some("203.0.113.7".to_owned());
    order.page_origin = Some("https://shop.example".to_owned());
    let made = tokenise(&subject, &tokeniser, "4242424242424242").await;
    let token = made[names.token].as_str().expect("a token");
    let returns = &tokeniser.returns;
    let fields = [
        (returns.order_id, order.order_id.as_str()),
        (returns.return_token, order.return_token.expose()),
        (returns.token, token),
    ];
    let returned = WindowReturn {
        fields: fields
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec(),
    };
    let claim = subject.gateway.read_return(&subject.channel, &returned);
    assert_eq!(claim.order_id.as_deref(), Some(order.order_id.as_str()));
    let echoed = claim.token.expect("the window's token comes back");
    assert!(echoed.expose() == order.return_token.expose());
    let closed = subject
        .gateway
        .close_window(&subject.wire, &subject.channel, &order, &returned);
    let issue = closed.await;
    assert!(matches!(&issue, Issue::Issued(_)), "{}", told(&issue));
    assert_eq!(subject.keys_made(&order.order_id), 1);
    Held::Yes
}

async fn tokenise(subject: &Subject, tokeniser: &Tokeniser, number: &str) -> serde_json::Value {
    let card = &tokeniser.card;
    let mut fields = tokeniser.fields.clone();
    for (name, value) in [
        (card.number, number),
        (card.month, "12"),
        (card.year, "2030"),
        (card.cvc, "123"),
    ] {
        fields.push((name, value.to_owned()));
    }
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let form: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let kind = "application/x-www-form-urlencoded";
    let request = Request::post(tokeniser.url.clone(), kind, form.join("&").into_bytes());
    let answer = subject.wire.send(request).await.expect("the PG answers");
    // A browser reads over a byte order mark, too.
    let text = String::from_utf8(answer.body).expect("UTF-8");
    serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("a JSON object")
}

pub async fn an_issue_that_goes_wrong_is_never_issued(subject: Arc<Subject>) -> Held {
    if !subject.has_window() {
        return no_window();
    }
    for (fault, refused) in [
        ("drop_request", false),
        ("drop_answer", false),
        ("http_500", false),
        ("garbage", false),
        ("huge", false),
        ("says_timeout", false),
        ("decline", true),
    ] {
        if let Err(why) = subject.plan("issue_key", fault, None) {
            return Held::CannotBeShown(why);
        }
        let order = subject.window_order(Device::Mobile);
        let issue = subject.go(&order, Buyer::Types(GOOD_CARD)).await;
        let as_wanted = match refused {
            true => matches!(&issue, Issue::Refused(_)),
            false => matches!(&issue, Issue::Unknown(_)),
        };
        assert!(as_wanted, "{fault}: {}", told(&issue));
    }
    Held::Yes
}
