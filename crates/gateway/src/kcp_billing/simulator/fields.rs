//! The fields of a JSON request: strings or numbers under flat names, each read with its rule.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::codes::{self, Refusal};

/// The fields of one request. They may hold a billing key, so there is no `Debug`.
#[derive(Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not declared as JSON, or is not a flat object of strings and numbers.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Refusal> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("");
        let essence = kind.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::new(codes::MALFORMED));
        }
        let object: HashMap<String, Value> =
            serde_json::from_slice(body).map_err(|_| Refusal::new(codes::MALFORMED))?;
        let mut fields = HashMap::with_capacity(object.len());
        for (name, value) in object {
            match value {
                Value::String(text) => _ = fields.insert(name, text),
                Value::Number(number) => _ = fields.insert(name, number.to_string()),
                Value::Null => {}
                _ => return Err(Refusal::new(codes::MALFORMED)),
            }
        }
        Ok(Fields(fields))
    }

    /// A field as sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field that must be there, though it may be empty.
    pub fn present(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name)
            .ok_or(Refusal::of(codes::MISSING_FIELD, name))
    }

    /// A field that must be there, not empty, and of at most `bytes_max` bytes.
    pub fn required(&self, name: &'static str, bytes_max: usize) -> Result<&str, Refusal> {
        let value = self.present(name)?;
        if value.is_empty() {
            return Err(Refusal::of(codes::MISSING_FIELD, name));
        }
        self.at_most(name, bytes_max)?;
        Ok(value)
    }

    /// A field that may be missing, of at most `bytes_max` bytes.
    pub fn at_most(&self, name: &'static str, bytes_max: usize) -> Result<(), Refusal> {
        match self.get(name) {
            Some(value) if value.len() > bytes_max => Err(Refusal::of(codes::BAD_FIELD, name)),
            _ => Ok(()),
        }
    }

    /// A field that must have one value.
    pub fn constant(&self, name: &'static str, value: &str) -> Result<(), Refusal> {
        if self.required(name, 100)? == value {
            Ok(())
        } else {
            Err(Refusal::of(codes::BAD_FIELD, name))
        }
    }

    /// A field that must be an amount in won: digits only.
    pub fn won(&self, name: &'static str) -> Result<i64, Refusal> {
        won(self.required(name, 12)?).ok_or(Refusal::of(codes::BAD_FIELD, name))
    }

    /// An amount in won if the field is one, for plans that match by amount.
    pub fn maybe_won(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(won)
    }
}

/// Reads an amount in won: 1 to 12 digits and nothing else.
pub fn won(text: &str) -> Option<i64> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &'static str, body: &str) -> Result<Fields, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().expect("a header"));
        Fields::read(&headers, body.as_bytes())
    }

    #[test]
    fn strings_and_numbers_are_fields_and_nothing_else_is() {
        let fields = read(
            "application/json; charset=utf-8",
            r#"{"a":"1","b":2,"c":null,"d":""}"#,
        )
        .ok()
        .unwrap();
        assert_eq!((fields.won("a"), fields.won("b")), (Ok(1), Ok(2)));
        assert_eq!(fields.present("d"), Ok(""));
        assert_eq!(
            fields.required("d", 9),
            Err(Refusal::of(codes::MISSING_FIELD, "d"))
        );
        assert_eq!(
            fields.present("c"),
            Err(Refusal::of(codes::MISSING_FIELD, "c"))
        );
        for body in ["[]", "{", r#"{"a":{}}"#, r#"{"a":true}"#, ""] {
            assert_eq!(
                read("application/json", body).err(),
                Some(Refusal::new(codes::MALFORMED)),
                "{body}"
            );
        }
        assert!(read("text/plain", "{}").is_err());
    }

    #[test]
    fn an_amount_is_digits_only() {
        for wrong in ["", "-1", "+1", "1.0", "1e3", " 1", "1234567890123", "１"] {
            assert_eq!(won(wrong), None, "{wrong}");
        }
        assert_eq!(won("999999999999"), Some(999_999_999_999));
    }
}
