//! Signatures under the project's secret key. One function makes all of them: of widget URLs, tickets, inquiries (`sign`)
//! and pingbacks (`sig`).

use super::facts;
use super::messages::Params;
use crate::codec_sorted_hash::{self, Version};
use crate::contract::Channel;

/// What version 1 covers of a pingback, in this order.
const PINGBACK_V1: [&str; 6] = ["uid", "goodsid", "slength", "speriod", "type", "ref"];

/// The signature of parameters, which do not hold it themselves. A missing field counts as empty in version 1.
pub fn signature(version: Version, params: &[(&str, &str)], secret: &str) -> String {
    if version != Version::V1 {
        return codec_sorted_hash::sign(version, params, secret);
    }
    let value = |name| {
        let found = params.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| *value)
    };
    let covered = PINGBACK_V1.map(|name| (name, value(name)));
    codec_sorted_hash::sign(version, &covered, secret)
}

/// Signs a request: adds `sign_version` and `sign`.
pub fn signed(channel: &Channel, mut params: Params) -> Params {
    let (version, number) = match channel.dialect(facts(), "sign_version") {
        "2" => (Version::V2, "2"),
        _ => (Version::V3, "3"),
    };
    params.push(("sign_version", number.to_owned()));
    let pairs: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let sign = signature(version, &pairs, channel.credential("secret_key"));
    params.push(("sign", sign));
    params
}

/// Whether a version is at least another.
pub fn at_least(version: Version, least: Version) -> bool {
    let rank = |version| match version {
        Version::V1 => 1,
        Version::V2 => 2,
        Version::V3 => 3,
    };
    rank(version) >= rank(least)
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{PROJECT, SECRET, channel, channel_saying};
    use super::*;

    /// A version, what is signed, and the signature.
    type Vector = (
        Version,
        &'static [(&'static str, &'static str)],
        &'static str,
    );

    /// What was computed elsewhere, for the uses and versions that no other test covers.
    const VECTORS: &[Vector] = &[
        // A widget's URL. None is opened, but it would be signed in this way.
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
                ("ps", "all"),
                ("success_url", "http://127.0.0.1:8080/pg/paymentwall/return"),
                ("customer[lastname]", "Son"),
                ("customer[firstname]", "Jack"),
                ("sign_version", "3"),
            ],
            "0e9482119ed5f1ab322ba21e41890c3894abc6f6217f14a47828faf99fe79aa7",
        ),
        (
            Version::V2,
            &[
                ("type", "0"),
                ("ref", "b104872652"),
                ("uid", "cust_0001"),
                ("goodsid", "order_monthly_0001"),
                ("slength", ""),
                ("speriod", ""),
                ("is_test", "1"),
                ("sign_version", "2"),
            ],
            "ce46f187022ad89fbde5b00a31fc49cd",
        ),
        // A pingback's version 1 takes six fields in its own order, whatever came and in which order.
        (
            Version::V1,
            &[
                ("ref", "t123"),
                ("type", "2"),
                ("reason", "9"),
                ("slength", "-5"),
                ("speriod", "month"),
                ("goodsid", "test_product"),
                ("uid", "test_user"),
            ],
            "e7b2ff07bc0734c83ee14f32552b1c88",
        ),
    ];

    #[test]
    fn every_use_is_signed_as_computed_elsewhere() {
        for (version, params, expected) in VECTORS {
            assert_eq!(signature(*version, params, SECRET), *expected);
            assert_ne!(signature(*version, params, "other"), *expected);
        }
    }

    #[test]
    fn a_request_says_how_it_is_signed() {
        let question = || {
            let reference = "b104872652".to_owned();
            vec![("ref", reference), ("key", PROJECT.to_owned())]
        };
        let sent = signed(&channel(), question());
        let names: Vec<&str> = sent.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["ref", "key", "sign_version", "sign"]);
        assert_eq!(sent[2].1, "3");
        assert_eq!(
            sent[3].1,
            "383bf3d46f50a693e16102d10f43d89c9df87bbd35b31b09b61d51bc887959c8"
        );
        let older = signed(&channel_saying(&[("sign_version", "2")]), question());
        assert_eq!((older[2].1.as_str(), older[3].1.len()), ("2", 32));
    }
}
