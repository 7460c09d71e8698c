//! A buyer's phone without script: follows forms and redirects through the window, and remembers where it was.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::api::{Api, USER_CODE};
use crate::form::Form;
use crate::http::{Answered, Http};

/// Where the shop wants the buyer back.
pub const SHOP_PAGE: &str = "https://shop.example/done?cart=7";
/// More steps than any window has.
const STEPS_MAX: usize = 12;

/// A window that may be opened.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The payment.
    pub imp_uid: String,
    /// The window's page.
    pub window_url: String,
    /// What the page's form carries.
    pub token: String,
    /// What the shop's page knows it by.
    pub nonce: String,
}

/// Where a window ended.
#[derive(Clone, Debug)]
pub struct Landed {
    /// The whole address.
    pub url: String,
    /// Its query.
    pub query: BTreeMap<String, String>,
}

impl Landed {
    /// Whether the query says success.
    pub fn success(&self) -> bool {
        self.query
            .get("imp_success")
            .is_some_and(|flag| flag == "true")
    }

    fn at(url: &str) -> Landed {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Landed {
            query: pairs
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
            url: url.to_owned(),
        }
    }
}

/// What a request led to.
pub enum Step {
    /// A page with a form.
    Form(Form),
    /// The shop's page.
    Landed(Landed),
    /// A page or an error without a form.
    Page(Answered),
}

/// The browser.
pub struct Browser {
    http: Http,
    main: String,
    /// Every address that it was at or was sent to.
    pub urls: Vec<String>,
    /// Every answer that main gave it.
    pub seen: Vec<Answered>,
    /// Every page that it showed, whoever served it.
    pub pages: Vec<Answered>,
}

impl Browser {
    /// A fresh browser of somebody who uses this product's shop.
    pub fn new(api: &Api) -> Browser {
        Browser {
            http: Http::new(),
            main: api.main.clone(),
            urls: Vec::new(),
            seen: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// Prepares a window as the SDK does on a phone. `params` are those of `request_pay`.
    pub async fn prepare(&mut self, params: Value) -> Answered {
        let body = json!({
            "user_code": USER_CODE, "tier_code": null, "channel_key": null, "device": "mobile", "frame": "redirect",
            "origin": "https://shop.example/cart", "nonce": nonce(&params), "params": params,
        });
        let url = format!("{}/window/prepare", self.main);
        let json = ("content-type", "application/json");
        let answer = self
            .http
            .post(&url, &[json], body.to_string().into_bytes())
            .await;
        self.seen.push(answer.clone());
        answer
    }

    /// Prepares a window that must be one.
    pub async fn prepare_window(&mut self, params: Value) -> Prepared {
        let answer = self.prepare(params.clone()).await;
        let body = answer.json();
        assert_eq!(body["code"], 0, "{body}");
        let text = |name: &str| body["response"][name].as_str().expect("a text").to_owned();
        Prepared {
            imp_uid: text("imp_uid"),
            window_url: text("window_url"),
            token: text("token"),
            nonce: nonce(&params),
        }
    }

    /// Prepares the seed's registration of a card.
    pub async fn prepare_card(&mut self, customer_uid: &str, merchant_uid: &str) -> Prepared {
        let params = card_params(customer_uid, merchant_uid);
        self.prepare_window(params).await
    }

    /// Opens a window's page.
    pub async fn open(&mut self, prepared: &Prepared) -> Step {
        let body = format!("token={}", prepared.token).into_bytes();
        self.post(&prepared.window_url, body).await
    }

    /// Goes through the PG's pages with a card until the PG sends the browser back: the form that would do so.
    pub async fn go_to_return(&mut self, prepared: &Prepared, card: &str) -> Form {
        let mut step = self.open(prepared).await;
        for _ in 0..STEPS_MAX {
            let Step::Form(mut form) = step else {
                panic!("no form in the window: {}", told(&step));
            };
            if form.action.starts_with(&format!("{}/window/", self.main)) {
                return form;
            }
            if form.is_a_step() {
                form.go_on(card);
            }
            step = self.submit(&form).await;
        }
        panic!("the window has no end");
    }

    /// Sends a form.
    pub async fn submit(&mut self, form: &Form) -> Step {
        if !form.by_get {
            return self.post(&form.action, form.body()).await;
        }
        // A form that is sent by GET replaces the query of its action.
        let page = form.action.split('?').next().unwrap_or_default();
        let url = format!("{page}?{}", String::from_utf8_lossy(&form.body()));
        self.urls.push(url.clone());
        let answer = self.http.get(&url, &[]).await;
        self.follow(url, answer).await
    }

    /// Sends a form that must lead to the shop's page.
    pub async fn land(&mut self, form: &Form) -> Landed {
        match self.submit(form).await {
            Step::Landed(landed) => landed,
            other => panic!("not the shop's page: {}", told(&other)),
        }
    }

    /// Registers a card; where the window ended.
    pub async fn register(&mut self, customer_uid: &str, merchant_uid: &str, card: &str) -> Landed {
        let prepared = self.prepare_card(customer_uid, merchant_uid).await;
        let form = self.go_to_return(&prepared, card).await;
        self.land(&form).await
    }

    async fn post(&mut self, url: &str, body: Vec<u8>) -> Step {
        self.urls.push(url.to_owned());
        let form = ("content-type", "application/x-www-form-urlencoded");
        let answer = self.http.post(url, &[form], body).await;
        self.follow(url.to_owned(), answer).await
    }

    /// Follows redirects from an answer at an address.
    async fn follow(&mut self, mut at: String, mut answer: Answered) -> Step {
        for _ in 0..STEPS_MAX {
            if at.starts_with(&self.main) {
                self.seen.push(answer.clone());
            }
            let Some(location) = answer.header("location") else {
                break;
            };
            at = joined(&at, location);
            self.urls.push(at.clone());
            if at.starts_with(SHOP_PAGE.split('?').next().unwrap_or_default()) {
                return Step::Landed(Landed::at(&at));
            }
            answer = self.http.get(&at, &[]).await;
        }
        self.pages.push(answer.clone());
        match Form::first(&answer.text()) {
            Some(mut form) => {
                form.action = joined(&at, &form.action);
                Step::Form(form)
            }
            None => Step::Page(answer),
        }
    }
}

/// The seed's parameters for registering a card, with the shop's page.
pub fn card_params(customer_uid: &str, merchant_uid: &str) -> Value {
    json!({
        "pay_method": "card", "merchant_uid": merchant_uid, "name": "최초인증결제", "amount": 0,
        "customer_uid": customer_uid, "buyer_email": "iamport@siot.do", "buyer_name": "아임포트",
        "buyer_tel": "02-1234-1234", "m_redirect_url": SHOP_PAGE,
    })
}

/// What a step shows, for a message.
pub fn told(step: &Step) -> String {
    match step {
        Step::Form(form) => format!("a form to {}", form.action),
        Step::Landed(landed) => landed.url.clone(),
        Step::Page(answer) => format!("HTTP {} {}", answer.status, answer.text()),
    }
}

/// 32 letters and digits that differ from request to request, as the SDK's do, but the same in every run.
fn nonce(params: &Value) -> String {
    let text = params["merchant_uid"].as_str().unwrap_or_default();
    let letters = text
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    format!("{letters:0>32}")
}

fn joined(page: &str, action: &str) -> String {
    if action.contains("://") {
        return action.to_owned();
    }
    let host_at = page.find("://").map_or(0, |at| at + 3);
    let host_end = page[host_at..]
        .find('/')
        .map_or(page.len(), |at| host_at + at);
    format!("{}{action}", &page[..host_end])
}
