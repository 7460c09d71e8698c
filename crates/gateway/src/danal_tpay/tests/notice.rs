//! Notices: a hint at most, sealed or plain.

use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Gateway, Notice, NoticeSays};
use crate::danal_tpay::Connector;

fn read(notice: &Notice) -> NoticeSays {
    Connector.read_notice(&channel(), notice)
}

fn hint(notice: &Notice) -> (String, Option<String>, String) {
    match read(notice) {
        NoticeSays::Hint {
            order_id,
            pg_tid,
            claim,
        } => (order_id, pg_tid, claim),
        NoticeSays::Refused(why) => panic!("{why}"),
        _ => panic!("nobody signed it"),
    }
}

fn refused(notice: &Notice) -> String {
    match read(notice) {
        NoticeSays::Refused(why) => why,
        _ => panic!("not refused"),
    }
}

#[test]
fn a_notice_is_a_hint_without_secrets() {
    let recorded = transcript("notice");
    assert_eq!(scrub(&recorded), twin("notice"));
    let told = &recorded["notice"];
    for notice in [plain_notice(told), sealed_notice(told)] {
        let (order_id, pg_tid, claim) = hint(&notice);
        assert_eq!(
            (order_id.as_str(), pg_tid.as_deref()),
            ("imp_123456789012", Some(TID))
        );
        assert_eq!(
            claim,
            "Danal's notice of a key and a charge, amount 3000: [0000] 성공"
        );
    }
    let of_a_key = with(&with(told, "ISBILL", json!("N")), "AMOUNT", json!("much"));
    let (_, _, claim) = hint(&plain_notice(&of_a_key));
    assert_eq!(claim, "Danal's notice of a key, amount ?: [0000] 성공");
}

#[test]
fn a_claim_shows_no_key_card_or_person_wherever_they_stand() {
    let told = transcript("notice")["notice"].clone();
    let leaky = format!("{KEY} 4191870000001234");
    for name in ["RETURNCODE", "RETURNMSG", "AMOUNT", "ISBILL", "TID"] {
        let (_, pg_tid, claim) = hint(&sealed_notice(&with(&told, name, json!(leaky))));
        let shown = format!("{claim} {pg_tid:?}");
        for secret in [KEY, "41918700", "token-1", "홍길동"] {
            assert!(!shown.contains(secret), "{name}: {shown}");
        }
    }
}

#[test]
fn what_names_no_order_or_does_not_open_is_refused_in_one_word() {
    let told = transcript("notice")["notice"].clone();
    let mut beside = plain_notice(&told);
    beside
        .fields
        .push(("DATA".to_owned(), b"nonsense".to_vec()));
    let with_garbage = Notice {
        fields: vec![("DATA".to_owned(), sealed("no pairs").into_bytes())],
    };
    let nothing = Notice { fields: Vec::new() };
    let mut refusals = vec![refused(&beside), refused(&with_garbage), refused(&nothing)];
    for order_id in [
        Value::Null,
        json!(""),
        json!("imp_1'; --"),
        json!("x".repeat(65)),
    ] {
        let notice = with(&told, "ORDERID", order_id);
        refusals.push(refused(&plain_notice(&notice)));
        refusals.push(refused(&sealed_notice(&notice)));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    // What another key sealed is nobody's.
    let mut other = channel();
    let key = CRYPTO_KEY.replace('2', "3");
    other
        .credentials
        .insert("crypto_key".to_owned(), dangol_domain::Secret::new(key));
    let says = Connector.read_notice(&other, &sealed_notice(&told));
    assert!(matches!(says, NoticeSays::Refused(_)));
}

#[test]
fn an_order_is_enough_and_a_base64_plus_may_have_become_a_space() {
    let (order_id, pg_tid, _) = hint(&plain_notice(&json!({"ORDERID": "imp_1"})));
    assert_eq!((order_id.as_str(), pg_tid), ("imp_1", None));
    let told = &transcript("notice")["notice"];
    let data = sealed(&pairs(told));
    assert!(data.contains('+'), "the case is in the fixture");
    let notice = Notice {
        fields: vec![("DATA".to_owned(), data.replace('+', " ").into_bytes())],
    };
    assert_eq!(hint(&notice).0, "imp_123456789012");
}
