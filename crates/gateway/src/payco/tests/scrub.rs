//! Transcripts: a question and its answer as they were on the wire, each beside a twin without anything that is
//! secret or personal. A transcript recorded at PAYCO goes through `scrub` before it is kept.

use serde_json::{Value, json};

/// Names whose values are never kept. The two texts that hold JSON may hold the return's token.
const SECRET: &[&str] = &[
    "autoPaymentCertifyKey",
    "autoPaymentNo",
    "orderCertifyKey",
    "returnUrlParam",
    "extraData",
    "cardNo",
    "pinNo",
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
    let path = format!("{}/src/payco/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

#[test]
fn every_transcript_has_its_scrubbed_twin() {
    for name in [
        "reserve",
        "info",
        "charge",
        "verify",
        "cancel_part",
        "delete",
        "order_status",
    ] {
        let scrubbed = scrub(&transcript(name));
        assert_eq!(scrubbed, twin(name), "{name}");
        let text = scrubbed.to_string();
        for secret in [
            "202611190000000777",
            "q1W2e3R4",
            "Zx9Yw8Vu",
            "5366480000001234",
            "token-1",
        ] {
            assert!(!text.contains(secret), "{name} still has {secret}");
        }
    }
}
