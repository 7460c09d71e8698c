//! Walks the simulator as a seller's server and a buyer's browser would, without the connector.

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

const GOOD: &str = "4242 4242 4242 4242";

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The seller `S0FSJE`, with a simulator of its own.
struct Shop {
    world: Arc<World>,
    clock: Arc<TestClock>,
    payco: Arc<dyn Simulator>,
}

/// The fields of a page's form, or of a return.
type Inputs = BTreeMap<String, String>;

/// A registration as the seller knows it.
struct Key {
    auto_payment_no: String,
    certify_key: String,
}

impl Shop {
    /// Opens the sandbox in a folder, or opens it again.
    fn open(dir: &Path, seed: u64) -> Shop {
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
        let payco = make(Arc::clone(&world)).unwrap();
        let credentials = payco.contract("S0FSJE").unwrap();
        assert_eq!(credentials["cp_id"], "PARTNERTEST_AUTO");
        Shop {
            world,
            clock,
            payco,
        }
    }

    /// Opens the sandbox with switches.
    fn open_with(dir: &Path, switches: &str) -> Shop {
        std::fs::write(
            dir.join("simulators.toml"),
            format!("[payco]\n{switches}\n"),
        )
        .unwrap();
        Shop::open(dir, 1)
    }

    fn advance(&self, minutes: i64) {
        self.clock
            .0
            .fetch_add(minutes * 60 * 1000, Ordering::SeqCst);
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = Arc::clone(&self.payco)
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

    /// A server-to-server call.
    async fn call(&self, path: &str, body: &Value) -> Value {
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/json;charset=UTF-8");
        let (status, text) = self
            .send(request.body(body.to_string().into()).unwrap())
            .await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Loads a page by its full URL.
    async fn load(&self, url: &str, language: &str) -> (u16, String) {
        let path = url.strip_prefix("http://pg.test/payco").unwrap();
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
        self.send(request.body(Body::empty()).unwrap()).await
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
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let (_, action) = page.split_once("action=\"/payco").unwrap();
        let action = action.split('"').next().unwrap();
        let request =
            Request::post(action).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(pairs.join("&").into()).unwrap())
            .await
            .1
    }

    async fn reserve(&self, body: &Value) -> String {
        let answer = self.call("/outseller/autoPayment/reserve", body).await;
        let url = answer["result"]["orderSheetUrl"].as_str();
        url.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// What the buyer does in an open window: types a card number, leaves the rest as filled in.
    async fn buy(&self, page: &str, card_number: &str) -> String {
        let pin = self
            .submit(page, &[("card_number", card_number), ("go", "next")])
            .await;
        self.submit(&pin, &[("go", "pay")]).await
    }

    /// Goes through a window with a card; what arrives at the return URL.
    async fn go(&self, reference: &str, card_number: &str) -> Inputs {
        let url = self.reserve(&reserve_body(reference)).await;
        let (_, page) = self.load(&url, "").await;
        inputs(&self.buy(&page, card_number).await)
    }

    async fn info(&self, reference: &str, certify_key: &str) -> Value {
        let body = json!({
            "sellerKey": "S0FSJE", "sellerAutoPaymentReferenceKey": reference,
            "autoPaymentCertifyKey": certify_key,
        });
        self.call("/outseller/autoPayment/info", &body).await
    }

    /// Registers a card.
    async fn register(&self, reference: &str, card_number: &str) -> Key {
        let certify_key = self.go(reference, card_number).await["autoPaymentCertifyKey"].clone();
        let info = self.info(reference, &certify_key).await;
        let auto_payment_no = info["result"]["autoPaymentNo"].as_str();
        Key {
            auto_payment_no: auto_payment_no
                .unwrap_or_else(|| panic!("{info}"))
                .to_owned(),
            certify_key,
        }
    }

    async fn pay(&self, body: &Value) -> Value {
        self.call("/outseller/autoPayment/payment", body).await
    }

    async fn cancel(&self, body: &Value) -> Value {
        self.call("/outseller/order/cancel", body).await
    }

    async fn verify(&self, reference: &str, reserve_order_no: Option<&str>) -> Value {
        let mut body = json!({ "sellerKey": "S0FSJE", "sellerOrderReferenceKey": reference });
        if let Some(number) = reserve_order_no {
            body["reserveOrderNo"] = number.into();
        }
        self.call("/outseller/payment/approval/getDetailForVerify", &body)
            .await
    }

    fn journal(&self) -> Vec<Entry> {
        self.world.journal().entries(&Query::default()).unwrap()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.journal().iter().map(|entry| entry.deed.kind).collect()
    }

    fn plan(&self, plan: Value) {
        self.world
            .control()
            .plan(serde_json::from_value(plan).unwrap())
            .unwrap();
    }
}

fn reserve_body(reference: &str) -> Value {
    json!({
        "sellerKey": "S0FSJE", "cpId": "PARTNERTEST_AUTO", "sellerAutoPaymentReferenceKey": reference,
        "currency": "KRW", "totalPaymentAmt": 3000, "returnUrl": "https://shop.test/return?x=1&y=a%20b",
        "returnUrlParam": "{\"token\":\"t&1\"}", "orderMethod": "EASYPAY", "orderChannel": "PC", "inAppYn": "N",
        "orderTitle": "월간 플랜 <b>", "extraData": "{\"viewOptions\":{\"iframeYn\":\"N\"}}",
    })
}

fn pay_body(reference: &str, key: &Key) -> Value {
    json!({
        "sellerKey": "S0FSJE", "autoPaymentNo": key.auto_payment_no, "autoPaymentCertifyKey": key.certify_key,
        "sellerOrderReferenceKey": reference, "sellerOrderReferenceKeyType": "UNIQUE_KEY", "currency": "KRW",
        "totalPaymentAmt": 3000, "orderTitle": "월간 플랜",
        "orderProducts": [{
            "cpId": "PARTNERTEST_AUTO", "productId": "PROD_AUTO", "productAmt": 3000, "productPaymentAmt": 3000,
            "orderQuantity": 1, "sortOrdering": 1, "productName": "월간 플랜",
            "sellerOrderProductReferenceKey": reference,
        }],
    })
}

fn cancel_body(paid: &Value, amount: i64, part: bool) -> Value {
    let paid = &paid["result"];
    let mut body = json!({
        "sellerKey": "S0FSJE", "orderNo": paid["orderNo"], "orderCertifyKey": paid["orderCertifyKey"],
        "cancelTotalAmt": amount, "requestMemo": "test",
    });
    if part {
        body["orderProducts"] = json!([{
            "sellerOrderProductReferenceKey": paid["sellerOrderReferenceKey"], "cpId": "PARTNERTEST_AUTO",
            "productId": "PROD_AUTO", "productAmt": amount, "cancelDetailContent": "test",
        }]);
    }
    body
}

/// The named inputs of a page and their values. An unchecked box has no value here.
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
