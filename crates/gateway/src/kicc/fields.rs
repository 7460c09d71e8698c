//! What KICC's fields can hold. Its lengths are taken as bytes of UTF-8, the shortest reading of its tables.

use time::macros::offset;
use time::{Date, OffsetDateTime};

/// Letters that KICC refuses in values; line breaks and emoji too.
const REFUSED: &[char] = &['\'', '"', '<', '>', '\\', ';', '|'];

/// Longest order name in bytes.
const GOODS_NAME_BYTES_MAX: usize = 50;
/// Longest shop name in bytes.
const MALL_NAME_BYTES_MAX: usize = 40;
/// Longest buyer name in bytes.
const CUSTOMER_NAME_BYTES_MAX: usize = 20;
/// Longest e-mail address in bytes.
const MAIL_BYTES_MAX: usize = 50;
/// Most digits of a telephone number.
const TEL_DIGITS_MAX: usize = 11;
/// Longest reason of a cancel in bytes.
const REASON_BYTES_MAX: usize = 100;
/// Longest return URL in bytes.
pub const RETURN_URL_BYTES_MAX: usize = 256;

/// An order's name, never empty.
pub fn goods_name(text: &str) -> String {
    or_else(fit(text, GOODS_NAME_BYTES_MAX), "정기결제")
}

/// A shop's name.
pub fn mall_name(text: &str) -> Option<String> {
    some(fit(text, MALL_NAME_BYTES_MAX))
}

/// A buyer's name.
pub fn customer_name(text: Option<&str>) -> Option<String> {
    some(fit(text?, CUSTOMER_NAME_BYTES_MAX))
}

/// Why a cancel is asked for, never empty.
pub fn reason(text: &str) -> String {
    or_else(fit(text, REASON_BYTES_MAX), "가맹점 요청")
}

/// An e-mail address; left out when it does not fit, because a shortened one is another's.
pub fn mail(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let fits = text.len() <= MAIL_BYTES_MAX && !text.chars().any(is_refused);
    fits.then(|| some(text.to_owned())).flatten()
}

/// A telephone number, digits only; left out when it does not fit.
pub fn tel(text: Option<&str>) -> Option<String> {
    let digits: String = text?.chars().filter(char::is_ascii_digit).collect();
    some(digits).filter(|digits| digits.len() <= TEL_DIGITS_MAX)
}

/// Replaces letters that KICC refuses by spaces and shortens to `bytes_max` between letters.
fn fit(text: &str, bytes_max: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if is_refused(c) { ' ' } else { c })
        .collect();
    let clean = clean.trim();
    clean[..clean.floor_char_boundary(bytes_max)]
        .trim_end()
        .to_owned()
}

/// Emoji are beyond the basic plane, or among its symbols, or what joins and colours them.
fn is_refused(c: char) -> bool {
    c.is_control()
        || REFUSED.contains(&c)
        || c > '\u{ffff}'
        || matches!(c, '\u{200d}' | '\u{20e3}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe00}'..='\u{fe0f}')
}

fn or_else(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The day in Korea.
pub fn korean_day(at_ms: i64) -> Date {
    OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(offset!(+9))
        .date()
}

/// The day in Korea as `yyyyMMdd`.
pub fn day(at_ms: i64) -> String {
    let day = korean_day(at_ms);
    format!(
        "{:04}{:02}{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn korean_is_cut_between_letters() {
        assert_eq!(goods_name(&"가".repeat(20)), "가".repeat(16));
        assert_eq!(customer_name(Some(&"가".repeat(20))).unwrap().len(), 18);
    }

    #[test]
    fn refused_letters_become_spaces_and_nothing_becomes_empty() {
        assert_eq!(
            goods_name("A;B|C\n<script>\u{1f600}\u{2764}\u{fe0f}!"),
            "A B C  script    !"
        );
        assert_eq!(goods_name("<>"), "정기결제");
        assert_eq!(reason(" "), "가맹점 요청");
        assert_eq!(mall_name("\""), None);
    }

    #[test]
    fn an_address_is_whole_or_absent() {
        assert_eq!(
            mail(Some(" a@example.com ")).as_deref(),
            Some("a@example.com")
        );
        assert_eq!(mail(Some(&format!("{}@example.com", "a".repeat(50)))), None);
        assert_eq!(mail(Some("a\"b@example.com")), None);
        assert_eq!(tel(Some("02-1234-1234")).as_deref(), Some("0212341234"));
        assert_eq!(tel(Some("+82 10 1234 5678")), None);
        assert_eq!(tel(Some("none")), None);
    }

    #[test]
    fn the_day_changes_at_midnight_in_korea() {
        // 2026-11-19T15:00:00Z and the second before it.
        assert_eq!(day(1_795_100_400_000), "20261120");
        assert_eq!(day(1_795_100_399_999), "20261119");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_or_stranger_than_allowed(text in "\\PC{0,80}|[;\\n|'\"<>가a]{0,120}") {
            let name = goods_name(&text);
            prop_assert!(!name.is_empty() && name.len() <= GOODS_NAME_BYTES_MAX);
            prop_assert!(!name.chars().any(is_refused));
        }
    }
}
