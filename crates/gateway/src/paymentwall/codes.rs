//! Paymentwall's codes as tables: what each means for us. A code that is not here means nothing to us.

use dangol_domain::FailureClass::{self, *};

use super::facts;
use crate::contract::Channel;

/// Where a code is met. A code proves a refusal only where it makes sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Brick's script in the browser, and the first charge of what it brought.
    Issue,
    /// A charge of a permanent token.
    Charge,
    /// A refund of a charge.
    Refund,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Refused and not carried out.
    Refused(FailureClass),
    /// Paymentwall takes it for a charge that it has made already.
    Duplicate,
    /// Paymentwall has a trouble of its own and does not say whether this was carried out.
    Unclear,
    /// Not in our tables.
    Unlisted,
}

const ISSUE: &[Step] = &[Step::Issue];
const CHARGE: &[Step] = &[Step::Charge];
const CARD: &[Step] = &[Step::Issue, Step::Charge];
const REFUND: &[Step] = &[Step::Refund];
const ANY: &[Step] = &[Step::Issue, Step::Charge, Step::Refund];

/// Refusals, from Brick's published list.
const REFUSALS: &[(&[Step], FailureClass, &[&str])] = &[
    (CARD, Decline, &["3009", "3010", "3012", "3200"]),
    (CARD, HardDecline, &["3013", "3103", "3104", "5000"]),
    (CARD, Limit, &["3011", "3115", "3116"]),
    (CARD, BadCard, &["3003", "3014", "3101"]),
    (CARD, Expired, &["3004", "3005", "3006", "3102"]),
    (CARD, BadAmount, &["3002"]),
    (
        CARD,
        Protocol,
        &["3008", "3301", "3302", "3303", "3304", "3305", "3306"],
    ),
    (CARD, Config, &["1003", "3113"]),
    (ANY, Config, &["1001", "3001", "4006", "4007"]),
    (ISSUE, ExpiredSession, &["3111", "3112"]),
    (CHARGE, UnknownKey, &["3111", "3114"]),
    (REFUND, CancelRule, &["3002", "3201", "3202", "3204"]),
    (REFUND, NotFound, &["3000"]),
    // Told by Brick's script in the browser, before there is a token.
    (ISSUE, Expired, &["223"]),
    (ISSUE, BadCard, &["224", "225"]),
    (ISSUE, Config, &["2111"]),
];

/// "Duplicate charge". What makes it one is not published.
const DUPLICATE: &str = "3205";
/// "Internal error".
const UNCLEAR: &str = "1000";
/// "Charge not found", of a charge that is looked at by its number.
pub const NO_SUCH_CHARGE: &str = "3000";

/// What a code means at a step.
pub fn meaning(code: &str, step: Step) -> Meaning {
    match code {
        UNCLEAR => return Meaning::Unclear,
        DUPLICATE => return Meaning::Duplicate,
        _ => {}
    }
    let refusal = REFUSALS
        .iter()
        .find(|(steps, _, codes)| steps.contains(&step) && codes.contains(&code));
    refusal.map_or(Meaning::Unlisted, |(_, class, _)| Meaning::Refused(*class))
}

/// Whether an API key was refused.
pub fn is_key_refused(code: &str) -> bool {
    matches!(code, "4006" | "4007")
}

/// Whether a dialect's list, separated by commas, has a code.
pub fn listed(channel: &Channel, list: &str, code: &str) -> bool {
    !code.is_empty()
        && channel
            .dialect(facts(), list)
            .split(',')
            .any(|listed| listed.trim() == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_means_one_thing_at_a_step() {
        for step in [Step::Issue, Step::Charge, Step::Refund] {
            let mut seen = BTreeSet::from([UNCLEAR, DUPLICATE]);
            for (_, _, codes) in REFUSALS
                .iter()
                .filter(|(steps, _, _)| steps.contains(&step))
            {
                for code in *codes {
                    assert!(seen.insert(code), "{code} twice at {step:?}");
                }
            }
        }
    }

    #[test]
    fn a_code_out_of_place_proves_nothing() {
        assert_eq!(meaning("3012", Step::Charge), Meaning::Refused(Decline));
        assert_eq!(meaning("3012", Step::Refund), Meaning::Unlisted);
        assert_eq!(meaning("3114", Step::Charge), Meaning::Refused(UnknownKey));
        assert_eq!(meaning("3114", Step::Issue), Meaning::Unlisted);
        assert_eq!(meaning("3112", Step::Charge), Meaning::Unlisted);
        assert_eq!(meaning("3000", Step::Charge), Meaning::Unlisted);
        assert_eq!(meaning("224", Step::Charge), Meaning::Unlisted);
        for step in [Step::Issue, Step::Charge, Step::Refund] {
            assert_eq!(meaning("1000", step), Meaning::Unclear);
            assert_eq!(meaning("3205", step), Meaning::Duplicate);
            assert_eq!(meaning("", step), Meaning::Unlisted);
        }
    }
}
