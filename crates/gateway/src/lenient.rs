//! Reading PGs' answers leniently: a text or a number, missing as empty; secrets and card numbers never kept in plain.
//! For connectors; simulators read what they get in their own way.

use std::fmt;

use dangol_domain::{MaskedPan, Secret};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use time::PrimitiveDateTime;
use time::macros::{format_description, offset};

/// A text that a PG may also send as a number; trimmed, empty when `null` or missing.
#[derive(Default)]
pub struct Text(pub String);

impl Text {
    /// The text, `None` when empty.
    pub fn some(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }

    /// A whole number of won. `3000`, `3000.0` and `3000.00` are; `3,000` and `3000.5` are not.
    pub fn won(&self) -> Option<i64> {
        let (whole, rest) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_whole = digits(whole) && digits(rest) && rest.bytes().all(|b| b == b'0');
        is_whole.then(|| whole.parse().ok()).flatten()
    }

    /// A time as `yyyyMMddHHmmss` in Korea, as ms.
    pub fn korean_time_ms(&self) -> Option<i64> {
        let format = format_description!("[year][month][day][hour][minute][second]");
        let local = PrimitiveDateTime::parse(&self.0, format).ok()?;
        Some(local.assume_offset(offset!(+9)).unix_timestamp() * 1000)
    }
}

/// A text that must not be seen, such as a billing key.
pub struct SecretText(pub Secret);

impl Default for SecretText {
    fn default() -> SecretText {
        SecretText(Secret::new(""))
    }
}

/// A card number of which the unmasked form is never kept: it is masked as it is read.
#[derive(Default)]
pub struct MaskedNumber(pub Option<MaskedPan>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| Text(text.trim().to_owned())))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| SecretText(Secret::new(text.trim()))))
    }
}

impl<'de> Deserialize<'de> for MaskedNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MaskedNumber, D::Error> {
        deserializer.deserialize_any(Lenient(|text: &str| MaskedNumber(MaskedPan::mask(text))))
    }
}

/// Reads a text, a number, a boolean or `null` and hands it on as a text that is not kept.
struct Lenient<F>(F);

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Lenient<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Ok((self.0)(&number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<T, E> {
        Ok((self.0)(if truth { "true" } else { "false" }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok((self.0)(""))
    }
}

/// A PG's text as people may see it: one line, at most 200 letters, and nothing that could be a card number or a
/// billing key: no run of 12 digits, whatever divides them, and no word of 12 letters and digits with a digit in it.
pub fn said(text: &str) -> String {
    let line: String = text.chars().filter(|c| !c.is_control()).collect();
    let shown = without_numbers(&without_words(&line));
    shown.trim().chars().take(200).collect()
}

/// A PG's code as it may be shown: codes are short, so anything long is something else.
pub fn shown_code(code: &str) -> String {
    said(code).chars().take(8).collect()
}

/// Hides runs of 12 digits and more, with spaces and dashes between them: no code or amount is that long.
fn without_numbers(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() || (!run.is_empty() && matches!(c, '-' | ' ')) {
            run.push(c);
        } else {
            end_number(&mut shown, &mut run);
            shown.push(c);
        }
    }
    end_number(&mut shown, &mut run);
    shown
}

fn end_number(shown: &mut String, run: &mut String) {
    if run.chars().filter(char::is_ascii_digit).count() < 12 {
        shown.push_str(run);
    } else {
        shown.push_str("**** ");
    }
    run.clear();
}

/// Hides words that could be a key.
fn without_words(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        let could_be_a_key = word.len() >= 12 && word.bytes().any(|b| b.is_ascii_digit());
        shown.push_str(before);
        shown.push_str(if could_be_a_key { "****" } else { word });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_won_are_won() {
        let won = |text: &str| Text(text.to_owned()).won();
        assert_eq!(
            (won("3000"), won("3000.0"), won("3000.00")),
            (Some(3000), Some(3000), Some(3000))
        );
        for wrong in [
            "3,000", "3000.5", "3000.", ".0", "-3000", "", "3e3", "+3000",
        ] {
            assert_eq!(won(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_and_keys_in_a_text_are_hidden() {
        assert_eq!(
            said("카드 4242-4242 4242-4242 거절 8041\r\n"),
            "카드 **** 거절 8041"
        );
        assert_eq!(said("574880230721BA465449"), "****");
        assert_eq!(said("key A1B2C3D4E5F6G7 lost"), "key **** lost");
        assert_eq!(said("한도초과 (authorization)"), "한도초과 (authorization)");
    }

    proptest! {
        #[test]
        fn nothing_secret_is_said(before in "[ 가a(]{0,5}", key in "[A-Z]{4}[0-9]{12,16}", after in "[ 가)]{0,5}") {
            let shown = said(&format!("{before}{key}{after}"));
            prop_assert!(!shown.contains(&key[4..]));
        }
    }
}
