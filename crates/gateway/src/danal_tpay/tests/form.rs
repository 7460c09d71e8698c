//! The form of questions and answers, by values that were computed elsewhere.

use dangol_domain::{Buyer, Outcome};
use serde_json::json;

use super::support::*;
use crate::contract::{ChargeOrder, Gateway};
use crate::danal_tpay::pairs::{Pairs, encode};
use crate::danal_tpay::{Connector, messages, talk};
use crate::wire::WireError;

const OTBILL_PLAIN: &str = "TXTYPE=OTBILL&SERVICETYPE=BATCH&ISREBILL=Y&BILLINFO=BK0001TESTBILLKEY&ORDERID=ord-20261119-0001&ITEMNAME=%BF%F9+%B1%B8%B5%B6%B7%E1&AMOUNT=12900&CURRENCY=410&USERID=u1&USERAGENT=ONLINE";
const OTBILL_BODY: &str = "CPID=9810030929&DATA=ELnlWBNtBMOSZstO7LWK0VJJ6LToz%2Bwc0WPY1IYjiuywjSKdxa4Um1SqTaijwDXQuliFzZSbn0gR97yFP4%2Fr8FmMDmfIGrUMCWVt4he1CW%2B6eqPOoSXF1sFWn9CfpbOvUaGKQEzVJxQrAn713fxPARc9oxj%2F96fndaC4nAwQN98qGSkvAyiX%2BZbnAtISOWurI0OxdcmgmYui9JlQQGQ0%2FN%2FsZz1Rl0aMusF3Z0Exe%2FZ3M4TP01ksql9%2BntMPh4q4";
const RESP_BODY: &str = "DATA=bH6El5elON5883LB3RlfF1OF1H8eZTXv49wXL8%2FAVeVdkv%2Fwyl0cPj8fbtJGHivxcT7lIioaSLgd59nlVT00eJ%2FnSOe%2BIXIhgIEtNgtUEltBRVNY9Y6bSLJRyu8ahZszUvP7zKGJvIT%2FMCYHmI8aWQ%3D%3D";
const SHORT_PLAIN: &str = "TXTYPE=DELBILLKEY&SERVICETYPE=BATCH&BILLKEY=BK0001";
const SHORT_BASE64: &str =
    "W5g4tZ0opf+yLVLgZCwXgTIzVAiMGmqDSDOH26EHlIcyPAOw/IB8GdpKooeavfW+GYuVnfvmnTQfYBBig8U/1w==";

fn order() -> ChargeOrder {
    ChargeOrder {
        order_id: "ord-20261119-0001".to_owned(),
        name: "월 구독료".to_owned(),
        buyer: Buyer::default(),
        customer_uid: "u1".to_owned(),
        ..charge_order()
    }
}

#[tokio::test]
async fn a_question_is_the_vector_byte_for_byte() {
    let plain = messages::charge(KEY, &order(), ("410", "12900".to_owned())).plain();
    assert_eq!(plain, OTBILL_PLAIN);
    let script = Script::raw(200, RESP_BODY.as_bytes());
    let outcome = Connector
        .charge(&script, &channel(), &key(), &order())
        .await;
    assert_eq!(script.body(), OTBILL_BODY);
    // And the answer of the vectors is its approval.
    let Outcome::Approved(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (receipt.pg_tid.as_str(), receipt.amount),
        ("202611190930120000000001", won(12900))
    );
}

#[test]
fn an_answer_is_the_vector() {
    let Ok(answer) = talk::read(&channel(), RESP_BODY.as_bytes()) else {
        panic!("not read");
    };
    let names = ["RETURNCODE", "RETURNMSG", "TID", "ORDERID", "AMOUNT"];
    assert_eq!(
        names.map(|name| answer.get(name)),
        [
            "0000",
            "성공",
            "202611190930120000000001",
            "ord-20261119-0001",
            "12900"
        ]
    );
    assert!(answer.sealed && answer.get("BILLKEY").is_empty());
}

#[test]
fn a_deletion_is_the_short_vector() {
    let question = messages::delete_key("BK0001");
    assert_eq!(question.plain(), SHORT_PLAIN);
    let body = talk::body(&channel(), &question).unwrap();
    let encoded = SHORT_BASE64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    assert_eq!(body, format!("CPID=9810030929&DATA={encoded}"));
}

#[test]
fn values_are_encoded_as_a_form_of_euc_kr() {
    for (value, encoded) in [
        ("월 구독료", "%BF%F9+%B1%B8%B5%B6%B7%E1"),
        ("hong@example.com", "hong%40example.com"),
        (
            "http://127.0.0.1:8080/pg",
            "http%3A%2F%2F127.0.0.1%3A8080%2Fpg",
        ),
        ("imp=imp_abc;", "imp%3Dimp_abc%3B"),
        ("a*b-c.d_e~", "a*b-c.d_e%7E"),
        ("50%", "50%25"),
        ("똠방", "%8Cc%B9%E6"),
        ("☕\u{1f600}", "%3F%3F"),
    ] {
        assert_eq!(encode(value), encoded, "{value}");
    }
}

#[test]
fn answers_are_found_however_they_are_wrapped() {
    let inner = json!({"RETURNCODE": "0000", "RETURNMSG": "정상 처리", "CARDNAME": "A=B&C"});
    let escaped = sealed_body(&inner);
    let bare = format!("DATA={}\r\n", sealed(&pairs(&inner)));
    let among = format!("CPID=9810030929&{escaped}&X=1");
    for body in [&escaped, &bare, &among] {
        let Ok(answer) = talk::read(&channel(), body.as_bytes()) else {
            panic!("{body}");
        };
        assert!(answer.sealed);
        assert_eq!(
            (answer.text(), answer.get("CARDNAME")),
            ("정상 처리", "A=B&C")
        );
    }
    // Danal's answer to what it cannot decrypt, and a text in UTF-8 where EUC-KR was promised.
    for (body, text) in [
        (
            &b"RETURNCODE=1114&RETURNMSG=%BA%B9%C8%A3%C8%AD+%BD%C7%C6%D0"[..],
            "복호화 실패",
        ),
        (
            b"RETURNMSG=\xba\xb9\xc8\xa3\xc8\xad&RETURNCODE=1114\n",
            "복호화",
        ),
        (
            "RETURNCODE=1114&RETURNMSG=복호화 실패&".as_bytes(),
            "복호화 실패",
        ),
    ] {
        let Ok(answer) = talk::read(&channel(), body) else {
            panic!("{text}");
        };
        assert_eq!(
            (answer.code(), answer.text(), answer.sealed),
            ("1114", text, false)
        );
    }
}

#[test]
fn what_is_no_pairs_is_no_answer() {
    for body in [
        "",
        "<html><body class=\"busy\">busy</body></html>",
        "{\"RETURNCODE\":\"0000\"}",
        "RETURNCODE",
        "=0000",
        "RETURNCODE=3112&RETURNCODE=0000",
        "DATA=",
        "DATA=%%%",
        "DATA=W5g4tZ0opf+yLVLgZCwXgQ==",
    ] {
        assert!(talk::read(&channel(), body.as_bytes()).is_err(), "{body}");
    }
    let twice = format!("DATA={}", sealed("RETURNCODE=3112&RETURNCODE=0000"));
    assert!(talk::read(&channel(), twice.as_bytes()).is_err());
}

#[tokio::test]
async fn without_a_usable_key_nothing_is_sent() {
    for wrong in ["", "wrong", &CRYPTO_KEY[2..], &CRYPTO_KEY.replace('2', "g")] {
        let mut channel = channel();
        channel
            .credentials
            .insert("crypto_key".to_owned(), dangol_domain::Secret::new(wrong));
        let script = Script::silent();
        let outcome = Connector.charge(&script, &channel, &key(), &order()).await;
        assert!(
            matches!(outcome, Outcome::NotSent(_)) && script.asked_nothing(),
            "{outcome:?}"
        );
    }
    let script = Script::error(WireError::NotConnected);
    let outcome = Connector
        .charge(&script, &channel(), &key(), &order())
        .await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[test]
fn what_a_stranger_brought_is_read_by_the_letter() {
    for good in [
        "A=1&B=%B0%A1+x",
        "ORDERID=imp_1&RETURNMSG=(%27ok%27)!",
        "A=1&",
    ] {
        assert!(Pairs::read_strictly(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        &b"A=1&B=\xb0\xa1"[..],
        b"A=1&B=x y",
        b"A=1&B=100%",
        b"A=1&B=%4",
        b"A=1&B=%zz",
        b"A=1&B",
        b"A=1;B=2",
        b"A=1&A=2",
        b"A=1\n",
        b"A=\x00",
        b"",
    ] {
        assert!(
            Pairs::read_strictly(bad).is_none(),
            "{}",
            String::from_utf8_lossy(bad)
        );
    }
}
