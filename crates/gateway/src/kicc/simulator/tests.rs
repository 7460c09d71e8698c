//! Walks the simulator as a merchant's server and a buyer's browser would, without the connector.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, header};
use dangol_domain::Clock;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::sandbox::journal::{Entry, Kind, Query};
use crate::wire::Unplugged;

mod api;
mod window;

const GOOD: &str = "4242424242424242";
const TODAY: &str = "20261119";

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The merchant `T5102001`, with a simulator of its own.
struct Merchant {
    world: Arc<World>,
    clock: Arc<TestClock>,
    kicc: Arc<dyn Simulator>,
    secret: String,
}

/// The fields of a page's form.
type Inputs = BTreeMap<String, String>;

impl Merchant {
    /// Opens the sandbox in a folder, or opens it again.
    fn open(dir: &Path, seed: u64) -> Merchant {
        // 2026-11-19T09:36:00+09:00
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_048_560_000)));
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
            Arc::new(Unplugged),
        )
        .unwrap();
        let kicc = make(Arc::clone(&world)).unwrap();
        let secret = kicc.contract("T5102001").unwrap().remove("secret").unwrap();
        Merchant {
            world,
            clock,
            kicc,
            secret,
        }
    }

    fn advance(&self, minutes: i64) {
        self.clock
            .0
            .fetch_add(minutes * 60 * 1000, Ordering::SeqCst);
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = Arc::clone(&self.kicc)
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

    async fn post(&self, path: &str, body: &Value) -> (u16, String) {
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=UTF-8");
        self.send(request.body(body.to_string().into()).unwrap())
            .await
    }

    /// A server-to-server call.
    async fn call(&self, path: &str, body: &Value) -> Value {
        let (status, text) = self.post(path, body).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Loads a page by its full URL.
    async fn load(&self, url: &str, agent: &str) -> String {
        let path = url.strip_prefix("http://pg.test/kicc").unwrap();
        let request = Request::get(path).header(header::USER_AGENT, agent);
        self.send(request.body(Body::empty()).unwrap()).await.1
    }

    /// Submits a page's form with some fields changed.
    async fn submit(&self, page: &str, changed: &[(&str, &str)]) -> String {
        let mut fields = inputs(page);
        for (name, value) in changed {
            fields.insert((*name).to_owned(), (*value).to_owned());
        }
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post("/view/trades/step")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(pairs.join("&").into()).unwrap())
            .await
            .1
    }

    async fn register(&self, body: &Value) -> String {
        let registered = self.call("/api/ep9/trades/webpay", body).await;
        registered["authPageUrl"]
            .as_str()
            .unwrap_or_else(|| panic!("{registered}"))
            .to_owned()
    }

    /// Goes through a window with a card; the form that goes back to the shop.
    async fn go(&self, order_id: &str, card_number: &str) -> Inputs {
        let page = self
            .load(&self.register(&window_body(order_id)).await, "")
            .await;
        inputs(
            &self
                .submit(&page, &[("card_number", card_number), ("go", "pay")])
                .await,
        )
    }

    async fn approve(&self, id: &str, returned: &Inputs) -> Value {
        let body = json!({
            "mallId": "T5102001", "shopTransactionId": id, "authorizationId": returned["authorizationId"],
            "shopOrderNo": returned["shopOrderNo"], "approvalReqDate": TODAY,
        });
        self.call("/api/ep9/trades/approval", &body).await
    }

    /// Issues a key for a card.
    async fn issue(&self, order_id: &str, card_number: &str) -> String {
        let issued = self
            .approve(order_id, &self.go(order_id, card_number).await)
            .await;
        let key = issued["paymentInfo"]["cardInfo"]["cardNo"].as_str();
        key.unwrap_or_else(|| panic!("{issued}")).to_owned()
    }

    async fn charge(&self, order_id: &str, key: &str) -> Value {
        self.call("/api/trades/approval/batch", &charge_body(order_id, key))
            .await
    }

    fn cancel_body(&self, id: &str, pg_cno: &Value, part: Option<(i64, i64)>) -> Value {
        let pg_cno = pg_cno.as_str().unwrap();
        let mut body = json!({
            "mallId": "T5102001", "shopTransactionId": id, "pgCno": pg_cno, "reviseTypeCode": "40",
            "cancelReqDate": TODAY, "msgAuthValue": signature::of(&self.secret, &[pg_cno, id]),
        });
        if let Some((amount, balance)) = part {
            body["reviseTypeCode"] = "32".into();
            body["amount"] = amount.into();
            body["remainAmount"] = balance.into();
        }
        body
    }

    async fn cancel(&self, id: &str, pg_cno: &Value, part: Option<(i64, i64)>) -> Value {
        self.call("/api/trades/revise", &self.cancel_body(id, pg_cno, part))
            .await
    }

    async fn inquire(&self, id: &str, date: &str) -> Value {
        let body =
            json!({ "mallId": "T5102001", "shopTransactionId": id, "transactionDate": date });
        self.call("/api/trades/retrieveTransaction", &body).await
    }

    async fn remove(&self, id: &str, key: &str) -> Value {
        let body = json!({
            "mallId": "T5102001", "shopTransactionId": id, "batchKey": key, "removeReqDate": TODAY,
        });
        self.call("/api/trades/removeBatchKey", &body).await
    }

    fn journal(&self) -> Vec<Entry> {
        self.world.journal().entries(&Query::default()).unwrap()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.journal().iter().map(|entry| entry.deed.kind).collect()
    }

    fn plan(&self, operation: &str, fault: &str) {
        let plan = json!({ "pg": "kicc", "operation": operation, "fault": fault });
        self.world
            .control()
            .plan(serde_json::from_value(plan).unwrap())
            .unwrap();
    }
}

fn window_body(order_id: &str) -> Value {
    json!({
        "mallId": "T5102001", "mallName": "단골 상점", "shopOrderNo": order_id, "amount": 0,
        "payMethodTypeCode": "81", "currency": "00", "returnUrl": "https://shop.test/return?x=1&y=2",
        "deviceTypeCode": "pc", "clientTypeCode": "00", "langFlag": "KOR",
        "orderInfo": {
            "goodsName": "월간 플랜 & 하나",
            "customerInfo": { "customerName": "홍길동", "customerContactNo": "01012345678" },
        },
        "payMethodInfo": { "billKeyMethodInfo": { "certType": "0" } },
        "shopValueInfo": { "value1": "token", "value7": "last" },
    })
}

fn charge_body(order_id: &str, key: &str) -> Value {
    json!({
        "mallId": "T5102001", "shopTransactionId": order_id, "shopOrderNo": order_id,
        "approvalReqDate": TODAY, "amount": 3000, "currency": "00",
        "orderInfo": { "goodsName": "월간 플랜", "customerInfo": { "customerName": "홍길동" } },
        "payMethodInfo": {
            "billKeyMethodInfo": { "batchKey": key },
            "cardMethodInfo": { "installmentMonth": 0, "freeInstallmentUsed": false },
        },
    })
}

/// The named inputs of a page and their values.
fn inputs(page: &str) -> Inputs {
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
