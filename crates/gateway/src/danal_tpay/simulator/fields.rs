//! The pairs of a request, each read with its rule. Lengths count octets of EUC-KR.

use std::collections::HashMap;

use encoding_rs::EUC_KR;
use percent_encoding::percent_decode_str;

use super::codes::{self, Refusal};

/// Characters that Danal forbids in every value.
const FORBIDDEN: &[char] = &['&', '\'', '"', '\\', '<', '>', '|', '\n', '\r', ',', '+'];
/// `CURRENCY` and the ISO code that it means.
const CURRENCIES: [(&str, &str); 2] = [("410", "KRW"), ("840", "USD")];
/// Digits of `AMOUNT` at most, but in a cancel.
pub const AMOUNT_DIGITS: usize = 11;

/// The pairs of one request. They may hold a billing key, so there is no `Debug`.
pub struct Fields(HashMap<String, Value>);

/// A value: as text, and how long it came. No text where its octets are not EUC-KR.
struct Value {
    text: Option<String>,
    octets: usize,
}

impl Fields {
    /// Reads decrypted text. `None` when it is not pairs.
    pub fn read(plain: &str) -> Option<Fields> {
        let mut fields = HashMap::new();
        for pair in plain.split('&') {
            let (name, value) = pair.split_once('=')?;
            let octets: Vec<u8> = percent_decode_str(&value.replace('+', " ")).collect();
            let text = EUC_KR.decode_without_bom_handling_and_without_replacement(&octets);
            let value = Value {
                text: text.map(|text| text.into_owned()),
                octets: octets.len(),
            };
            // Of a name that comes twice the first counts.
            fields.entry(name.to_owned()).or_insert(value);
        }
        Some(Fields(fields))
    }

    /// Holds every value against the charset and the list of forbidden characters.
    ///
    /// # Errors
    /// When one is not EUC-KR or has such a character; which one is not said, as its value must not be.
    pub fn check_characters(&self) -> Result<(), Refusal> {
        let clean = |value: &Value| {
            let text = value.text.as_deref();
            text.is_some_and(|text| !text.contains(FORBIDDEN))
        };
        if self.0.values().all(clean) {
            Ok(())
        } else {
            Err(Refusal::new(codes::WRONG_REQUEST))
        }
    }

    /// A value as sent; `None` when it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.text.as_deref()?;
        (!text.is_empty()).then_some(text)
    }

    /// A value that may be missing or empty, of at most `octets_max` octets.
    pub fn optional(&self, name: &'static str, octets_max: usize) -> Result<&str, Refusal> {
        let octets = self.0.get(name).map_or(0, |value| value.octets);
        if octets > octets_max {
            return Err(Refusal::field(name));
        }
        Ok(self.get(name).unwrap_or(""))
    }

    /// A value that must be there, of at most `octets_max` octets.
    pub fn required(&self, name: &'static str, octets_max: usize) -> Result<&str, Refusal> {
        match self.optional(name, octets_max)? {
            "" => Err(Refusal::of(codes::MISSING_FIELD, name)),
            text => Ok(text),
        }
    }

    /// A value that must be one of some, and what it means.
    pub fn one_of<T: Copy>(&self, name: &'static str, known: &[(&str, T)]) -> Result<T, Refusal> {
        let sent = self.required(name, 20)?;
        let found = known.iter().find(|(value, _)| *value == sent);
        found
            .map(|(_, meaning)| *meaning)
            .ok_or(Refusal::field(name))
    }

    /// `Y` or `N`.
    pub fn flag(&self, name: &'static str) -> Result<bool, Refusal> {
        self.one_of(name, &[("Y", true), ("N", false)])
    }

    /// `AMOUNT`, digits alone, that may be missing. Danal says no unit for dollars; here it counts the smallest one.
    pub fn maybe_amount(&self, digits_max: usize) -> Result<Option<i64>, Refusal> {
        let wrong = Refusal::field("AMOUNT");
        match self.optional("AMOUNT", digits_max)? {
            "" => Ok(None),
            text if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().map(Some).map_err(|_| wrong)
            }
            _ => Err(wrong),
        }
    }

    /// `AMOUNT` that must be there.
    pub fn amount(&self, digits_max: usize) -> Result<i64, Refusal> {
        let amount = self.maybe_amount(digits_max)?;
        amount.ok_or(Refusal::of(codes::MISSING_FIELD, "AMOUNT"))
    }

    /// `CURRENCY` as its ISO code.
    pub fn currency(&self) -> Result<&'static str, Refusal> {
        self.one_of("CURRENCY", &CURRENCIES)
    }

    /// A web address of at most 255 octets.
    pub fn url(&self, name: &'static str) -> Result<&str, Refusal> {
        let url = self.required(name, 255)?;
        let scheme = ["http://", "https://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        let good = scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && !url.contains(char::is_control);
        if good {
            Ok(url)
        } else {
            Err(Refusal::field(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::CryptoKey;
    use super::*;
    use crate::sandbox::form::Form;

    const KEY: &str = "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d";

    fn fields(plain: &str) -> Fields {
        Fields::read(plain).unwrap_or_else(|| panic!("{plain} is pairs"))
    }

    /// Bodies computed outside this project.
    #[test]
    fn the_vectors_of_requests_are_read() {
        let body = "CPID=9810030929&DATA=ELnlWBNtBMOSZstO7LWK0VJJ6LToz%2Bwc0WPY1IYjiuywjSKdxa4Um1SqTaijwDXQuliFzZSbn0gR97yFP4%2Fr8FmMDmfIGrUMCWVt4he1CW%2B6eqPOoSXF1sFWn9CfpbOvUaGKQEzVJxQrAn713fxPARc9oxj%2F96fndaC4nAwQN98qGSkvAyiX%2BZbnAtISOWurI0OxdcmgmYui9JlQQGQ0%2FN%2FsZz1Rl0aMusF3Z0Exe%2FZ3M4TP01ksql9%2BntMPh4q4";
        let key = CryptoKey::parse(KEY).unwrap();
        let envelope = Form::read(body.as_bytes(), EUC_KR);
        assert_eq!(envelope.text("CPID"), "9810030929");
        let read = fields(&key.open(envelope.text("DATA")).unwrap());
        let expected = [
            ("TXTYPE", "OTBILL"),
            ("SERVICETYPE", "BATCH"),
            ("ISREBILL", "Y"),
            ("BILLINFO", "BK0001TESTBILLKEY"),
            ("ORDERID", "ord-20261119-0001"),
            ("ITEMNAME", "월 구독료"),
            ("AMOUNT", "12900"),
            ("CURRENCY", "410"),
            ("USERID", "u1"),
            ("USERAGENT", "ONLINE"),
        ];
        assert_eq!(read.0.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(read.get(name), Some(value), "{name}");
        }
        assert!(read.check_characters().is_ok());
        let short = "W5g4tZ0opf+yLVLgZCwXgTIzVAiMGmqDSDOH26EHlIcyPAOw/IB8GdpKooeavfW+GYuVnfvmnTQfYBBig8U/1w==";
        let read = fields(&key.open(short).unwrap());
        assert_eq!(
            (read.get("TXTYPE"), read.get("BILLKEY")),
            (Some("DELBILLKEY"), Some("BK0001"))
        );
    }

    #[test]
    fn lengths_count_octets_and_amounts_are_digits() {
        let read = fields("ITEMNAME=%BF%F9+%B1%B8%B5%B6%B7%E1&AMOUNT=0012&E=&A=1&A=2");
        assert_eq!(read.required("ITEMNAME", 9), Ok("월 구독료"));
        assert_eq!(
            read.required("ITEMNAME", 8),
            Err(Refusal::field("ITEMNAME"))
        );
        assert_eq!(
            read.required("E", 9),
            Err(Refusal::of(codes::MISSING_FIELD, "E"))
        );
        assert_eq!((read.amount(4), read.get("A")), (Ok(12), Some("1")));
        assert_eq!(read.amount(3), Err(Refusal::field("AMOUNT")));
        for wrong in ["-1", "1.5", "1%2C000", "won", "%A3%B1"] {
            let read = fields(&format!("AMOUNT={wrong}"));
            assert_eq!(read.amount(11), Err(Refusal::field("AMOUNT")), "{wrong}");
        }
        assert_eq!(fields("A=1").maybe_amount(11), Ok(None));
        assert!(Fields::read("hello").is_none() && Fields::read("A=1&").is_none());
    }

    #[test]
    fn forbidden_characters_and_another_charset_are_found() {
        for value in [
            "%26", "%27", "%22", "%5C", "%3C", "%3E", "%7C", "%0A", "%0D", "%2C", "%2B",
        ] {
            let read = fields(&format!("A=1&B=x{value}"));
            assert!(read.check_characters().is_err(), "{value}");
        }
        // "월" in UTF-8.
        assert!(fields("A=%EC%9B%94").check_characters().is_err());
        assert!(
            fields("A=%BF%F9%3A%2F%2F%3B%3D%40%25+ok")
                .check_characters()
                .is_ok()
        );
    }

    #[test]
    fn only_web_addresses_are_addresses() {
        let of = |url: &str| fields(&format!("U={url}")).url("U").is_ok();
        assert!(of("https%3A%2F%2Fshop.test%2Fr") && of("http://127.0.0.1:8080/r"));
        for wrong in ["javascript:alert(1)", "https://", "http:///x", "shop.test"] {
            assert!(!of(wrong), "{wrong}");
        }
    }
}
