//! `msgAuthValue`: HMAC-SHA256 in lower-case hex over fields joined by `|`.

use crate::codec_hmac;

/// The value over some fields.
pub fn of(secret: &str, fields: &[&str]) -> String {
    codec_hmac::code(secret.as_bytes(), fields.join("|").as_bytes())
}

/// Whether a value is the one over some fields, in lower case as KICC writes it.
pub fn is(sent: &str, secret: &str, fields: &[&str]) -> bool {
    let lower = !sent.bytes().any(|b| b.is_ascii_uppercase());
    lower && codec_hmac::fits(secret.as_bytes(), fields.join("|").as_bytes(), sent)
}
