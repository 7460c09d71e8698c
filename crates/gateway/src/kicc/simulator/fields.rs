//! The fields of a JSON request, named by their path (`orderInfo.goodsName`), each read with its rule.

use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::codes::{self, Refusal};
use crate::sandbox::korea;

/// Characters that KICC forbids in every value.
const FORBIDDEN: &[char] = &['\'', '"', '<', '>', '\\', ';', '|', '\n', '\r'];
/// How far the date of a request may be off around midnight, ms.
const DATE_SLACK_MS: i64 = 10 * 60 * 1000;
/// A day; Korea knows no summer time.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The fields of one request. They may hold a billing key, so there is no `Debug`.
#[derive(Default)]
pub struct Fields(Value);

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
            Ok(value @ Value::Object(_)) => Ok(Fields(value)),
            _ => Err(Unreadable),
        }
    }

    /// Holds every text of the request against the list of forbidden characters.
    ///
    /// # Errors
    /// When one has such a character; which one is not said, as its value must not be.
    pub fn check_characters(&self) -> Result<(), Refusal> {
        if clean(&self.0) {
            Ok(())
        } else {
            Err(Refusal::new(codes::BAD_CHARACTER))
        }
    }

    fn at(&self, path: &str) -> Option<&Value> {
        let found = path
            .split('.')
            .try_fold(&self.0, |value, name| value.get(name))?;
        (!found.is_null()).then_some(found)
    }

    /// A text as sent.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// A text that may be missing or empty, of at most `chars_max` characters.
    pub fn optional(&self, path: &'static str, chars_max: usize) -> Result<&str, Refusal> {
        let Some(value) = self.at(path) else {
            return Ok("");
        };
        let text = value
            .as_str()
            .filter(|text| text.chars().count() <= chars_max);
        text.ok_or(Refusal::of(codes::BAD_FIELD, path))
    }

    /// A text that must be there, not empty, and of at most `chars_max` characters.
    pub fn required(&self, path: &'static str, chars_max: usize) -> Result<&str, Refusal> {
        match self.optional(path, chars_max)? {
            "" => Err(Refusal::of(codes::MISSING_FIELD, path)),
            text => Ok(text),
        }
    }

    /// A text that must have one value.
    pub fn constant(&self, path: &'static str, value: &str) -> Result<(), Refusal> {
        if self.required(path, 100)? == value {
            Ok(())
        } else {
            Err(Refusal::of(codes::BAD_FIELD, path))
        }
    }

    /// An order number: 1 to 40 letters, digits, `_` and `-`.
    pub fn order_no(&self) -> Result<&str, Refusal> {
        let order_no = self.required("shopOrderNo", 40)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if order_no.bytes().all(allowed) {
            Ok(order_no)
        } else {
            Err(Refusal::of(codes::BAD_FIELD, "shopOrderNo"))
        }
    }

    /// A whole number that is not negative, sent as a number.
    pub fn number(&self, path: &'static str) -> Result<i64, Refusal> {
        self.maybe_number(path)?
            .ok_or(Refusal::of(codes::MISSING_FIELD, path))
    }

    /// [`Fields::number`] that may be missing.
    pub fn maybe_number(&self, path: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.at(path) else {
            return Ok(None);
        };
        let number = value
            .as_i64()
            .filter(|number| (0..1_000_000_000_000).contains(number));
        number.map(Some).ok_or(Refusal::of(codes::BAD_FIELD, path))
    }

    /// The amount for plans that match by amount.
    pub fn amount(&self) -> Option<i64> {
        self.at("amount")?.as_i64()
    }

    /// A date `yyyyMMdd` that must be today in Korea; around midnight the day that has just ended or begins will do.
    pub fn today(&self, path: &'static str, now_ms: i64) -> Result<&str, Refusal> {
        let sent = self.required(path, 8)?;
        let known = [now_ms - DATE_SLACK_MS, now_ms, now_ms + DATE_SLACK_MS];
        if known.iter().any(|at_ms| date(*at_ms) == sent) {
            Ok(sent)
        } else {
            Err(Refusal::of(codes::BAD_DATE, path))
        }
    }

    /// A date `yyyyMMdd` that must be today or yesterday in Korea.
    pub fn today_or_yesterday(&self, path: &'static str, now_ms: i64) -> Result<&str, Refusal> {
        let sent = self.required(path, 8)?;
        if sent == date(now_ms) || sent == date(now_ms - DAY_MS) {
            Ok(sent)
        } else {
            Err(Refusal::of(codes::BAD_DATE, path))
        }
    }
}

/// The day in Korea, `yyyyMMdd`.
fn date(at_ms: i64) -> String {
    korea::stamp(at_ms)[..8].to_owned()
}

fn clean(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(FORBIDDEN) && !text.chars().any(is_emoji),
        Value::Array(values) => values.iter().all(clean),
        Value::Object(fields) => fields.values().all(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27bf | 0xfe0f | 0x1f000..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Fields {
        Fields(value)
    }

    #[test]
    fn a_value_is_of_the_kind_that_it_must_be() {
        let read = fields(serde_json::json!({
            "a": {"n": 5, "t": "x", "none": null}, "neg": -1, "frac": 1.5, "text": "5", "e": "",
        }));
        assert_eq!(
            (read.number("a.n"), read.required("a.t", 1)),
            (Ok(5), Ok("x"))
        );
        assert_eq!(
            (read.maybe_number("a.none"), read.optional("a.none", 1)),
            (Ok(None), Ok(""))
        );
        for path in ["neg", "frac", "text", "a"] {
            assert_eq!(read.number(path), Err(Refusal::of(codes::BAD_FIELD, path)));
        }
        assert_eq!(
            read.required("e", 1),
            Err(Refusal::of(codes::MISSING_FIELD, "e"))
        );
        assert_eq!(
            read.required("a.n", 9),
            Err(Refusal::of(codes::BAD_FIELD, "a.n"))
        );
        assert_eq!(
            read.number("a.t.x"),
            Err(Refusal::of(codes::MISSING_FIELD, "a.t.x"))
        );
    }

    #[test]
    fn forbidden_characters_are_found_wherever_they_are() {
        for text in [
            "a'b",
            "a\"",
            "<",
            ">",
            "\\",
            ";",
            "|",
            "\n",
            "\r",
            "hi \u{1f600}",
            "\u{2764}\u{fe0f}",
        ] {
            let read = fields(serde_json::json!({"deep": [{"er": text}]}));
            assert!(read.check_characters().is_err(), "{text:?}");
        }
        assert!(
            fields(serde_json::json!({"a": "월간 플랜 & (1), #2/3?"}))
                .check_characters()
                .is_ok()
        );
    }

    #[test]
    fn a_date_is_todays_and_midnight_is_forgiven() {
        // 2026-11-20T00:05:00 in Korea.
        let now_ms = 1_795_100_400_000 + 5 * 60 * 1000;
        let of = |day: &str| fields(serde_json::json!({ "d": day }));
        for day in ["20261119", "20261120"] {
            assert!(
                of(day).today("d", now_ms).is_ok()
                    && of(day).today_or_yesterday("d", now_ms).is_ok()
            );
        }
        assert!(of("20261119").today("d", now_ms + DATE_SLACK_MS).is_err());
        for day in ["20261121", "20261118", "2026112", ""] {
            assert!(
                of(day).today("d", now_ms).is_err()
                    && of(day).today_or_yesterday("d", now_ms).is_err()
            );
        }
    }
}
