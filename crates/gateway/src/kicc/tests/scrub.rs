//! Transcripts: a question and its answer as they were on the wire, each beside a twin without anything that is
//! secret or personal. A transcript recorded at KICC goes through `scrub` before it is kept.

use serde_json::{Value, json};

/// Names whose values are never kept.
const SECRET: &[&str] = &[
    "batchKey",
    "cardNo",
    "cardMaskNo",
    "authorizationId",
    "authPageUrl",
    "msgAuthValue",
    "value1",
    "customerName",
    "customerMail",
    "customerContactNo",
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
    let path = format!("{}/src/kicc/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

#[test]
fn every_transcript_has_its_scrubbed_twin() {
    for name in [
        "register",
        "exchange",
        "charge",
        "inquire",
        "cancel_part",
        "revoke",
    ] {
        let scrubbed = scrub(&transcript(name));
        assert_eq!(scrubbed, twin(name), "{name}");
        let text = scrubbed.to_string();
        for secret in [
            super::support::KEY,
            "41918700",
            "944116",
            "hong@",
            "26111909301110790000",
            "token-1",
        ] {
            assert!(!text.contains(secret), "{name} still has {secret}");
        }
    }
}
