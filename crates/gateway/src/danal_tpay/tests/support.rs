//! A wire with a script, a channel, and orders like those of the transcripts. Pairs are written and read here in their own
//! way, so that a slip in the connector's is seen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Buyer, Currency, Device, Money, Secret};
use serde_json::{Map, Value, json};

use crate::codec_aes_cbc;
use crate::contract::{Channel, ChargeOrder, Notice, WindowOrder, WindowReturn};
use crate::wire::{Answer, Request, Wire, WireError};

pub const HOST: &str = "https://tx-creditcard.danalpay.com";
pub const CPID: &str = "9810030929";
/// Published with Danal's samples.
pub const CRYPTO_KEY: &str = "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d";
const IV: &str = "d7d02c92cb930b661f107cb92690fc83";
pub const KEY: &str = "BK0001TESTBILLKEY";
pub const TID: &str = "202611190930120000000001";

/// 2026-11-19 09:31 in Korea.
pub const NOW_MS: i64 = 1_795_048_260_000;

/// Answers in order, and remembers what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Answer, WireError>>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Script {
    /// A sealed answer.
    pub fn sealed(answer: &Value) -> Script {
        Script::raw(200, sealed_body(answer).as_bytes())
    }

    /// An answer as Danal gives to what it cannot decrypt.
    pub fn plain(answer: &Value) -> Script {
        Script::raw(200, pairs(answer).as_bytes())
    }

    pub fn raw(status: u16, body: &[u8]) -> Script {
        let script = Script::silent();
        script.push(Ok(Answer {
            status,
            content_type: "text/html; charset=euc-kr".to_owned(),
            retry_after_s: None,
            body: body.to_vec(),
        }));
        script
    }

    pub fn error(error: WireError) -> Script {
        let script = Script::silent();
        script.push(Err(error));
        script
    }

    /// Nothing may be asked.
    pub fn silent() -> Script {
        Script {
            answers: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    fn push(&self, answer: Result<Answer, WireError>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    /// The one question's body.
    pub fn body(&self) -> String {
        let asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "one question is asked, once");
        let (url, body) = &asked[0];
        assert_eq!(*url, format!("{HOST}/credit/"));
        body.clone()
    }

    /// The one question's pairs.
    pub fn asked(&self) -> Value {
        let body = self.body();
        let data = body
            .strip_prefix("CPID=9810030929&DATA=")
            .expect("CPID and DATA");
        let plain = opened(&unescaped(data)).expect("sealed under the key");
        read(&plain)
    }

    pub fn asked_nothing(&self) -> bool {
        self.asked.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl Wire for Script {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        assert_eq!(
            request.headers[0].1,
            "application/x-www-form-urlencoded; charset=euc-kr"
        );
        let body = String::from_utf8(request.body).expect("a question is ASCII");
        assert!(body.is_ascii());
        self.asked.lock().unwrap().push((request.url, body));
        let mut answers = self.answers.lock().unwrap();
        answers.pop_front().expect("no more is asked than answered")
    }
}

/// Pairs as text, last name first: Danal promises no order.
pub fn pairs(fields: &Value) -> String {
    let fields = fields.as_object().expect("an object").iter().rev();
    let pairs: Vec<String> = fields
        .map(|(name, value)| format!("{name}={}", escaped(value.as_str().expect("a text"))))
        .collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let (bytes, _, _) = encoding_rs::EUC_KR.encode(text);
    let escape = |byte: &u8| match byte {
        b' ' => "+".to_owned(),
        plain if plain.is_ascii_alphanumeric() || b".-*_".contains(plain) => {
            char::from(*plain).to_string()
        }
        other => format!("%{other:02X}"),
    };
    bytes.iter().map(escape).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            plain => plain,
        });
    }
    let (text, _, broken) = encoding_rs::EUC_KR.decode(&bytes);
    assert!(!broken, "everything is EUC-KR");
    text.into_owned()
}

fn read(plain: &str) -> Value {
    let mut fields = Map::new();
    for pair in plain.split('&') {
        let (name, value) = pair.split_once('=').expect("a pair");
        let twice = fields.insert(name.to_owned(), json!(unescaped(value)));
        assert!(twice.is_none(), "{name} twice");
    }
    Value::Object(fields)
}

fn iv() -> [u8; 16] {
    hex::decode(IV).unwrap().try_into().unwrap()
}

fn sealed_under(key: &str, plain: &str) -> String {
    codec_aes_cbc::encrypt(&hex::decode(key).unwrap(), iv(), plain.as_bytes()).unwrap()
}

/// What the published key makes of a text.
pub fn sealed(plain: &str) -> String {
    sealed_under(CRYPTO_KEY, plain)
}

/// The body of an answer from somebody with another key.
pub fn foreign_body(answer: &Value) -> String {
    let other = CRYPTO_KEY.replace('2', "3");
    format!("DATA={}", escaped(&sealed_under(&other, &pairs(answer))))
}

fn opened(sealed: &str) -> Option<String> {
    let key = hex::decode(CRYPTO_KEY).unwrap();
    String::from_utf8(codec_aes_cbc::decrypt(&key, iv(), sealed)?).ok()
}

/// The body of a sealed answer.
pub fn sealed_body(answer: &Value) -> String {
    format!("DATA={}", escaped(&sealed(&pairs(answer))))
}

pub fn channel() -> Channel {
    Channel {
        pg_id: CPID.to_owned(),
        hosts: BTreeMap::from([("tx".to_owned(), HOST.to_owned())]),
        credentials: BTreeMap::from([("crypto_key".to_owned(), Secret::new(CRYPTO_KEY))]),
        dialect: BTreeMap::new(),
    }
}

pub fn channel_saying(guesses: &[(&str, &str)]) -> Channel {
    let mut channel = channel();
    for (name, guess) in guesses {
        let (name, guess) = ((*name).to_owned(), (*guess).to_owned());
        channel.dialect.insert(name, guess);
    }
    channel
}

pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

pub fn key() -> BillingKey {
    BillingKey::new(KEY)
}

pub fn buyer() -> Buyer {
    Buyer {
        name: Some("홍길동".to_owned()),
        email: Some("hong@example.com".to_owned()),
        tel: Some("010-0000-0000".to_owned()),
        ..Buyer::default()
    }
}

pub fn charge_order() -> ChargeOrder {
    ChargeOrder {
        order_id: "imps_123456789012".to_owned(),
        amount: won(12900),
        name: "월간 플랜".to_owned(),
        buyer: buyer(),
        customer_uid: "gildong_0001".to_owned(),
        quota: 0,
        tax_free: None,
        vat: None,
        browser_ip: None,
        at_ms: NOW_MS,
    }
}

/// A window for a key only, or with an amount for a charge too.
pub fn window_order(amount: i64) -> WindowOrder {
    WindowOrder {
        order_id: "imp_123456789012".to_owned(),
        amount: won(amount),
        name: "월간 플랜".to_owned(),
        shop_name: "Demo shop".to_owned(),
        buyer: buyer(),
        customer_uid: "gildong_0001".to_owned(),
        device: Device::Pc,
        language: "ko".to_owned(),
        user_agent: String::new(),
        extra: json!({"period": {"from": "20261119", "to": "20271118"}}),
        return_url: "https://pay.example/window/w1/return".to_owned(),
        notice_url: "https://pay.example.com/notice/imp00000000/channel".to_owned(),
        return_token: Secret::new("token-1"),
        browser_ip: None,
        page_origin: None,
        at_ms: NOW_MS,
    }
}

fn bytes(fields: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let bytes = |text: &str| encoding_rs::EUC_KR.encode(text).0.into_owned();
    let fields = fields.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), bytes(value)))
        .collect()
}

fn texts(fields: &Value) -> Vec<(&str, &str)> {
    let fields = fields.as_object().expect("an object").iter();
    fields
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
        .collect()
}

/// A return whose fields are plain, as the guide has it.
pub fn plain_return(fields: &Value) -> WindowReturn {
    WindowReturn {
        fields: bytes(&texts(fields)),
    }
}

/// A return as Danal's samples read it.
pub fn sealed_return(fields: &Value) -> WindowReturn {
    WindowReturn {
        fields: bytes(&[("RETURNPARAMS", &sealed(&pairs(fields)))]),
    }
}

pub fn plain_notice(fields: &Value) -> Notice {
    Notice {
        fields: bytes(&texts(fields)),
    }
}

pub fn sealed_notice(fields: &Value) -> Notice {
    Notice {
        fields: bytes(&[("DATA", &sealed(&pairs(fields)))]),
    }
}

/// Some fields with one changed; `null` takes it out.
pub fn with(fields: &Value, name: &str, value: Value) -> Value {
    let mut fields = fields.clone();
    let object = fields.as_object_mut().expect("an object");
    match value {
        Value::Null => object.remove(name),
        value => object.insert(name.to_owned(), value),
    };
    fields
}
