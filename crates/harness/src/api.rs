//! The product's HTTP as a merchant's server and a tester use it.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::http::{Answered, Http};

/// The demo merchant's published credentials.
pub const USER_CODE: &str = "imp00000000";
/// See [`USER_CODE`].
pub const IMP_KEY: &str = "imp_apikey";
/// See [`USER_CODE`].
pub const IMP_SECRET: &str =
    "ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f";

const JSON: (&str, &str) = ("content-type", "application/json");

/// A V1 answer.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// HTTP status.
    pub status: u16,
    /// `code`.
    pub code: i64,
    /// `message`, empty when null.
    pub message: String,
    /// `response`.
    pub response: Value,
}

impl Envelope {
    fn of(answer: &Answered) -> Envelope {
        let body = answer.json();
        let keys: Vec<&String> = body
            .as_object()
            .into_iter()
            .flat_map(|o| o.keys())
            .collect();
        assert_eq!(keys, ["code", "message", "response"], "an envelope: {body}");
        Envelope {
            status: answer.status,
            code: body["code"].as_i64().expect("code is a number"),
            message: body["message"].as_str().unwrap_or_default().to_owned(),
            response: body["response"].clone(),
        }
    }

    /// The payment of an answer that says it went well.
    pub fn payment(&self) -> &Value {
        assert_eq!((self.status, self.code), (200, 0), "{self:?}");
        assert!(self.response.is_object(), "{self:?}");
        &self.response
    }

    /// A text of the response.
    pub fn text(&self, name: &str) -> &str {
        self.response[name].as_str().unwrap_or_default()
    }
}

/// A merchant's server beside one running product.
pub struct Api {
    /// The main origin.
    pub main: String,
    http: Http,
    token: Mutex<Option<String>>,
}

impl Api {
    /// A server with connections of its own.
    pub fn new(main: &str) -> Api {
        Api {
            main: main.to_owned(),
            http: Http::new(),
            token: Mutex::default(),
        }
    }

    /// An access token, fetched once until the clock is moved.
    pub async fn token(&self) -> String {
        let known = self
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(token) = known {
            return token;
        }
        let body = format!("imp_key={IMP_KEY}&imp_secret={IMP_SECRET}");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let url = format!("{}/users/getToken", self.main);
        let answer = Envelope::of(&self.http.post(&url, &[form], body.into_bytes()).await);
        assert_eq!(answer.code, 0, "{answer:?}");
        let token = answer.text("access_token").to_owned();
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        token
    }

    /// GET with a token.
    pub async fn get(&self, path: &str) -> Envelope {
        let token = self.token().await;
        let url = format!("{}{path}", self.main);
        Envelope::of(&self.http.get(&url, &[("authorization", &token)]).await)
    }

    /// POST with a token.
    pub async fn post(&self, path: &str, body: &Value) -> Envelope {
        let sent = self.try_post(path, body).await;
        sent.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// PUT with a token.
    pub async fn put(&self, path: &str, body: &Value) -> Envelope {
        let token = self.token().await;
        let headers = [JSON, ("authorization", token.as_str())];
        let body = body.to_string().into_bytes();
        Envelope::of(&self.bare("PUT", path, &headers, body).await)
    }

    /// DELETE with a token.
    pub async fn delete(&self, path: &str) -> Envelope {
        let token = self.token().await;
        let url = format!("{}{path}", self.main);
        let headers = [("authorization", token.as_str())];
        let sent = self
            .http
            .try_send("DELETE", &url, &headers, Vec::new())
            .await;
        Envelope::of(&sent.unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// POST with a token; the error when no whole answer came.
    ///
    /// # Errors
    /// As a text.
    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Envelope, String> {
        let token = self.token().await;
        let url = format!("{}{path}", self.main);
        let headers = [JSON, ("authorization", &token)];
        let body = body.to_string().into_bytes();
        let answer = self.http.try_send("POST", &url, &headers, body).await?;
        Ok(Envelope::of(&answer))
    }

    /// Any request to main as it is, without a token.
    pub async fn bare(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answered {
        let url = format!("{}{path}", self.main);
        let sent = self.http.try_send(method, &url, headers, body).await;
        sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// `again` with its three fields.
    pub async fn again(&self, customer_uid: &str, merchant_uid: &str, amount: i64) -> Envelope {
        self.post(
            "/subscribe/payments/again",
            &again(customer_uid, merchant_uid, amount),
        )
        .await
    }

    /// A payment by its imp_uid.
    pub async fn payment(&self, imp_uid: &str) -> Envelope {
        self.get(&format!("/payments/{imp_uid}")).await
    }

    /// A payment by its merchant_uid.
    pub async fn find(&self, merchant_uid: &str) -> Envelope {
        self.get(&format!("/payments/find/{merchant_uid}")).await
    }

    /// A billing key's record.
    pub async fn customer(&self, customer_uid: &str) -> Envelope {
        self.get(&format!("/subscribe/customers/{customer_uid}"))
            .await
    }

    /// What the PGs believe they did.
    pub async fn journal(&self) -> Vec<Value> {
        self.entries("/sandbox/journal").await
    }

    /// The journal's deeds of a kind about an order.
    pub async fn deeds(&self, kind: &str, order_id: &str) -> Vec<Value> {
        let mut entries = self
            .entries(&format!("/sandbox/journal?order_id={order_id}"))
            .await;
        entries.retain(|entry| entry["kind"] == kind);
        entries
    }

    /// What the PGs were asked, as `operation order_id`.
    pub async fn calls(&self) -> Vec<String> {
        let entries = self.entries("/sandbox/calls").await;
        let told = entries.iter().map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or("-");
            format!("{} {}", text("operation"), text("order_id"))
        });
        told.collect()
    }

    /// What the PGs were asked about an order.
    pub async fn calls_about(&self, order_id: &str) -> Vec<String> {
        let calls = self.calls().await;
        let about = calls
            .iter()
            .filter_map(|call| call.strip_suffix(&format!(" {order_id}")));
        about.map(str::to_owned).collect()
    }

    async fn entries(&self, path: &str) -> Vec<Value> {
        let answer = self.bare("GET", path, &[], Vec::new()).await;
        match answer.json()["entries"].take() {
            Value::Array(entries) => entries,
            _ => panic!("{path}: {}", answer.text()),
        }
    }

    /// `GET /sandbox`.
    pub async fn sandbox(&self) -> Value {
        self.bare("GET", "/sandbox", &[], Vec::new()).await.json()
    }

    /// The default channel's provider.
    pub async fn provider(&self) -> String {
        let sandbox = self.sandbox().await;
        let channels = sandbox["channels"].as_array().cloned().unwrap_or_default();
        let default = channels.iter().find(|channel| channel["default"] == true);
        let provider = default.and_then(|channel| channel["pg_provider"].as_str());
        provider
            .unwrap_or_else(|| panic!("no default channel: {sandbox}"))
            .to_owned()
    }

    /// Plans a fault at the default channel's PG. `more` has what a plan may say besides, such as `times`.
    pub async fn plan(&self, operation: &str, fault: &str, more: Value) {
        let mut plan =
            json!({ "pg": self.provider().await, "operation": operation, "fault": fault });
        let into = plan.as_object_mut().expect("an object");
        into.extend(more.as_object().cloned().unwrap_or_default());
        let answer = self.control("/sandbox/control", &plan).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Moves the clock and tells which jobs ran.
    pub async fn advance(&self, seconds: i64) -> Value {
        let answer = self
            .control("/sandbox/clock/advance", &json!({ "seconds": seconds }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        // Tokens live by the same clock.
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
        answer.json()["ran"].take()
    }

    /// Where webhooks go.
    pub async fn set_webhook(&self, url: &str) {
        let answer = self
            .control("/sandbox/webhook", &json!({ "url": url }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// POST of JSON without a token.
    pub async fn control(&self, path: &str, body: &Value) -> Answered {
        self.bare("POST", path, &[JSON], body.to_string().into_bytes())
            .await
    }
}

/// The body of `again` with its three fields.
pub fn again(customer_uid: &str, merchant_uid: &str, amount: i64) -> Value {
    json!({ "customer_uid": customer_uid, "merchant_uid": merchant_uid, "amount": amount })
}
