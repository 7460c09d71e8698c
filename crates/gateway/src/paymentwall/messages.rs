//! Paymentwall's messages. Requests are forms of names and values; answers are JSON and read leniently: a text or a number,
//! unknown fields ignored, missing ones empty.

use dangol_domain::{CardFacts, MaskedPan};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient::{SecretText, Text};

/// The parameters of a request. They may hold a billing key, so nothing prints them.
pub type Params = Vec<(&'static str, String)>;

/// A charge of Brick's, as its creation, a look at it and its refund answer.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Charge {
    /// `charge`.
    pub object: Text,
    pub id: Text,
    /// Unix time.
    pub created: Text,
    /// What was asked for.
    pub amount: Text,
    pub currency: Text,
    /// What the buyer is billed, perhaps in another currency.
    pub amount_paid: Text,
    pub currency_paid: Text,
    pub captured: Truth,
    pub refunded: Truth,
    /// `approved`, `pending` …
    pub risk: Text,
    #[serde(deserialize_with = "or_default")]
    pub card: Card,
    /// Told only with a demand for 3-D Secure, and false then.
    pub success: Truth,
    /// Whether 3-D Secure was applied, or where it is to be done.
    pub secure: Value,
}

/// The card of a charge. `token` is the permanent token.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Card {
    pub token: SecretText,
    /// The brand.
    pub r#type: Text,
    pub last4: Text,
}

/// A one-time token.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OneTime {
    /// `token`.
    pub r#type: Text,
    pub token: SecretText,
}

/// A payment, as `/api/rest/payment` tells it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Payment {
    /// `payment`.
    pub object: Text,
    /// The payment's reference.
    pub id: Text,
    pub amount: Text,
    pub currency: Text,
    pub risk: Text,
    pub uid: Text,
    /// Our order number.
    pub product_id: Text,
}

/// The answer to a ticket.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Ticketed {
    /// 1 when a ticket was opened.
    pub result: Text,
    pub errors: Vec<Text>,
}

/// The answer to a delivery: documented with `success` or with `error_code`; a refusal of the key has `code`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Delivered {
    /// 1 when it was noted.
    pub success: Text,
    pub error_code: Text,
    pub code: Text,
    /// May hold anything; show it through `lenient::said`.
    pub error: Text,
    /// What is wrong, each by itself; show it through `lenient::said`.
    pub notices: Vec<Text>,
}

/// A refusal, in the body of an HTTP 4xx.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Refusal {
    /// `Error`.
    pub r#type: Text,
    pub code: Text,
    /// May hold anything; show it through `lenient::said`.
    pub error: Text,
    /// What an answer that is no refusal says of itself.
    pub object: Text,
}

/// Yes, no, or not told: PHP writes booleans as such, as numbers or as texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Truth(pub Option<bool>);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Truth, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Truth(match text.0.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }))
    }
}

/// `null` stands for an object that is not there.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Charge {
    /// Whether this is a demand for 3-D Secure: nothing was charged.
    pub fn demands_3d_secure(&self) -> bool {
        let somewhere = self.secure.get("redirect").or(self.secure.get("formHTML"));
        self.success == Truth(Some(false))
            && somewhere.is_some()
            && self.object.some().is_none()
            && self.captured != Truth(Some(true))
    }
}

impl Card {
    /// What Paymentwall tells of a card: the brand and the last four digits, never the issuer.
    pub fn facts(&self) -> CardFacts {
        let last4 = self.last4.0.as_str();
        let four = last4.len() == 4 && last4.bytes().all(|b| b.is_ascii_digit());
        CardFacts {
            code: None,
            name: self.r#type.some().map(str::to_owned),
            number: four
                .then(|| MaskedPan::mask(&format!("************{last4}")))
                .flatten(),
            kind: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn charge(body: Value) -> Charge {
        serde_json::from_value(body).expect("a charge")
    }

    #[test]
    fn php_writes_booleans_in_three_ways() {
        for (written, meant) in [
            (json!(true), Some(true)),
            (json!(1), Some(true)),
            (json!("1"), Some(true)),
            (json!(false), Some(false)),
            (json!(0), Some(false)),
            (json!("no"), None),
            (json!(null), None),
        ] {
            let read = charge(json!({ "captured": written }));
            assert_eq!(read.captured, Truth(meant));
        }
    }

    #[test]
    fn a_demand_for_3d_secure_is_no_charge() {
        for (body, demands) in [
            (
                json!({"success": 0, "secure": {"redirect": "https://x"}}),
                true,
            ),
            (
                json!({"success": 0, "secure": {"formHTML": "<form>"}}),
                true,
            ),
            (json!({"success": 0, "secure": {}}), false),
            (json!({"success": 1, "secure": {"redirect": "x"}}), false),
            (json!({"secure": {"redirect": "x"}}), false),
            (
                json!({"success": 0, "object": "charge", "secure": {"redirect": "x"}}),
                false,
            ),
            (
                json!({"success": 0, "captured": true, "secure": {"redirect": "x"}}),
                false,
            ),
            (json!({"success": 0, "secure": false}), false),
        ] {
            assert_eq!(charge(body.clone()).demands_3d_secure(), demands, "{body}");
        }
    }

    #[test]
    fn of_a_card_four_digits_are_kept() {
        let number = |last4: Value| {
            let facts = charge(json!({"card": {"type": "Visa", "last4": last4}}))
                .card
                .facts();
            facts.number.map(|number| number.as_str().to_owned())
        };
        assert_eq!(number(json!("4242")).as_deref(), Some("************4242"));
        assert_eq!(number(json!(4242)).as_deref(), Some("************4242"));
        assert_eq!(number(json!("4242424242424242")), None);
        assert_eq!(number(json!(null)), None);
        assert!(charge(json!({"card": null})).card.facts().name.is_none());
    }
}
