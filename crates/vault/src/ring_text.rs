//! The text of a key ring: JSON, the same in a file and in the environment variable.
//!
//! ```json
//! {
//!   "version": 1,
//!   "active": "k1f0c5a2e",
//!   "server_secret": "<32 bytes, base64url>",
//!   "keys": [
//!     { "id": "k1f0c5a2e", "created_at_ms": 1790000000000, "key": "<32 bytes, base64url>" }
//!   ]
//! }
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::ring::{KeyBytes, KeyRing, WrappingKey};

/// The environment variable that may hold a ring's text instead of a file.
pub const KEY_RING_VARIABLE: &str = "DANGOL_KEY_RING";

/// The version of the format that this program writes and reads.
const VERSION: u32 = 1;

/// The longest id of a key. An id appears in messages, so nothing that could be a key fits.
const ID_LENGTH_MAX: usize = 16;

/// Read first and alone, so that a newer format is named as such.
#[derive(Deserialize)]
struct VersionText {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingText {
    #[serde(rename = "version")]
    _version: u32,
    active: String,
    server_secret: KeyText,
    keys: Vec<WrappingKeyText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappingKeyText {
    id: String,
    created_at_ms: i64,
    key: KeyText,
}

/// 32 bytes in base64url, decoded without a copy that nobody wipes.
struct KeyText(KeyBytes);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeyText, D::Error> {
        deserializer.deserialize_str(KeyTextVisitor)
    }
}

struct KeyTextVisitor;

impl Visitor<'_> for KeyTextVisitor {
    type Value = KeyText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes in base64url")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<KeyText, E> {
        // The decoder asks for room for its estimate, which is a little more than 32.
        let mut room = Zeroizing::new([0; 48]);
        let length = URL_SAFE_NO_PAD
            .decode_slice(text, &mut *room)
            .map_err(|_| E::custom("not base64url"))?;
        if length != 32 {
            return Err(E::custom("not 32 bytes"));
        }
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&room[..32]);
        Ok(KeyText(bytes))
    }
}

/// Reads a ring; `place` is the path or the variable that messages name.
pub(crate) fn read(text: &str, place: &str) -> Result<KeyRing, VaultError> {
    let wrong = |problem: String| VaultError::RingText {
        place: place.to_owned(),
        problem,
    };
    // The parser's own message may quote what it met, and that may be a key: only the position is passed on.
    let position = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!(
            "it is not a key ring's JSON at line {line}, column {column}"
        ))
    };
    if text.trim().is_empty() {
        return Err(wrong("it is empty".into()));
    }
    let VersionText { version } = serde_json::from_str(text).map_err(position)?;
    if version != VERSION {
        return Err(wrong(format!(
            "its version is {version} and this program knows {VERSION}"
        )));
    }
    let ring: RingText = serde_json::from_str(text).map_err(position)?;
    if let Some(problem) = ids_problem(&ring.keys) {
        return Err(wrong(problem.into()));
    }
    let active = ring
        .keys
        .iter()
        .position(|key| key.id == ring.active)
        .ok_or_else(|| wrong("its active key is not among its keys".into()))?;
    let keys = ring.keys.into_iter().map(|key| WrappingKey {
        id: key.id,
        bytes: key.key.0,
        created_at_ms: key.created_at_ms,
    });
    Ok(KeyRing {
        place: place.to_owned(),
        keys: keys.collect(),
        active,
        server_secret: ring.server_secret.0,
    })
}

fn ids_problem(keys: &[WrappingKeyText]) -> Option<&'static str> {
    for (n, key) in keys.iter().enumerate() {
        if !is_id(&key.id) {
            return Some("the id of a key is not 1 to 16 lower-case letters and digits");
        }
        if keys[..n].iter().any(|earlier| earlier.id == key.id) {
            return Some("two of its keys have the same id");
        }
    }
    None
}

/// Whether a text can be the id of a key: 1 to 16 of `a-z0-9`.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=ID_LENGTH_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The text of a ring.
pub(crate) fn write(ring: &KeyRing) -> Zeroizing<String> {
    // Room for everything from the start: a text that grows leaves pieces of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(256 + 192 * ring.keys.len()));
    text.push_str(&format!(
        "{{\n  \"version\": {VERSION},\n  \"active\": \"{}\",\n  \"server_secret\": \"",
        ring.active().id
    ));
    URL_SAFE_NO_PAD.encode_string(ring.server_secret.as_slice(), &mut text);
    text.push_str("\",\n  \"keys\": [");
    for (n, key) in ring.keys.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let (id, created_at_ms) = (&key.id, key.created_at_ms);
        text.push_str(&format!(
            "{comma}\n    {{ \"id\": \"{id}\", \"created_at_ms\": {created_at_ms}, \"key\": \""
        ));
        URL_SAFE_NO_PAD.encode_string(key.bytes.as_slice(), &mut text);
        text.push_str("\" }");
    }
    text.push_str("\n  ]\n}\n");
    text
}
