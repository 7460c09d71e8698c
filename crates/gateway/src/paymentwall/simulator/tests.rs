//! Walks the simulator as a merchant's server, its pingback address and a buyer's browser would, without the connector.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use dangol_domain::Clock;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::codec_sorted_hash::{Version, sign, sign_user};
use crate::sandbox::journal::{Entry, Kind, Query};
use crate::wire::{Answer, Method, Request as Sent, Wire, WireError};

mod after;
mod api;
mod pingbacks;
mod questions;
mod restart;
mod widget;
mod window;

const PROJECT: &str = "c22f895840bf2391f67a40da64bfed26";
const OTHER_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const GOOD: &str = "4242424242424242";
const NOTICES: &str = "http://shop.test/pingback?channel=1";

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The merchant's pingback address: keeps what comes and answers as it is told, else `OK`.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<String>>,
    says: Mutex<VecDeque<Result<(u16, &'static str), WireError>>>,
}

#[async_trait]
impl Wire for Ear {
    async fn send(&self, request: Sent) -> Result<Answer, WireError> {
        assert_eq!(request.method, Method::Get);
        self.heard.lock().unwrap().push(request.url);
        let says = self.says.lock().unwrap().pop_front();
        let (status, body) = says.unwrap_or(Ok((200, "OK")))?;
        Ok(Answer {
            status,
            content_type: "text/plain".to_owned(),
            retry_after_s: None,
            body: body.as_bytes().to_vec(),
        })
    }
}

/// Names and values in order.
type Pairs = Vec<(String, String)>;

/// A merchant of the published project, with a simulator of its own.
struct Merchant {
    world: Arc<World>,
    clock: Arc<TestClock>,
    ear: Arc<Ear>,
    paymentwall: Arc<Paymentwall>,
    keys: BTreeMap<String, String>,
}

impl Merchant {
    /// Opens the sandbox in a folder, or opens it again.
    fn open(dir: &Path, seed: u64) -> Merchant {
        // 2026-11-19T09:36:00+09:00
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_048_560_000)));
        Merchant::open_at(dir, seed, clock)
    }

    fn open_at(dir: &Path, seed: u64, clock: Arc<TestClock>) -> Merchant {
        let counter = AtomicU64::new(seed);
        // An odd multiplier makes a permutation: never the same twice.
        let random = move || {
            counter
                .fetch_add(1, Ordering::SeqCst)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let ear = Arc::new(Ear::default());
        let world = World::open(
            dir,
            clock.clone(),
            Arc::new(random),
            "http://pg.test",
            ear.clone(),
        )
        .unwrap();
        let paymentwall = Arc::new(Paymentwall::new(Arc::clone(&world)).unwrap());
        let keys = paymentwall.contract(PROJECT).unwrap();
        paymentwall.set_notice_url(PROJECT, NOTICES);
        Merchant {
            world,
            clock,
            ear,
            paymentwall,
            keys,
        }
    }

    /// The same with switches.
    fn with_settings(dir: &Path, settings: &str) -> Merchant {
        let text = format!("[paymentwall]\n{settings}\n");
        std::fs::write(dir.join("simulators.toml"), text).unwrap();
        Merchant::open(dir, 1)
    }

    fn now_ms(&self) -> i64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    fn stand(&self, by_ms: i64) {
        self.clock.0.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Moves the clock as the sandbox does: each timer sees its own due time as now. What ran, by name.
    async fn advance(&self, seconds: i64) -> BTreeMap<&'static str, usize> {
        let target = self.now_ms() + seconds * 1000;
        let mut ran = BTreeMap::new();
        while let Some(due) = self.paymentwall.next_due_ms().filter(|due| *due <= target) {
            let now = due.max(self.now_ms());
            self.clock.0.store(now, Ordering::SeqCst);
            for (name, count) in self.paymentwall.run_due(now).await {
                *ran.entry(name).or_default() += count;
            }
        }
        self.clock.0.store(target, Ordering::SeqCst);
        ran
    }

    /// The pingbacks that came since the last look, each with its fields in order.
    fn heard(&self) -> Vec<Pairs> {
        let urls = std::mem::take(&mut *self.ear.heard.lock().unwrap());
        urls.iter()
            .map(|url| pairs_of(url.split_once('?').unwrap().1))
            .collect()
    }

    async fn send(&self, request: Request<Body>) -> (u16, HeaderMap, String) {
        let router = Arc::clone(&self.paymentwall).router();
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 20_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (parts.status.as_u16(), parts.headers, text)
    }

    async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        let request = Request::get(path).header("X-ApiKey", key);
        let (status, _, text) = self.send(request.body(Body::empty()).unwrap()).await;
        (status, read(&text))
    }

    async fn post(&self, path: &str, key: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = Request::post(path)
            .header("X-ApiKey", key)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = encoded(fields).into();
        let (status, _, text) = self.send(request.body(body).unwrap()).await;
        (status, read(&text))
    }

    async fn page(&self, path: &str) -> (u16, HeaderMap, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    fn private(&self) -> &str {
        &self.keys["brick_private_key"]
    }

    fn secret(&self) -> &str {
        &self.keys["secret_key"]
    }

    /// A one-time token of a card.
    async fn token(&self, number: &str, cvv: &str) -> String {
        let card = [
            ("public_key", self.keys["brick_public_key"].as_str()),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2030"),
            ("card[cvv]", cvv),
        ];
        let (status, token) = self.post("/api/brick/token", "", &card).await;
        assert_eq!(status, 200, "{token}");
        token["token"].as_str().unwrap().to_owned()
    }

    async fn charge(&self, plan: &str, token: &str) -> (u16, Value) {
        self.charge_with(plan, token, &[]).await
    }

    async fn charge_with(&self, plan: &str, token: &str, changed: &[(&str, &str)]) -> (u16, Value) {
        let mut fields = charge_fields(plan, token);
        for (name, value) in changed {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        self.post("/api/brick/charge", self.private(), &fields)
            .await
    }

    /// The first charge of a card, which must be good: the charge.
    async fn first(&self, plan: &str, number: &str) -> Value {
        let token = self.token(number, "123").await;
        let (status, charge) = self.charge(plan, &token).await;
        assert_eq!(
            (status, &charge["object"]),
            (200, &json!("charge")),
            "{charge}"
        );
        charge
    }

    /// The permanent token of a card.
    async fn key(&self, plan: &str, number: &str) -> String {
        token_of(&self.first(plan, number).await)
    }

    /// A ticket, signed in version 2.
    async fn ticket(&self, fields: &[(&str, &str)]) -> Value {
        let mut all = vec![("key", PROJECT), ("sign_version", "2")];
        all.extend_from_slice(fields);
        let sign = sign(Version::V2, &all, self.secret());
        all.push(("sign", &sign));
        let (status, answer) = self.post("/developers/api/ticket", "", &all).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A question about a payment, signed in version 3.
    async fn status(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut all = vec![("key", PROJECT), ("sign_version", "3")];
        all.extend_from_slice(fields);
        let sign = sign(Version::V3, &all, self.secret());
        all.push(("sign", &sign));
        self.get(&format!("/api/rest/payment/?{}", encoded(&all)), "")
            .await
    }

    /// Loads the card form as the script's frame does, with some options changed.
    async fn card_form(&self, changed: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("public_key", self.keys["brick_public_key"].as_str()),
            ("amount", "50.00"),
            ("currency", "USD"),
            ("merchant", "Shop & <b>Co</b>"),
            ("product", "Monthly plan"),
            ("page_origin", "http://main.test:8080"),
        ];
        for (name, value) in changed {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        let path = format!("/brick/form?{}", encoded(&fields));
        self.page(&path).await.2
    }

    /// Submits a page's form with some fields changed.
    async fn submit(&self, page: &str, changed: &[(&str, &str)]) -> String {
        let mut fields = inputs(page);
        for (name, value) in changed {
            fields.insert((*name).to_owned(), (*value).to_owned());
        }
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request::post("/window/step")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = encoded(&pairs).into();
        self.send(request.body(body).unwrap()).await.2
    }

    fn journal(&self) -> Vec<Entry> {
        self.world.journal().entries(&Query::default()).unwrap()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.journal().iter().map(|entry| entry.deed.kind).collect()
    }

    fn plan(&self, operation: &str, fault: &str) {
        self.plan_code(operation, fault, None);
    }

    fn plan_code(&self, operation: &str, fault: &str, code: Option<&str>) {
        let plan = json!({ "pg": PROVIDER, "operation": operation, "fault": fault, "code": code });
        let plan = serde_json::from_value(plan).unwrap();
        self.world.control().plan(plan).unwrap();
    }
}

fn charge_fields<'a>(plan: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("token", token),
        ("amount", "9.90"),
        ("currency", "USD"),
        ("email", "jack@example.com"),
        ("description", "Monthly plan"),
        ("plan", plan),
        ("uid", "cust_0001"),
        ("fingerprint", "0123456789abcdef0123456789abcdef"),
        ("customer[firstname]", "Jack"),
        ("customer[lastname]", "Son"),
    ]
}

/// Reads an answer as the PG's own SDK does: behind its byte order mark, if there is one.
fn read(text: &str) -> Value {
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

fn token_of(charge: &Value) -> String {
    charge["card"]["token"].as_str().unwrap().to_owned()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn pairs_of(query: &str) -> Pairs {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    let found = pairs.iter().find(|(known, _)| known == name);
    found.map_or("(none)", |(_, value)| value)
}

/// The named inputs of a page and their values.
fn inputs(page: &str) -> BTreeMap<String, String> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let tags = page
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    tags.filter_map(|tag| {
        Some((
            attribute(tag, "name")?,
            attribute(tag, "value").unwrap_or_default(),
        ))
    })
    .collect()
}
