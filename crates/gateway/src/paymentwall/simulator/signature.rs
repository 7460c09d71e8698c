//! Signatures: those of merchants' calls, in the field `sign`, and those of pingbacks, in the field `sig`.

use super::fields::Fields;
use crate::codec_sorted_hash::{Version, fits, sign, sign_user};

/// The fields that version 1 of a pingback's signature is made over, in order.
const FIRST_PINGBACK: [&str; 6] = ["uid", "goodsid", "slength", "speriod", "type", "ref"];

/// Whether a merchant's call is signed with a secret, in the version that it names. The first version covers nothing but the
/// user's id, so it needs one; for widgets this is documented, for tickets and questions about payments it is inferred.
pub fn is_signed(fields: &Fields, secret: &str) -> bool {
    let told = fields.text("sign");
    let due = match Version::parse(fields.text("sign_version")) {
        None => return false,
        Some(Version::V1) => match fields.text("uid") {
            "" => return false,
            uid => sign_user(uid, secret),
        },
        Some(version) => {
            let pairs: Vec<_> = fields.pairs().filter(|(name, _)| *name != "sign").collect();
            sign(version, &pairs, secret)
        }
    };
    fits(&due, told)
}

/// The signature of a pingback, in the version that its `sign_version` names.
pub fn of_pingback(fields: &[(String, String)], secret: &str) -> String {
    let get = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let version = Version::parse(get("sign_version")).unwrap_or(Version::V3);
    match version {
        Version::V1 => {
            let pairs: Vec<_> = FIRST_PINGBACK.map(|name| (name, get(name))).into();
            sign(version, &pairs, secret)
        }
        Version::V2 | Version::V3 => {
            let pairs: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            sign(version, &pairs, secret)
        }
    }
}
