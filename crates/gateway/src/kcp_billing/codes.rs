//! KCP's codes as tables: what each means for us. A code that is not here means nothing to us.

use dangol_domain::FailureClass::{self, *};

/// Where a code is met. KCP uses one list for everything, but a code proves a refusal only where it makes sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The window, and the exchange of what it brought.
    Issue,
    /// A charge with a key.
    Charge,
    /// A charge of a card, or a key by a card, without a window.
    KeyIn,
    /// A cancel, an inquiry or the deletion of a key.
    After,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Done.
    Ok,
    /// Refused and not carried out.
    Refused(FailureClass),
    /// KCP itself does not know whether it was carried out.
    Unclear,
    /// Not in our tables.
    Unlisted,
}

const EVERYWHERE: &[Step] = &[Step::Issue, Step::Charge, Step::KeyIn, Step::After];
const CARD: &[Step] = &[Step::Issue, Step::Charge, Step::KeyIn];
const WITHOUT_CARD_DATA: &[Step] = &[Step::Issue, Step::Charge];
const KEY_IN: &[Step] = &[Step::KeyIn];
const WINDOW: &[Step] = &[Step::Issue];
const CHARGE: &[Step] = &[Step::Charge, Step::KeyIn];
const AFTER: &[Step] = &[Step::After];

/// Refusals. From KCP's list of codes; 5209 and S032 were seen in the field.
const REFUSALS: &[(&[Step], FailureClass, &[&str])] = &[
    (WINDOW, UserCancel, &["3001"]),
    (WINDOW, ExpiredSession, &["3008"]),
    (CARD, Decline, &["CC01", "CC03"]),
    (
        CARD,
        HardDecline,
        &["CC04", "CC43", "CC44", "CC45", "CC46", "CC39"],
    ),
    (
        CARD,
        Limit,
        &[
            "CC07", "CC08", "CC10", "CC61", "CC62", "8122", "8123", "8124", "8186", "8187", "8188",
            "8189",
        ],
    ),
    (
        CARD,
        BadCard,
        &["CC14", "8107", "8108", "CC63", "CC64", "CC65"],
    ),
    (WITHOUT_CARD_DATA, BadCard, &["CC69"]),
    // The third wrong authentication of a day blocks the card.
    (
        KEY_IN,
        HardDecline,
        &["CC69", "CC42", "8130", "8181", "8182", "8347"],
    ),
    (
        KEY_IN,
        BadCard,
        &["8111", "CC66", "8110", "8728", "CC67", "CC68", "CC84"],
    ),
    (KEY_IN, Config, &["CC35", "CC37", "8102", "8127"]),
    (KEY_IN, Duplicate, &["8892"]),
    // A request that KCP could not read; a wrong guess of ours would end here.
    (
        KEY_IN,
        Protocol,
        &["8101", "8103", "8104", "8105", "8106", "8004"],
    ),
    (CARD, Expired, &["CC54", "CC55", "8109", "8484"]),
    (
        EVERYWHERE,
        Config,
        &["CC21", "CC33", "8121", "5209", "8002", "S032"],
    ),
    (CHARGE, Config, &["8129"]),
    (CHARGE, BadAmount, &["8135"]),
    (CARD, ExpiredSession, &["8310"]),
    (CARD, Protocol, &["6004"]),
    (EVERYWHERE, Retryable, &["CC98", "CC99", "CCC0", "CC75"]),
    (
        AFTER,
        CancelRule,
        &[
            "CCA8", "8037", "CCA9", "8040", "8023", "8133", "8035", "8036", "8038", "8039", "8134",
            "8178",
        ],
    ),
    (AFTER, Config, &["8012"]),
];

/// Time-outs and broken lines behind KCP: it may have been carried out.
const UNCLEAR: &[&str] = &[
    "CC72", "7512", "8041", "8042", "8043", "8044", "8045", "8046", "8047", "8048", "8171", "8172",
    "8173", "8174", "8175", "8996", "8997",
];

/// What a code means at a step.
pub fn meaning(code: &str, step: Step) -> Meaning {
    if code == "0000" {
        return Meaning::Ok;
    }
    if UNCLEAR.contains(&code) {
        return Meaning::Unclear;
    }
    let refusal = REFUSALS
        .iter()
        .find(|(steps, _, codes)| steps.contains(&step) && codes.contains(&code));
    refusal.map_or(Meaning::Unlisted, |(_, class, _)| Meaning::Refused(*class))
}

/// KCP's letters for an issuer, V1's standard code where one is known, and the name.
const ISSUERS: &[(&str, Option<&str>, &str)] = &[
    ("CCBC", Some("361"), "BC카드"),
    ("CCKM", Some("381"), "KB국민카드"),
    ("CCNH", Some("371"), "NH농협카드"),
    ("CCSS", Some("365"), "삼성카드"),
    ("CCLG", Some("366"), "신한카드"),
    ("CCDI", Some("367"), "현대카드"),
    ("CCLO", Some("368"), "롯데카드"),
    ("CCAM", Some("368"), "롯데아멕스카드"),
    ("CCWR", Some("041"), "우리카드"),
    ("CCHN", Some("374"), "하나카드"),
    ("CCKE", Some("374"), "하나(외환)카드"),
    ("CCKJ", Some("364"), "광주카드"),
    ("CCSU", Some("369"), "수협카드"),
    ("CCJB", Some("372"), "전북카드"),
    ("CCCJ", Some("373"), "제주카드"),
    ("CCCT", None, "씨티카드"),
    ("CCSG", None, "신세계한미카드"),
    ("CCHM", None, "한미카드"),
    ("CVSF", None, "해외비자"),
    ("CMCF", None, "해외마스터"),
    ("CJCF", None, "해외JCB"),
    ("CCUF", None, "은련"),
];

/// V1's code and the name of an issuer.
pub fn issuer(letters: &str) -> Option<(Option<&'static str>, &'static str)> {
    let (_, code, name) = ISSUERS.iter().find(|(known, _, _)| *known == letters)?;
    Some((*code, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_means_one_thing_at_a_step() {
        for step in EVERYWHERE {
            let mut seen: BTreeSet<&str> = UNCLEAR.iter().copied().collect();
            assert_eq!(seen.len(), UNCLEAR.len());
            for (_, _, codes) in REFUSALS.iter().filter(|(steps, _, _)| steps.contains(step)) {
                for code in *codes {
                    assert!(seen.insert(code), "{code} twice at {step:?}");
                }
            }
        }
    }

    #[test]
    fn a_code_out_of_place_proves_nothing() {
        assert_eq!(meaning("8133", Step::After), Meaning::Refused(CancelRule));
        assert_eq!(meaning("8133", Step::Charge), Meaning::Unlisted);
        assert_eq!(meaning("3001", Step::Charge), Meaning::Unlisted);
        assert_eq!(meaning("8041", Step::Charge), Meaning::Unclear);
        assert_eq!(meaning("", Step::Charge), Meaning::Unlisted);
    }
}
