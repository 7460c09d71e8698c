//! What may be kept and shown of a card: never more than its first six and last four digits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A card number of which at most the first 6 and last 4 digits remain. There is no way to put more in.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MaskedPan(String);

impl MaskedPan {
    /// Masks whatever a PG sent: a full number, a number that is masked in its own way, or one with
    /// separators. Anything that is neither digit, `*`, `x` nor `X` is dropped. `None` when nothing is left to show.
    pub fn mask(text: &str) -> Option<MaskedPan> {
        let symbols: Vec<char> = text
            .chars()
            .filter_map(|c| match c {
                '0'..='9' | '*' => Some(c),
                'x' | 'X' => Some('*'),
                _ => None,
            })
            .collect();
        if !symbols.iter().any(char::is_ascii_digit) {
            return None;
        }
        let length = symbols.len();
        // Short texts (a lone "last four") show their last four at most.
        let head = if length >= 12 { 6 } else { 0 };
        let shown = |i: usize| i < head || i + 4 >= length;
        let masked = symbols
            .iter()
            .enumerate()
            .map(|(i, c)| if shown(i) { *c } else { '*' })
            .collect();
        Some(MaskedPan(masked))
    }

    /// The masked text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MaskedPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MaskedPan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<MaskedPan, D::Error> {
        let text = String::deserialize(deserializer)?;
        MaskedPan::mask(&text).ok_or_else(|| serde::de::Error::custom("not a masked card number"))
    }
}

/// Credit or check (debit): V1's `card_type` 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// 신용카드.
    Credit,
    /// 체크카드.
    Check,
}

/// The facts of a card that may be stored and shown. Absent ones were not told by the PG.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CardFacts {
    /// The issuer's standard code as V1 shows it, such as `365`.
    pub code: Option<String>,
    /// The issuer's name, such as `삼성카드`.
    pub name: Option<String>,
    /// The masked number.
    pub number: Option<MaskedPan>,
    /// Credit or check.
    pub kind: Option<CardKind>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_and_foreign_masks_become_six_and_four() {
        let mask = |text| MaskedPan::mask(text).map(|m| m.as_str().to_owned());
        assert_eq!(mask("4242424242424242").unwrap(), "424242******4242");
        assert_eq!(mask("4242-4242-4242-4242").unwrap(), "424242******4242");
        assert_eq!(mask("1234-4567-****-8910").unwrap(), "123445******8910");
        assert_eq!(mask("944116******257*").unwrap(), "944116******257*");
        assert_eq!(mask("1234").unwrap(), "1234");
        assert_eq!(mask(""), None);
        assert_eq!(mask("****"), None);
    }

    proptest! {
        #[test]
        fn never_more_than_ten_digits(text in "[0-9*xX -]{0,40}") {
            if let Some(masked) = MaskedPan::mask(&text) {
                prop_assert!(masked.as_str().bytes().filter(u8::is_ascii_digit).count() <= 10);
            }
        }
    }
}
