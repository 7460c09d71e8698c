//! Card data that a merchant's server sends us (key-in by API). It lives from the request to the end of one call to the
//! PG: it can be neither copied, printed, compared nor stored, goes into a call by value, and is wiped when dropped (the
//! request that a connector makes of it is freed, not wiped).

use std::fmt;

use zeroize::Zeroizing;

use crate::{MaskedPan, Secret};

/// How many digits a card's number has.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// A card with what proves it.
pub struct CardData {
    number: Zeroizing<String>,
    year: Zeroizing<String>,
    month: Zeroizing<String>,
    birth: Option<Zeroizing<String>>,
    pwd_2digit: Option<Zeroizing<String>>,
    cvc: Option<Zeroizing<String>>,
}

/// The fields of V1 that carry card data, as they were sent.
pub struct CardFields<'a> {
    /// `card_number`: digits, in groups or not.
    pub number: &'a str,
    /// `expiry`: `YYYY-MM`; `YYYYMM` and `YYYY/MM` too, as old clients write it.
    pub expiry: &'a str,
    /// `birth`: `YYMMDD`, or the ten digits of a business number.
    pub birth: Option<&'a str>,
    /// `pwd_2digit`: the first two digits of the card's password.
    pub pwd_2digit: Option<&'a str>,
    /// `cvc`: three or four digits.
    pub cvc: Option<&'a str>,
}

/// Card data that cannot be a card's. It names the field and what was expected, never what was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCard {
    /// V1's name of the field.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

impl fmt::Display for NoCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.expected)
    }
}

impl CardData {
    /// Reads what was sent.
    ///
    /// # Errors
    /// The first field that cannot be what it should.
    pub fn read(fields: &CardFields<'_>) -> Result<CardData, NoCard> {
        let number = digits(fields.number).filter(|number| NUMBER_DIGITS.contains(&number.len()));
        let (year, month) = expiry(fields.expiry).ok_or(NoCard {
            field: "expiry",
            expected: "YYYY-MM 형식이어야 합니다. (must be YYYY-MM)",
        })?;
        Ok(CardData {
            number: number.ok_or(NoCard {
                field: "card_number",
                expected: "카드번호 형식이 올바르지 않습니다. (must be dddd-dddd-dddd-dddd)",
            })?,
            year,
            month,
            birth: optional(fields.birth, is_birth_or_business).ok_or(NoCard {
                field: "birth",
                expected: "생년월일 6자리 또는 사업자등록번호 10자리여야 합니다. (must be YYMMDD or a 10-digit business number)",
            })?,
            pwd_2digit: optional(fields.pwd_2digit, |text| text.len() == 2).ok_or(NoCard {
                field: "pwd_2digit",
                expected: "카드 비밀번호 앞 2자리여야 합니다. (must be 2 digits)",
            })?,
            cvc: optional(fields.cvc, |text| (3..=4).contains(&text.len())).ok_or(NoCard {
                field: "cvc",
                expected: "카드 인증번호 3~4자리여야 합니다. (must be 3 or 4 digits)",
            })?,
        })
    }

    /// The number, digits only, for the request being sent.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The expiry's year, four digits.
    pub fn year(&self) -> &str {
        &self.year
    }

    /// The expiry's month, two digits.
    pub fn month(&self) -> &str {
        &self.month
    }

    /// The expiry as `YYMM`, for the request being sent.
    pub fn yymm(&self) -> Secret {
        Secret::new([&self.year[2..], &self.month[..]].concat())
    }

    /// Birth date or business number.
    pub fn birth(&self) -> Option<&str> {
        self.birth.as_deref().map(String::as_str)
    }

    /// The password's first two digits.
    pub fn pwd_2digit(&self) -> Option<&str> {
        self.pwd_2digit.as_deref().map(String::as_str)
    }

    /// The security code.
    pub fn cvc(&self) -> Option<&str> {
        self.cvc.as_deref().map(String::as_str)
    }

    /// What may be kept of the number.
    pub fn masked(&self) -> Option<MaskedPan> {
        MaskedPan::mask(&self.number)
    }

    /// Whether the number's last digit is the one that Luhn's rule makes of the others. Some Korean cards fail it.
    pub fn passes_luhn(&self) -> bool {
        let digits = self.number.bytes().rev().map(|b| u32::from(b - b'0'));
        let sum: u32 = digits
            .enumerate()
            .map(|(place, digit)| match place % 2 {
                0 => digit,
                _ => digit * 2 / 10 + digit * 2 % 10,
            })
            .sum();
        sum.is_multiple_of(10)
    }
}

/// Digits, between which spaces and dashes may stand.
fn digits(text: &str) -> Option<Zeroizing<String>> {
    // As long as the text from the start: a string that grows leaves its former self behind.
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            '-' | ' ' => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Year and month.
fn expiry(text: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let text = text.trim();
    let (year, rest) = text.split_at_checked(4)?;
    let month = rest.strip_prefix(['-', '/']).unwrap_or(rest);
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let good = all_digits(year)
        && year.starts_with("20")
        && month.len() == 2
        && all_digits(month)
        && is_between(month, 1..=12);
    let kept = |text: &str| Zeroizing::new(text.to_owned());
    good.then(|| (kept(year), kept(month)))
}

/// An optional field of digits; the outer `None` when it cannot be one.
fn optional(text: Option<&str>, fits: fn(&str) -> bool) -> Option<Option<Zeroizing<String>>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Some(None);
    };
    let digits = digits(text)?;
    fits(&digits).then_some(Some(digits))
}

fn is_birth_or_business(text: &str) -> bool {
    // Foreign cards have no birth date, and clients send zeros for it.
    let is_date = || is_between(&text[2..4], 1..=12) && is_between(&text[4..6], 1..=31);
    match text.len() {
        6 => text == "000000" || is_date(),
        10 => true,
        _ => false,
    }
}

fn is_between(digits: &str, range: std::ops::RangeInclusive<u8>) -> bool {
    digits.parse().is_ok_and(|number| range.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: CardFields<'static> = CardFields {
        number: "9999-1111-2222-3333",
        expiry: "2029-04",
        birth: Some("910203"),
        pwd_2digit: Some("47"),
        cvc: None,
    };

    fn wrong_field(fields: &CardFields<'_>) -> Option<&'static str> {
        CardData::read(fields).err().map(|wrong| wrong.field)
    }

    #[test]
    fn a_card_is_read_as_old_clients_write_it() {
        for number in [
            "9999-1111-2222-3333",
            "9999111122223333",
            " 9999 1111 2222 3333 ",
        ] {
            for expiry in ["2029-04", "202904", "2029/04", " 2029-04 "] {
                let fields = CardFields {
                    number,
                    expiry,
                    ..GOOD
                };
                let card = CardData::read(&fields).expect("a card");
                assert_eq!(card.number(), "9999111122223333");
                assert_eq!((card.year(), card.month()), ("2029", "04"));
                assert_eq!(card.birth(), Some("910203"));
                assert_eq!((card.pwd_2digit(), card.cvc()), (Some("47"), None));
                assert_eq!(card.masked().unwrap().as_str(), "999911******3333");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_card_is_refused_by_its_field() {
        for number in [
            "",
            "4242",
            "4242-4242-4242-424x",
            "12345678901234567890",
            "４２４２424242424242",
        ] {
            assert_eq!(
                wrong_field(&CardFields { number, ..GOOD }),
                Some("card_number")
            );
        }
        for expiry in [
            "",
            "2029-13",
            "2029-00",
            "2029-4",
            "29-04",
            "04/29",
            "1999-01",
            "2029-04-01",
            "２０29-04",
        ] {
            assert_eq!(wrong_field(&CardFields { expiry, ..GOOD }), Some("expiry"));
        }
        for birth in ["9102", "911303", "910232", "91020a", "12345678901"] {
            let birth = Some(birth);
            assert_eq!(wrong_field(&CardFields { birth, ..GOOD }), Some("birth"));
        }
        for pwd_2digit in [Some("4"), Some("477"), Some("x7")] {
            let fields = CardFields { pwd_2digit, ..GOOD };
            assert_eq!(wrong_field(&fields), Some("pwd_2digit"));
        }
        for cvc in [Some("12"), Some("12345"), Some("12x")] {
            assert_eq!(wrong_field(&CardFields { cvc, ..GOOD }), Some("cvc"));
        }
        for birth in [None, Some(""), Some("123-45-67890"), Some("000000")] {
            assert_eq!(wrong_field(&CardFields { birth, ..GOOD }), None);
        }
    }

    #[test]
    fn luhns_rule_is_known() {
        for (number, passes) in [
            ("4242424242424242", true),
            ("4000000000000341", true),
            ("378282246310005", true),
            ("4242424242424241", false),
            ("5164530000000000", false),
        ] {
            let card = CardData::read(&CardFields { number, ..GOOD });
            assert_eq!(card.unwrap().passes_luhn(), passes, "{number}");
        }
    }

    /// Card data lacks the trait, which a text has: an inherent constant hides the trait's where the bound holds.
    macro_rules! lacks {
        ($trait:path) => {{
            struct Probe<T>(std::marker::PhantomData<T>);
            trait Blanket {
                const HAS: bool = false;
            }
            impl<T> Blanket for Probe<T> {}
            impl<T: $trait> Probe<T> {
                const HAS: bool = true;
            }
            const { Probe::<String>::HAS && !Probe::<CardData>::HAS }
        }};
    }

    #[test]
    fn card_data_can_be_neither_copied_nor_shown_nor_stored() {
        assert!(lacks!(Clone));
        assert!(lacks!(fmt::Debug) && lacks!(fmt::Display));
        assert!(lacks!(serde::Serialize) && lacks!(serde::de::DeserializeOwned));
        assert!(lacks!(PartialEq) && lacks!(AsRef<str>));
    }

    proptest! {
        #[test]
        fn no_refusal_quotes_what_was_sent(number in "[0-9]{16}", expiry in "[0-9]{6,9}") {
            let fields = CardFields { number: &format!("{number}x"), expiry: &expiry, ..GOOD };
            if let Err(wrong) = CardData::read(&fields) {
                let text = wrong.to_string();
                prop_assert!(!text.contains(&number) && !text.contains(&expiry));
            }
        }
    }
}
