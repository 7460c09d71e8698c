//! One question to KCP and its answer: JSON over POST, believed only when it is whole.

use dangol_domain::{Failure, FailureClass, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codes::{self, Meaning, Step};
use super::fields;
use super::messages::Verdict;
use crate::contract::{Channel, decode_korean};
use crate::wire::{Request, Wire, WireError};

/// Why there is no answer that can be read.
pub enum NoAnswer {
    /// KCP has received nothing.
    NotConnected,
    /// KCP may have received it. The text says what was seen, without any of it.
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
            NoAnswer::NotConnected => "NHN KCP could not be reached".to_owned(),
            NoAnswer::Unclear(seen) => seen,
        }
    }
}

/// The failure of a question that was never sent.
pub fn not_connected() -> Failure {
    Failure::new(
        FailureClass::Retryable,
        "",
        "NHN KCP에 연결하지 못했습니다.",
    )
}

/// Asks KCP.
///
/// # Errors
/// Unless HTTP 200 brought JSON of the expected shape.
pub async fn ask<A: DeserializeOwned>(
    wire: &dyn Wire,
    url: String,
    question: &impl Serialize,
) -> Result<A, NoAnswer> {
    let body = serde_json::to_vec(question).expect("a struct of texts is always JSON");
    let request = Request::post(url, "application/json; charset=utf-8", body);
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => NoAnswer::NotConnected,
        other => NoAnswer::Unclear(other.to_string()),
    })?;
    if answer.status != 200 {
        return Err(NoAnswer::Unclear(format!(
            "NHN KCP answered HTTP {}",
            answer.status
        )));
    }
    serde_json::from_str(&decode_korean(&answer.body)).map_err(|_| {
        NoAnswer::Unclear(format!(
            "NHN KCP answered {} bytes that are not the expected JSON",
            answer.body.len()
        ))
    })
}

/// What an answer that is not "0000" means for a charge or a cancel.
pub fn refused(channel: &Channel, step: Step, answer: &impl Verdict) -> Outcome {
    let code = answer.code();
    if listed(channel, "duplicate_codes", code) {
        // Every attempt has an order number of its own: only this attempt itself can be the first one.
        return Outcome::Unknown(format!(
            "NHN KCP answered {code}: this request reached it before"
        ));
    }
    if listed(channel, "unknown_key_codes", code) {
        return Outcome::Declined(failure(FailureClass::UnknownKey, answer));
    }
    match codes::meaning(code, step) {
        Meaning::Refused(class) => Outcome::Declined(failure(class, answer)),
        Meaning::Unclear => Outcome::Unknown(format!(
            "NHN KCP answered {code}: it does not know whether this was carried out"
        )),
        Meaning::Ok | Meaning::Unlisted => Outcome::Unknown(unlisted(answer)),
    }
}

/// A failure with KCP's words.
pub fn failure(class: FailureClass, answer: &impl Verdict) -> Failure {
    let text = match fields::said(answer.text()) {
        text if text.is_empty() => "NHN KCP가 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(class, shown(answer.code()), text)
}

/// What to say of a code that is in no table.
pub fn unlisted(answer: &impl Verdict) -> String {
    match answer.code() {
        "" => "NHN KCP answered without a code".to_owned(),
        code => format!(
            "NHN KCP answered {}, a code that is not listed: {}",
            shown(code),
            fields::said(answer.text())
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

/// A code as it may be shown: codes are short, so anything long is something else.
fn shown(code: &str) -> String {
    fields::said(code).chars().take(8).collect()
}
