//! One question to Danal and its answer: sealed pairs over POST, believed only when they are whole.

use dangol_domain::{Failure, FailureClass, Outcome};
use percent_encoding::percent_decode_str;

use super::codes::{self, Meaning, Step};
use super::messages::{Answer, Question};
use super::pairs::{self, Pairs, encode};
use crate::contract::Channel;
use crate::lenient::{said, shown_code};
use crate::wire::{Request, Wire, WireError};

/// Why there is no answer that can be read.
pub enum NoAnswer {
    /// Danal has received nothing.
    NotSent(Failure),
    /// Danal answered under another key than ours.
    Closed,
    /// Danal may have received it. The text says what was seen, without any of it.
    Unclear(String),
}

impl NoAnswer {
    /// As the outcome of something that moves money.
    pub fn outcome(self) -> Outcome {
        match self {
            NoAnswer::NotSent(failure) => Outcome::NotSent(failure),
            other => Outcome::Unknown(other.seen()),
        }
    }

    /// What was seen.
    pub fn seen(self) -> String {
        match self {
            NoAnswer::NotSent(failure) => format!("Danal was not asked: {}", failure.message),
            NoAnswer::Closed => "Danal's answer cannot be opened with this crypto_key".to_owned(),
            NoAnswer::Unclear(seen) => seen,
        }
    }
}

/// Asks Danal. Its samples wait 30 s for the answer, which is what [`Request::post`] waits.
///
/// # Errors
/// Unless HTTP 200 brought pairs, sealed under the channel's crypto key or, as for some failures, plain.
pub async fn ask(
    wire: &dyn Wire,
    channel: &Channel,
    question: &Question,
) -> Result<Answer, NoAnswer> {
    let not_sent = |class, text: &str| NoAnswer::NotSent(Failure::new(class, "", text));
    let body = body(channel, question).ok_or_else(|| {
        not_sent(
            FailureClass::Config,
            "crypto_key가 64자리 16진수가 아닙니다.",
        )
    })?;
    let url = format!("{}/credit/", channel.host("tx"));
    let request = Request::post(
        url,
        "application/x-www-form-urlencoded; charset=euc-kr",
        body.into_bytes(),
    );
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => not_sent(FailureClass::Retryable, "다날에 연결하지 못했습니다."),
        other => NoAnswer::Unclear(other.to_string()),
    })?;
    if answer.status != 200 {
        return Err(NoAnswer::Unclear(format!(
            "Danal answered HTTP {}",
            answer.status
        )));
    }
    read(channel, &answer.body)
}

/// The whole body of a question; `None` when the channel has no usable crypto key.
pub fn body(channel: &Channel, question: &Question) -> Option<String> {
    let key = pairs::crypto_key(channel)?;
    let data = pairs::seal(&key, &question.plain())?;
    Some(format!(
        "CPID={}&DATA={}",
        encode(&channel.pg_id),
        encode(&data)
    ))
}

/// Reads an answer's body.
pub fn read(channel: &Channel, body: &[u8]) -> Result<Answer, NoAnswer> {
    let unreadable = || {
        let bytes = body.len();
        NoAnswer::Unclear(format!(
            "Danal answered {bytes} bytes that are not the expected pairs"
        ))
    };
    let data = body
        .trim_ascii()
        .split(|byte| *byte == b'&')
        .find_map(|pair| pair.strip_prefix(b"DATA="));
    let Some(data) = data else {
        let pairs = Pairs::read(body).ok_or_else(unreadable)?;
        return Ok(Answer::new(pairs, false));
    };
    let data = std::str::from_utf8(data).map_err(|_| unreadable())?;
    // Base64 has a plus of its own, which is no space here even where it was not encoded.
    let data = percent_decode_str(data).decode_utf8_lossy();
    let key = pairs::crypto_key(channel).unwrap_or_default();
    let plain = pairs::open(&key, &data).ok_or(NoAnswer::Closed)?;
    let pairs = Pairs::read(&plain).ok_or_else(unreadable)?;
    Ok(Answer::new(pairs, true))
}

/// What an answer that is not "0000" means for a charge, a cancel or a deletion.
pub fn refused(channel: &Channel, step: Step, answer: &Answer) -> Outcome {
    let code = answer.code();
    // Who seals an answer could read the question.
    if code == codes::UNREADABLE && answer.sealed {
        return Outcome::Unknown("Danal sealed the answer that it cannot decrypt".to_owned());
    }
    match codes::meaning(channel, code, step) {
        Meaning::Refused(class) => Outcome::Declined(failure(class, answer)),
        // Every attempt has a number of its own: only this attempt itself can be the first one.
        Meaning::Seen => Outcome::Unknown(format!(
            "Danal answered {}: this request reached it before",
            shown_code(code)
        )),
        Meaning::Unclear => Outcome::Unknown(format!(
            "Danal answered {}: it does not know whether this was carried out",
            shown_code(code)
        )),
        Meaning::Ok | Meaning::Unlisted => Outcome::Unknown(unlisted(answer)),
    }
}

/// A failure with Danal's words.
pub fn failure(class: FailureClass, answer: &Answer) -> Failure {
    let text = match said(answer.text()) {
        text if text.is_empty() => "다날이 거절했습니다.".to_owned(),
        text => text,
    };
    Failure::new(class, shown_code(answer.code()), text)
}

/// Code and text for people.
pub fn shown(answer: &Answer) -> String {
    format!("[{}] {}", shown_code(answer.code()), said(answer.text()))
}

/// What to say of a code that decides nothing.
pub fn unlisted(answer: &Answer) -> String {
    match answer.code() {
        "" => "Danal answered without a code".to_owned(),
        _ => format!(
            "Danal answered a code that decides nothing here: {}",
            shown(answer)
        ),
    }
}
