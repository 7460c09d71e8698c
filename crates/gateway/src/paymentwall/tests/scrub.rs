//! Transcripts: a question and its answer as they were on the wire, each beside a twin without anything that is
//! secret or personal. A transcript recorded at Paymentwall goes through `scrub` before it is kept.

use serde_json::{Value, json};

/// Names whose values are never kept.
const SECRET: &[&str] = &[
    "x-apikey",
    "token",
    "fingerprint",
    "email",
    "customer[firstname]",
    "customer[lastname]",
    "browser_ip",
    "sign",
    "sig",
    "name",
    "last4",
    "carrier_tracking_id",
    "shipping_address[email]",
    "shipping_address[zip]",
    "shipping_address[street]",
    "shipping_address[phone]",
    "shipping_address[firstname]",
    "shipping_address[lastname]",
];

/// A transcript without secrets and persons.
pub fn scrub(transcript: &Value) -> Value {
    match transcript {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let kept = if SECRET.contains(&name.as_str()) {
                    json!("***")
                } else {
                    scrub(value)
                };
                (name.clone(), kept)
            })
            .collect(),
        Value::Array(items) => items.iter().map(scrub).collect(),
        plain => plain.clone(),
    }
}

/// A transcript from `fixtures/`.
pub fn transcript(name: &str) -> Value {
    read(&format!("{name}.json"))
}

/// The twin of a transcript.
pub fn twin(name: &str) -> Value {
    read(&format!("{name}.scrubbed.json"))
}

fn read(file: &str) -> Value {
    let path = format!(
        "{}/src/paymentwall/fixtures/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

#[test]
fn every_transcript_has_its_scrubbed_twin() {
    for name in [
        "first_charge",
        "charge",
        "status",
        "look",
        "ticket_part",
        "refund",
        "pingback",
        "delivery",
    ] {
        let scrubbed = scrub(&transcript(name));
        assert_eq!(scrubbed, twin(name), "{name}");
        let text = scrubbed.to_string();
        for secret in [
            super::support::KEY,
            super::support::PRIVATE_KEY,
            "ot_ccd2",
            "slZbOO",
            "jack@",
            "Jack",
            "203.0.113",
            "4242",
            "14bcb156",
            super::support::SECRET,
            "622123456789",
            "01012345678",
            "Teheran",
        ] {
            assert!(!text.contains(secret), "{name} still has {secret}");
        }
    }
}
