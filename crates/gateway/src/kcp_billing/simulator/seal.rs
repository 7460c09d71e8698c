//! `enc_data` and `enc_info`: what the window gives the merchant's page to carry to the exchange. Nobody but the
//! simulator can make or change them; they hold for one site, one exchange and ten minutes.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::codes::{self, Refusal};
use crate::sandbox::cards::TestCard;

/// How long they hold, ms.
const LIFE_MS: i64 = 10 * 60 * 1000;
/// How long the authentication code is, bytes.
const TAG_BYTES: usize = 32;

/// What the buyer agreed to in the window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agreed {
    /// The site.
    pub site_cd: String,
    /// The order number of the issue.
    pub ordr_idxx: String,
    /// The card.
    pub card: TestCard,
    /// When, ms.
    pub at_ms: i64,
    /// `enc_info`: makes it single.
    pub nonce: String,
}

/// The key that seals.
pub struct Seal(hmac::Key);

impl Seal {
    /// From 32 random bytes, hex.
    pub fn new(secret_hex: &str) -> Seal {
        Seal(hmac::Key::new(hmac::HMAC_SHA256, secret_hex.as_bytes()))
    }

    /// `enc_data` for an agreement; its nonce is `enc_info`.
    pub fn close(&self, agreed: &Agreed) -> String {
        let mut bytes = serde_json::to_vec(agreed).expect("strings and numbers are JSON");
        let tag = hmac::sign(&self.0, &bytes);
        bytes.extend_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The agreement, if the seal is whole and it is this site's and still holds.
    ///
    /// # Errors
    /// `6004` when anything is wrong, `8310` when it is too late.
    pub fn open(
        &self,
        enc_data: &str,
        enc_info: &str,
        site_cd: &str,
        now_ms: i64,
    ) -> Result<Agreed, Refusal> {
        let broken = || Refusal::new(codes::BAD_ENC);
        let bytes = URL_SAFE_NO_PAD.decode(enc_data).map_err(|_| broken())?;
        let length = bytes.len().checked_sub(TAG_BYTES).ok_or_else(broken)?;
        let (message, tag) = bytes.split_at(length);
        hmac::verify(&self.0, message, tag).map_err(|_| broken())?;
        let agreed: Agreed = serde_json::from_slice(message).map_err(|_| broken())?;
        if agreed.site_cd != site_cd || agreed.nonce != enc_info {
            return Err(broken());
        }
        if now_ms - agreed.at_ms > LIFE_MS {
            return Err(Refusal::new(codes::EXPIRED_SESSION));
        }
        Ok(agreed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_thing_opens_for_its_site_and_in_time() {
        let seal = Seal::new("00ff");
        let agreed = Agreed {
            site_cd: "A52Q7".to_owned(),
            ordr_idxx: "o".to_owned(),
            card: TestCard::Good,
            at_ms: 1000,
            nonce: "n".to_owned(),
        };
        let data = seal.close(&agreed);
        let code = |result: Result<Agreed, Refusal>| result.err().map(|refusal| refusal.code);
        assert_eq!(seal.open(&data, "n", "A52Q7", 1000 + LIFE_MS), Ok(agreed));
        assert_eq!(
            code(seal.open(&data, "n", "A52Q7", 1001 + LIFE_MS)).as_deref(),
            Some(codes::EXPIRED_SESSION)
        );
        assert_eq!(
            code(seal.open(&data, "m", "A52Q7", 1000)).as_deref(),
            Some(codes::BAD_ENC)
        );
        assert_eq!(
            code(seal.open(&data, "n", "B0000", 1000)).as_deref(),
            Some(codes::BAD_ENC)
        );
        assert_eq!(
            code(Seal::new("00fe").open(&data, "n", "A52Q7", 1000)).as_deref(),
            Some(codes::BAD_ENC)
        );
        for i in 0..data.len() {
            let mut changed = data.clone().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(seal.open(&changed, "n", "A52Q7", 1000).is_err(), "byte {i}");
        }
        assert!(seal.open("", "n", "A52Q7", 1000).is_err());
    }
}
