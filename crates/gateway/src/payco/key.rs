//! PAYCO's billing key has three parts, which travel to the vault and back as one text.

use dangol_domain::{BillingKey, Secret};
use serde::{Deserialize, Serialize};

use crate::lenient::SecretText;

/// The three parts of a key.
pub struct Key {
    /// `autoPaymentNo`: PAYCO's number of the registration.
    pub number: Secret,
    /// `autoPaymentCertifyKey`: proves that the registration is ours.
    pub certify_key: Secret,
    /// `sellerAutoPaymentReferenceKey`: our number of the registration, wanted for its deletion.
    pub reference: Secret,
}

/// The text in the vault.
#[derive(Serialize)]
struct Written<'a> {
    number: &'a str,
    certify_key: &'a str,
    reference: &'a str,
}

#[derive(Deserialize)]
struct Read {
    number: SecretText,
    certify_key: SecretText,
    reference: SecretText,
}

impl Key {
    /// The key as one text.
    pub fn join(&self) -> BillingKey {
        let written = Written {
            number: self.number.expose(),
            certify_key: self.certify_key.expose(),
            reference: self.reference.expose(),
        };
        BillingKey::new(serde_json::to_string(&written).expect("three texts are always JSON"))
    }

    /// The parts of a key; `None` for a text that this connector did not write.
    pub fn split(key: &BillingKey) -> Option<Key> {
        let read: Read = serde_json::from_str(key.expose()).ok()?;
        let parts = [&read.number, &read.certify_key, &read.reference];
        if parts.iter().any(|part| part.0.is_empty()) {
            return None;
        }
        Some(Key {
            number: read.number.0,
            certify_key: read.certify_key.0,
            reference: read.reference.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_vault() {
        let key = Key {
            number: Secret::new("2026"),
            certify_key: Secret::new("a\"b-_="),
            reference: Secret::new("imp_1"),
        };
        let again = Key::split(&key.join()).expect("what was joined");
        let parts = [&again.number, &again.certify_key, &again.reference];
        assert!(
            parts.map(Secret::expose) == ["2026", "a\"b-_=", "imp_1"],
            "the parts come back"
        );
        for other in [
            "",
            "2611190936001234",
            "{}",
            r#"{"number":"1","certify_key":"","reference":"r"}"#,
        ] {
            assert!(Key::split(&BillingKey::new(other)).is_none(), "{other}");
        }
    }
}
