//! Signatures over sorted `name=value` pairs and a secret, as MD5 (version 2) or SHA-256 (version 3), and the older ones
//! over values in a fixed order (version 1). Proven by a vendor's own feature files and by independently computed vectors.
//!
//! Values are hashed as they are, before any encoding for a URL. The secret is the end of what is hashed, so that two
//! signatures are compared in constant time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use md5::{Digest, Md5};

/// How a text becomes a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// MD5 over values in an order that the caller gives.
    V1,
    /// MD5 over sorted pairs.
    V2,
    /// SHA-256 over sorted pairs.
    V3,
}

impl Version {
    /// The version of a `sign_version`; missing or empty means the first.
    pub fn parse(text: &str) -> Option<Version> {
        match text {
            "" | "1" => Some(Version::V1),
            "2" => Some(Version::V2),
            "3" => Some(Version::V3),
            _ => None,
        }
    }
}

/// Signs pairs, each written `name=value` without anything between them: sorted by name for versions 2 and 3 (nested names,
/// `customer[city]`, by their outer name first), in the caller's order for version 1. The signature's own field must not
/// be among them.
pub fn sign(version: Version, pairs: &[(&str, &str)], secret: &str) -> String {
    let mut ordered = pairs.to_vec();
    if version != Version::V1 {
        ordered.sort_by_key(|(name, _)| name.split_once('[').unwrap_or((name, "")));
    }
    let mut text: String = ordered
        .iter()
        .flat_map(|(name, value)| [*name, "=", *value])
        .collect();
    text.push_str(secret);
    hash(version, &text)
}

/// Version 1 of a merchant's own calls and widgets: the user's id and the secret, without a name. It covers nothing else.
pub fn sign_user(uid: &str, secret: &str) -> String {
    hash(Version::V1, &format!("{uid}{secret}"))
}

/// Whether a signature, in hex of either case, is the one that is due. Compares in constant time.
pub fn fits(due: &str, told: &str) -> bool {
    verify_slices_are_equal(due.as_bytes(), told.to_ascii_lowercase().as_bytes()).is_ok()
}

fn hash(version: Version, text: &str) -> String {
    match version {
        Version::V1 | Version::V2 => hex::encode(Md5::digest(text.as_bytes())),
        Version::V3 => hex::encode(digest(&SHA256, text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a7408723eaf4bfa2e3ac49b3cb695046";
    const PROJECT: &str = "c22f895840bf2391f67a40da64bfed26";

    type Pairs = &'static [(&'static str, &'static str)];

    /// The first two are the vendor's published examples.
    const VECTORS: &[(Version, Pairs, &str)] = &[
        (
            Version::V2,
            &[
                ("uid", "test_user"),
                ("goodsid", "test_product"),
                ("slength", "5"),
                ("speriod", "month"),
                ("type", "0"),
                ("ref", "t123"),
                ("is_test", "1"),
                ("sign_version", "2"),
            ],
            "754cff93c0eb859f6054bef143ad253c",
        ),
        (
            Version::V3,
            &[
                ("uid", "test_user"),
                ("goodsid", "test_product"),
                ("slength", "-5"),
                ("speriod", "month"),
                ("type", "2"),
                ("ref", "t123"),
                ("is_test", "1"),
                ("reason", "9"),
                ("sign_version", "3"),
            ],
            "2f67209c3e581313a70de9425efef49f35a74c0cdb7f93051b47e3c097011a71",
        ),
        (
            Version::V3,
            &[
                ("uid", "cust_0001"),
                ("goodsid", "order_monthly_0001"),
                ("slength", ""),
                ("speriod", ""),
                ("type", "0"),
                ("ref", "b104872652"),
                ("is_test", "1"),
                ("sign_version", "3"),
            ],
            "14bcb156c71f13d9303c6ad80cfcb96f14d5c17b11af43034cdd3dc2f5c91cd3",
        ),
        (
            Version::V3,
            &[
                ("key", PROJECT),
                ("uid", "cust_0001"),
                ("widget", "t3_1"),
                ("email", "test@example.com"),
                ("amount", "9.90"),
                ("currencyCode", "USD"),
                ("ag_name", "Monthly plan"),
                ("ag_external_id", "order_monthly_0001"),
                ("ag_type", "fixed"),
                ("customer[lastname]", "Son"),
                ("customer[firstname]", "Jack"),
                ("ps", "all"),
                ("success_url", "http://127.0.0.1:8080/pg/paymentwall/return"),
                ("sign_version", "3"),
            ],
            "0e9482119ed5f1ab322ba21e41890c3894abc6f6217f14a47828faf99fe79aa7",
        ),
        (
            Version::V2,
            &[
                ("key", PROJECT),
                ("ref", "b104872652"),
                ("type", "5"),
                ("amount", "3.30"),
                ("merchant_refund_id", "rf-0001"),
                ("message", "partial refund"),
                ("sign_version", "2"),
            ],
            "c9b5b9f914b3ce0d4b1d3a77b4c75faf",
        ),
        (
            Version::V3,
            &[
                ("ref", "b104872652"),
                ("key", PROJECT),
                ("sign_version", "3"),
            ],
            "383bf3d46f50a693e16102d10f43d89c9df87bbd35b31b09b61d51bc887959c8",
        ),
        // Version 1 keeps the order in which it is told.
        (
            Version::V1,
            &[
                ("uid", "test_user"),
                ("goodsid", "test_product"),
                ("slength", "-5"),
                ("speriod", "month"),
                ("type", "2"),
                ("ref", "t123"),
            ],
            "e7b2ff07bc0734c83ee14f32552b1c88",
        ),
    ];

    #[test]
    fn the_vectors_hold_and_nothing_else_does() {
        for (version, pairs, expected) in VECTORS {
            assert_eq!(sign(*version, pairs, SECRET), *expected);
            assert!(fits(expected, &expected.to_uppercase()));
            assert!(!fits(expected, &expected[1..]));
            assert_ne!(sign(*version, pairs, "other"), *expected);
        }
        assert!(!fits(VECTORS[0].2, ""));
    }

    #[test]
    fn the_first_version_of_a_call_is_over_the_user_alone() {
        // As the vendor's own library makes them.
        for (uid, expected) in [
            ("test_user", "a0513cdee3f435c6d8b945bd1211ce53"),
            ("상점 & 1", "44619c694d41c62adfb3ee2dc5ea5a9a"),
        ] {
            assert_eq!(sign_user(uid, SECRET), expected);
        }
    }

    #[test]
    fn nested_names_sort_by_their_outer_name() {
        let sorted = sign(Version::V3, &[("a", "1"), ("a[b]", "2"), ("aB", "3")], "s");
        let shuffled = sign(Version::V3, &[("aB", "3"), ("a[b]", "2"), ("a", "1")], "s");
        assert_eq!(sorted, shuffled);
        assert_eq!(sorted, hash(Version::V3, "a=1a[b]=2aB=3s"));
    }
}
