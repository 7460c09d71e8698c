//! One question to PAYCO and its answer: JSON over POST, believed only when it is whole.

use dangol_domain::{Failure, FailureClass, Outcome};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codes::{self, Meaning, Step};
use crate::contract::{Channel, decode_korean};
use crate::lenient::{Text, said, shown_code};
use crate::wire::{Request, Wire, WireError};

/// Why there is no answer that can be read.
pub enum NoAnswer {
    /// PAYCO has received nothing.
    NotConnected,
    /// PAYCO may have received it. The text says what was seen, without any of it.
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
            NoAnswer::NotConnected => "PAYCO could not be reached".to_owned(),
            NoAnswer::Unclear(seen) => seen,
        }
    }
}

/// The failure of a question that was never sent.
pub fn not_connected() -> Failure {
    Failure::new(FailureClass::Retryable, "", "PAYCO에 연결하지 못했습니다.")
}

/// The envelope of every answer.
#[derive(Deserialize)]
pub struct Answer {
    /// `0` when it was done.
    #[serde(default)]
    pub code: Text,
    /// May hold anything; show it through [`said`].
    #[serde(default)]
    pub message: Text,
    #[serde(default)]
    result: Value,
}

impl Answer {
    /// Whether it was done.
    pub fn is_ok(&self) -> bool {
        self.code.0 == "0"
    }

    /// What was done, when it is of the expected shape.
    pub fn result<R: DeserializeOwned>(&self) -> Option<R> {
        R::deserialize(&self.result).ok()
    }

    /// Code and text for people.
    pub fn shown(&self) -> String {
        format!("[{}] {}", shown_code(&self.code.0), said(&self.message.0))
    }
}

/// Asks PAYCO. It recommends 30 s for the answer, which is what [`Request::post`] waits.
///
/// # Errors
/// Unless HTTP 200 brought JSON of the expected shape.
pub async fn ask(
    wire: &dyn Wire,
    channel: &Channel,
    path: &str,
    question: &impl Serialize,
) -> Result<Answer, NoAnswer> {
    let url = format!("{}{path}", channel.host("api"));
    let body = serde_json::to_vec(question).expect("a struct of texts and numbers is always JSON");
    let request = Request::post(url, "application/json;charset=UTF-8", body);
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => NoAnswer::NotConnected,
        other => NoAnswer::Unclear(other.to_string()),
    })?;
    if answer.status != 200 {
        return Err(NoAnswer::Unclear(format!(
            "PAYCO answered HTTP {}",
            answer.status
        )));
    }
    serde_json::from_str(&decode_korean(&answer.body)).map_err(|_| {
        NoAnswer::Unclear(format!(
            "PAYCO answered {} bytes that are not the expected JSON",
            answer.body.len()
        ))
    })
}

/// What an answer that is not `0` means for a charge, a cancel or a deletion.
pub fn refused(channel: &Channel, step: Step, answer: &Answer) -> Outcome {
    match codes::meaning(channel, &answer.code.0, step) {
        Meaning::Refused(class) => Outcome::Declined(failure(class, answer)),
        // Every attempt has an order number of its own: only this attempt itself can be the first one.
        Meaning::Seen => Outcome::Unknown(format!(
            "PAYCO answered {}: it has this order number, or dislikes a parameter",
            answer.shown()
        )),
        Meaning::Unclear => Outcome::Unknown(format!(
            "PAYCO answered {}: a trouble of its own",
            answer.shown()
        )),
        Meaning::Ok | Meaning::Unlisted => Outcome::Unknown(unlisted(answer)),
    }
}

/// A failure with PAYCO's words.
pub fn failure(class: FailureClass, answer: &Answer) -> Failure {
    let text = match said(&answer.message.0) {
        text if text.is_empty() => "PAYCO가 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(class, shown_code(&answer.code.0), text)
}

/// What to say of a code that is in no table.
pub fn unlisted(answer: &Answer) -> String {
    match answer.code.0.as_str() {
        "" => "PAYCO answered without a code".to_owned(),
        _ => format!(
            "PAYCO answered a code that is not listed: {}",
            answer.shown()
        ),
    }
}
