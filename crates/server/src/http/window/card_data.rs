//! Card data belongs into the PG's window (ARCHITECTURE.md, invariant 6). What looks like it in the parameters of
//! `request_pay` is refused, so that a shop that sends it by mistake does not make us keep it.

use std::ops::Range;

use serde_json::{Map, Value};

/// Names under which card data might come, lower case and without separators.
const CARD_NAMES: &[&str] = &[
    "cardnumber",
    "cardnum",
    "cardno",
    "pan",
    "cvc",
    "cvv",
    "cvc2",
    "cvv2",
    "cardcvc",
    "cardcvv",
    "pwd2digit",
    "cardexpiry",
];
/// Card data beside `card_number`; in the shop's own data it may be a coupon's.
const EXPIRY: &str = "expiry";
const SHOPS_OWN: &str = "custom_data";

/// Parameters that name things: a number there is an order's or a customer's, and may well pass a check digit.
const NAMING: &[&str] = &[
    "merchant_uid",
    "customer_uid",
    "buyer_tel",
    "buyer_postcode",
    "biz_num",
];

/// A card number's length, digits; without separators only from 15 on, because times and order numbers are shorter.
const LENGTH: std::ops::RangeInclusive<usize> = 13..=19;
const UNSEPARATED_MIN: usize = 15;

/// The parameter that carries card data, at any depth. Its name is safe to repeat.
pub(super) fn find(given: &Map<String, Value>) -> Option<String> {
    const NAME_SHOWN_MAX: usize = 60;
    let uids = ["merchant_uid", "customer_uid"]
        .iter()
        .filter_map(|name| match given.get(*name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect();
    let mut search = Search {
        uids,
        shops_own: false,
    };
    let (name, _) = given.iter().find(|(name, value)| {
        search.shops_own = *name == SHOPS_OWN;
        search.field(name, value)
    })?;
    match search.text(name) {
        true => Some("params".to_owned()),
        false => Some(name.chars().take(NAME_SHOWN_MAX).collect()),
    }
}

struct Search {
    /// The order's and the customer's names: shops repeat them in addresses and texts.
    uids: Vec<String>,
    /// Whether this is the shop's own data.
    shops_own: bool,
}

impl Search {
    fn field(&self, name: &str, value: &Value) -> bool {
        if self.text(name) {
            return true;
        }
        match value {
            Value::Null | Value::Bool(_) => return false,
            Value::String(text) if text.is_empty() => return false,
            _ if self.is_card_name(name) => return true,
            _ => {}
        }
        let is_name = NAMING.contains(&name);
        match value {
            Value::Object(inner) => {
                let card =
                    name == "card" && ["number", "info"].iter().any(|k| inner.contains_key(*k));
                card || inner.iter().any(|(name, value)| self.field(name, value))
            }
            Value::Array(items) => items.iter().any(|item| self.field(name, item)),
            Value::String(text) => match json_in(text) {
                Some(inner) => self.field(name, &inner),
                None => !is_name && self.text(text),
            },
            Value::Number(number) => !is_name && self.text(&number.to_string()),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn is_card_name(&self, name: &str) -> bool {
        let bare: String = name
            .chars()
            .filter(|c| !matches!(c, '_' | '-'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        CARD_NAMES.contains(&bare.as_str()) || (bare == EXPIRY && !self.shops_own)
    }

    /// Whether a text holds a card's number.
    fn text(&self, text: &str) -> bool {
        runs(text).iter().any(|run| {
            (0..run.len()).any(|from| {
                let ends = from + 1..=run.len();
                ends.map(|to| &run[from..to])
                    // A group has a digit at least, so no longer window can fit.
                    .take(*LENGTH.end())
                    .any(|groups| is_card(text, groups, run.len()) && !self.names(text, groups))
            })
        })
    }

    fn names(&self, text: &str, groups: &[Range<usize>]) -> bool {
        let number = &text[groups[0].start..groups[groups.len() - 1].end];
        self.uids.iter().any(|uid| uid.contains(number))
    }
}

/// JSON that is written as a text.
fn json_in(text: &str) -> Option<Value> {
    let begins = text.trim_start().starts_with(['{', '[', '"']);
    begins.then(|| serde_json::from_str(text).ok()).flatten()
}

/// Groups of digits with a single space or dash between them.
fn runs(text: &str) -> Vec<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let mut runs: Vec<Vec<Range<usize>>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let group = at..at + digits;
        match runs.last_mut() {
            Some(run) if continues(bytes, run, at) => run.push(group),
            _ => runs.push(vec![group]),
        }
        at += digits;
    }
    runs
}

fn continues(bytes: &[u8], run: &[Range<usize>], at: usize) -> bool {
    let end = run.last().map(|group| group.end);
    end.is_some_and(|end| end + 1 == at && matches!(bytes[end], b' ' | b'-'))
}

/// Whether groups of a run of `all` are written like a card's number: its length, a card network's first digit, a right
/// check digit.
fn is_card(text: &str, groups: &[Range<usize>], all: usize) -> bool {
    let sizes: Vec<usize> = groups.iter().map(Range::len).collect();
    let length: usize = sizes.iter().sum();
    let long = LENGTH.contains(&length) && (groups.len() > 1 || length >= UNSEPARATED_MIN);
    // Among other numbers, only as cards have it printed: any split of dates and telephones would find something.
    let printed = match sizes.as_slice() {
        [_] | [4, 6, 4 | 5] => true,
        [4, 4, 4, rest @ ..] => matches!(rest, [1..=4] | [4, 1..=3]),
        _ => false,
    };
    if !long || !(printed || groups.len() == all) {
        return false;
    }
    let digits: Vec<u8> = groups
        .iter()
        .flat_map(|group| text[group.clone()].bytes().map(|byte| byte - b'0'))
        .collect();
    let (from, to) = (groups[0].start, groups[groups.len() - 1].end);
    matches!(digits[0], 3..=6) && luhn(&digits) && !inside_a_word(text.as_bytes(), from, to)
}

/// Letters on both sides: a piece of a checksum or a token.
fn inside_a_word(bytes: &[u8], from: usize, to: usize) -> bool {
    let letter = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_alphabetic)
    };
    letter(from.checked_sub(1)) && letter(Some(to))
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match (i % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => (digit * 2) / 10 + (digit * 2) % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(params: &Value) -> Option<String> {
        find(params.as_object().expect("an object"))
    }

    #[test]
    fn card_data_is_found_wherever_it_hides() {
        for (params, name) in [
            (json!({"name": "card 4242 4242 4242 4242"}), "name"),
            (json!({"name": "카드4242-4242-4242-4242번"}), "name"),
            (json!({"name": "1 4242 4242 4242 4242 12/27 123"}), "name"),
            (json!({"name": "x 4242424242424242 1227"}), "name"),
            (json!({"name": "378282246310005"}), "name"),
            (json!({"name": "3782 822463 10005"}), "name"),
            (json!({"buyer_addr": "3056-930902-5904"}), "buyer_addr"),
            (json!({"name": "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2"}), "name"),
            (json!({"name": 4_242_424_242_424_242_u64}), "name"),
            (
                json!({"bypass": {"a": [1, ["4242424242424242"]]}}),
                "bypass",
            ),
            (json!({"bypass": [{"card_no": "1"}]}), "bypass"),
            (json!({"bypass": {"4242424242424242": 1}}), "bypass"),
            (
                json!({"custom_data": "{\"cardNumber\":\"1\"}"}),
                "custom_data",
            ),
            (
                json!({"custom_data": "[{\"a\":4242424242424242}]"}),
                "custom_data",
            ),
            (
                json!({"custom_data": "\"{\\\"a\\\":[\\\"4242424242424242\\\"]}\""}),
                "custom_data",
            ),
            (
                json!({"custom_data": "{\"a\":\"\\u0034242424242424242\"}"}),
                "custom_data",
            ),
            (
                json!({"custom_data": "{broken 4242424242424242"}),
                "custom_data",
            ),
            (json!({"custom_data": {"x": {"CVC": 123}}}), "custom_data"),
            (
                json!({"custom_data": {"card": {"number": "1"}}}),
                "custom_data",
            ),
            (json!({"expiry": "2027-12"}), "expiry"),
            (json!({"PWD-2digit": "00"}), "PWD-2digit"),
            (
                json!({"m_redirect_url": "https://a.example/?n=4242424242424242"}),
                "m_redirect_url",
            ),
            (json!({"4242424242424242": 1}), "params"),
        ] {
            assert_eq!(found(&params).as_deref(), Some(name), "{params}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for params in [
            json!({"merchant_uid": "4242424242424242", "name": "주문 4242424242424242",
                "m_redirect_url": "https://a.example/done/4242424242424242?x=1"}),
            json!({"merchant_uid": 4_242_424_242_424_242_u64, "custom_data": {"order": "4242424242424242"}}),
            json!({"customer_uid": "5555555555554444", "buyer_tel": "4242 4242 4242 4242", "biz_num": "4242424242424242"}),
            json!({"custom_data": "{\"merchant_uid\":\"4242424242424242\"}"}),
            // Unix times, dates and telephones.
            json!({"custom_data": {"at": 1_795_276_800_000_u64, "day": "20261121123000", "time": "2026-11-21 12-30"}}),
            json!({"name": "3056930902590"}),
            json!({"name": "30569309025904"}),
            json!({"name": "4242424242424241"}),
            json!({"name": "2221000000000009"}),
            json!({"name": "42424242424242424242"}),
            json!({"name": "4242  4242  4242  4242"}),
            json!({"buyer_addr": "서울 강남대로 424-24 010-4242-4242 06242"}),
            json!({"bypass": {"hash": "ab4242424242424242ff"}}),
            json!({"custom_data": {"plan": "pan-cake", "coupon": {"expiry": "2027-12"}}}),
            json!({"card_number": "", "cvc": null, "bypass": {"cvv": false}}),
            json!({"card": {"direct": {"code": "381", "quota": 3}}, "display": {"card_quota": [2, 3]}}),
        ] {
            assert_eq!(found(&params), None, "{params}");
        }
    }
}
