//! Identifiers: their shape is part of the V1 API. Randomness is an argument.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many values the twelve digits of an [`ImpUid`] can take.
const SPACE: u64 = 1_000_000_000_000;

/// The id of a payment: `imp_` (made by a window) or `imps_` (made by the API) and 12 digits.
///
/// It is also our order number at every PG, new for each attempt.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImpUid(String);

impl ImpUid {
    /// An id of a payment that a window makes. `random` is 64 uniformly random bits.
    pub fn window(random: u64) -> ImpUid {
        ImpUid(format!("imp_{:012}", random % SPACE))
    }

    /// An id of a payment that the API makes. `random` is 64 uniformly random bits.
    pub fn api(random: u64) -> ImpUid {
        ImpUid(format!("imps_{:012}", random % SPACE))
    }

    /// Reads an id as somebody else wrote it; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<ImpUid> {
        let digits = text
            .strip_prefix("imps_")
            .or_else(|| text.strip_prefix("imp_"))?;
        let ours = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
        ours.then(|| ImpUid(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImpUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A merchant's public code: `imp` and 8 digits. It names the merchant everywhere in the store.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

impl UserCode {
    /// A new code. `random` is 64 uniformly random bits.
    pub fn new(random: u64) -> UserCode {
        UserCode(format!("imp{:08}", random % 100_000_000))
    }

    /// Reads a code; `None` when it is not `imp` and 8 digits.
    pub fn parse(text: &str) -> Option<UserCode> {
        let digits = text.strip_prefix("imp")?;
        let ours = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
        ours.then(|| UserCode(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key by which a merchant names one channel: `channel-key-` and 32 hex digits, as PortOne's are a
/// prefix and a UUID. `random` is 128 uniformly random bits.
pub fn channel_key(random: u128) -> String {
    let hex = format!("{random:032x}");
    format!(
        "channel-key-{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imp_uids_have_twelve_digits_and_read_back() {
        for random in [0, 7, SPACE - 1, SPACE, u64::MAX] {
            for id in [ImpUid::window(random), ImpUid::api(random)] {
                assert_eq!(ImpUid::parse(id.as_str()), Some(id));
            }
        }
        for bad in [
            "imp_12345678901",
            "imp_1234567890123",
            "imx_123456789012",
            "imps_12345678901a",
            "",
        ] {
            assert_eq!(ImpUid::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn user_codes_have_eight_digits() {
        assert_eq!(
            UserCode::parse("imp00000000").unwrap().as_str(),
            "imp00000000"
        );
        for bad in ["imp0000000", "imp000000000", "IMP00000000", "imp0000000x"] {
            assert_eq!(UserCode::parse(bad), None, "{bad}");
        }
    }
}
