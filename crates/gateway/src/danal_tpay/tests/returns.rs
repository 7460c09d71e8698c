//! What a return claims, before anything is asked.

use serde_json::{Value, json};

use super::scrub::{scrub, transcript, twin};
use super::support::*;
use crate::contract::{Channel, Gateway, WindowReturn};
use crate::danal_tpay::Connector;

#[test]
fn a_return_claims_an_order_and_a_token_sealed_or_plain() {
    let recorded = transcript("return");
    assert_eq!(scrub(&recorded), twin("return"));
    let told = recorded["return"].clone();
    for returned in [sealed_return(&told), plain_return(&told)] {
        let claim = Connector.read_return(&channel(), &returned);
        assert_eq!(claim.order_id.as_deref(), Some("imp_123456789012"));
        assert_eq!(claim.token.unwrap().expose(), "token-1");
        assert!(!claim.sealed, "a token that came is the proof");
    }
    // Among others, with spaces, first.
    let among = with(&told, "BYPASSVALUE", json!("A=1; token=t2; token=t3"));
    let claim = Connector.read_return(&channel(), &sealed_return(&among));
    assert_eq!(claim.token.unwrap().expose(), "t2");
}

#[test]
fn a_return_without_a_token_is_proven_by_nothing_but_the_seal() {
    let told = transcript("return")["return"].clone();
    let strict = channel_saying(&[("return_echo", "true")]);
    for bypass in [Value::Null, json!("")] {
        let silent = with(&told, "BYPASSVALUE", bypass);
        let claim = |channel: &Channel, returned| Connector.read_return(channel, &returned);
        let sealed = claim(&channel(), sealed_return(&silent));
        assert!(sealed.sealed && sealed.token.is_none());
        assert_eq!(sealed.order_id.as_deref(), Some("imp_123456789012"));
        let demanded = claim(&strict, sealed_return(&silent));
        assert!(!demanded.sealed && demanded.token.is_none());
        let plain = claim(&channel(), plain_return(&silent));
        assert!(!plain.sealed && plain.token.is_none());
    }
    // An echo of something else is not silence.
    for other in ["A=1;", "token=;", "nonsense"] {
        let returned = sealed_return(&with(&told, "BYPASSVALUE", json!(other)));
        let claim = Connector.read_return(&channel(), &returned);
        assert!(!claim.sealed && claim.token.is_none(), "{other}");
    }
}

#[test]
fn what_does_not_open_claims_nothing_whatever_stands_beside_it() {
    let told = transcript("return")["return"].clone();
    let whole = sealed(&pairs(&told));
    let mut flipped = whole.clone().into_bytes();
    flipped[30] = if flipped[30] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let raw = sealed("RETURNCODE=0000&ORDERID=imp_123456789012&RETURNMSG=\u{1}");
    for params in ["nonsense", &whole[..whole.len() - 24], &flipped, &raw] {
        let mut returned = plain_return(&told);
        returned
            .fields
            .push(("RETURNPARAMS".to_owned(), params.as_bytes().to_vec()));
        let claim = Connector.read_return(&channel(), &returned);
        assert!(
            claim.order_id.is_none() && claim.token.is_none() && !claim.sealed,
            "{params}"
        );
    }
    let nothing = Connector.read_return(&channel(), &plain_return(&json!({})));
    assert!(nothing.order_id.is_none() && nothing.token.is_none());
    // However a form was written, the seal is the same.
    for params in [
        whole.replace('+', " "),
        whole.replace('+', "%2B").replace('=', "%3D"),
    ] {
        let fields = vec![("RETURNPARAMS".to_owned(), params.into_bytes())];
        let claim = Connector.read_return(&channel(), &WindowReturn { fields });
        assert!(claim.token.is_some());
    }
}
