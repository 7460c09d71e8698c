//! The window: announcement, hand-off, return and exchange.

use dangol_domain::{Currency, Device, FailureClass, Money, Secret};
use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, HandOff, Issue, Way, WindowOrder, WindowReturn};
use crate::danal_tpay::Connector;
use crate::wire::WireError;

async fn opened(script: &Script, order: &WindowOrder) -> Result<HandOff, dangol_domain::Failure> {
    Connector.open_window(script, &channel(), order).await
}

async fn closed_by(
    script: &Script,
    channel: &Channel,
    amount: i64,
    returned: &WindowReturn,
) -> Issue {
    let order = window_order(amount);
    Connector
        .close_window(script, channel, &order, returned)
        .await
}

/// Closes a window that was gone through, with this answer to the exchange.
async fn closed(amount: i64, answer: &Value) -> Issue {
    let returned = sealed_return(&transcript("return")["return"]);
    closed_by(&Script::sealed(answer), &channel(), amount, &returned).await
}

#[tokio::test]
async fn a_window_is_announced_and_opened_where_danal_says() {
    for (name, amount) in [("auth_key", 0), ("auth_charge", 3000)] {
        let recorded = transcript(name);
        let script = Script::sealed(&recorded["answer"]);
        let hand_off = opened(&script, &window_order(amount)).await.unwrap();
        assert_eq!(script.asked(), recorded["request"], "{name}");
        let sent =
            json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
        assert_eq!(scrub(&sent), twin(name));
        let Way::Form { method, url } = &hand_off.way else {
            panic!("not a form");
        };
        let window = "https://ui-creditcard.danalpay.com/credit/start";
        assert_eq!((*method, url.as_str()), ("post", window));
        let params = "Zm9yIHRoZSB3aW5kb3csIG9wYXF1ZQ==";
        assert_eq!(
            hand_off.fields,
            [("STARTPARAMS".to_owned(), params.to_owned())]
        );
        assert_eq!(hand_off.origins, ["https://ui-creditcard.danalpay.com"]);
        assert_eq!((hand_off.charset, hand_off.form_name), ("euc-kr", None));
    }
}

#[tokio::test]
async fn a_phone_says_that_it_is_one_and_what_is_not_told_stays_away() {
    let script = Script::sealed(&transcript("auth_key")["answer"]);
    let mut order = window_order(0);
    order.device = Device::Mobile;
    order.buyer = Default::default();
    order.extra = json!({"period": {"from": "soon", "to": "later"}});
    opened(&script, &order).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked["USERAGENT"], "MW");
    for name in ["USERNAME", "USERPHONE", "USEREMAIL", "OFFERPERIOD"] {
        assert!(asked.get(name).is_none(), "{name}");
    }
    // Where notices cannot or shall not go, none are asked for.
    let mut far = window_order(0);
    far.notice_url = format!("https://pay.example/{}", "x".repeat(240));
    let off = channel_saying(&[("notices", "N")]);
    for (order, channel) in [(far, channel()), (window_order(0), off)] {
        let script = Script::sealed(&transcript("auth_key")["answer"]);
        let opened = Connector.open_window(&script, &channel, &order).await;
        assert!(opened.is_ok());
        let asked = script.asked();
        assert_eq!(
            (&asked["ISNOTI"], asked.get("NOTIURL")),
            (&json!("N"), None)
        );
    }
}

#[tokio::test]
async fn a_bypass_colours_the_window_and_changes_nothing_of_ours() {
    let script = Script::sealed(&transcript("auth_charge")["answer"]);
    let mut order = window_order(3000);
    order.extra["bypass"] = json!({"danal": {
        "COLOR": "RED", "CIURL": "https://shop.example/logo.png", "ISCASHRECEIPTUI": "N", "NEWTHING": 7,
        "AMOUNT": "1", "ISBILL": "N", "RETURNURL": "https://evil.example/", "BYPASSVALUE": "token=x;",
        "CPID": "1", "SUBCPID": "x", "NOTIURL": "https://evil.example/", "BILLKEY": "k", "DISABLEAMOUNTUI": "Y",
        "color": "x", "A&B": "x", "": "x", "LIST": ["x"], "EMPTY": "", "INJECTED": "x&ISBILL=N",
    }});
    let hand_off = opened(&script, &order).await.unwrap();
    let mut fields = hand_off.fields[1..].to_vec();
    fields.sort();
    let expected = [("CIURL", "https://shop.example/logo.png"), ("COLOR", "RED")];
    assert_eq!(
        fields,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let mut asked = script.asked();
    for (name, value) in [
        ("ISCASHRECEIPTUI", "N"),
        ("NEWTHING", "7"),
        ("INJECTED", "x ISBILL=N"),
    ] {
        assert_eq!(asked[name], value);
        asked = with(&asked, name, Value::Null);
    }
    assert_eq!(asked, transcript("auth_charge")["request"]);
}

#[tokio::test]
async fn an_announcement_that_is_not_danals_word_opens_nothing() {
    let answer = transcript("auth_key")["answer"].clone();
    let scripts = [
        Script::plain(&answer),
        Script::sealed(&with(
            &answer,
            "STARTURL",
            json!("https://danalpay.com.evil.example/"),
        )),
        Script::sealed(&with(&answer, "STARTURL", json!("javascript:alert(1)//"))),
        Script::sealed(&with(
            &answer,
            "STARTURL",
            json!("http://ui-creditcard.danalpay.com/"),
        )),
        Script::sealed(&with(&answer, "STARTURL", Value::Null)),
        Script::sealed(&with(&answer, "STARTPARAMS", Value::Null)),
        Script::sealed(&with(&answer, "ORDERID", json!("imp_000000000000"))),
        Script::sealed(&with(&answer, "RETURNCODE", json!("1109"))),
        Script::sealed(&with(&answer, "RETURNCODE", Value::Null)),
        Script::raw(502, b"<html>"),
        Script::error(WireError::NotConnected),
        Script::error(WireError::TimedOut),
    ];
    for (index, script) in scripts.iter().enumerate() {
        assert!(
            opened(script, &window_order(0)).await.is_err(),
            "script {index} opened a window"
        );
    }
    // The window would show another amount than the one that is charged.
    let other = with(&transcript("auth_charge")["answer"], "AMOUNT", json!("300"));
    assert!(
        opened(&Script::sealed(&other), &window_order(3000))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_danal_cannot_take_is_not_announced() {
    let mut dollars = window_order(0);
    dollars.amount = Money::new(3000, Currency::USD);
    let mut far = window_order(0);
    far.return_url = format!("https://pay.example/{}", "x".repeat(240));
    let mut odd = window_order(0);
    odd.return_url = "https://pay.example/a,b".to_owned();
    for (order, class) in [
        (dollars, FailureClass::BadAmount),
        (far, FailureClass::Config),
        (odd, FailureClass::Config),
    ] {
        let script = Script::silent();
        let opened = opened(&script, &order).await;
        assert!(opened.is_err_and(|failure| failure.class == class) && script.asked_nothing());
    }
}

#[tokio::test]
async fn a_key_alone_moves_no_money() {
    let recorded = transcript("issue_key");
    let script = Script::sealed(&recorded["answer"]);
    let returned = sealed_return(&transcript("return")["return"]);
    let Issue::Issued(issued) = closed_by(&script, &channel(), 0, &returned).await else {
        panic!("not issued");
    };
    assert_eq!(script.asked(), recorded["request"], "no amount is sent");
    let sent = json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
    assert_eq!(scrub(&sent), twin("issue_key"));
    assert_eq!(issued.key.expose(), KEY);
    assert_eq!(issued.pg_tid.as_deref(), Some(TID));
    assert_eq!(issued.card.code.as_deref(), Some("366"));
    assert_eq!(issued.card.number, None, "Danal tells none");
    assert!(issued.first_charge.is_none());
    // The amount of Danal's own test approval is not ours.
    for amount in [json!("10"), json!("100"), Value::Null] {
        let issue = closed(0, &with(&recorded["answer"], "AMOUNT", amount)).await;
        assert!(matches!(issue, Issue::Issued(_)));
    }
}

#[tokio::test]
async fn a_key_with_an_amount_is_the_first_charge() {
    let recorded = transcript("issue_charge");
    let script = Script::sealed(&recorded["answer"]);
    let returned = sealed_return(&transcript("return")["return"]);
    let Issue::Issued(issued) = closed_by(&script, &channel(), 3000, &returned).await else {
        panic!("not issued");
    };
    assert_eq!(
        script.asked(),
        recorded["request"],
        "the amount comes again"
    );
    let sent = json!({"path": "/credit/", "request": script.asked(), "answer": recorded["answer"]});
    assert_eq!(scrub(&sent), twin("issue_charge"));
    assert_eq!(
        (issued.key.expose(), issued.pg_tid.as_deref()),
        (KEY, Some(TID))
    );
    let receipt = issued.first_charge.expect("a charge");
    assert_eq!((receipt.pg_tid.as_str(), receipt.amount), (TID, won(3000)));
    assert_eq!(receipt.approval_number.as_deref(), Some("30012345"));
    assert_eq!(receipt.approved_at_ms, Some(NOW_MS));
    assert_eq!(receipt.card, issued.card);
    assert_eq!(receipt.card.number.unwrap().as_str(), "419187******3831");
}

#[tokio::test]
async fn a_key_is_believed_when_everything_agrees() {
    for (name, amount) in [("issue_key", 0), ("issue_charge", 3000)] {
        let answer = transcript(name)["answer"].clone();
        for (field, value) in [
            ("TID", json!("202611190930120000000009")),
            ("TID", Value::Null),
            ("ORDERID", json!("imp_000000000000")),
            ("ORDERID", Value::Null),
            ("ISBILL", json!(if amount > 0 { "N" } else { "Y" })),
            ("ISBILL", Value::Null),
            ("BYPASSVALUE", json!("token=token-2;")),
            ("BILLKEY", Value::Null),
            ("BILLKEY", json!("with space")),
            ("BILLKEY", json!("x".repeat(256))),
            ("RETURNCODE", Value::Null),
            ("RETURNCODE", json!("1113")),
            ("RETURNCODE", json!("1125")),
            ("RETURNCODE", json!("3201")),
            ("RETURNCODE", json!("1103")),
        ] {
            let issue = closed(amount, &with(&answer, field, value.clone())).await;
            assert!(
                matches!(issue, Issue::Unknown(_)),
                "{name}: {field}={value}"
            );
        }
        let returned = sealed_return(&transcript("return")["return"]);
        let plain = closed_by(&Script::plain(&answer), &channel(), amount, &returned).await;
        assert!(matches!(plain, Issue::Unknown(_)), "{name} in plain");
        let silent = closed(amount, &with(&answer, "BYPASSVALUE", Value::Null)).await;
        assert!(
            matches!(silent, Issue::Issued(_)),
            "{name}: ORDERID is the echo that must be"
        );
    }
    let answer = transcript("issue_charge")["answer"].clone();
    for amount in [json!("300"), json!("0"), json!(""), Value::Null] {
        let issue = closed(3000, &with(&answer, "AMOUNT", amount)).await;
        assert!(matches!(issue, Issue::Unknown(_)));
    }
}

#[tokio::test]
async fn a_return_proven_without_a_token_leads_to_the_same_key() {
    let mut order = window_order(3000);
    order.return_token = Secret::new("");
    let told = with(&transcript("return")["return"], "BYPASSVALUE", Value::Null);
    let script = Script::sealed(&transcript("issue_charge")["answer"]);
    let issue = Connector
        .close_window(&script, &channel(), &order, &sealed_return(&told))
        .await;
    assert!(matches!(issue, Issue::Issued(_)));
}

#[tokio::test]
async fn a_refused_exchange_brings_no_key() {
    let answer = transcript("issue_key")["answer"].clone();
    for (code, class, with_charge) in [
        ("1105", FailureClass::BadAmount, true),
        ("1110", FailureClass::BadAmount, true),
        ("1104", FailureClass::NotFound, true),
        ("1106", FailureClass::Config, true),
        ("3112", FailureClass::Limit, true),
        ("3143", FailureClass::Decline, true),
        ("1149", FailureClass::BadCard, true),
        // What a second request for the same TID may bring proves nothing where the first may have charged.
        ("1124", FailureClass::ExpiredSession, false),
        ("1153", FailureClass::ExpiredSession, false),
        ("1154", FailureClass::Protocol, false),
        // Nor does a code of another step, or one in no list; but a key that we do not hold charges nobody.
        ("1115", FailureClass::Protocol, false),
        ("4000", FailureClass::Protocol, false),
    ] {
        let refused = with(&answer, "RETURNCODE", json!(code));
        let key_only = closed(0, &refused).await;
        assert!(
            matches!(&key_only, Issue::Refused(failure) if failure.class == class),
            "{code}"
        );
        let charging = closed(3000, &refused).await;
        match with_charge {
            true => assert!(
                matches!(&charging, Issue::Refused(failure) if failure.class == class),
                "{code}"
            ),
            false => assert!(matches!(&charging, Issue::Unknown(_)), "{code}"),
        }
    }
    let another = with(
        &with(&answer, "RETURNCODE", json!("3112")),
        "ORDERID",
        json!("imp_000000000000"),
    );
    for amount in [0, 3000] {
        assert!(matches!(closed(amount, &another).await, Issue::Unknown(_)));
    }
    // What Danal could not read it did not carry out; sealed, the same code contradicts itself.
    let returned = sealed_return(&transcript("return")["return"]);
    let unread = json!({"RETURNCODE": "1114", "RETURNMSG": ""});
    let plain = closed_by(&Script::plain(&unread), &channel(), 3000, &returned).await;
    assert!(matches!(plain, Issue::Refused(_)));
    assert!(matches!(closed(3000, &unread).await, Issue::Unknown(_)));
}

#[tokio::test]
async fn a_lost_exchange_is_unknown_unless_it_was_never_sent() {
    let returned = sealed_return(&transcript("return")["return"]);
    for amount in [0, 3000] {
        for script in [
            Script::error(WireError::Lost),
            Script::error(WireError::TimedOut),
            Script::raw(500, b""),
            Script::raw(200, b"garbage"),
            Script::raw(200, foreign_body(&json!({"RETURNCODE": "3112"})).as_bytes()),
        ] {
            let issue = closed_by(&script, &channel(), amount, &returned).await;
            assert!(matches!(issue, Issue::Unknown(_)));
        }
        let away = Script::error(WireError::NotConnected);
        let issue = closed_by(&away, &channel(), amount, &returned).await;
        assert!(
            matches!(issue, Issue::Refused(failure) if failure.class == FailureClass::Retryable)
        );
    }
}

#[tokio::test]
async fn a_cancelled_foreign_or_empty_return_asks_danal_nothing() {
    let told = transcript("return")["return"].clone();
    let cancelled = with(
        &with(&told, "RETURNCODE", json!("2101")),
        "TID",
        Value::Null,
    );
    let wordless = with(&cancelled, "RETURNMSG", Value::Null);
    let bare = json!({"RETURNCODE": "2101", "BYPASSVALUE": "token=token-1;"});
    let refused = with(&told, "RETURNCODE", json!("3143"));
    let foreign = with(&told, "ORDERID", json!("imp_000000000000"));
    let nameless = with(&told, "ORDERID", Value::Null);
    let numberless = with(&told, "TID", Value::Null);
    let odd = with(&told, "TID", json!("1 2"));
    for (told, class) in [
        (cancelled, FailureClass::UserCancel),
        (wordless, FailureClass::UserCancel),
        (bare, FailureClass::UserCancel),
        (refused, FailureClass::Decline),
        (foreign, FailureClass::Protocol),
        (nameless, FailureClass::Protocol),
        (numberless, FailureClass::Protocol),
        (odd, FailureClass::Protocol),
        (json!({}), FailureClass::Protocol),
    ] {
        for returned in [sealed_return(&told), plain_return(&told)] {
            let script = Script::silent();
            let Issue::Refused(failure) = closed_by(&script, &channel(), 3000, &returned).await
            else {
                panic!("{told}");
            };
            assert_eq!(failure.class, class, "{told}");
            assert!(!failure.message.is_empty() && script.asked_nothing());
        }
    }
}

#[tokio::test]
async fn a_plain_return_leads_to_a_key_only_where_the_operator_says_so() {
    let returned = plain_return(&transcript("return")["return"]);
    let script = Script::silent();
    let issue = closed_by(&script, &channel(), 3000, &returned).await;
    assert!(matches!(issue, Issue::Refused(_)) && script.asked_nothing());
    let script = Script::sealed(&transcript("issue_charge")["answer"]);
    let trusting = channel_saying(&[("plain_return", "true")]);
    let issue = closed_by(&script, &trusting, 3000, &returned).await;
    assert!(matches!(issue, Issue::Issued(_)));
    // And even there the key of another window's TID is not believed.
    let others = with(
        &transcript("issue_charge")["answer"],
        "ORDERID",
        json!("imp_000000000000"),
    );
    let issue = closed_by(&Script::sealed(&others), &trusting, 3000, &returned).await;
    assert!(matches!(issue, Issue::Unknown(_)));
}

#[tokio::test]
async fn no_text_of_a_window_shows_a_key_a_card_or_a_token() {
    let leaky = format!("{KEY} 4191-8700-0000-1234 {CRYPTO_KEY}");
    let told = transcript("return")["return"].clone();
    let answer = transcript("issue_charge")["answer"].clone();
    for code in ["4000", "3112", "1113", leaky.as_str()] {
        let said = with(
            &with(&answer, "RETURNMSG", json!(leaky)),
            "RETURNCODE",
            json!(code),
        );
        let returned = with(
            &with(&told, "RETURNMSG", json!(leaky)),
            "RETURNCODE",
            json!(code),
        );
        let issues = [
            closed(3000, &said).await,
            closed(0, &said).await,
            closed_by(&Script::silent(), &channel(), 0, &sealed_return(&returned)).await,
        ];
        for issue in issues {
            let shown = match issue {
                Issue::Refused(failure) => format!("{failure:?}"),
                Issue::Unknown(seen) => seen,
                _ => panic!("{code}"),
            };
            for secret in [KEY, "TESTBILLKEY", "4191-8700", CRYPTO_KEY, "token-1"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }
}
