//! The fields of a call, in its query or its form, each read with its rule.

use axum::http::{HeaderMap, header};
use dangol_domain::Currency;
use serde::{Deserialize, Serialize};

use super::codes::{self, Refusal};
use crate::sandbox::form::Form;

/// The longest whole part of an amount, in digits.
const WHOLE_DIGITS_MAX: usize = 10;

/// The fields of one call. They may hold tokens and card data, so there is no `Debug`.
pub struct Fields {
    query: Form,
    form: Form,
}

/// An amount as it was written and what it means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Amount {
    /// As written: `9.90`, `3000`.
    pub text: String,
    /// Minor units.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl Fields {
    /// Reads a query and a body. A body that is not declared as a form has no fields.
    pub fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Fields {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let essence = kind.unwrap_or("").split(';').next().unwrap_or("").trim();
        let body = match essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            true => body,
            false => &[],
        };
        Fields {
            query: Form::read(query.unwrap_or("").as_bytes(), encoding_rs::UTF_8),
            form: Form::read(body, encoding_rs::UTF_8),
        }
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.pairs().next().is_none()
    }

    /// All fields: name and value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.pairs().chain(self.form.pairs())
    }

    /// A field as sent, the form's before the query's.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.form.get(name).or_else(|| self.query.get(name))
    }

    /// A field as sent; empty when it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// A field that must be there and not empty.
    ///
    /// # Errors
    /// When it is not, by its name.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        match self.text(name) {
            "" => Err(Refusal::of(codes::MISSING, name)),
            text => Ok(text),
        }
    }

    /// An amount and its currency.
    ///
    /// # Errors
    /// When one is missing, or the amount has not exactly the decimals of its currency, or is nothing.
    pub fn amount(
        &self,
        name: &'static str,
        currency_name: &'static str,
    ) -> Result<Amount, Refusal> {
        let text = self.required(name)?;
        let code = self.required(currency_name)?;
        let currency = Currency::parse(code).filter(|currency| currency.as_str() == code);
        let currency = currency.ok_or(Refusal::of(codes::WRONG_AMOUNT, currency_name))?;
        match minor(text, currency) {
            Some(minor) => Ok(Amount {
                text: text.to_owned(),
                minor,
                currency,
            }),
            None => Err(Refusal::of(codes::WRONG_AMOUNT, name)),
        }
    }
}

/// The minor units of an amount that is written with exactly the decimals of its currency. `None` for everything else and
/// for nothing.
pub fn minor(text: &str, currency: Currency) -> Option<i64> {
    let decimals = currency.exponent() as usize;
    let (whole, fraction) = match decimals {
        0 => (text, ""),
        _ => text.split_once('.')?,
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let written = !whole.is_empty() && whole.len() <= WHOLE_DIGITS_MAX && digits(whole);
    if !written || fraction.len() != decimals || !digits(fraction) {
        return None;
    }
    let minor = format!("{whole}{fraction}").parse().ok()?;
    (minor > 0).then_some(minor)
}

/// Minor units as an amount is written.
pub fn decimal(minor: i64, currency: Currency) -> String {
    let decimals = currency.exponent() as usize;
    if decimals == 0 {
        return minor.to_string();
    }
    let digits = format!("{minor:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_exactly_the_decimals_of_its_currency() {
        let kwd = Currency::parse("KWD").unwrap();
        for (text, currency, read) in [
            ("9.90", Currency::USD, Some(990)),
            ("0.01", Currency::USD, Some(1)),
            ("3000", Currency::KRW, Some(3000)),
            ("1.234", kwd, Some(1234)),
            ("9.9", Currency::USD, None),
            ("9", Currency::USD, None),
            ("9.900", Currency::USD, None),
            (".90", Currency::USD, None),
            ("-1.00", Currency::USD, None),
            ("1e2.00", Currency::USD, None),
            ("1,000.00", Currency::USD, None),
            ("0.00", Currency::USD, None),
            ("3000.00", Currency::KRW, None),
            ("0", Currency::KRW, None),
            ("", Currency::KRW, None),
            ("12345678901", Currency::KRW, None),
        ] {
            assert_eq!(minor(text, currency), read, "{text}");
            if let Some(minor) = read {
                assert_eq!(decimal(minor, currency), text);
            }
        }
        assert_eq!(decimal(5, Currency::USD), "0.05");
    }
}
