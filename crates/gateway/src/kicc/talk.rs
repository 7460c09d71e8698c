//! One question to KICC and its answer: JSON over POST, believed only when it is whole.

use dangol_domain::{Failure, FailureClass, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codes::{self, Meaning, Step};
use super::messages::Verdict;
use crate::contract::{Channel, decode_korean};
use crate::lenient::{said, shown_code};
use crate::wire::{Request, Wire, WireError};

/// Why there is no answer that can be read.
pub enum NoAnswer {
    /// KICC has received nothing.
    NotConnected,
    /// KICC may have received it. The text says what was seen, without any of it.
    Unclear(String),
}

impl NoAnswer {
    /// As the outcome of something that moves money.
    pub fn outcome(self) -> Outcome {
        match self {
            NoAnswer::NotConnected => Outcome::NotSent(not_connected()),
            NoAnswer::Unclear(seen) => Outcome::Unknown(seen),
        }
    }

    /// What was seen.
    pub fn seen(self) -> String {
        match self {
            NoAnswer::NotConnected => "KICC could not be reached".to_owned(),
            NoAnswer::Unclear(seen) => seen,
        }
    }
}

/// The failure of a question that was never sent.
pub fn not_connected() -> Failure {
    Failure::new(FailureClass::Retryable, "", "KICC에 연결하지 못했습니다.")
}

/// Asks KICC. It documents 30 s for the answer, which is what [`Request::post`] waits.
///
/// # Errors
/// Unless HTTP 200 brought JSON of the expected shape.
pub async fn ask<A: DeserializeOwned>(
    wire: &dyn Wire,
    channel: &Channel,
    path: &str,
    question: &impl Serialize,
) -> Result<A, NoAnswer> {
    let url = format!("{}{path}", channel.host("api"));
    let body = serde_json::to_vec(question).expect("a struct of texts and numbers is always JSON");
    let request = Request::post(url, "application/json; charset=UTF-8", body);
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => NoAnswer::NotConnected,
        other => NoAnswer::Unclear(other.to_string()),
    })?;
    if answer.status != 200 {
        return Err(NoAnswer::Unclear(format!(
            "KICC answered HTTP {}",
            answer.status
        )));
    }
    serde_json::from_str(&decode_korean(&answer.body)).map_err(|_| {
        NoAnswer::Unclear(format!(
            "KICC answered {} bytes that are not the expected JSON",
            answer.body.len()
        ))
    })
}

/// What an answer that is not "0000" means for a charge or a cancel.
pub fn refused(channel: &Channel, step: Step, answer: &impl Verdict) -> Outcome {
    let code = answer.code();
    if listed(channel, "duplicate_codes", code) {
        // Every attempt has a number of its own: only this attempt itself can be the first one.
        return Outcome::Unknown(format!(
            "KICC answered {}: this request reached it before",
            shown_code(code)
        ));
    }
    if listed(channel, "unknown_key_codes", code) {
        return Outcome::Declined(failure(FailureClass::UnknownKey, answer));
    }
    match codes::meaning(code, step) {
        Meaning::Refused(class) => Outcome::Declined(failure(class, answer)),
        Meaning::Unclear => Outcome::Unknown(format!(
            "KICC answered {code}: it does not know whether this was carried out"
        )),
        Meaning::Ok | Meaning::Unlisted => Outcome::Unknown(unlisted(answer)),
    }
}

/// A failure with KICC's words.
pub fn failure(class: FailureClass, answer: &impl Verdict) -> Failure {
    let text = match said(answer.text()) {
        text if text.is_empty() => "KICC가 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(class, shown_code(answer.code()), text)
}

/// What to say of a code that is in no table.
pub fn unlisted(answer: &impl Verdict) -> String {
    match answer.code() {
        "" => "KICC answered without a code".to_owned(),
        code => format!(
            "KICC answered {}, a code that is not listed: {}",
            shown_code(code),
            said(answer.text())
        ),
    }
}

/// Whether a dialect's list, separated by commas, has a code.
pub fn listed(channel: &Channel, list: &str, code: &str) -> bool {
    !code.is_empty()
        && channel
            .dialect(super::facts(), list)
            .split(',')
            .any(|listed| listed.trim() == code)
}
