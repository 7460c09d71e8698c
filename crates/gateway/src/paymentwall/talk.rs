//! One question to Paymentwall and its answer: a form over POST or GET, JSON back, believed only when it is whole.

use std::time::Duration;

use dangol_domain::{Failure, FailureClass, Outcome};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::codes::{self, Meaning, Step};
use super::messages::{Params, Refusal};
use crate::contract::{Channel, decode_korean};
use crate::lenient::{said, shown_code};
use crate::wire::{Method, Request, Wire, WireError};

/// How long a token may take to come: its charge must still end in the time of one attempt.
const TOKEN_PATIENCE: Duration = Duration::from_secs(10);

/// Where charges are made and looked at.
pub const CHARGES: &str = "/api/brick/charge";

/// Why there is no answer that says that it was done.
pub enum NoAnswer {
    /// Paymentwall has received nothing.
    NotConnected,
    /// Paymentwall refused with a listed code, and did not carry it out.
    Refused(Failure),
    /// Paymentwall may have received it. The text says what was seen, without any of it.
    Unclear(String),
}

impl NoAnswer {
    /// As the outcome of something that moves money.
    pub fn outcome(self) -> Outcome {
        match self {
            NoAnswer::NotConnected => Outcome::NotSent(not_connected()),
            NoAnswer::Refused(failure) => Outcome::Declined(failure),
            NoAnswer::Unclear(seen) => Outcome::Unknown(seen),
        }
    }

    /// What was seen.
    pub fn seen(self) -> String {
        match self {
            NoAnswer::NotConnected => "Paymentwall could not be reached".to_owned(),
            NoAnswer::Refused(failure) => failure.reason(),
            NoAnswer::Unclear(seen) => seen,
        }
    }
}

/// The failure of a question that was never sent.
pub fn not_connected() -> Failure {
    let text = "페이먼트월에 연결하지 못했습니다.";
    Failure::new(FailureClass::Retryable, "", text)
}

/// What came back. It may hold a billing key, so it has no `Debug`.
pub struct Told {
    status: u16,
    text: String,
}

impl Told {
    /// The answer of something that moves money, or what its refusal means.
    ///
    /// # Errors
    /// What came instead.
    pub fn done<A: DeserializeOwned>(&self, step: Step) -> Result<A, NoAnswer> {
        match self.refusal() {
            Some(refusal) => Err(refused(step, &refusal)),
            None => self.answer(),
        }
    }

    /// The answer, when HTTP 200 brought JSON of the expected shape.
    ///
    /// # Errors
    /// What came instead.
    pub fn answer<A: DeserializeOwned>(&self) -> Result<A, NoAnswer> {
        if self.status != 200 {
            let seen = format!("Paymentwall answered HTTP {}", self.status);
            return Err(NoAnswer::Unclear(seen));
        }
        serde_json::from_str(&self.text).map_err(|_| {
            NoAnswer::Unclear(format!(
                "Paymentwall answered {} bytes that are not the expected JSON",
                self.text.len()
            ))
        })
    }

    /// An answer that says in its body what it is, with HTTP 200 or 4xx.
    ///
    /// # Errors
    /// What came instead.
    pub fn described<A: DeserializeOwned>(&self) -> Result<A, NoAnswer> {
        match (self.status, serde_json::from_str(&self.text)) {
            (200 | 400..=499, Ok(answer)) => Ok(answer),
            _ => Err(NoAnswer::Unclear(format!(
                "Paymentwall answered HTTP {}",
                self.status
            ))),
        }
    }

    /// The refusal that an HTTP 4xx documents in its body; `None` for everything else.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.status {
            400..=499 => self.refusal_of_a_card(),
            _ => None,
        }
    }

    /// A refusal to make a token, whose status is not documented. No money moves by a token alone.
    pub fn refusal_of_a_card(&self) -> Option<Refusal> {
        let refusal: Refusal = serde_json::from_str(&self.text).ok()?;
        let is_one = refusal.r#type.0 == "Error"
            && refusal.code.some().is_some()
            && refusal.object.some().is_none();
        is_one.then_some(refusal)
    }
}

/// Asks Brick, under the private key: a POST with a form, a GET without one.
///
/// # Errors
/// When no answer came.
pub async fn ask_brick(
    wire: &dyn Wire,
    channel: &Channel,
    path: &str,
    form: Option<&Params>,
) -> Result<Told, NoAnswer> {
    let key = channel.credential("brick_private_key");
    ask_brick_as(wire, channel, path, form, key).await
}

/// Asks Brick under a key that is to be tried.
///
/// # Errors
/// When no answer came.
pub async fn ask_brick_as(
    wire: &dyn Wire,
    channel: &Channel,
    path: &str,
    form: Option<&Params>,
    api_key: &str,
) -> Result<Told, NoAnswer> {
    let url = format!("{}{path}", channel.host("api"));
    let mut request = match form {
        Some(form) => post(url, form),
        None => get(url),
    };
    request.headers.push(("x-apikey", api_key.to_owned()));
    send(wire, request).await
}

/// Has a card made a one-time token.
///
/// # Errors
/// When no answer came.
pub async fn ask_for_token(wire: &dyn Wire, url: String, form: &Params) -> Result<Told, NoAnswer> {
    let mut request = post(url, form);
    request.timeout_answer = TOKEN_PATIENCE;
    send(wire, request).await
}

/// Asks about a payment with signed parameters.
///
/// # Errors
/// When no answer came.
pub async fn ask_status(
    wire: &dyn Wire,
    channel: &Channel,
    signed: &Params,
) -> Result<Told, NoAnswer> {
    let (api, query) = (channel.host("api"), urlencoded(signed));
    send(wire, get(format!("{api}/api/rest/payment/?{query}"))).await
}

/// Opens a ticket with signed parameters.
///
/// # Errors
/// When no answer came.
pub async fn open_ticket(
    wire: &dyn Wire,
    channel: &Channel,
    signed: &Params,
) -> Result<Told, NoAnswer> {
    let url = format!("{}/developers/api/ticket", channel.host("api"));
    send(wire, post(url, signed)).await
}

fn post(url: String, form: &Params) -> Request {
    let body = urlencoded(form).into_bytes();
    Request::post(url, "application/x-www-form-urlencoded", body)
}

/// A GET waits as a POST does.
fn get(url: String) -> Request {
    Request {
        method: Method::Get,
        headers: Vec::new(),
        ..Request::post(url, "", Vec::new())
    }
}

async fn send(wire: &dyn Wire, request: Request) -> Result<Told, NoAnswer> {
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => NoAnswer::NotConnected,
        other => NoAnswer::Unclear(other.to_string()),
    })?;
    let text = decode_korean(&answer.body);
    Ok(Told {
        status: answer.status,
        // Paymentwall may begin with a byte order mark, which is no JSON.
        text: text.trim_start_matches('\u{feff}').to_owned(),
    })
}

/// Names and values as a form sends them.
fn urlencoded(params: &Params) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    let encode = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let pairs: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// What a refusal means for a charge or a refund.
pub fn refused(step: Step, refusal: &Refusal) -> NoAnswer {
    let unclear = match codes::meaning(&refusal.code.0, step) {
        Meaning::Refused(class) => return NoAnswer::Refused(failure(class, refusal)),
        // It may be this very attempt, and what was made before is as real.
        Meaning::Duplicate => "takes this for a charge that it has made already",
        Meaning::Unclear => "does not know whether this was carried out",
        Meaning::Unlisted => "answered a code that is not listed",
    };
    NoAnswer::Unclear(format!("Paymentwall {unclear}: {}", shown(refusal)))
}

/// A failure with Paymentwall's words.
pub fn failure(class: FailureClass, refusal: &Refusal) -> Failure {
    let text = match said(&refusal.error.0) {
        text if text.is_empty() => "페이먼트월이 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(class, shown_code(&refusal.code.0), text)
}

/// Code and text for people.
pub fn shown(refusal: &Refusal) -> String {
    format!(
        "[{}] {}",
        shown_code(&refusal.code.0),
        said(&refusal.error.0)
    )
}
