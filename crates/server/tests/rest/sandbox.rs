//! The program as its users start it, a merchant's server that calls it, and a buyer's browser without scripts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dangol_gateway::wire::{Method, Request, Wire};
use dangol_wire::HttpWire;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The published secret of the demo merchant.
pub const SECRET: &str =
    "ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f";
const FORM: &str = "application/x-www-form-urlencoded";

/// `dangol demo` in a folder of its own; ends with this value.
pub struct Sandbox {
    program: Child,
    main: String,
    pg: String,
    http: HttpWire,
    token: String,
    _folder: TempDir,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Sandbox {
    pub async fn start() -> Sandbox {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_dangol"))
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut main, mut pg) = (String::new(), String::new());
        for line in BufReader::new(program.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening main ") {
                main = url.to_owned();
            } else if let Some(url) = line.strip_prefix("listening pg ") {
                pg = url.to_owned();
            } else if line == "ready" {
                break;
            }
        }
        let mut sandbox = Sandbox {
            program,
            main,
            pg,
            http: HttpWire::new().unwrap(),
            token: String::new(),
            _folder: folder,
        };
        let credentials = json!({"imp_key": "imp_apikey", "imp_secret": SECRET});
        let got = sandbox.post("/users/getToken", &credentials).await;
        sandbox.token = got["response"]["access_token"].as_str().unwrap().to_owned();
        sandbox
    }

    /// The main origin.
    pub fn url(&self) -> &str {
        &self.main
    }

    /// The demo merchant's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string().into_bytes();
        let url = format!("{}{path}", self.main);
        self.call(Request::post(url, "application/json", body))
            .await
    }

    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.main);
        let mut request = Request::post(url, "application/json", Vec::new());
        request.method = Method::Get;
        self.call(request).await
    }

    /// Sends webhooks to the demo shop, which takes them.
    pub async fn hear_webhooks(&self) {
        let shop = self.get("/sandbox").await["shop"]
            .as_str()
            .unwrap()
            .to_owned();
        let url = json!({"url": format!("{shop}/webhook")});
        assert!(self.post("/sandbox/webhook", &url).await["url"].is_string());
    }

    /// The id of the webhook about a payment, once it has arrived.
    pub async fn told_about(&self, imp_uid: &str) -> String {
        let look = async || loop {
            let list = self.get(&format!("/webhooks?imp_uid={imp_uid}")).await;
            let webhook = &list["response"]["list"][0];
            if webhook["status"] == "delivered" {
                return webhook["id"].as_str().unwrap().to_owned();
            }
        };
        let looked = tokio::time::timeout(Duration::from_secs(30), look()).await;
        looked.expect("the webhook arrives")
    }

    /// A call of the merchant's server.
    async fn call(&self, mut request: Request) -> Value {
        request.headers.push(("authorization", self.token.clone()));
        let answer = self.http.send(request).await.unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// `POST /subscribe/payments/again` with its three fields and no more.
    pub async fn again(&self, customer_uid: &str, merchant_uid: &str) -> Value {
        let body =
            json!({"customer_uid": customer_uid, "merchant_uid": merchant_uid, "amount": 3000});
        self.post("/subscribe/payments/again", &body).await
    }

    /// What the PG believes it did about an order: the journal's entries of one kind.
    pub async fn journal(&self, kind: &str) -> Vec<Value> {
        let journal = self.get("/sandbox/journal").await;
        let entries = journal["entries"].as_array().unwrap().iter();
        entries
            .filter(|entry| entry["kind"] == kind)
            .cloned()
            .collect()
    }

    /// Plans one fault of the PG's next charge.
    pub async fn charge_fault(&self, fault: &str, delay_ms: u64) {
        let channel = self.get("/users/pg").await["response"][0].clone();
        let plan = json!({
            "pg": channel["pg_provider"], "operation": "charge", "fault": fault, "delay_ms": delay_ms,
        });
        let planned = self.post("/sandbox/control", &plan).await;
        assert!(
            planned["id"].is_number() || planned["id"].is_string(),
            "{planned}"
        );
    }

    /// Asks for a window as the SDK on a phone does.
    pub async fn prepare(&self, merchant_uid: &str, customer_uid: &str, money: Value) -> Value {
        let mut params = json!({
            "pay_method": "card", "merchant_uid": merchant_uid, "customer_uid": customer_uid, "name": "최초인증결제",
            "buyer_name": "홍길동", "m_redirect_url": "https://shop.example/end",
        });
        for (name, value) in money.as_object().unwrap() {
            params[name] = value.clone();
        }
        let body = json!({
            "user_code": "imp00000000", "tier_code": null, "channel_key": null, "device": "mobile",
            "frame": "redirect", "origin": "http://shop.example/", "nonce": "0123456789abcdef0123456789abcdef",
            "params": params,
        });
        self.post("/window/prepare", &body).await
    }

    /// Registers a card as a phone does: our page, the PG's pages, and back.
    pub async fn register(&self, customer_uid: &str, card: &str) {
        let merchant_uid = format!("issue-{customer_uid}");
        let prepared = self
            .prepare(&merchant_uid, customer_uid, json!({"amount": 0}))
            .await;
        let window = &prepared["response"];
        let url = window["window_url"]
            .as_str()
            .unwrap_or_else(|| panic!("{prepared}"));
        let token = window["token"].as_str().unwrap().to_owned();
        let handoff = self.submit(url, &[("token".to_owned(), token)]).await;
        let start = self.press(&handoff, "", card).await;
        let details = self.press(&start, "next", card).await;
        let end = self.press(&details, "pay", card).await;
        self.press(&end, "", card).await;
    }

    /// Fills a page's card number in, presses a button by its `data-test`, and returns the next page.
    async fn press(&self, page: &str, button: &str, card: &str) -> String {
        let form = tags(page, "form")
            .next()
            .unwrap_or_else(|| panic!("no form: {page}"));
        let action = attribute(form, "action").unwrap();
        let url = match action.starts_with('/') {
            true => format!("{}{action}", self.pg),
            false => action,
        };
        let mut fields = Vec::new();
        for tag in tags(page, "input").chain(tags(page, "button")) {
            let Some(name) = attribute(tag, "name") else {
                continue;
            };
            let test = attribute(tag, "data-test").unwrap_or_default();
            match test.as_str() {
                "card-number" => fields.push((name, card.to_owned())),
                _ if tag.starts_with("button") && test != button => {}
                _ => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            }
        }
        self.submit(&url, &fields).await
    }

    async fn submit(&self, url: &str, fields: &[(String, String)]) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(url.to_owned(), FORM, pairs.join("&").into_bytes());
        let page = self.http.send(request).await.unwrap();
        assert!(page.status < 400, "{url}: {}", page.status);
        String::from_utf8_lossy(&page.body).into_owned()
    }
}

/// The inside of each tag of a name: `input type="hidden" …`.
fn tags<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let opened = page.split('<').filter_map(|piece| piece.split('>').next());
    opened.filter(move |tag| {
        tag.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with([' ', '\n']))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let plain = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    Some(
        plain
            .iter()
            .fold(value.to_owned(), |text, (from, to)| text.replace(from, to)),
    )
}
