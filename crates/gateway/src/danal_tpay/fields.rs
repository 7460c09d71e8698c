//! What Danal's fields can hold. Its lengths are taken as bytes of EUC-KR.

use dangol_domain::{Currency, Money};
use serde_json::Value;

use super::{facts, pairs};
use crate::contract::Channel;
use crate::lenient::Text;

/// Letters that Danal forbids in values; line breaks too.
const REFUSED: &[char] = &['&', '\'', '"', '\\', '<', '>', '|', ',', '+'];

/// Longest order name, reason, URL or value that passes through, in bytes.
const TEXT_BYTES_MAX: usize = 255;
/// Longest name, or telephone number, of a buyer, in bytes.
const NAME_BYTES_MAX: usize = 20;
/// Longest id, or e-mail address, of a buyer, in bytes.
const ID_BYTES_MAX: usize = 128;
/// Longest billing key, in bytes.
const KEY_BYTES_MAX: usize = 255;
/// Longest TID, in bytes.
const TID_BYTES_MAX: usize = 24;

/// An order's name, never empty.
pub fn item_name(text: &str) -> String {
    or(fit(text, TEXT_BYTES_MAX, ' '), "정기결제")
}

/// Why a cancel is asked for, never empty.
pub fn reason(text: &str) -> String {
    or(fit(text, TEXT_BYTES_MAX, ' '), "가맹점 요청")
}

/// A buyer's name.
pub fn user_name(text: Option<&str>) -> Option<String> {
    some(fit(text?, NAME_BYTES_MAX, ' '))
}

/// A buyer's id. Nothing in it disappears, so that it is never empty.
pub fn user_id(text: &str) -> String {
    or(fit(text, ID_BYTES_MAX, '_'), "_")
}

/// A telephone number, digits only; left out when it does not fit.
pub fn tel(text: Option<&str>) -> Option<String> {
    let digits: String = text?.chars().filter(char::is_ascii_digit).collect();
    some(digits).filter(|digits| digits.len() <= NAME_BYTES_MAX)
}

/// An e-mail address; left out when it does not fit, because a changed one is another's.
pub fn mail(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let fits = text.len() <= ID_BYTES_MAX && text.bytes().all(|b| b.is_ascii_graphic());
    (fits && !text.contains(REFUSED))
        .then(|| some(text.to_owned()))
        .flatten()
}

/// A value that passes through, such as a colour.
pub fn passed(text: &str) -> String {
    fit(text, TEXT_BYTES_MAX, ' ')
}

/// Whether a URL can travel in a field as it is.
pub fn is_url(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains(REFUSED);
    plain && text.len() <= TEXT_BYTES_MAX
}

/// Whether a text can be a billing key.
pub fn is_key(text: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether a text can be one of Danal's numbers.
pub fn is_tid(text: &str) -> bool {
    (1..=TID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `period` of i'mport as `OFFERPERIOD`: two days, or two days with hour and minute. `None` when it is neither.
pub fn offer_period(period: &Value) -> Option<String> {
    let digits = |name: &str| -> String {
        let text = match &period[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        text.chars().filter(char::is_ascii_digit).collect()
    };
    let (from, to) = (digits("from"), digits("to"));
    let told = [8, 12].contains(&from.len()) && from.len() == to.len();
    told.then(|| format!("{from}{to}"))
}

/// Danal's number of a currency and the amount in it; `None` for money that it does not take, or of which we do not know
/// how it counts.
pub fn money(channel: &Channel, money: Money) -> Option<(&'static str, String)> {
    match (money.currency, channel.dialect(facts(), "usd_amount")) {
        (Currency::KRW, _) => Some(("410", money.minor.to_string())),
        (Currency::USD, "cents") => Some(("840", money.minor.to_string())),
        (Currency::USD, "dollars") => Some(("840", money.decimal())),
        _ => None,
    }
}

/// Whether a told amount is this one.
pub fn is_amount(channel: &Channel, told: &str, due: Money) -> bool {
    let in_dollars =
        due.currency == Currency::USD && channel.dialect(facts(), "usd_amount") == "dollars";
    match in_dollars {
        true => Money::parse(told, due.currency).is_ok_and(|told| told == due),
        false => Text(told.to_owned()).won() == Some(due.minor),
    }
}

/// Replaces what Danal forbids, and what EUC-KR lacks by `?`, and shortens to `bytes_max` between letters.
fn fit(text: &str, bytes_max: usize, instead: char) -> String {
    let mut fitted = String::new();
    let mut bytes = 0;
    for letter in text.trim().chars() {
        let letter = match letter {
            c if c.is_control() || REFUSED.contains(&c) => instead,
            c if c.is_whitespace() => ' ',
            c if c != '?' && pairs::euc_kr(c) == b"?" => '?',
            c => c,
        };
        bytes += pairs::euc_kr(letter).len();
        if bytes > bytes_max {
            break;
        }
        fitted.push(letter);
    }
    fitted.trim().to_owned()
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{channel, channel_saying};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn korean_counts_two_bytes_and_is_cut_between_letters() {
        assert_eq!(user_name(Some(&"가".repeat(20))).unwrap(), "가".repeat(10));
        assert_eq!(
            user_name(Some(&format!("a{}", "가".repeat(20)))).unwrap(),
            format!("a{}", "가".repeat(9))
        );
        assert_eq!(
            item_name(&"똠".repeat(200)),
            "똠".repeat(127),
            "UHC has all of Hangul"
        );
    }

    #[test]
    fn what_danal_forbids_or_cannot_write_is_replaced() {
        assert_eq!(
            item_name("A&B|C\n<s>'x' \"y\" \\ 1,000+1"),
            "A B C  s  x   y    1 000 1"
        );
        assert_eq!(item_name("커피☕ \u{1f600}é!"), "커피? ??!");
        assert_eq!(item_name("<>"), "정기결제");
        assert_eq!(reason(" "), "가맹점 요청");
        assert_eq!(user_name(Some(",")), None);
        assert_eq!(user_id("a+b&c@example.com"), "a_b_c@example.com");
        assert_eq!(user_id(" "), "_");
    }

    #[test]
    fn an_address_is_whole_or_absent() {
        assert_eq!(
            mail(Some(" a@example.com ")).as_deref(),
            Some("a@example.com")
        );
        for other in ["", "a+b@example.com", "가@example.com", "a b@example.com"] {
            assert_eq!(mail(Some(other)), None, "{other}");
        }
        assert_eq!(
            mail(Some(&format!("{}@example.com", "a".repeat(120)))),
            None
        );
        assert_eq!(tel(Some("02-1234-1234")).as_deref(), Some("0212341234"));
        assert_eq!(
            (tel(Some("none")), tel(Some(&"1".repeat(21)))),
            (None, None)
        );
    }

    #[test]
    fn a_period_has_two_ends_of_one_kind() {
        let of = |from: Value, to: Value| offer_period(&json!({"from": from, "to": to}));
        assert_eq!(
            of(json!("20261119"), json!("20271118")).as_deref(),
            Some("2026111920271118")
        );
        assert_eq!(
            of(json!(20261119), json!("2027-11-18")).as_deref(),
            Some("2026111920271118")
        );
        let hours = of(json!("202611190930"), json!("202711182359"));
        assert_eq!(hours.as_deref(), Some("202611190930202711182359"));
        for (from, to) in [
            (json!("20261119"), json!("202711182359")),
            (json!("2026"), json!("2027")),
            (json!("20261119"), Value::Null),
        ] {
            assert_eq!(of(from, to), None);
        }
        assert_eq!(offer_period(&json!("20261119")), None);
    }

    #[test]
    fn dollars_are_taken_once_their_unit_is_known() {
        let dollars = Money::new(5000, Currency::USD);
        assert_eq!(money(&channel(), dollars), None);
        assert_eq!(money(&channel(), Money::new(5000, Currency::JPY)), None);
        for (unit, sent, same, other) in [
            ("cents", "5000", "5000", "50.00"),
            ("dollars", "50.00", "50", "5000"),
        ] {
            let channel = channel_saying(&[("usd_amount", unit)]);
            assert_eq!(money(&channel, dollars), Some(("840", sent.to_owned())));
            assert!(is_amount(&channel, sent, dollars) && is_amount(&channel, same, dollars));
            assert!(!is_amount(&channel, other, dollars) && !is_amount(&channel, "", dollars));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_longer_or_stranger_than_allowed(text in "\\PC{0,200}|[&+,\\n|'\"<>가a ]{0,300}") {
            let name = item_name(&text);
            let bytes: usize = name.chars().map(|c| pairs::euc_kr(c).len()).sum();
            prop_assert!(!name.is_empty() && bytes <= TEXT_BYTES_MAX);
            prop_assert!(!name.contains(REFUSED) && !name.contains(char::is_control));
        }
    }
}
