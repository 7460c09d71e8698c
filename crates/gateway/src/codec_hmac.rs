//! HMAC-SHA256 as lowercase hex, proven by a PG's own documented example and by independently computed vectors.

use aws_lc_rs::hmac;

/// The code of a message under a key.
pub fn code(key: &[u8], message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex::encode(hmac::sign(&key, message))
}

/// Whether a code, in hex of either case, is that of the message. Compares in constant time.
pub fn fits(key: &[u8], message: &[u8], code: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex::decode(code).is_ok_and(|code| hmac::verify(&key, message, &code).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"easypay!KICCTEST";

    /// The first is KICC's published example.
    const VECTORS: &[(&str, &str)] = &[
        (
            "24081308560510790235|51004|20240813085635",
            "8ea7f8f5ef8ab5c80f409d3dccafeca6c6cb89e5dfda2a41a5d3493e94a146ca",
        ),
        (
            "26111909301210790001|0|20261119093012",
            "5cb5fc01f6b11946d33a790df5fdb516ec1ec5ac3de47345770f89709f7edeb6",
        ),
        (
            "26111909310010790002|12900|20261119093100",
            "3f5b06317d85d758c28be09012efc7406ceac8168dd8563e5e1088fb27597001",
        ),
        (
            "26111909310010790002|CXL-20261119-0001",
            "d66070c46d745ee37df77d14de8930ddc3a12f71dad2f9357c13f02b9b52fe5b",
        ),
    ];

    #[test]
    fn the_vectors_hold_and_nothing_else_does() {
        for (message, expected) in VECTORS {
            assert_eq!(code(KEY, message.as_bytes()), *expected);
            assert!(fits(KEY, message.as_bytes(), expected));
            assert!(fits(KEY, message.as_bytes(), &expected.to_uppercase()));
            assert!(!fits(KEY, b"other", expected));
            assert!(!fits(b"other", message.as_bytes(), expected));
            assert!(!fits(KEY, message.as_bytes(), &expected[..62]));
        }
        assert!(!fits(KEY, b"", "") && !fits(KEY, b"", "not hex"));
    }
}
