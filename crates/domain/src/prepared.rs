//! An amount that a merchant's server told in advance: a window for the same order must ask for it.

use crate::{Currency, Money, MoneyError, UserCode};

/// No currency has more decimals than this one (ISO 4217: four). Amounts whose currency is open are kept as its
/// minor units.
const FINEST: Currency = Currency::CLF;

/// An order as it was prepared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreparedOrder {
    /// Whose.
    pub merchant: UserCode,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// In ten-thousandths of the currency's unit, because the currency may be open.
    pub amount: i64,
    /// The currency that is asked for too; `None`: any.
    pub currency: Option<Currency>,
}

impl PreparedOrder {
    /// Reads an amount, in ten-thousandths. With a currency, by its rules.
    ///
    /// # Errors
    /// As [`Money::parse`].
    pub fn read_amount(text: &str, currency: Option<Currency>) -> Result<i64, MoneyError> {
        let money = Money::parse(text, currency.unwrap_or(FINEST))?;
        Ok(in_finest(money))
    }

    /// Whether a window may ask for `money`.
    pub fn allows(&self, money: Money) -> bool {
        self.amount == in_finest(money)
            && self
                .currency
                .is_none_or(|currency| currency == money.currency)
    }

    /// The amount as V1 shows it.
    pub fn amount_json(&self) -> serde_json::Value {
        Money::new(self.amount, FINEST).json()
    }
}

/// In ten-thousandths: far from overflowing, for [`crate::money::MINOR_MAX`] is 10^12.
fn in_finest(money: Money) -> i64 {
    money.minor * 10_i64.pow(FINEST.exponent() - money.currency.exponent())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(amount: &str, currency: Option<Currency>) -> PreparedOrder {
        PreparedOrder {
            merchant: UserCode::new(0),
            merchant_uid: "uid".to_owned(),
            amount: PreparedOrder::read_amount(amount, currency).unwrap(),
            currency,
        }
    }

    #[test]
    fn the_same_amount_is_allowed_and_no_other() {
        let krw = |minor| Money::new(minor, Currency::KRW);
        let usd = |minor| Money::new(minor, Currency::USD);
        let open = prepared("3000.0", None);
        assert!(open.allows(krw(3_000)) && open.allows(usd(300_000)));
        assert!(!open.allows(krw(3_001)) && !open.allows(krw(300_000)) && !open.allows(krw(0)));
        let dollars = prepared("9.90", Some(Currency::USD));
        assert!(dollars.allows(usd(990)) && !dollars.allows(usd(99)));
        assert!(!prepared("3000", Some(Currency::USD)).allows(krw(3_000)));
        assert!(prepared("9.9", None).allows(usd(990)));
        assert!(prepared("0", None).allows(krw(0)));
    }

    #[test]
    fn amounts_are_read_by_the_rules_of_their_currency() {
        use MoneyError::{Negative, NotANumber, TooLarge, TooManyDecimals};
        for (text, currency, error) in [
            ("3000.5", Some(Currency::KRW), TooManyDecimals),
            ("0.00001", None, TooManyDecimals),
            ("-1", None, Negative),
            ("x", None, NotANumber),
            ("1e13", None, TooLarge),
        ] {
            assert_eq!(
                PreparedOrder::read_amount(text, currency),
                Err(error),
                "{text}"
            );
        }
        assert_eq!(prepared("3000.5", None).amount_json().to_string(), "3000.5");
        assert_eq!(prepared("3e3", None).amount_json().to_string(), "3000");
    }
}
