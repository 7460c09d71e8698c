//! The fields of a JSON request, each read with its rule. A wrong one is told by PAYCO's code for parameters and its name.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::codes::Refusal;

/// More won than any amount may have.
const WON_LIMIT: i64 = 1_000_000_000_000;

/// The fields of one request or of a part of one. They may hold a registration's keys, so there is no `Debug`.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

/// The body is not a JSON object, or is not declared as one.
pub struct Unreadable;

impl Fields {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not declared as JSON, or is not an object.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Unreadable> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let essence = kind.unwrap_or("").split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Unreadable);
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            _ => Err(Unreadable),
        }
    }

    fn at(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text as sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.at(name)?.as_str()
    }

    /// A text that may be missing or empty, of at most `chars_max` characters.
    pub fn optional(&self, name: &'static str, chars_max: usize) -> Result<&str, Refusal> {
        let Some(value) = self.at(name) else {
            return Ok("");
        };
        let text = value
            .as_str()
            .filter(|text| text.chars().count() <= chars_max);
        text.ok_or(Refusal::field(name))
    }

    /// A text that must be there, not empty, and of at most `chars_max` characters.
    pub fn required(&self, name: &'static str, chars_max: usize) -> Result<&str, Refusal> {
        match self.optional(name, chars_max)? {
            "" => Err(Refusal::field(name)),
            text => Ok(text),
        }
    }

    /// A text that is one of some; the first stands for a missing one.
    pub fn one_of<'a>(&self, name: &'static str, known: &[&'a str]) -> Result<&'a str, Refusal> {
        let sent = match self.optional(name, 40)? {
            "" => known.first().copied().unwrap_or_default(),
            sent => sent,
        };
        let found = known.iter().find(|value| **value == sent);
        found.copied().ok_or(Refusal::field(name))
    }

    /// Won, sent as a number or (as some integrations do) as a text, with or without `.0`; may be missing.
    pub fn maybe_won(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let text = match self.at(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Refusal::field(name)),
        };
        won(&text).map(Some).ok_or(Refusal::field(name))
    }

    /// [`Fields::maybe_won`] that must be there.
    pub fn won(&self, name: &'static str) -> Result<i64, Refusal> {
        self.maybe_won(name)?.ok_or(Refusal::field(name))
    }

    /// The amount for plans that match by amount.
    pub fn amount(&self) -> Option<i64> {
        let of = |name| self.maybe_won(name).ok().flatten();
        of("totalPaymentAmt").or_else(|| of("cancelTotalAmt"))
    }

    /// A JSON object that travels as a text (one level of encoding); empty when missing.
    pub fn object_in_text(&self, name: &'static str, chars_max: usize) -> Result<Fields, Refusal> {
        match self.optional(name, chars_max)? {
            "" => Ok(Fields::default()),
            text => match serde_json::from_str(text) {
                Ok(Value::Object(fields)) => Ok(Fields(fields)),
                _ => Err(Refusal::field(name)),
            },
        }
    }

    /// An object in this one; empty when missing.
    pub fn object(&self, name: &'static str) -> Result<Fields, Refusal> {
        match self.at(name) {
            None => Ok(Fields::default()),
            Some(Value::Object(fields)) => Ok(Fields(fields.clone())),
            Some(_) => Err(Refusal::field(name)),
        }
    }

    /// A list of objects; empty when missing.
    pub fn objects(&self, name: &'static str) -> Result<Vec<Fields>, Refusal> {
        let object = |value: &Value| match value {
            Value::Object(fields) => Ok(Fields(fields.clone())),
            _ => Err(Refusal::field(name)),
        };
        match self.at(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values.iter().map(object).collect(),
            Some(_) => Err(Refusal::field(name)),
        }
    }

    /// All members as texts, for parameters that come back as they are.
    ///
    /// # Errors
    /// When a member is neither text nor number nor boolean.
    pub fn members(&self, name: &'static str) -> Result<Vec<(String, String)>, Refusal> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            _ => Err(Refusal::field(name)),
        };
        self.0
            .iter()
            .map(|(name, value)| Ok((name.clone(), text(value)?)))
            .collect()
    }
}

/// Whole won that are not negative.
fn won(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) || rest.bytes().any(|b| b != b'0') {
        return None;
    }
    whole.parse().ok().filter(|won| *won < WON_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(fields) => Fields(fields),
            _ => panic!("an object"),
        }
    }

    #[test]
    fn amounts_come_in_many_dresses() {
        let read = fields(json!({
            "n": 3000, "t": "3000", "d": 3000.0, "td": "3000.00", "neg": -1, "frac": 0.5, "comma": "3,000",
            "big": 1e15, "list": [1],
        }));
        for name in ["n", "t", "d", "td"] {
            assert_eq!(read.won(name), Ok(3000), "{name}");
        }
        for name in ["neg", "frac", "comma", "big", "list", "none"] {
            assert_eq!(read.won(name), Err(Refusal::field(name)), "{name}");
        }
        assert_eq!(read.maybe_won("none"), Ok(None));
    }

    #[test]
    fn objects_in_texts_have_one_level_of_encoding() {
        let read = fields(json!({
            "good": "{\"imp\":\"a\",\"n\":1}", "twice": "\"{\\\"imp\\\":\\\"a\\\"}\"", "deep": "{\"a\":{}}",
        }));
        let members = |name| {
            read.object_in_text(name, 100)
                .and_then(|found| found.members(name))
        };
        let expected = [("imp", "a"), ("n", "1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(members("good").unwrap(), expected);
        assert_eq!(members("none").unwrap(), []);
        for wrong in ["twice", "deep"] {
            assert_eq!(members(wrong), Err(Refusal::field(wrong)));
        }
    }
}
