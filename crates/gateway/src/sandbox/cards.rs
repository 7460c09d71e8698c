//! The sandbox's test cards. A real number is nothing that a sandbox may see: whatever is not in this table is refused
//! and kept nowhere, and even a test card is kept by its name only.

use serde::{Deserialize, Serialize};

/// What a test card does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// Everything works.
    Good,
    /// No key is issued.
    RefusedAtIssue,
    /// A key is issued, charges are declined: over the limit.
    OverLimit,
    /// A key is issued, charges are declined: not enough money.
    NoBalance,
    /// A key is issued, charges are declined: reported lost.
    Lost,
    /// A key is issued, charges are declined: expired.
    Expired,
}

const TABLE: &[(&str, TestCard)] = &[
    ("4242424242424242", TestCard::Good),
    ("4000000000000002", TestCard::RefusedAtIssue),
    ("4000000000000341", TestCard::OverLimit),
    ("4000000000009995", TestCard::NoBalance),
    ("4000000000009987", TestCard::Lost),
    ("4000000000000069", TestCard::Expired),
];

/// What somebody typed into the field of a card number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// A test card.
    Test(TestCard),
    /// Something that can be a card's number and is no test card. What it was is forgotten here.
    OtherCard,
    /// Not a card's number.
    Nonsense,
}

/// Reads a typed number; spaces and dashes do not count.
pub fn read(text: &str) -> Typed {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if let Some((_, card)) = TABLE.iter().find(|(number, _)| *number == digits) {
        return Typed::Test(*card);
    }
    let possible = (12..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if possible {
        Typed::OtherCard
    } else {
        Typed::Nonsense
    }
}

impl TestCard {
    /// The number with its middle hidden: first six and last four digits.
    pub fn masked(self) -> String {
        let number = self.number();
        format!("{}******{}", &number[..6], &number[12..])
    }

    /// The first eight and the last four digits, for PGs that show so many.
    pub fn eight_and_four(self) -> (&'static str, &'static str) {
        let number = self.number();
        (&number[..8], &number[12..])
    }

    fn number(self) -> &'static str {
        let found = TABLE.iter().find(|(_, card)| *card == self);
        found.expect("every test card is in the table").0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_is_a_test_card() {
        assert_eq!(read("4242 4242-4242 4242"), Typed::Test(TestCard::Good));
        assert_eq!(read("4000000000009987"), Typed::Test(TestCard::Lost));
        assert_eq!(read("4111111111111111"), Typed::OtherCard);
        assert_eq!(read("4242"), Typed::Nonsense);
        assert_eq!(read("４２４２424242424242"), Typed::Nonsense);
        assert_eq!(TestCard::NoBalance.masked(), "400000******9995");
    }
}
