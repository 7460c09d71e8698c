//! PAYCO's codes as tables: what each means for us. PAYCO does not publish its list; a code that is neither here nor in the
//! channel's dialect means nothing to us.

use dangol_domain::FailureClass::{self, *};

use super::facts;
use crate::contract::Channel;

/// Where a code is met. A code proves a refusal only where it makes sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The reservation, the window, and the confirmation of what it brought.
    Issue,
    /// A charge with a key.
    Charge,
    /// A cancel of a charge.
    Cancel,
    /// The deletion of a key.
    Revoke,
    /// The state of an order's product.
    Status,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Done.
    Ok,
    /// Refused and not carried out.
    Refused(FailureClass),
    /// PAYCO has this order number already, or dislikes a parameter.
    Seen,
    /// PAYCO has a trouble of its own and does not say whether this was carried out.
    Unclear,
    /// In no table.
    Unlisted,
}

const ISSUE: &[Step] = &[Step::Issue];
const CARD: &[Step] = &[Step::Issue, Step::Charge];
const CHARGE: &[Step] = &[Step::Charge];
const KEY: &[Step] = &[Step::Charge, Step::Revoke];
const CANCEL: &[Step] = &[Step::Cancel];

/// Refusals that integrators have met.
const REFUSALS: &[(&[Step], FailureClass, &str)] = &[
    (ISSUE, UserCancel, "2222"),
    (ISSUE, ExpiredSession, "1012"),
    (CARD, Limit, "1402"),
];

/// Lists of the dialect by which an operator names further refusals.
const LISTS: &[(&[Step], FailureClass, &str)] = &[
    (KEY, UnknownKey, "unknown_key_codes"),
    (CARD, Decline, "decline_codes"),
    (CARD, Limit, "limit_codes"),
    (CARD, Expired, "expired_codes"),
    (CARD, HardDecline, "hard_decline_codes"),
    (CARD, BadCard, "bad_card_codes"),
    (CANCEL, CancelRule, "cancel_refusal_codes"),
];

/// Troubles of PAYCO's own. They are called temporary, but nobody says that the charge was not made.
const UNCLEAR: &[&str] = &["1450", "1451", "1452", "1453", "9000", "9999"];

/// What a code means at a step.
pub fn meaning(channel: &Channel, code: &str, step: Step) -> Meaning {
    if code == "0" {
        return Meaning::Ok;
    }
    if UNCLEAR.contains(&code) || listed(channel, "unclear_codes", code) {
        return Meaning::Unclear;
    }
    if CHARGE.contains(&step) && listed(channel, "duplicate_codes", code) {
        return Meaning::Seen;
    }
    let table = REFUSALS
        .iter()
        .find(|(steps, _, known)| steps.contains(&step) && *known == code);
    let list = || {
        LISTS
            .iter()
            .find(|(steps, _, list)| steps.contains(&step) && listed(channel, list, code))
    };
    let found = table.or_else(list);
    found.map_or(Meaning::Unlisted, |(_, class, _)| Meaning::Refused(*class))
}

/// Whether a dialect's list, separated by commas, has a code.
pub fn listed(channel: &Channel, list: &str, code: &str) -> bool {
    !code.is_empty()
        && channel
            .dialect(facts(), list)
            .split(',')
            .any(|listed| listed.trim() == code)
}

/// Letters of an issuer, V1's standard code where one is known, and the name.
const ISSUERS: &[(&str, Option<&str>, &str)] = &[
    ("CCBC", Some("361"), "BC카드"),
    ("CCKM", Some("381"), "KB국민카드"),
    ("CCNH", Some("371"), "NH농협카드"),
    ("CCSS", Some("365"), "삼성카드"),
    ("CCLG", Some("366"), "신한카드"),
    ("CCDI", Some("367"), "현대카드"),
    ("CCLO", Some("368"), "롯데카드"),
    ("CCWR", Some("041"), "우리카드"),
    ("CCHN", Some("374"), "하나카드"),
    ("CCKE", Some("374"), "하나(외환)카드"),
    ("CCKJ", Some("364"), "광주카드"),
    ("CCSU", Some("369"), "수협카드"),
    ("CCJB", Some("372"), "전북카드"),
    ("CCCJ", Some("373"), "제주카드"),
    ("CCCT", None, "씨티카드"),
];

/// V1's code and the name of an issuer.
pub fn issuer(letters: &str) -> Option<(Option<&'static str>, &'static str)> {
    let (_, code, name) = ISSUERS.iter().find(|(known, _, _)| *known == letters)?;
    Some((*code, name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{channel, channel_saying};
    use super::*;

    #[test]
    fn a_code_out_of_place_proves_nothing() {
        let at = |code: &str, step| meaning(&channel(), code, step);
        assert_eq!(at("0", Step::Charge), Meaning::Ok);
        assert_eq!(at("1402", Step::Charge), Meaning::Refused(Limit));
        assert_eq!(at("1402", Step::Cancel), Meaning::Unlisted);
        assert_eq!(at("2222", Step::Charge), Meaning::Unlisted);
        assert_eq!(at("1001", Step::Charge), Meaning::Seen);
        assert_eq!(at("1001", Step::Cancel), Meaning::Unlisted);
        assert_eq!(at("9000", Step::Charge), Meaning::Unclear);
        assert_eq!(at("", Step::Charge), Meaning::Unlisted);
        let unclear = channel_saying("unclear_codes", "1402");
        assert_eq!(meaning(&unclear, "1402", Step::Charge), Meaning::Unclear);
    }

    #[test]
    fn an_operator_names_codes_where_they_belong() {
        for (steps, class, list) in LISTS {
            let saying = channel_saying(list, "7001, 7002");
            for step in [Step::Issue, Step::Charge, Step::Cancel, Step::Revoke] {
                let expected = match steps.contains(&step) {
                    true => Meaning::Refused(*class),
                    false => Meaning::Unlisted,
                };
                assert_eq!(
                    meaning(&saying, "7002", step),
                    expected,
                    "{list} at {step:?}"
                );
            }
            assert_eq!(meaning(&saying, "700", Step::Charge), Meaning::Unlisted);
        }
    }
}
