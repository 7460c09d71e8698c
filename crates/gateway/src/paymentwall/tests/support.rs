//! A wire with a script, a channel, and orders like those of the transcripts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Buyer, Currency, Device, Money, Secret};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::contract::{Channel, ChargeOrder, Inquiry, Notice, WindowOrder, WindowReturn};
use crate::wire::{Answer, Method, Request, Wire, WireError};

pub const HOST: &str = "https://api.paymentwall.com";
/// Published with Paymentwall's own tests.
pub const PROJECT: &str = "c22f895840bf2391f67a40da64bfed26";
pub const SECRET: &str = "a7408723eaf4bfa2e3ac49b3cb695046";
pub const PUBLIC_KEY: &str = "t_33c1806e0daf60fc31f2167f0e4d59";
pub const PRIVATE_KEY: &str = "t_85c66c2d7461e8885805f92dfd171c";
/// Of the documented example of a charge.
pub const KEY: &str = "2857a8cefec761ef7cdb3f97abf4c7b1";
pub const ONE_TIME: &str = "ot_ccd2d68ef06d9c0e485d62b7039a6f64";
pub const FINGERPRINT: &str = "slZbOOhPlyDQKkoyYBkKdJ7dpDslaCer";

/// 2026-11-19 00:31 UTC.
pub const NOW_MS: i64 = 1_795_048_260_000;

/// Answers in order, and remembers what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Answer, WireError>>>,
    asked: Mutex<Vec<Value>>,
}

impl Script {
    pub fn json(answer: &Value) -> Script {
        Script::raw(200, answer.to_string().as_bytes())
    }

    /// A refusal as Brick documents it.
    pub fn refusal(status: u16, code: u32, error: &str) -> Script {
        let body = json!({"type": "Error", "code": code, "error": error});
        Script::raw(status, body.to_string().as_bytes())
    }

    /// Several answers of JSON with their statuses, in order.
    pub fn each(answers: &[(u16, Value)]) -> Script {
        let script = Script::silent();
        for (status, answer) in answers {
            script.push(Ok(http(*status, answer.to_string().as_bytes())));
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

    /// A further answer.
    pub fn push(&self, answer: Result<Answer, WireError>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    /// The one question, as a transcript has it.
    pub fn asked(&self) -> Value {
        let asked = self.all_asked();
        assert_eq!(asked.len(), 1, "one question is asked, once");
        asked[0].clone()
    }

    pub fn all_asked(&self) -> Vec<Value> {
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
        self.asked.lock().unwrap().push(as_seen(&request));
        let mut answers = self.answers.lock().unwrap();
        answers.pop_front().expect("no more is asked than answered")
    }
}

fn as_seen(request: &Request) -> Value {
    let (page, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let path = page
        .strip_prefix(HOST)
        .expect("a question goes to the host");
    let body = std::str::from_utf8(&request.body).expect("a form is text");
    let header = |name| {
        let found = request.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    };
    let (method, params) = match request.method {
        Method::Get => {
            assert!(body.is_empty(), "a GET has no body");
            ("GET", query)
        }
        Method::Post => {
            let form = Some("application/x-www-form-urlencoded");
            assert_eq!((header("content-type"), query), (form, ""));
            ("POST", body)
        }
    };
    let mut seen = json!({"method": method, "path": path, "params": decoded(params)});
    if let Some(key) = header("x-apikey") {
        seen["x-apikey"] = json!(key);
    }
    seen
}

fn decoded(params: &str) -> Map<String, Value> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = params.split('&').filter(|pair| !pair.is_empty());
    let mut decoded = Map::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let before = decoded.insert(decode(name), json!(decode(value)));
        assert!(before.is_none(), "{name} is sent once");
    }
    decoded
}

pub fn channel() -> Channel {
    let hosts = ["api", "tokens"].map(|name| (name.to_owned(), HOST.to_owned()));
    let credentials = [
        ("secret_key", SECRET),
        ("brick_public_key", PUBLIC_KEY),
        ("brick_private_key", PRIVATE_KEY),
    ];
    Channel {
        pg_id: PROJECT.to_owned(),
        hosts: BTreeMap::from(hosts),
        credentials: credentials
            .map(|(name, value)| (name.to_owned(), Secret::new(value)))
            .into(),
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

/// A channel with one credential changed.
pub fn channel_with(name: &str, value: &str) -> Channel {
    let mut channel = channel();
    let secret = Secret::new(value);
    channel.credentials.insert(name.to_owned(), secret);
    channel
}

pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

pub fn cents(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

pub fn key() -> BillingKey {
    BillingKey::new(KEY)
}

pub fn buyer() -> Buyer {
    Buyer {
        name: Some("Jack Son".to_owned()),
        email: Some("jack@example.com".to_owned()),
        ..Buyer::default()
    }
}

pub fn charge_order() -> ChargeOrder {
    ChargeOrder {
        order_id: "imps_123456789012".to_owned(),
        amount: won(3000),
        name: "Monthly plan".to_owned(),
        buyer: buyer(),
        customer_uid: "cust_0001".to_owned(),
        quota: 0,
        tax_free: None,
        vat: None,
        browser_ip: Some("203.0.113.7".to_owned()),
        at_ms: NOW_MS,
    }
}

pub fn inquiry(after_ms: i64) -> Inquiry {
    Inquiry {
        order_id: "imps_123456789012".to_owned(),
        customer_uid: "cust_0001".to_owned(),
        issues_key: false,
        amount: won(3000),
        sent_at_ms: NOW_MS,
        pg_tid: None,
        at_ms: NOW_MS + after_ms,
    }
}

pub fn window_order(device: Device) -> WindowOrder {
    WindowOrder {
        order_id: "imp_123456789012".to_owned(),
        amount: cents(990),
        name: "Monthly plan".to_owned(),
        shop_name: "Demo shop".to_owned(),
        buyer: buyer(),
        customer_uid: "cust_0001".to_owned(),
        device,
        language: "en".to_owned(),
        user_agent: String::new(),
        extra: json!({"bypass": {"widget_code": "t3_1", "ps": "all"}}),
        return_url: "https://window.example/window/w1/return".to_owned(),
        notice_url: "https://pay.example.com/notice/imp00000000/channel".to_owned(),
        return_token: Secret::new("token-1"),
        browser_ip: None,
        page_origin: None,
        at_ms: NOW_MS,
    }
}

pub fn returned(fields: &[(&str, &str)]) -> WindowReturn {
    WindowReturn {
        fields: raw(fields),
    }
}

pub fn notice(fields: &[(&str, &str)]) -> Notice {
    Notice {
        fields: raw(fields),
    }
}

fn raw(fields: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    fields.collect()
}

/// A fixture's answer with one field changed; `null` takes it out.
pub fn answer_with(transcript: &Value, name: &str, value: Value) -> Value {
    let mut answer = transcript["answer"].clone();
    put(&mut answer, name, value);
    answer
}

pub fn put(object: &mut Value, name: &str, value: Value) {
    let fields = object.as_object_mut().expect("an object");
    match value {
        Value::Null => fields.remove(name),
        value => fields.insert(name.to_owned(), value),
    };
}

/// What a question was, as a transcript with its answer.
pub fn as_transcript(script: &Script, answer: &Value) -> Value {
    json!({"request": script.asked(), "answer": answer})
}
