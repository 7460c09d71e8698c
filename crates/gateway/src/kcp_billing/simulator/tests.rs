//! Walks the simulator as a merchant's server and a buyer's browser would, without the connector.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use dangol_domain::Clock;
use tower::ServiceExt;

use super::*;
use crate::sandbox::journal::{Entry, Kind, Query};
use crate::wire::Unplugged;

mod api;
mod key_in;
mod window;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A merchant of site `A52Q7`, with a simulator of its own.
struct Merchant {
    world: Arc<World>,
    clock: Arc<TestClock>,
    kcp: Arc<dyn Simulator>,
    papers: BTreeMap<String, String>,
}

/// The fields of a result as a window's last page holds them.
type Result = BTreeMap<String, String>;

impl Merchant {
    /// Opens the sandbox in a folder, or opens it again.
    fn open(dir: &Path, seed: u64) -> Merchant {
        Merchant::of(dir, seed, make)
    }

    /// The same with the contract for card data.
    fn with_card_data(dir: &Path, seed: u64) -> Merchant {
        Merchant::of(dir, seed, make_key_in)
    }

    fn of(dir: &Path, seed: u64, make: crate::sandbox::MakeSimulator) -> Merchant {
        // 2026-11-19T09:36:00+09:00
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_048_560_000)));
        let counter = AtomicU64::new(seed);
        let random = move || {
            // An odd multiplier makes a permutation: never the same twice.
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
        let kcp = make(Arc::clone(&world)).unwrap();
        let papers = kcp.contract("A52Q7").unwrap();
        Merchant {
            world,
            clock,
            kcp,
            papers,
        }
    }

    fn certificate_line(&self) -> String {
        self.papers["cert"].replace('\n', "")
    }

    fn sign(&self, message: &str) -> String {
        let pem = x509_parser::pem::Pem::iter_from_buffer(self.papers["private_key"].as_bytes());
        let der = pem.into_iter().next().unwrap().unwrap().contents;
        let key = RsaKeyPair::from_pkcs8(&der).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        #[expect(
            clippy::disallowed_methods,
            reason = "the interface asks for it; PKCS#1 v1.5 draws nothing"
        )]
        let random = aws_lc_rs::rand::SystemRandom::new();
        key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
        base64::engine::general_purpose::STANDARD.encode(signature)
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = Arc::clone(&self.kcp)
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
            Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        let (status, text) = self
            .send(request.body(body.to_string().into()).unwrap())
            .await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A form that a browser sends.
    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(pairs.join("&").into()).unwrap())
            .await
            .1
    }

    /// What the buyer does in an open window: types a card number, leaves the rest as filled in.
    async fn buy(&self, page: &str, card_number: &str) -> String {
        let window = &inputs(page)["window"];
        let card = [
            ("window", window.as_str()),
            ("step", "card"),
            ("agree", "Y"),
            ("card_number", card_number),
            ("go", "next"),
        ];
        let details = self.submit("/pay/step", &card).await;
        let mut filled = inputs(&details);
        filled.insert("go".to_owned(), "pay".to_owned());
        let filled: Vec<_> = filled
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.submit("/pay/step", &filled).await
    }

    async fn open_on_pc(&self, order_id: &str) -> String {
        self.submit("/pay/window", &pc_form(order_id)).await
    }

    async fn exchange(&self, result: &Result) -> Value {
        let body = json!({
            "tran_cd": result["tran_cd"],
            "site_cd": "A52Q7",
            "kcp_cert_info": self.certificate_line(),
            "enc_data": result["enc_data"],
            "enc_info": result["enc_info"],
        });
        self.call("/gw/enc/v1/payment", &body).await
    }

    /// Issues a key for a card.
    async fn issue(&self, order_id: &str, card_number: &str) -> String {
        let end = self
            .buy(&self.open_on_pc(order_id).await, card_number)
            .await;
        let issued = self.exchange(&inputs(&end)).await;
        issued["batch_key"]
            .as_str()
            .unwrap_or_else(|| panic!("{issued}"))
            .to_owned()
    }

    fn charge_body(&self, order_id: &str, key: &str) -> Value {
        json!({
            "site_cd": "A52Q7",
            "kcp_cert_info": self.certificate_line(),
            "pay_method": "CARD",
            "cust_ip": "",
            "amount": "3000",
            "card_mny": "3000",
            "currency": "410",
            "quota": "00",
            "ordr_idxx": order_id,
            "good_name": "월간 플랜",
            "buyr_name": "홍길동",
            "card_tx_type": "11511000",
            "bt_batch_key": key,
            "bt_group_id": "A52Q71000489",
        })
    }

    async fn charge(&self, order_id: &str, key: &str) -> Value {
        self.call("/gw/hub/v1/payment", &self.charge_body(order_id, key))
            .await
    }

    async fn cancel(&self, tno: &str, mod_type: &str, part: Option<(i64, i64)>) -> Value {
        let mut body = json!({
            "site_cd": "A52Q7",
            "kcp_cert_info": self.certificate_line(),
            "tno": tno,
            "mod_type": mod_type,
            "mod_desc": "test",
            "kcp_sign_data": self.sign(&format!("A52Q7^{tno}^{mod_type}")),
        });
        if let Some((amount, balance)) = part {
            body["mod_mny"] = amount.into();
            body["rem_mny"] = balance.to_string().into();
        }
        self.call("/gw/mod/v1/cancel", &body).await
    }

    async fn inquire(&self, tno: &str) -> Value {
        let body = json!({
            "site_cd": "A52Q7",
            "kcp_cert_info": self.certificate_line(),
            "tno": tno,
            "pay_type": "PACA",
            "kcp_sign_data": self.sign(&format!("A52Q7^{tno}^PACA")),
        });
        self.call("/std/inquery", &body).await
    }

    async fn revoke(&self, key: &str) -> Value {
        let body = json!({
            "site_cd": "A52Q7",
            "kcp_cert_info": self.certificate_line(),
            "pay_method": "BATCH",
            "tx_type": "10005010",
            "group_id": "A52Q71000489",
            "batch_key": key,
        });
        self.call("/gw/hub/v1/payment", &body).await
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

fn pc_form(order_id: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("ordr_idxx", order_id),
        ("site_cd", "A52Q7"),
        ("site_name", "Shop <b>"),
        ("kcpgroup_id", "A52Q71000489"),
        ("pay_method", "AUTH:CARD"),
        ("card_cert_type", "BATCH"),
        ("module_type", "01"),
        ("batch_cardno_return_yn", "Y"),
        ("res_cd", ""),
        ("page_origin", "http://main.test"),
    ]
}

/// The named inputs of a page and their values.
fn inputs(page: &str) -> Result {
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
