//! Walks the simulator as a merchant's server and a buyer's browser would, without the connector.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, header};
use dangol_domain::Clock;
use encoding_rs::EUC_KR;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::sandbox::form::Form;
use crate::sandbox::journal::{Entry, Query};
use crate::wire::{self, Answer, Wire, WireError};

mod api;
mod faults;
mod issue;
mod timers;
mod window;

const CPID: &str = "9810030929";
const GOOD: &str = "4242 4242 4242 4242";
/// 2026-11-19T09:36:00+09:00
const NOW_MS: i64 = 1_795_048_560_000;
const MINUTE_MS: i64 = 60 * 1000;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The merchant's ear for notices: says what it is told to say, then `OK`.
#[derive(Default)]
struct Ear {
    says: Mutex<VecDeque<Result<&'static str, WireError>>>,
    heard: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl Wire for Ear {
    async fn send(&self, request: wire::Request) -> Result<Answer, WireError> {
        let kind = "application/x-www-form-urlencoded; charset=euc-kr";
        assert_eq!(request.headers, [("content-type", kind.to_owned())]);
        let body = String::from_utf8(request.body).unwrap();
        // Nobody answers at once; who runs at the same time gets a turn.
        tokio::task::yield_now().await;
        self.heard.lock().unwrap().push((request.url, body));
        let said = self.says.lock().unwrap().pop_front();
        said.unwrap_or(Ok("OK")).map(|text| Answer {
            status: 200,
            content_type: String::new(),
            retry_after_s: None,
            body: text.as_bytes().to_vec(),
        })
    }
}

/// The merchant `9810030929`, with a simulator of its own.
struct Merchant {
    world: Arc<World>,
    clock: Arc<TestClock>,
    ear: Arc<Ear>,
    danal: Arc<dyn Simulator>,
    key: CryptoKey,
}

/// Pairs, or the fields of a page's form.
type Inputs = BTreeMap<String, String>;

impl Merchant {
    /// Opens the sandbox in a folder, or opens it again.
    fn open(dir: &Path, seed: u64) -> Merchant {
        let clock = Arc::new(TestClock(AtomicI64::new(NOW_MS)));
        let ear = Arc::new(Ear::default());
        let counter = AtomicU64::new(seed);
        // An odd multiplier makes a permutation: never the same twice.
        let random = move || {
            counter
                .fetch_add(1, Ordering::SeqCst)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let world = World::open(
            dir,
            clock.clone(),
            Arc::new(random),
            "http://pg.test",
            ear.clone(),
        )
        .unwrap();
        let danal = make(Arc::clone(&world)).unwrap();
        let key = &danal.contract(CPID).unwrap()["crypto_key"];
        let key = CryptoKey::parse(key).unwrap();
        Merchant {
            world,
            clock,
            ear,
            danal,
            key,
        }
    }

    /// Opens the sandbox with switches.
    fn open_with(dir: &Path, switches: &str) -> Merchant {
        std::fs::write(
            dir.join("simulators.toml"),
            format!("[danal_tpay]\n{switches}\n"),
        )
        .unwrap();
        Merchant::open(dir, 1)
    }

    fn advance(&self, minutes: i64) {
        self.clock
            .0
            .fetch_add(minutes * MINUTE_MS, Ordering::SeqCst);
    }

    /// Moves the clock as the sandbox does: it stands at each due time on the way. What ran, and how many minutes from the
    /// start.
    async fn run_for(&self, minutes: i64) -> Vec<(&'static str, i64)> {
        let target = self.clock.now_ms() + minutes * MINUTE_MS;
        let mut ran = vec![];
        while let Some(due) = self.danal.next_due_ms().filter(|due| *due <= target) {
            let now_ms = due.max(self.clock.now_ms());
            self.clock.0.store(now_ms, Ordering::SeqCst);
            for (name, count) in self.danal.run_due(now_ms).await {
                let at = (name, (now_ms - NOW_MS) / MINUTE_MS);
                ran.extend(std::iter::repeat_n(at, count));
            }
        }
        self.clock.0.store(target, Ordering::SeqCst);
        ran
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = Arc::clone(&self.danal)
            .router()
            .oneshot(request)
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 20_000_000)
            .await
            .unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn post(&self, path: &str, body: String) -> (u16, String) {
        let kind = "application/x-www-form-urlencoded; charset=euc-kr";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// A body as a merchant's server sends it.
    fn body(&self, cpid: &str, key: &CryptoKey, fields: &Inputs) -> String {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", octets(value)))
            .collect();
        let data = key.seal(&pairs.join("&"));
        format!("CPID={cpid}&DATA={}", octets(&data))
    }

    /// A server-to-server call; the pairs of its answer, which is encrypted.
    async fn call(&self, fields: &Inputs) -> Inputs {
        let body = self.body(CPID, &self.key, fields);
        let (status, text) = self.post("/credit/", body).await;
        assert_eq!(status, 200, "{text}");
        self.open_data(&text)
    }

    /// The pairs in `DATA`.
    fn open_data(&self, body: &str) -> Inputs {
        let envelope = Form::read(body.as_bytes(), EUC_KR);
        let data = envelope.get("DATA").unwrap_or_else(|| panic!("{body}"));
        self.open_sealed(data)
    }

    fn open_sealed(&self, sealed: &str) -> Inputs {
        pairs_of(&self.key.open(sealed).unwrap())
    }

    async fn auth(&self, fields: &Inputs) -> Inputs {
        let opened = self.call(fields).await;
        assert_eq!(opened["RETURNCODE"], "0000", "{opened:?}");
        opened
    }

    /// Brings `STARTPARAMS` to `STARTURL`, as the merchant's page makes the browser do.
    async fn start(&self, opened: &Inputs, language: &str) -> (u16, String) {
        let path = opened["STARTURL"].strip_prefix("http://pg.test/danal_tpay");
        let logo = octets("https://shop.test/logo.png");
        let token = octets(&opened["STARTPARAMS"]);
        let body = format!("STARTPARAMS={token}&CIURL={logo}&COLOR={}", octets("파랑"));
        let request = Request::post(path.unwrap())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, language);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Submits a page's form with some fields changed; an empty value takes a field out.
    async fn submit(&self, page: &str, changed: &[(&str, &str)]) -> String {
        let mut fields = inputs(page);
        for (name, value) in changed {
            match value.is_empty() {
                true => fields.remove(*name),
                false => fields.insert((*name).to_owned(), (*value).to_owned()),
            };
        }
        let encode = |text: &str| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.post("/window/step", pairs.join("&")).await.1
    }

    /// What the buyer does in an open window: types a card number, leaves the rest as filled in.
    async fn buy(&self, page: &str, card_number: &str) -> String {
        let typed = [("card_number", card_number), ("go", "next")];
        let code = self.submit(page, &typed).await;
        self.submit(&code, &[("go", "pay")]).await
    }

    /// The pairs that the last page of a window brings to the merchant.
    fn returned(&self, end: &str) -> Inputs {
        let fields = inputs(end);
        assert_eq!(fields.len(), 1, "{end}");
        self.open_sealed(&fields["RETURNPARAMS"])
    }

    /// Goes through a window with a card; its `TID` and what came back.
    async fn go(&self, fields: &Inputs, card_number: &str) -> (String, Inputs) {
        let opened = self.auth(fields).await;
        let (_, page) = self.start(&opened, "").await;
        let end = self.buy(&page, card_number).await;
        (opened["TID"].clone(), self.returned(&end))
    }

    async fn issue(&self, tid: &str, amount: &str) -> Inputs {
        let fields = [
            ("TXTYPE", "ISSUEBILLKEY"),
            ("SERVICETYPE", "BATCH"),
            ("TID", tid),
            ("AMOUNT", amount),
        ];
        self.call(&map(&fields)).await
    }

    /// Registers a card without a first payment; its key.
    async fn key(&self, order_id: &str, card_number: &str) -> String {
        let (tid, _) = self.go(&key_only(order_id), card_number).await;
        let issued = self.issue(&tid, "").await;
        let key = issued.get("BILLKEY");
        key.unwrap_or_else(|| panic!("{issued:?}")).clone()
    }

    /// Registers a card with a first payment of 3000 won; what the answer said.
    async fn first_payment(&self, order_id: &str) -> Inputs {
        let (tid, _) = self.go(&with_payment(order_id), GOOD).await;
        self.issue(&tid, "3000").await
    }

    async fn charge(&self, order_id: &str, key: &str) -> Inputs {
        self.call(&charge_fields(order_id, key)).await
    }

    async fn cancel(&self, tid: &str, kind: &str, amount: &str) -> Inputs {
        self.call(&cancel_fields(tid, kind, amount)).await
    }

    async fn delete(&self, key: &str) -> Inputs {
        let fields = [
            ("TXTYPE", "DELBILLKEY"),
            ("SERVICETYPE", "BATCH"),
            ("BILLKEY", key),
        ];
        self.call(&map(&fields)).await
    }

    fn journal(&self) -> Vec<Entry> {
        self.world.journal().entries(&Query::default()).unwrap()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.journal().iter().map(|entry| entry.deed.kind).collect()
    }

    fn plan(&self, operation: &str, fault: &str) {
        self.plan_with(json!({ "operation": operation, "fault": fault }));
    }

    fn plan_with(&self, mut plan: Value) {
        plan["pg"] = "danal_tpay".into();
        let plan = serde_json::from_value(plan).unwrap();
        self.world.control().plan(plan).unwrap();
    }

    /// The notices that were heard so far.
    fn heard(&self) -> Vec<(String, String)> {
        self.ear.heard.lock().unwrap().clone()
    }

    fn will_say(&self, says: &[Result<&'static str, WireError>]) {
        self.ear.says.lock().unwrap().extend(says);
    }
}

/// A value's octets in EUC-KR, escaped.
fn octets(text: &str) -> String {
    percent_encode(&EUC_KR.encode(text).0, NON_ALPHANUMERIC).to_string()
}

/// Pairs as text, read.
fn pairs_of(text: &str) -> Inputs {
    let form = Form::read(text.as_bytes(), EUC_KR);
    let pairs = form.pairs();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Fields by name; an empty value leaves a field out.
fn map(fields: &[(&str, &str)]) -> Inputs {
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    fields
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Fields with one changed; an empty value takes it out.
fn changed(fields: &Inputs, name: &str, value: &str) -> Inputs {
    let mut fields = fields.clone();
    match value.is_empty() {
        true => fields.remove(name),
        false => fields.insert(name.to_owned(), value.to_owned()),
    };
    fields
}

/// `AUTH` for a key alone.
fn key_only(order_id: &str) -> Inputs {
    map(&[
        ("TXTYPE", "AUTH"),
        ("SERVICETYPE", "BATCH"),
        ("ORDERID", order_id),
        ("ITEMNAME", "월간 플랜 (1)"),
        ("AMOUNT", "0"),
        ("CURRENCY", "410"),
        ("DISABLEAMOUNTUI", "Y"),
        ("OFFERPERIOD", "2026111920271118"),
        ("USERNAME", "홍길동"),
        ("USERPHONE", "010-9876-5432"),
        ("USERID", "gildong_0001"),
        ("USEREMAIL", "hong@example.com"),
        ("USERAGENT", "PC"),
        ("CANCELURL", "https://shop.test/cancelled"),
        ("RETURNURL", "https://shop.test/return"),
        ("ISBILL", "N"),
        ("ISNOTI", "N"),
        ("BYPASSVALUE", "token=t1;"),
    ])
}

/// `AUTH` for a key and a first payment, of which a notice tells.
fn with_payment(order_id: &str) -> Inputs {
    let mut fields = key_only(order_id);
    fields.remove("DISABLEAMOUNTUI");
    fields.extend(map(&[
        ("AMOUNT", "3000"),
        ("ISBILL", "Y"),
        ("ISNOTI", "Y"),
        ("NOTIURL", "https://shop.test/notice"),
    ]));
    fields
}

fn charge_fields(order_id: &str, key: &str) -> Inputs {
    map(&[
        ("TXTYPE", "OTBILL"),
        ("SERVICETYPE", "BATCH"),
        ("ISREBILL", "Y"),
        ("BILLINFO", key),
        ("ORDERID", order_id),
        ("ITEMNAME", "월간 플랜"),
        ("AMOUNT", "5000"),
        ("CURRENCY", "410"),
        ("USERID", "gildong_0001"),
        ("USERNAME", "홍길동"),
        ("USERAGENT", "ONLINE"),
    ])
}

fn cancel_fields(tid: &str, kind: &str, amount: &str) -> Inputs {
    map(&[
        ("TXTYPE", "CANCEL"),
        ("SERVICETYPE", "DANALCARD"),
        ("TID", tid),
        ("AMOUNT", amount),
        ("CANCELTYPE", kind),
        ("CANCELREQUESTER", "shop"),
        ("CANCELDESC", "고객 변심"),
    ])
}

/// The named inputs of a page and their values.
fn inputs(page: &str) -> Inputs {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
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
