//! A wire with a script, a channel, and orders like those of the transcripts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Buyer, Currency, Device, Money, Secret};
use serde_json::{Value, json};

use crate::contract::{Channel, ChargeOrder, WindowOrder, WindowReturn};
use crate::wire::{Answer, Request, Wire, WireError};

pub const CERT: &str = include_str!("../fixtures/keys/cert.pem");
pub const KEY: &str = include_str!("../fixtures/keys/aes256.pem");

/// 2026-11-21 12:00 in Korea.
pub const NOW_MS: i64 = 1_795_230_000_000;

/// Answers in order, and remembers what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Answer, WireError>>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Script {
    pub fn json(answer: &Value) -> Script {
        Script::raw(200, answer.to_string().as_bytes())
    }

    pub fn raw(status: u16, body: &[u8]) -> Script {
        Script::of(Ok(Answer {
            status,
            content_type: "application/json".to_owned(),
            retry_after_s: None,
            body: body.to_vec(),
        }))
    }

    pub fn error(error: WireError) -> Script {
        Script::of(Err(error))
    }

    /// Nothing may be asked.
    pub fn silent() -> Script {
        Script {
            answers: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    fn of(answer: Result<Answer, WireError>) -> Script {
        Script {
            answers: Mutex::new([answer].into()),
            asked: Mutex::default(),
        }
    }

    /// The one question: its URL and its JSON.
    pub fn asked(&self) -> (String, Value) {
        let asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "one question is asked, once");
        asked[0].clone()
    }

    pub fn asked_nothing(&self) -> bool {
        self.asked.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl Wire for Script {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        let body = serde_json::from_slice(&request.body).expect("a question is JSON");
        self.asked.lock().unwrap().push((request.url, body));
        let mut answers = self.answers.lock().unwrap();
        answers.pop_front().expect("no more is asked than answered")
    }
}

pub fn channel() -> Channel {
    let hosts = [
        ("api", "https://stg-spl.kcp.co.kr"),
        ("script", "https://testspay.kcp.co.kr"),
        ("mobile", "https://testsmpay.kcp.co.kr"),
    ];
    let credentials = [
        ("group_id", "A52Q71000489"),
        ("cert", CERT),
        ("private_key", KEY),
        ("private_key_password", "changeit"),
    ];
    Channel {
        pg_id: "A52Q7".to_owned(),
        hosts: hosts
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
            .into(),
        credentials: credentials
            .map(|(name, text)| (name.to_owned(), Secret::new(text)))
            .into(),
        dialect: BTreeMap::new(),
    }
}

pub fn channel_saying(name: &str, guess: &str) -> Channel {
    let mut channel = channel();
    channel.dialect.insert(name.to_owned(), guess.to_owned());
    channel
}

pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

pub fn key() -> BillingKey {
    BillingKey::new("2611190936001234")
}

pub fn charge_order() -> ChargeOrder {
    ChargeOrder {
        order_id: "imps_123456789012".to_owned(),
        amount: won(3000),
        name: "Monthly plan".to_owned(),
        buyer: Buyer {
            name: Some("홍길동".to_owned()),
            email: Some("hong@example.com".to_owned()),
            tel: Some("010-0000-0000".to_owned()),
            ..Buyer::default()
        },
        customer_uid: "gildong_0001".to_owned(),
        quota: 0,
        tax_free: None,
        vat: None,
        browser_ip: None,
        at_ms: NOW_MS,
    }
}

pub fn window_order(device: Device) -> WindowOrder {
    WindowOrder {
        order_id: "imp_123456789012".to_owned(),
        amount: won(3000),
        name: "Monthly plan".to_owned(),
        shop_name: "Demo shop".to_owned(),
        buyer: Buyer::default(),
        customer_uid: "gildong_0001".to_owned(),
        device,
        language: "ko".to_owned(),
        user_agent: String::new(),
        extra: json!({}),
        return_url: "https://pay.example/payments/return/w1".to_owned(),
        notice_url: "https://pay.example.com/notice/imp00000000/channel".to_owned(),
        return_token: Secret::new("token-1"),
        browser_ip: None,
        page_origin: None,
        at_ms: NOW_MS,
    }
}

pub fn returned(fields: &[(&str, &str)]) -> WindowReturn {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    WindowReturn {
        fields: fields.collect(),
    }
}

/// A fixture's answer with one field changed; `null` takes it out.
pub fn answer_with(transcript: &Value, name: &str, value: Value) -> Value {
    let mut answer = transcript["answer"].clone();
    let fields = answer.as_object_mut().expect("an answer is an object");
    match value {
        Value::Null => fields.remove(name),
        value => fields.insert(name.to_owned(), value),
    };
    answer
}

/// What a question was, as a transcript with its answer.
pub fn as_transcript(script: &Script, host: &str, answer: &Value) -> Value {
    let (url, request) = script.asked();
    let path = url
        .strip_prefix(host)
        .expect("the question goes to the host");
    json!({"path": path, "request": request, "answer": answer})
}
