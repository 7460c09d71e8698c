//! What Paymentwall's fields can hold, and how its numbers are written.

use dangol_domain::{Currency, Failure, FailureClass, Money};

use super::facts;
use crate::codec_hmac;
use crate::contract::Channel;

/// Longest user id in letters.
const UID_CHARS_MAX: usize = 64;
/// How many letters of a user id that is too long are kept; a code that tells it from others follows.
const UID_CHARS_KEPT: usize = 47;
/// Longest description or message in letters, as the product's name of a widget.
const TEXT_CHARS_MAX: usize = 256;
/// Longest e-mail address in bytes, by its own standard.
const EMAIL_BYTES_MAX: usize = 254;
/// Longest number of a charge that we keep, in bytes.
const ID_BYTES_MAX: usize = 64;

/// An amount as Paymentwall reads it: two decimals, or none where the currency has none. `None` for currencies with more,
/// and for amounts that are not above 0.
pub fn amount(channel: &Channel, money: Money) -> Option<String> {
    let decimals = channel.dialect(facts(), "two_decimals") == "true";
    let text = match money.currency.exponent() {
        0 if decimals => format!("{}.00", money.minor),
        0 | 2 => money.decimal(),
        _ => return None,
    };
    (money.minor > 0).then_some(text)
}

/// The refusal of an amount that cannot be asked for.
pub fn bad_amount() -> Failure {
    let text = "Paymentwall 결제는 0보다 큰 금액과 소수점 둘째 자리까지의 통화만 지원합니다.";
    Failure::new(FailureClass::BadAmount, "", text)
}

/// Whether an answer tells of exactly this amount. Digits and one point: anything fancier is not believed.
pub fn is_amount(amount: &str, currency: &str, expected: Money) -> bool {
    is_decimal(amount)
        && Currency::parse(currency) == Some(expected.currency)
        && Money::parse(amount, expected.currency) == Ok(expected)
}

/// Whether a text is a plain decimal such as `1000` or `9.90`.
pub fn is_decimal(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(rest)
}

/// The buyer's id at Paymentwall: the billing key's name. It takes part in inquiries, so that one name always gives one id.
pub fn uid(channel: &Channel, customer_uid: &str) -> String {
    if customer_uid.is_empty() {
        return "customer".to_owned();
    }
    if customer_uid.chars().count() <= UID_CHARS_MAX {
        return customer_uid.to_owned();
    }
    let kept: String = customer_uid.chars().take(UID_CHARS_KEPT).collect();
    let code = codec_hmac::code(channel.pg_id.as_bytes(), customer_uid.as_bytes());
    format!("{kept}-{}", &code[..16])
}

/// An e-mail address, when it looks like one.
pub fn email(text: Option<&str>) -> Option<&str> {
    let text = text?.trim();
    let (before, after) = text.rsplit_once('@')?;
    let odd = |c: char| c.is_control() || c.is_whitespace();
    let looks_right = !before.is_empty() && !after.is_empty() && !text.contains(odd);
    (looks_right && text.len() <= EMAIL_BYTES_MAX).then_some(text)
}

/// First and last name. Paymentwall wants both: one word is both, and nobody is a customer.
pub fn names(text: Option<&str>) -> (String, String) {
    let clean = line(text.unwrap_or_default());
    let mut words = clean.split_whitespace();
    match words.next() {
        None => ("Subscription".to_owned(), "Customer".to_owned()),
        Some(first) => {
            let rest: Vec<&str> = words.collect();
            let last = if rest.is_empty() {
                first.to_owned()
            } else {
                rest.join(" ")
            };
            (first.to_owned(), last)
        }
    }
}

/// An order's description, never empty.
pub fn description(text: &str) -> String {
    or_else(line(text), "정기결제")
}

/// Why a refund is asked for, never empty.
pub fn reason(text: &str) -> String {
    or_else(line(text), "가맹점 요청")
}

fn line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let short: String = line.trim().chars().take(TEXT_CHARS_MAX).collect();
    short.trim_end().to_owned()
}

fn or_else(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

/// The plain number of a charge, from itself or from a payment's reference, which has one letter before it. It becomes a
/// part of a URL, so that nothing else passes.
pub fn plain_id(text: &str) -> Option<&str> {
    let id = text
        .strip_prefix(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text);
    let begins_right = id.bytes().next()?.is_ascii_digit();
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (begins_right && plain && id.len() <= ID_BYTES_MAX).then_some(id)
}

/// The payment's reference of a charge.
pub fn reference(channel: &Channel, pg_tid: &str) -> String {
    format!("{}{pg_tid}", channel.dialect(facts(), "ref_prefix"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{channel, channel_saying};
    use super::*;
    use proptest::prelude::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::parse(code).unwrap())
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let plain = |minor, code| amount(&channel(), money(minor, code));
        assert_eq!(plain(990, "USD").as_deref(), Some("9.90"));
        assert_eq!(plain(5, "EUR").as_deref(), Some("0.05"));
        assert_eq!(plain(1000, "KRW").as_deref(), Some("1000"));
        assert_eq!(plain(1000, "JPY").as_deref(), Some("1000"));
        assert_eq!(plain(1000, "KWD"), None, "three decimals");
        assert_eq!((plain(0, "USD"), plain(-5, "KRW")), (None, None));
        let wide = channel_saying(&[("two_decimals", "true")]);
        let won = amount(&wide, money(1000, "KRW"));
        assert_eq!(won.as_deref(), Some("1000.00"));
    }

    #[test]
    fn an_amount_is_read_exactly() {
        let ten = money(990, "USD");
        for right in ["9.90", "9.9", "9.900", "09.90"] {
            assert!(is_amount(right, "usd", ten), "{right}");
        }
        for (wrong, currency) in [
            ("9.91", "USD"),
            ("990", "USD"),
            ("9,90", "USD"),
            ("9.90", "EUR"),
            ("9.90", ""),
            ("990e-2", "USD"),
            ("+9.90", "USD"),
            ("", "USD"),
            ("9.", "USD"),
        ] {
            assert!(!is_amount(wrong, currency, ten), "{wrong} {currency}");
        }
        assert!(is_amount("1000.00", "KRW", money(1000, "KRW")));
        assert!(!is_amount("10.00", "KRW", money(1000, "KRW")));
    }

    #[test]
    fn a_long_user_id_stays_itself() {
        let (one, two) = ("가".repeat(64), "가".repeat(65));
        assert_eq!(uid(&channel(), &one), one);
        let short = uid(&channel(), &two);
        assert_eq!(short.chars().count(), UID_CHARS_MAX);
        assert_eq!(short, uid(&channel(), &two));
        assert_ne!(short, uid(&channel(), &"가".repeat(66)));
        assert_eq!(uid(&channel(), ""), "customer");
    }

    #[test]
    fn names_are_always_two() {
        let both = |text| names(text);
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(both(Some("Jack Son")), pair("Jack", "Son"));
        assert_eq!(
            both(Some(" Jack  van\nSon ")),
            pair("Jack", "van Son"),
            "the rest is the last name"
        );
        assert_eq!(both(Some("홍길동")), pair("홍길동", "홍길동"));
        assert_eq!(both(Some(" ")), pair("Subscription", "Customer"));
        assert_eq!(both(None), pair("Subscription", "Customer"));
    }

    #[test]
    fn an_address_is_whole_or_absent() {
        assert_eq!(email(Some(" a@example.com ")), Some("a@example.com"));
        for wrong in ["", "a", "@example.com", "a@", "a b@example.com"] {
            assert_eq!(email(Some(wrong)), None, "{wrong}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        assert_eq!((email(Some(&long)), email(None)), (None, None));
    }

    #[test]
    fn a_reference_is_a_letter_and_the_number() {
        assert_eq!(plain_id("104872652"), Some("104872652"));
        assert_eq!(plain_id("b104872652"), Some("104872652"));
        assert_eq!(plain_id("t1493096790"), Some("1493096790"));
        let test = "9557984691424639727_test";
        assert_eq!(plain_id(&format!("b{test}")), Some(test));
        for wrong in ["", "b", "bb1", "1/../2", "1?a=b", "b1 ", "_1", "1-2"] {
            assert_eq!(plain_id(wrong), None, "{wrong}");
        }
        assert_eq!(plain_id(&"1".repeat(65)), None);
        assert_eq!(reference(&channel(), "104872652"), "b104872652");
    }

    proptest! {
        #[test]
        fn texts_are_one_line_that_is_not_empty(text in "\\PC{0,300}|[\\n가a ]{0,300}") {
            for shown in [description(&text), reason(&text)] {
                prop_assert!(!shown.is_empty() && shown.chars().count() <= TEXT_CHARS_MAX);
                prop_assert!(!shown.contains(char::is_control));
            }
        }
    }
}
