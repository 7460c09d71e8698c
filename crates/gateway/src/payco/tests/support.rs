//! A wire with a script, a channel, and orders like those of the transcripts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Buyer, CancelKey, Currency, Device, Money, Receipt, Secret};
use serde_json::{Value, json};

use super::super::key::Key;
use crate::contract::{CancelOrder, Channel, ChargeOrder, WindowOrder, WindowReturn};
use crate::wire::{Answer, Request, Wire, WireError};

pub const HOST: &str = "https://alpha-api-bill.payco.com";
pub const CERTIFY_KEY: &str =
    "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8l9Z0x1C2v3B4n5M6q7W8e9R0t1Y2u3I4o5P6a7S8d9F0g1H2j3K4";
pub const ORDER_CERTIFY_KEY: &str = "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8Ba7ZyXwVuTs";
/// 2026-11-19 09:36 in Korea.
pub const NOW_MS: i64 = 1_795_048_560_000;

/// Answers in order, and remembers what was asked.
#[derive(Default)]
pub struct Script {
    answers: Mutex<VecDeque<Result<Answer, WireError>>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Script {
    pub fn json(answer: &Value) -> Script {
        Script::raw(200, answer.to_string().as_bytes())
    }

    pub fn raw(status: u16, body: &[u8]) -> Script {
        Script::default().then(Ok(Answer {
            status,
            content_type: "application/json".to_owned(),
            retry_after_s: None,
            body: body.to_vec(),
        }))
    }

    pub fn error(error: WireError) -> Script {
        Script::default().then(Err(error))
    }

    /// And then another answer.
    pub fn then_json(self, answer: &Value) -> Script {
        let body = answer.to_string().into_bytes();
        self.then(Ok(Answer {
            status: 200,
            content_type: "application/json".to_owned(),
            retry_after_s: None,
            body,
        }))
    }

    fn then(self, answer: Result<Answer, WireError>) -> Script {
        self.answers.lock().unwrap().push_back(answer);
        self
    }

    /// The one question: its URL and its JSON.
    pub fn asked(&self) -> (String, Value) {
        let asked = self.all_asked();
        assert_eq!(asked.len(), 1, "one question is asked, once");
        asked[0].clone()
    }

    pub fn all_asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
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
    let credentials = [("cp_id", "PARTNERTEST_AUTO"), ("product_id", "PROD_AUTO")];
    Channel {
        pg_id: "S0FSJE".to_owned(),
        hosts: BTreeMap::from([("api".to_owned(), HOST.to_owned())]),
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

pub fn channel_with(name: &str, credential: &str) -> Channel {
    let mut channel = channel();
    let secret = Secret::new(credential);
    channel.credentials.insert(name.to_owned(), secret);
    channel
}

pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

pub fn key() -> BillingKey {
    let key = Key {
        number: Secret::new("202611190000000777"),
        certify_key: Secret::new(CERTIFY_KEY),
        reference: Secret::new("imp_123456789012"),
    };
    key.join()
}

pub fn charge_order() -> ChargeOrder {
    ChargeOrder {
        order_id: "imps_123456789012".to_owned(),
        amount: won(3000),
        name: "Monthly plan".to_owned(),
        buyer: Buyer::default(),
        customer_uid: "gildong_0001".to_owned(),
        quota: 0,
        tax_free: None,
        vat: None,
        browser_ip: None,
        at_ms: NOW_MS,
    }
}

pub fn receipt() -> Receipt {
    Receipt {
        pg_tid: "202611190900000001".to_owned(),
        amount: won(3000),
        approval_number: None,
        approved_at_ms: None,
        card: Default::default(),
        quota: 0,
        partial_cancel: None,
        receipt_url: None,
        cancel_key: Some(CancelKey::new(ORDER_CERTIFY_KEY)),
    }
}

pub fn cancel_order(amount: i64, balance: i64) -> CancelOrder {
    CancelOrder {
        cancel_id: "c1".to_owned(),
        order_id: "imps_123456789012".to_owned(),
        amount: won(amount),
        balance,
        partly_cancelled: balance < 3000,
        reason: "고객 변심".to_owned(),
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

/// A fixture's answer with one member of its result changed; `null` takes it out.
pub fn answer_with(transcript: &Value, name: &str, value: Value) -> Value {
    let mut answer = transcript["answer"].clone();
    let fields = answer["result"].as_object_mut().expect("a result");
    match value {
        Value::Null => fields.remove(name),
        value => fields.insert(name.to_owned(), value),
    };
    answer
}

/// A refusal.
pub fn code(code: impl Into<Value>) -> Value {
    let code: Value = code.into();
    json!({"code": code, "message": "처리할 수 없습니다."})
}

/// What a question was, as a transcript with its answer.
pub fn as_transcript(script: &Script, answer: &Value) -> Value {
    let (url, request) = script.asked();
    let path = url
        .strip_prefix(HOST)
        .expect("the question goes to the host");
    json!({"path": path, "request": request, "answer": answer})
}
