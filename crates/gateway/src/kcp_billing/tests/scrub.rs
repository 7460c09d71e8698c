//! Transcripts: a question and its answer as they were on the wire, each beside a twin without anything that is
//! secret or personal. A transcript recorded at KCP goes through `scrub` before it is kept.

use serde_json::{Value, json};

/// Names whose values are never kept.
const SECRET: &[&str] = &[
    "batch_key",
    "bt_batch_key",
    "enc_data",
    "enc_info",
    "kcp_cert_info",
    "kcp_sign_data",
    "card_no",
    "card_expiry",
    "card_taxno",
    "card_pwd",
    "card_mask_no",
    "approvalKey",
    "approval_key",
    "param_opt_1",
    "buyr_name",
    "buyr_mail",
    "buyr_tel2",
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
        "{}/src/kcp_billing/fixtures/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
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
        "card_charge",
        "card_issue",
    ] {
        let scrubbed = scrub(&transcript(name));
        assert_eq!(scrubbed, twin(name), "{name}");
        let text = scrubbed.to_string();
        for secret in [
            "2611190936001234",
            "5366480000001234",
            "4242424242424242",
            "910203",
            "CERTIFICATE",
            "hong@",
            "2DpH3k",
        ] {
            assert!(!text.contains(secret), "{name} still has {secret}");
        }
    }
}
