//! Transcripts: a question and its answer before they are sealed, each beside a twin without anything that is secret or
//! personal. A transcript recorded at Danal goes through `scrub` before it is kept.

use serde_json::{Value, json};

/// Names whose values are never kept.
const SECRET: &[&str] = &[
    "BILLINFO",
    "BILLKEY",
    "CARDNO",
    "STARTPARAMS",
    "BYPASSVALUE",
    "USERNAME",
    "USERPHONE",
    "USEREMAIL",
    "USERID",
];

/// A transcript without secrets and persons.
pub fn scrub(transcript: &Value) -> Value {
    let Value::Object(fields) = transcript else {
        return transcript.clone();
    };
    let scrubbed = fields.iter().map(|(name, value)| {
        let kept = match SECRET.contains(&name.as_str()) {
            true => json!("***"),
            false => scrub(value),
        };
        (name.clone(), kept)
    });
    scrubbed.collect()
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
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/src/danal_tpay/fixtures/{file}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

#[test]
fn every_transcript_has_its_scrubbed_twin() {
    for name in [
        "auth_key",
        "auth_charge",
        "return",
        "issue_key",
        "issue_charge",
        "charge",
        "cancel_part",
        "delete_key",
        "notice",
    ] {
        let scrubbed = scrub(&transcript(name));
        assert_eq!(scrubbed, twin(name), "{name}");
        let text = scrubbed.to_string();
        for secret in [
            super::support::KEY,
            "419187",
            "hong",
            "홍길동",
            "0100000",
            "gildong",
            "token-1",
            "Zm9y",
        ] {
            assert!(!text.contains(secret), "{name} still has {secret}");
        }
    }
}
