//! A wire with a script, a channel, and orders like those of the transcripts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Buyer, Currency, Device, Money, Secret};
use serde_json::{Value, json};

use crate::contract::{Channel, ChargeOrder, WindowOrder, WindowReturn};
use crate::wire::{Answer, Request, Wire, WireError};

pub const HOST: &str = "https://testpgapi.easypay.co.kr";
/// Published with KICC's examples.
pub const SECRET: &str = "easypay!KICCTEST";
pub const KEY: &str = "261119000001BA000042";

/// 2026-11-19 09:31 in Korea.
pub const NOW_MS: i64 = 1_795_048_260_000;

/// Answers in order, and remembers what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Answer, WireError>>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Script {
    pub fn json(answer: &Value) -> Script {
        Script::raw(200, answer.to_string().as_bytes())
    }

    /// Several answers of JSON, in order.
    pub fn each(answers: &[Value]) -> Script {
        let script = Script::silent();
        for answer in answers {
            script.push(Ok(http(200, answer.to_string().as_bytes())));
        }
        script
    }

    pub fn raw(status: u16, body: &[u8]) -> Script {
        let script = Script::silent();
        script.push(Ok(http(status, body)));
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

    /// The one question: its URL and its JSON.
    pub fn asked(&self) -> (String, Value) {
        let asked = self.all_asked();
        assert_eq!(asked.len(), 1, "one question is asked, once");
        asked[0].clone()
    }

    pub fn all_asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    pub fn asked_nothing(&self) -> bool {
        self.all_asked().is_empty()
    }
}

fn http(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        content_type: "application/json".to_owned(),
        retry_after_s: None,
        body: body.to_vec(),
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
    Channel {
        pg_id: "T5102001".to_owned(),
        hosts: BTreeMap::from([("api".to_owned(), HOST.to_owned())]),
        credentials: BTreeMap::from([("secret".to_owned(), Secret::new(SECRET))]),
        dialect: BTreeMap::new(),
    }
}

pub fn channel_saying(guesses: &[(&str, &str)]) -> Channel {
    let mut channel = channel();
    for (name, guess) in guesses {
        channel
            .dialect
            .insert((*name).to_owned(), (*guess).to_owned());
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
        name: "Monthly plan".to_owned(),
        buyer: buyer(),
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
        name: "Card registration".to_owned(),
        shop_name: "Demo shop".to_owned(),
        buyer: buyer(),
        customer_uid: "gildong_0001".to_owned(),
        device,
        language: "ko".to_owned(),
        user_agent: String::new(),
        extra: json!({}),
        return_url: "https://pay.example/window/w1/return".to_owned(),
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

/// A fixture's answer with one field changed, at the top or in `paymentInfo`; `null` takes it out. KICC's code over it
/// is renewed, unless it is what was changed, so that one thing at a time is wrong.
pub fn answer_with(transcript: &Value, name: &str, value: Value) -> Value {
    let mut answer = transcript["answer"].clone();
    put(&mut answer, name, value);
    if name != "msgAuthValue" && answer.get("msgAuthValue").is_some() {
        answer["msgAuthValue"] = json!(signature(&answer));
    }
    answer
}

pub fn put(object: &mut Value, name: &str, value: Value) {
    let fields = object.as_object_mut().expect("an object");
    match value {
        Value::Null => fields.remove(name),
        value => fields.insert(name.to_owned(), value),
    };
}

/// KICC's code over an answer.
pub fn signature(answer: &Value) -> String {
    let text = |name: &str| match &answer[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let message = [text("pgCno"), text("amount"), text("transactionDate")].join("|");
    crate::codec_hmac::code(SECRET.as_bytes(), message.as_bytes())
}

/// What a question was, as a transcript with its answer.
pub fn as_transcript(script: &Script, answer: &Value) -> Value {
    let (url, request) = script.asked();
    let path = url
        .strip_prefix(HOST)
        .expect("the question goes to the host");
    json!({"path": path, "request": request, "answer": answer})
}
