//! The window: the page, the return and the first charge.

use dangol_domain::{Currency, Device, FailureClass, Money};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, HandOff, Issue, Way, WindowOrder, WindowReturn};
use crate::paymentwall::Connector;
use crate::wire::WireError;

async fn opened(channel: &Channel, order: &WindowOrder) -> Result<HandOff, FailureClass> {
    let script = Script::silent();
    let opened = Connector.open_window(&script, channel, order).await;
    assert!(script.asked_nothing(), "Paymentwall registers no window");
    opened.map_err(|failure| failure.class)
}

fn field<'a>(hand_off: &'a HandOff, name: &str) -> &'a str {
    let mut found = hand_off.fields.iter().filter(|(known, _)| known == name);
    let (_, value) = found.next().unwrap_or_else(|| panic!("no field {name}"));
    assert!(found.next().is_none(), "{name} once");
    value
}

/// What a return brings after a buyer went through.
fn completed() -> WindowReturn {
    returned(&[
        ("order_id", "imp_123456789012"),
        ("return_token", "token-1"),
        ("brick_token", ONE_TIME),
        ("brick_fingerprint", FINGERPRINT),
        ("cancelled", ""),
        ("error", ""),
        ("error_code", ""),
    ])
}

async fn closed(script: &Script, returned: &WindowReturn) -> Issue {
    let order = window_order(Device::Pc);
    Connector
        .close_window(script, &channel(), &order, returned)
        .await
}

async fn closed_with(answer: &Value) -> Issue {
    closed(&Script::json(answer), &completed()).await
}

#[tokio::test]
async fn the_page_shows_bricks_form() {
    for device in [Device::Pc, Device::Mobile] {
        let hand_off = opened(&channel(), &window_order(device)).await.unwrap();
        let Way::Script { url } = &hand_off.way else {
            panic!("not a script");
        };
        assert_eq!(
            url,
            "https://api.paymentwall.com/brick/build/brick-default.1.5.0.min.js"
        );
        for (name, value) in [
            ("order_id", "imp_123456789012"),
            ("return_token", "token-1"),
            ("public_key", PUBLIC_KEY),
            ("amount", "9.90"),
            ("currency", "USD"),
            ("merchant", "Demo shop"),
            ("product", "Monthly plan"),
            ("language", "en"),
            ("widget_code", "t3_1"),
            ("ps", "all"),
            ("country_code", ""),
            ("brick_token", ""),
            ("brick_fingerprint", ""),
            ("cancelled", ""),
            ("error", ""),
        ] {
            assert_eq!(field(&hand_off, name), value, "{name}");
        }
        let form = format!("{:?}", hand_off.fields);
        assert!(!form.contains(PRIVATE_KEY) && !form.contains(SECRET));
        assert_eq!(
            hand_off.origins,
            ["https://api.paymentwall.com", "https://*.paymentwall.com"]
        );
        let profile = Connector.profile();
        assert!(profile.pc.script && profile.mobile.script);
    }
}

#[tokio::test]
async fn the_page_script_and_the_form_name_the_same_fields() {
    let hand_off = opened(&channel(), &window_order(Device::Pc)).await.unwrap();
    let script = Connector.page_script().unwrap();
    let form = format!("namedItem(\"{}\")", hand_off.form_name.unwrap());
    assert!(script.contains(&form));
    for (name, _) in &hand_off.fields {
        // The others only travel back.
        let used = ![
            "order_id",
            "return_token",
            "widget_code",
            "ps",
            "country_code",
        ]
        .contains(&name.as_str());
        let named = [format!("form, \"{name}\""), format!("{name}: ")];
        let found = named.iter().any(|text| script.contains(text));
        assert_eq!(found, used, "{name}");
    }
}

#[tokio::test]
async fn won_are_shown_without_decimals_and_nothing_passes_that_is_no_text() {
    let mut order = window_order(Device::Pc);
    order.amount = won(3000);
    order.extra = json!({"bypass": {"widget_code": 3, "ps": "a\nb",
        "paymentwall": {"widget_code": "pw_1", "country_code": "KR"}}});
    let hand_off = opened(&channel(), &order).await.unwrap();
    assert_eq!(field(&hand_off, "amount"), "3000");
    assert_eq!(field(&hand_off, "widget_code"), "pw_1", "3 is no text");
    assert_eq!(field(&hand_off, "ps"), "");
    assert_eq!(field(&hand_off, "country_code"), "KR");
    order.extra = Value::Null;
    assert!(opened(&channel(), &order).await.is_ok());
}

#[tokio::test]
async fn a_script_is_where_the_operator_says() {
    let mut channel = channel_saying(&[("brick_script", "/brick/brick.js")]);
    for (name, url) in [
        ("api", "http://127.0.0.1:8081/paymentwall"),
        ("tokens", "http://127.0.0.1:8081/paymentwall"),
    ] {
        channel.hosts.insert(name.to_owned(), url.to_owned());
    }
    let hand_off = opened(&channel, &window_order(Device::Pc)).await.unwrap();
    assert!(
        matches!(&hand_off.way, Way::Script { url } if url == "http://127.0.0.1:8081/paymentwall/brick/brick.js")
    );
    assert_eq!(hand_off.origins, ["http://127.0.0.1:8081"]);

    channel = channel_saying(&[]);
    let tokens = "https://pwgateway.com".to_owned();
    channel.hosts.insert("tokens".to_owned(), tokens);
    let hand_off = opened(&channel, &window_order(Device::Pc)).await.unwrap();
    assert!(
        hand_off
            .origins
            .contains(&"https://pwgateway.com".to_owned())
    );

    for wrong in [
        "",
        "http://x.example/brick.js",
        "javascript:alert(1)",
        "brick.js",
    ] {
        let channel = channel_saying(&[("brick_script", wrong)]);
        let opened = opened(&channel, &window_order(Device::Pc)).await;
        assert_eq!(opened.err(), Some(FailureClass::Config), "{wrong}");
    }
}

#[tokio::test]
async fn what_cannot_end_well_is_not_opened() {
    let order = window_order(Device::Pc);
    let mut no_email = order.clone();
    no_email.buyer.email = None;
    let mut nothing = order.clone();
    nothing.amount = cents(0);
    let mut dinars = order.clone();
    dinars.amount = Money::new(1000, Currency::parse("KWD").unwrap());
    for (order, class) in [
        (&no_email, FailureClass::Config),
        (&nothing, FailureClass::BadAmount),
        (&dinars, FailureClass::BadAmount),
    ] {
        assert_eq!(opened(&channel(), order).await.err(), Some(class));
    }
    let refusal = Connector
        .open_window(&Script::silent(), &channel(), &no_email)
        .await;
    assert!(refusal.is_err_and(|failure| failure.message.contains("buyer_email")));
    // Keys of the hosted widget are known by name and not built.
    for source in [
        "pingback:card_token",
        "status:/card/token",
        "pingback:",
        "status:x",
        "widget",
        "",
    ] {
        let channel = channel_saying(&[("token_source", source)]);
        let opened = Connector
            .open_window(&Script::silent(), &channel, &order)
            .await;
        let failure = opened.err().unwrap_or_else(|| panic!("{source} opened"));
        assert_eq!(failure.class, FailureClass::Config);
        let is_known = source == "pingback:card_token" || source == "status:/card/token";
        assert_eq!(failure.message.contains("not built"), is_known, "{source}");
    }
}

#[test]
fn a_return_claims_an_order_and_a_token() {
    let claim = Connector.read_return(&channel(), &completed());
    assert_eq!(claim.order_id.as_deref(), Some("imp_123456789012"));
    assert_eq!(claim.token.unwrap().expose(), "token-1");
    let nothing = Connector.read_return(&channel(), &returned(&[("return_token", "")]));
    assert!(nothing.order_id.is_none() && nothing.token.is_none());
}

#[tokio::test]
async fn the_first_charge_brings_the_key() {
    let recorded = transcript("first_charge");
    let script = Script::json(&recorded["answer"]);
    let Issue::Issued(issued) = closed(&script, &completed()).await else {
        panic!("not issued");
    };
    let sent = as_transcript(&script, &recorded["answer"]);
    assert_eq!(scrub(&sent), twin("first_charge"));
    assert_eq!(script.asked(), recorded["request"]);
    assert_eq!(issued.key.expose(), KEY);
    assert_eq!(issued.pg_tid.as_deref(), Some("104872652"));
    assert_eq!(issued.card.name.as_deref(), Some("Visa"));
    let receipt = issued.first_charge.expect("issuing charges");
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("104872652", cents(990))
    );
    assert_eq!(receipt.card, issued.card);
}

#[tokio::test]
async fn a_first_charge_in_review_keeps_its_key_aside() {
    for (risk, captured) in [("pending", false), ("pending", true), ("approved", false)] {
        let mut answer = answer_with(&transcript("first_charge"), "risk", json!(risk));
        put(&mut answer, "captured", json!(captured));
        let Issue::Pending { why, key } = closed_with(&answer).await else {
            panic!("{risk} {captured}");
        };
        assert!(!why.contains(KEY));
        let kept = key.expect("the key came already");
        assert_eq!(kept.key.expose(), KEY);
        assert_eq!(kept.pg_tid.as_deref(), Some("104872652"));
        assert!(kept.first_charge.is_none(), "nothing is paid yet");
        put(&mut answer, "card", json!({"type": "Visa"}));
        assert!(matches!(
            closed_with(&answer).await,
            Issue::Pending { key: None, .. }
        ));
    }
}

#[tokio::test]
async fn a_key_is_believed_when_everything_agrees() {
    let recorded = transcript("first_charge");
    for (name, value) in [
        ("object", Value::Null),
        ("id", Value::Null),
        ("amount", json!("9.91")),
        ("amount", json!("990")),
        ("amount", Value::Null),
        ("currency", json!("KRW")),
        ("amount_paid", json!("99.00")),
        ("captured", Value::Null),
        ("risk", json!("refused")),
        ("refunded", json!(true)),
        ("card", Value::Null),
        ("card", json!("Visa")),
    ] {
        let issue = closed_with(&answer_with(&recorded, name, value.clone())).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{name}={value}");
    }
    // Paid, and no key that could be kept: money moved, so this is no refusal.
    for token in [
        json!(""),
        json!("with space"),
        json!("x".repeat(65)),
        json!(ONE_TIME),
    ] {
        let mut answer = recorded["answer"].clone();
        answer["card"]["token"] = token.clone();
        let issue = closed_with(&answer).await;
        assert!(
            matches!(&issue, Issue::Unknown(seen) if seen.contains("104872652")),
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_refused_or_lost_first_charge_brings_no_key() {
    for (code, class) in [
        (3012, FailureClass::Decline),
        (3014, FailureClass::BadCard),
        (3112, FailureClass::ExpiredSession),
        (4007, FailureClass::Config),
    ] {
        let script = Script::refusal(400, code, "refused");
        let issue = closed(&script, &completed()).await;
        assert!(
            matches!(&issue, Issue::Refused(failure) if failure.class == class),
            "{code}"
        );
    }
    // The charge is the issue: what nobody listed may have moved money.
    for code in [1000, 3205, 3114, 9999] {
        let issue = closed(&Script::refusal(400, code, "?"), &completed()).await;
        assert!(matches!(issue, Issue::Unknown(_)), "{code}");
    }
    for script in [
        Script::error(WireError::Lost),
        Script::error(WireError::TimedOut),
        Script::refusal(500, 3012, "declined"),
        Script::raw(200, b"<html>"),
    ] {
        assert!(matches!(
            closed(&script, &completed()).await,
            Issue::Unknown(_)
        ));
    }
    let away = closed(&Script::error(WireError::NotConnected), &completed()).await;
    assert!(matches!(away, Issue::Refused(_)));
    for secure in [
        json!({"redirect": "https://x"}),
        json!({"formHTML": "<form>"}),
    ] {
        let issue = closed_with(&json!({"success": 0, "secure": secure})).await;
        assert!(
            matches!(&issue, Issue::Refused(failure) if failure.message.contains("3-D Secure"))
        );
    }
}

#[tokio::test]
async fn a_cancelled_failed_foreign_or_empty_return_charges_nothing() {
    let order = ("order_id", "imp_123456789012");
    let token = ("brick_token", ONE_TIME);
    let fingerprint = ("brick_fingerprint", FINGERPRINT);
    for (fields, class) in [
        (
            &[order, token, fingerprint, ("cancelled", "1")][..],
            FailureClass::UserCancel,
        ),
        (
            &[("order_id", "imp_000000000000"), token, fingerprint],
            FailureClass::Protocol,
        ),
        (&[token, fingerprint], FailureClass::Protocol),
        (
            &[
                order,
                ("error", "Card number is empty"),
                ("error_code", "224"),
            ],
            FailureClass::BadCard,
        ),
        (
            &[order, ("error", "Expired"), ("error_code", "223")],
            FailureClass::Expired,
        ),
        (
            &[order, ("error", "odd"), ("error_code", "8")],
            FailureClass::Protocol,
        ),
        (&[order, token], FailureClass::Protocol),
        (&[order, fingerprint], FailureClass::Protocol),
        // A permanent token is nobody's to bring.
        (
            &[order, ("brick_token", KEY), fingerprint],
            FailureClass::Protocol,
        ),
        (
            &[order, ("brick_token", "ot_a&amount=1"), fingerprint],
            FailureClass::Protocol,
        ),
        (
            &[order, token, ("brick_fingerprint", "a b")],
            FailureClass::Protocol,
        ),
        (&[], FailureClass::Protocol),
    ] {
        let script = Script::silent();
        let Issue::Refused(failure) = closed(&script, &returned(fields)).await else {
            panic!("{fields:?}");
        };
        assert_eq!(failure.class, class, "{fields:?}");
        assert!(!failure.message.is_empty() && script.asked_nothing());
        assert!(!format!("{failure:?}").contains(ONE_TIME));
    }
    let cancelled = closed(&Script::silent(), &returned(&[("cancelled", "1")])).await;
    assert!(matches!(cancelled, Issue::Refused(failure)
        if failure.message == "사용자가 결제를 취소하셨습니다"));
}

#[tokio::test]
async fn a_token_without_a_fingerprint_is_charged_by_address_and_domain() {
    let recorded = transcript("first_charge");
    let no_fingerprint = returned(&[
        ("order_id", "imp_123456789012"),
        ("return_token", "token-1"),
        ("brick_token", ONE_TIME),
    ]);
    for (page, domain) in [
        (Some("https://shop.example"), "shop.example"),
        (Some("http://localhost:8082"), "localhost"),
        // An app's page has none; our own stands for it.
        (None, "window.example"),
    ] {
        let mut order = window_order(Device::Pc);
        order.browser_ip = Some("203.0.113.7".to_owned());
        order.page_origin = page.map(str::to_owned);
        let script = Script::json(&recorded["answer"]);
        let channel = channel();
        let closed = Connector.close_window(&script, &channel, &order, &no_fingerprint);
        assert!(matches!(closed.await, Issue::Issued(_)), "{page:?}");
        let mut expected = recorded["request"].clone();
        put(&mut expected["params"], "fingerprint", Value::Null);
        put(&mut expected["params"], "browser_ip", json!("203.0.113.7"));
        put(&mut expected["params"], "browser_domain", json!(domain));
        assert_eq!(script.asked(), expected);
    }
    // Brick would refuse it, so nothing is sent; the operator is told what is missing.
    let Issue::Refused(failure) = closed(&Script::silent(), &no_fingerprint).await else {
        panic!("not refused");
    };
    assert!(failure.message.contains("trusted_proxies"), "{failure:?}");
}

#[test]
fn the_public_key_says_where_a_card_is_tokenised() {
    let at = |channel: &Channel| Connector.tokeniser(channel).map(|found| found.url);
    let mut live = channel_with("brick_public_key", "33c1806e0daf60fc31f2167f0e4d59");
    let tokens = "https://pwgateway.com".to_owned();
    live.hosts.insert("tokens".to_owned(), tokens);
    let url = "https://pwgateway.com/api/token";
    assert_eq!(at(&live).as_deref(), Some(url));
    let url = "https://api.paymentwall.com/api/brick/token";
    assert_eq!(at(&channel()).as_deref(), Some(url));
    assert!(at(&channel_saying(&[("token_source", "pingback:token")])).is_none());

    let told = serde_json::to_string(&Connector.tokeniser(&channel())).unwrap();
    assert!(told.contains(PUBLIC_KEY));
    assert!(!told.contains(PRIVATE_KEY) && !told.contains(SECRET));
}
