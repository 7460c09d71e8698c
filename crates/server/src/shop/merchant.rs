//! The merchant's side of the payment API: a token, then the request, and no more trust than that.

use std::sync::Arc;

use dangol_domain::Secret;
use dangol_gateway::wire::{Answer, Method, Request, Wire, WireError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ShopConfig;

/// Longest `imp_uid` that is asked about.
const IMP_UID_CHARS_MAX: usize = 40;

/// Why the page gets no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What was asked for was not sent, so nothing has happened.
    NotSent,
    /// It was sent, and what became of it is not known.
    NoAnswer,
    /// The page asked for something that cannot be.
    Malformed,
}

/// A charge, in exactly the three fields that the API needs.
#[derive(Deserialize, Serialize)]
pub(super) struct Charge {
    customer_uid: String,
    merchant_uid: String,
    /// Minor units of the channel's currency.
    amount: u64,
}

/// What the API answered, passed on to the page.
#[derive(Serialize)]
pub(super) struct Relayed {
    status: u16,
    body: Value,
}

/// What the page is told about the sandbox. Credentials are not among it.
#[derive(Serialize)]
pub(super) struct PageConfig {
    main_url: String,
    user_code: String,
    imp_key: String,
    channels: Vec<Channel>,
}

/// A channel, as the sandbox lists it.
#[derive(Deserialize, Serialize)]
struct Channel {
    pg_provider: String,
    pg_id: String,
    channel_key: String,
    r#type: String,
    default: bool,
}

#[derive(Deserialize)]
struct Sandbox {
    channels: Vec<Channel>,
}

/// A way to show a token: none, or the token that the API gave.
enum Token {
    Given(Secret),
    /// The API refused the credentials; its answer says why.
    Refused(Relayed),
}

/// See the module.
pub(super) struct Merchant {
    main_url: String,
    user_code: String,
    imp_key: String,
    imp_secret: Secret,
    wire: Arc<dyn Wire>,
}

impl Merchant {
    pub(super) fn new(config: ShopConfig) -> Merchant {
        Merchant {
            main_url: config.main_url,
            user_code: config.user_code,
            imp_key: config.imp_key,
            imp_secret: config.imp_secret,
            wire: config.wire,
        }
    }

    /// What the page needs to start.
    pub(super) async fn config(&self) -> Result<PageConfig, Trouble> {
        let answer = self.ask(self.get("/sandbox", None)).await?;
        let sandbox: Sandbox = parse(&answer)?;
        Ok(PageConfig {
            main_url: self.main_url.clone(),
            user_code: self.user_code.clone(),
            imp_key: self.imp_key.clone(),
            channels: sandbox.channels,
        })
    }

    /// The simulated gateways' journal after an entry.
    pub(super) async fn journal(&self, after: u64) -> Result<Value, Trouble> {
        let path = format!("/sandbox/journal?after={after}");
        parse(&self.ask(self.get(&path, None)).await?)
    }

    /// Looks a payment up, as a merchant must before believing a browser.
    pub(super) async fn payment(&self, imp_uid: &str) -> Result<Relayed, Trouble> {
        let plain = imp_uid
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !plain || imp_uid.is_empty() || imp_uid.len() > IMP_UID_CHARS_MAX {
            return Err(Trouble::Malformed);
        }
        let token = match self.token().await? {
            Token::Given(token) => token,
            Token::Refused(answer) => return Ok(answer),
        };
        let request = self.get(&format!("/payments/{imp_uid}"), Some(&token));
        Ok(relay(&self.ask(request).await?))
    }

    /// Charges a registered card, without a window.
    pub(super) async fn again(&self, charge: &Charge) -> Result<Relayed, Trouble> {
        // Without a token nothing was charged, however the request for it ended.
        let token = match self.token().await.map_err(|_| Trouble::NotSent)? {
            Token::Given(token) => token,
            Token::Refused(answer) => return Ok(answer),
        };
        let mut request = self.post("/subscribe/payments/again", &json!(charge));
        request
            .headers
            .push(("authorization", token.expose().to_owned()));
        Ok(relay(&self.ask(request).await?))
    }

    /// A fresh token each time: the API gives the same one until it expires.
    async fn token(&self) -> Result<Token, Trouble> {
        let credentials =
            json!({ "imp_key": self.imp_key, "imp_secret": self.imp_secret.expose() });
        let answer = self.ask(self.post("/users/getToken", &credentials)).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match body["response"]["access_token"].as_str() {
            Some(token) => Ok(Token::Given(Secret::new(token))),
            None => Ok(Token::Refused(relay(&answer))),
        }
    }

    fn get(&self, path: &str, token: Option<&Secret>) -> Request {
        let mut request = self.post(path, &Value::Null);
        request.method = Method::Get;
        request.body.clear();
        request.headers.clear();
        if let Some(token) = token {
            request
                .headers
                .push(("authorization", token.expose().to_owned()));
        }
        request
    }

    fn post(&self, path: &str, body: &Value) -> Request {
        Request::post(
            format!("{}{path}", self.main_url),
            "application/json",
            body.to_string().into_bytes(),
        )
    }

    async fn ask(&self, request: Request) -> Result<Answer, Trouble> {
        self.wire.send(request).await.map_err(|error| match error {
            WireError::NotConnected | WireError::Forbidden => Trouble::NotSent,
            WireError::Lost | WireError::TimedOut | WireError::TooLarge { .. } => Trouble::NoAnswer,
        })
    }
}

fn relay(answer: &Answer) -> Relayed {
    Relayed {
        status: answer.status,
        body: serde_json::from_slice(&answer.body).unwrap_or_default(),
    }
}

fn parse<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    if answer.status != 200 {
        return Err(Trouble::NoAnswer);
    }
    serde_json::from_slice(&answer.body).map_err(|_| Trouble::NoAnswer)
}
