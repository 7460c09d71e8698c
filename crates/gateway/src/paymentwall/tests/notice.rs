//! Pingbacks: of every type, of every version, and forged.

use dangol_domain::{Currency, FailureClass};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::codec_sorted_hash::{Version, sign};
use crate::contract::{Channel, Gateway, News, Notice, NoticeSays, NoticeWord};
use crate::paymentwall::Connector;

/// A pingback of a type about the order of the vectors, with further fields, before it is signed.
fn pingback<'a>(kind: &'a str, further: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("uid", "cust_0001"),
        ("goodsid", "order_monthly_0001"),
        ("slength", ""),
        ("speriod", ""),
        ("type", kind),
        ("ref", "b104872652"),
    ];
    fields.extend_from_slice(further);
    fields
}

/// Signs as Paymentwall does.
fn signed(fields: &[(&str, &str)], version: &str) -> Notice {
    let mut fields = fields.to_vec();
    let sig = if version == "1" {
        sign(Version::V1, &fields[..6], SECRET)
    } else {
        fields.push(("sign_version", version));
        let parsed = Version::parse(version).unwrap();
        sign(parsed, &fields, SECRET)
    };
    fields.push(("sig", &sig));
    notice(&fields)
}

fn read(notice: &Notice) -> NoticeSays {
    Connector.read_notice(&channel(), notice)
}

fn word(says: NoticeSays) -> NoticeWord {
    match says {
        NoticeSays::Word(word) => word,
        other => panic!("{}", told(&other)),
    }
}

fn told(says: &NoticeSays) -> String {
    match says {
        NoticeSays::Refused(why) => format!("refused: {why}"),
        NoticeSays::Nothing => "nothing".to_owned(),
        NoticeSays::Word(word) => format!("a word about {}", word.order_id),
        NoticeSays::Hint { claim, .. } => format!("hint: {claim}"),
    }
}

fn is_refused(says: &NoticeSays) -> bool {
    matches!(says, NoticeSays::Refused(why) if !why.contains(SECRET))
}

/// A channel that takes pingbacks of a version and newer ones.
fn from_version(version: &str) -> Channel {
    channel_saying(&[("notice_sign_version_min", version)])
}

fn of_transcript() -> Vec<(String, String)> {
    let recorded = transcript("pingback");
    let params = recorded["request"]["params"].as_object().unwrap();
    params
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_payment_is_the_transcript() {
    let fields = of_transcript();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let word = word(read(&notice(&fields)));
    assert_eq!(word.order_id, "order_monthly_0001");
    assert_eq!(word.pg_tid, "104872652", "the charge's plain number");
    assert!(matches!(word.news, News::Approved { key: None }));
    assert_eq!(scrub(&transcript("pingback")), twin("pingback"));
    assert_eq!(transcript("pingback")["answer"], "OK");
    let facts = Connector.profile().notice.as_ref().unwrap();
    assert_eq!((facts.answer.as_str(), facts.sources.len()), ("OK", 0));
}

#[test]
fn every_type_says_what_it_says() {
    let news = |kind: &str, further: &[(&str, &str)]| {
        word(read(&signed(&pingback(kind, further), "3"))).news
    };
    for kind in ["0", "1", "201"] {
        assert!(
            matches!(news(kind, &[]), News::Approved { key: None }),
            "{kind}"
        );
    }
    assert!(matches!(news("200", &[]), News::Pending(_)));
    for kind in ["202", "203"] {
        let News::Declined(failure) = news(kind, &[]) else {
            panic!("{kind}");
        };
        assert_eq!(
            (failure.class, failure.code.as_str()),
            (FailureClass::Decline, kind)
        );
        assert!(!failure.message.is_empty());
    }
    for (number, words) in [("1", "차지백"), ("9", "환불"), ("", "환불"), ("99", "환불")] {
        let News::CancelledAll { reason } = news("2", &[("reason", number)]) else {
            panic!("{number}");
        };
        assert!(reason.contains(words), "{number}: {reason}");
    }
    for kind in ["12", "13", "14"] {
        let says = read(&signed(&pingback(kind, &[]), "3"));
        assert!(matches!(says, NoticeSays::Nothing), "{kind}");
    }
    // What nobody listed is asked about.
    for kind in ["3", "", "999", "00"] {
        let says = read(&signed(&pingback(kind, &[]), "3"));
        assert!(
            matches!(says, NoticeSays::Hint { .. }),
            "{kind}: {}",
            told(&says)
        );
    }
}

#[test]
fn a_part_that_was_given_back_has_its_amount() {
    for (kind, reason) in [("220", ""), ("2", "10")] {
        let further = [
            ("refund_amount", "3.30"),
            ("merchant_refund_id", "rf-0001"),
            ("reason", reason),
        ];
        let News::CancelledPart {
            amount,
            currency,
            cancel_id,
            reason,
        } = word(read(&signed(&pingback(kind, &further), "3"))).news
        else {
            panic!("{kind}");
        };
        assert_eq!((amount.as_str(), currency), ("3.30", None));
        assert_eq!(cancel_id.as_deref(), Some("rf-0001"));
        assert!(!reason.is_empty());
    }
    let further = [("refund_amount", "1000"), ("currency", "KRW")];
    let says = read(&signed(&pingback("220", &further), "3"));
    assert!(matches!(
        word(says).news,
        News::CancelledPart {
            currency: Some(Currency::KRW),
            cancel_id: None,
            ..
        }
    ));
    for further in [
        &[][..],
        &[("refund_amount", "")],
        &[("refund_amount", "0.00")],
        &[("refund_amount", "-3.30")],
        &[("refund_amount", "3,30")],
        &[("refund_amount", "3.30"), ("currency", "XXX")],
    ] {
        let says = read(&signed(&pingback("220", further), "3"));
        assert!(
            matches!(&says, NoticeSays::Hint { pg_tid: Some(tid), .. } if tid == "104872652"),
            "{further:?}: {}",
            told(&says)
        );
    }
}

#[test]
fn old_versions_are_taken_where_the_channel_allows_them() {
    for (version, allowed) in [("1", "1"), ("2", "12"), ("3", "123")] {
        let sent = signed(&pingback("0", &[]), version);
        for least in ["1", "2", "3"] {
            let says = Connector.read_notice(&from_version(least), &sent);
            let is_word = matches!(says, NoticeSays::Word(_));
            assert_eq!(is_word, allowed.contains(least), "{version} at {least}");
        }
    }
    let nonsense = from_version("any");
    let says = Connector.read_notice(&nonsense, &signed(&pingback("0", &[]), "2"));
    assert!(is_refused(&says), "what cannot be read allows nothing old");
    // The vendor's own examples.
    let published = [
        ("1", "", "e7b2ff07bc0734c83ee14f32552b1c88"),
        (
            "3",
            "9",
            "2f67209c3e581313a70de9425efef49f35a74c0cdb7f93051b47e3c097011a71",
        ),
    ];
    for (version, reason, sig) in published {
        let mut fields = vec![
            ("uid", "test_user"),
            ("goodsid", "test_product"),
            ("slength", "-5"),
            ("speriod", "month"),
            ("type", "2"),
            ("ref", "t123"),
        ];
        if version == "3" {
            fields.extend([("is_test", "1"), ("reason", reason), ("sign_version", "3")]);
        }
        fields.push(("sig", sig));
        let word = word(Connector.read_notice(&from_version("1"), &notice(&fields)));
        assert_eq!(
            (word.order_id.as_str(), word.pg_tid.as_str()),
            ("test_product", "123")
        );
        assert!(matches!(word.news, News::CancelledAll { .. }));
    }
}

#[test]
fn version_1_proves_no_amount() {
    let further = [("refund_amount", "3.30"), ("merchant_refund_id", "rf-0001")];
    let sent = signed(&pingback("220", &further), "1");
    let says = Connector.read_notice(&from_version("1"), &sent);
    assert!(matches!(says, NoticeSays::Hint { .. }), "{}", told(&says));
    let reversal = [("reason", "10"), ("refund_amount", "3.30")];
    let sent = signed(&pingback("2", &reversal), "1");
    let says = Connector.read_notice(&from_version("1"), &sent);
    assert!(matches!(says, NoticeSays::Hint { .. }), "{}", told(&says));
}

#[test]
fn a_pingback_that_anybody_could_send_is_refused() {
    let right = signed(&pingback("0", &[("is_test", "1")]), "3");
    assert!(matches!(read(&right), NoticeSays::Word(_)));
    // Anything changed, added or taken away.
    for (name, value) in [
        ("goodsid", "order_monthly_0002"),
        ("type", "2"),
        ("ref", "b104872653"),
        ("uid", "cust_0002"),
        ("is_test", "0"),
        ("sign_version", "2"),
        ("sign_version", "1"),
        ("sign_version", "4"),
        ("sign_version", ""),
        ("sig", ""),
        (
            "sig",
            "14bcb156c71f13d9303c6ad80cfcb96f14d5c17b11af43034cdd3dc2f5c91cd4",
        ),
        ("refund_amount", "1"),
    ] {
        let mut notice = signed(&pingback("0", &[("is_test", "1")]), "3");
        notice.fields.retain(|(known, _)| known != name);
        notice.fields.push((name.to_owned(), value.into()));
        let says = Connector.read_notice(&from_version("1"), &notice);
        assert!(is_refused(&says), "{name}={value}: {}", told(&says));
    }
    for missing in ["sig", "is_test", "goodsid", "sign_version"] {
        let mut notice = signed(&pingback("0", &[("is_test", "1")]), "3");
        notice.fields.retain(|(known, _)| known != missing);
        assert!(is_refused(&read(&notice)), "without {missing}");
    }
    assert!(is_refused(&read(&notice(&[]))));
    // Without a secret anybody could sign.
    let open = channel_with("secret_key", "");
    let mut fields = pingback("0", &[("sign_version", "3")]);
    let sig = sign(Version::V3, &fields, "");
    fields.push(("sig", &sig));
    assert!(is_refused(&Connector.read_notice(&open, &notice(&fields))));
    let other = channel_with("secret_key", "b7408723eaf4bfa2e3ac49b3cb695046");
    assert!(is_refused(&Connector.read_notice(&other, &right)));
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    // Version 1 covers neither a second field of a name nor an own parameter.
    let first = from_version("1");
    let sent = || signed(&pingback("0", &[]), "1");
    assert!(matches!(
        Connector.read_notice(&first, &sent()),
        NoticeSays::Word(_)
    ));
    for (name, value) in [("type", &b"2"[..]), ("sig", b""), ("own", b"\xff")] {
        let mut notice = sent();
        notice.fields.push((name.to_owned(), value.to_vec()));
        let says = Connector.read_notice(&first, &notice);
        assert!(is_refused(&says), "{name}: {}", told(&says));
    }
}

#[test]
fn values_count_as_they_are_and_own_parameters_too() {
    let further = [
        ("own", "가 나&다=라+%"),
        ("currency", "KRW"),
        ("Upper", "x"),
    ];
    let says = read(&signed(&pingback("0", &further), "3"));
    assert!(matches!(says, NoticeSays::Word(_)), "{}", told(&says));
    let mut upper = signed(&pingback("0", &[]), "3");
    for (name, value) in &mut upper.fields {
        if name == "sig" {
            value.make_ascii_uppercase();
        }
    }
    assert!(
        matches!(read(&upper), NoticeSays::Word(_)),
        "hex of either case"
    );
}

#[test]
fn what_names_no_order_or_no_payment_decides_nothing() {
    let mut fields = pingback("0", &[]);
    fields[1].1 = "";
    assert!(matches!(read(&signed(&fields, "3")), NoticeSays::Nothing));
    fields.remove(1);
    assert!(matches!(read(&signed(&fields, "3")), NoticeSays::Nothing));
    for reference in ["", "b", "b1/../2"] {
        let mut fields = pingback("0", &[]);
        fields[5].1 = reference;
        assert!(is_refused(&read(&signed(&fields, "3"))), "{reference}");
    }
}

#[test]
fn a_test_pays_nothing_on_a_channel_that_is_none() {
    let mut live = channel_with("brick_public_key", "33c1806e0daf60fc31f2167f0e4d59ab");
    let private = dangol_domain::Secret::new("85c66c2d7461e8885805f92dfd171cab");
    live.credentials
        .insert("brick_private_key".to_owned(), private);
    for (is_test, is_word) in [("1", false), ("true", false), ("0", true), ("", true)] {
        let sent = signed(&pingback("0", &[("is_test", is_test)]), "3");
        let says = Connector.read_notice(&live, &sent);
        assert_eq!(matches!(says, NoticeSays::Word(_)), is_word, "{is_test}");
        assert_eq!(matches!(says, NoticeSays::Hint { .. }), !is_word);
        assert!(
            matches!(read(&sent), NoticeSays::Word(_)),
            "a test channel takes both"
        );
    }
}
