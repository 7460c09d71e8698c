//! Money in minor units (KRW 3000 → 3000, USD 50 → 5000), with the exponents of ISO 4217.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest amount that is taken, in minor units: far above any card payment, far below where an
/// addition could overflow or a JSON number lose precision.
pub const MINOR_MAX: i64 = 1_000_000_000_000;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// Active currencies whose minor unit is not a hundredth, with their exponents (ISO 4217 table A.1).
const EXPONENTS: &[(&str, u32)] = &[
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// Active currencies with two decimals (ISO 4217 table A.1).
const TWO_DECIMALS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ \
    GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK \
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR \
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS \
    VED VES WST XCD YER ZAR ZMW ZWG";

impl Currency {
    /// South Korean won.
    pub const KRW: Currency = Currency(*b"KRW");
    /// United States dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// Japanese yen.
    pub const JPY: Currency = Currency(*b"JPY");
    /// Chilean unit of account: among the currencies with the most decimals.
    pub(crate) const CLF: Currency = Currency(*b"CLF");

    /// Reads a code in any case. `None` when ISO 4217 has no such active currency.
    pub fn parse(text: &str) -> Option<Currency> {
        let upper = text.trim().to_ascii_uppercase();
        let code: [u8; 3] = upper.as_bytes().try_into().ok()?;
        let listed = EXPONENTS.iter().any(|(c, _)| *c == upper)
            || TWO_DECIMALS.split_ascii_whitespace().any(|c| c == upper);
        listed.then_some(Currency(code))
    }

    /// How many decimals the currency has.
    pub fn exponent(self) -> u32 {
        EXPONENTS
            .iter()
            .find(|(code, _)| code.as_bytes() == self.0)
            .map_or(2, |(_, exponent)| *exponent)
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("currency codes are ASCII")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        let text = String::deserialize(deserializer)?;
        Currency::parse(&text).ok_or_else(|| serde::de::Error::custom("not an ISO 4217 currency"))
    }
}

/// Why a text is not an amount.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("must be a number")]
    NotANumber,
    /// More decimals than the currency has.
    #[error("has more decimals than the currency allows")]
    TooManyDecimals,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Above [`MINOR_MAX`].
    #[error("is too large")]
    TooLarge,
}

/// An amount of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// The currency that gives them meaning.
    pub currency: Currency,
}

impl Money {
    /// An amount from minor units.
    pub fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Reads a decimal such as `3000`, `9.90`, `3000.00` or `1.5e3`, exactly (no floating point). Trailing zeros
    /// beyond the currency's decimals are no loss and are accepted.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let text = text.trim();
        let (text, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text.strip_prefix('+').unwrap_or(text), false),
        };
        let (mantissa, power) = split_exponent(text)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MoneyError::NotANumber);
        }
        let shift = power - fraction.len() as i32 + currency.exponent() as i32;
        let minor = scale(digits.trim_start_matches('0'), shift)?;
        match minor {
            0 => Ok(Money::new(0, currency)),
            _ if negative => Err(MoneyError::Negative),
            minor => Ok(Money::new(minor, currency)),
        }
    }

    /// The amount as a decimal without needless zeros in the whole part: `3000`, `9.90`.
    pub fn decimal(self) -> String {
        let exponent = self.currency.exponent();
        if exponent == 0 {
            return self.minor.to_string();
        }
        let unit = 10_i64.pow(exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, rest) = (self.minor.abs() / unit, self.minor.abs() % unit);
        format!("{sign}{whole}.{rest:0width$}", width = exponent as usize)
    }

    /// The amount as the V1 API shows it: an integer for KRW, a number with decimals elsewhere.
    pub fn json(self) -> serde_json::Value {
        let unit = 10_i64.pow(self.currency.exponent());
        if self.minor % unit == 0 {
            serde_json::Value::from(self.minor / unit)
        } else {
            serde_json::Value::from(self.minor as f64 / unit as f64)
        }
    }
}

/// Splits `1.5e3` into `1.5` and 3. An exponent beyond any amount is refused here.
fn split_exponent(text: &str) -> Result<(&str, i32), MoneyError> {
    let Some((mantissa, power)) = text.split_once(['e', 'E']) else {
        return Ok((text, 0));
    };
    let power: i32 = power.parse().map_err(|_| MoneyError::NotANumber)?;
    match power {
        -30..=30 => Ok((mantissa, power)),
        31.. => Err(MoneyError::TooLarge),
        _ => Err(MoneyError::TooManyDecimals),
    }
}

/// `digits × 10^shift`, where a negative shift may only drop zeros.
fn scale(digits: &str, shift: i32) -> Result<i64, MoneyError> {
    if digits.is_empty() {
        return Ok(0);
    }
    let dropped = shift.min(0).unsigned_abs() as usize;
    let (kept, lost) = digits.split_at(digits.len().saturating_sub(dropped));
    let short = dropped > digits.len();
    if short || lost.bytes().any(|b| b != b'0') {
        return Err(MoneyError::TooManyDecimals);
    }
    let padded = kept.len() + shift.max(0) as usize;
    if padded > 18 {
        return Err(MoneyError::TooLarge);
    }
    let minor: i64 = format!("{kept:0<padded$}").parse().unwrap_or(0);
    if minor > MINOR_MAX {
        Err(MoneyError::TooLarge)
    } else {
        Ok(minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly() {
        let krw = |text| Money::parse(text, Currency::KRW).map(|m| m.minor);
        let usd = |text| Money::parse(text, Currency::USD).map(|m| m.minor);
        assert_eq!(krw("3000"), Ok(3000));
        assert_eq!(krw("3000.00"), Ok(3000));
        assert_eq!(krw("3e3"), Ok(3000));
        assert_eq!(krw("0"), Ok(0));
        assert_eq!(krw("-0"), Ok(0));
        assert_eq!(krw("3000.5"), Err(MoneyError::TooManyDecimals));
        assert_eq!(krw("0.001"), Err(MoneyError::TooManyDecimals));
        assert_eq!(krw("-1"), Err(MoneyError::Negative));
        assert_eq!(krw("1e309"), Err(MoneyError::TooLarge));
        assert_eq!(krw("99999999999999999999"), Err(MoneyError::TooLarge));
        assert_eq!(usd("50"), Ok(5000));
        assert_eq!(usd("9.9"), Ok(990));
        assert_eq!(usd("9.999"), Err(MoneyError::TooManyDecimals));
        for bad in [
            "", ".", "abc", "1,000", "0x10", "NaN", "--1", "1e", "1.2.3", "١",
        ] {
            assert_eq!(krw(bad), Err(MoneyError::NotANumber), "{bad}");
        }
    }

    #[test]
    fn exponents_follow_iso_4217() {
        assert_eq!(Currency::KRW.exponent(), 0);
        assert_eq!(Currency::JPY.exponent(), 0);
        assert_eq!(Currency::USD.exponent(), 2);
        assert_eq!(Currency::parse("kwd").unwrap().exponent(), 3);
        assert_eq!(Currency::parse("XXX"), None);
    }

    #[test]
    fn v1_shows_whole_numbers_where_it_can() {
        assert_eq!(Money::new(3000, Currency::KRW).json().to_string(), "3000");
        assert_eq!(Money::new(5000, Currency::USD).json().to_string(), "50");
        assert_eq!(Money::new(990, Currency::USD).json().to_string(), "9.9");
    }

    proptest! {
        #[test]
        fn decimal_reads_back(minor in 0..MINOR_MAX) {
            for currency in [Currency::KRW, Currency::USD, Currency::parse("KWD").unwrap()] {
                let money = Money::new(minor, currency);
                prop_assert_eq!(Money::parse(&money.decimal(), currency), Ok(money));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::USD);
        }
    }
}
