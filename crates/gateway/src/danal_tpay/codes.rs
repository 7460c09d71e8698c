//! Danal's codes as tables: what each means for us. A code that is not here means nothing to us. Danal reuses the same
//! numbers in other lists with other meanings; this is the list of card payments ("다날페이카드").

use dangol_domain::FailureClass::{self, *};

use super::facts;
use crate::contract::Channel;

/// Where a code is met. A code proves a refusal only where it makes sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The window's AUTH, the window, and the exchange of what it brought.
    Issue,
    /// A charge with a key.
    Charge,
    /// A cancel of an approval.
    Cancel,
    /// The deletion of a key.
    Revoke,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Done.
    Ok,
    /// Refused and not carried out.
    Refused(FailureClass),
    /// Danal has this request or order number already.
    Seen,
    /// Danal itself does not know whether it was carried out.
    Unclear,
    /// Not in our tables.
    Unlisted,
}

const EVERYWHERE: &[Step] = &[Step::Issue, Step::Charge, Step::Cancel, Step::Revoke];
const CARD: &[Step] = &[Step::Issue, Step::Charge];
const ISSUE: &[Step] = &[Step::Issue];
const CANCEL: &[Step] = &[Step::Cancel];
/// Where a payment is named by Danal's number.
const NAMED: &[Step] = &[Step::Issue, Step::Cancel];
/// Where a key is named.
const KEYED: &[Step] = &[Step::Charge, Step::Revoke];

/// The code of what Danal cannot decrypt. It comes in plain.
pub const UNREADABLE: &str = "1114";

/// Refusals, from Danal's published list.
const REFUSALS: &[(&[Step], FailureClass, &[&str])] = &[
    (
        EVERYWHERE,
        Protocol,
        &["1100", "1101", "1102", "1143", "1154", UNREADABLE],
    ),
    (
        EVERYWHERE,
        Config,
        &[
            "1106", "1107", "1108", "1109", "1112", "1130", "1131", "2186",
        ],
    ),
    (NAMED, NotFound, &["1104", "1117"]),
    (ISSUE, BadAmount, &["1105"]),
    (CARD, BadAmount, &["1110"]),
    (
        CANCEL,
        CancelRule,
        &[
            "1115", "1116", "1120", "1123", "1126", "1127", "1128", "1129", "1140", "1144", "1145",
        ],
    ),
    (ISSUE, ExpiredSession, &["1124", "1153"]),
    (ISSUE, UserCancel, &["2101"]),
    (
        CARD,
        Limit,
        &[
            "1132", "1133", "1134", "1135", "1137", "1138", "1139", "1141", "1146", "1155", "3112",
            "3133", "3242",
        ],
    ),
    (
        CARD,
        BadCard,
        &["1147", "1149", "1150", "1151", "1152", "3115"],
    ),
    (CARD, Expired, &["3100", "3119"]),
    (CARD, HardDecline, &["3122", "3123", "3128", "3146"]),
    (CARD, Decline, &["3143"]),
    (CARD, Retryable, &["3267", "3268"]),
];

/// A system error, "being processed", the issuer's time-out, and "other": it may have been carried out.
const UNCLEAR: &[&str] = &["1113", "1125", "3201", "9999"];

/// What a code means at a step.
pub fn meaning(channel: &Channel, code: &str, step: Step) -> Meaning {
    if code == "0000" {
        return Meaning::Ok;
    }
    if UNCLEAR.contains(&code) {
        return Meaning::Unclear;
    }
    if listed(channel, "duplicate_codes", code) {
        return Meaning::Seen;
    }
    if KEYED.contains(&step) && listed(channel, "unknown_key_codes", code) {
        return Meaning::Refused(UnknownKey);
    }
    let refusal = REFUSALS
        .iter()
        .find(|(steps, _, codes)| steps.contains(&step) && codes.contains(&code));
    refusal.map_or(Meaning::Unlisted, |(_, class, _)| Meaning::Refused(*class))
}

/// Whether a dialect's list, separated by commas, has a code.
pub fn listed(channel: &Channel, list: &str, code: &str) -> bool {
    !code.is_empty()
        && channel
            .dialect(facts(), list)
            .split(',')
            .any(|listed| listed.trim() == code)
}

/// Danal's number for an issuer, V1's standard code where one is known, and the name. 02xx are cards of BC, by bank.
const ISSUERS: &[(&str, Option<&str>, &str)] = &[
    ("0100", Some("366"), "신한카드"),
    ("0200", Some("361"), "BC카드"),
    ("0201", Some("361"), "BC(SC)카드"),
    ("0202", Some("361"), "BC(우리)카드"),
    ("0203", Some("361"), "BC(경남)카드"),
    ("0204", Some("361"), "BC(대구)카드"),
    ("0205", Some("361"), "BC(NH농협)카드"),
    ("0206", Some("361"), "BC(기업)카드"),
    ("0207", Some("361"), "BC(부산)카드"),
    ("0208", Some("361"), "BC(하나)카드"),
    ("0209", Some("361"), "BC(신한)카드"),
    ("0210", Some("361"), "BC(국민)카드"),
    ("0300", Some("381"), "KB국민카드"),
    ("0400", Some("367"), "현대카드"),
    ("0500", Some("365"), "삼성카드"),
    ("0600", Some("374"), "하나카드"),
    ("0601", Some("374"), "하나(외환)카드"),
    ("0700", Some("368"), "롯데카드"),
    ("0701", Some("368"), "롯데아멕스카드"),
    ("0800", Some("371"), "NH농협카드"),
    ("0906", None, "씨티카드"),
    ("0907", Some("041"), "우리카드"),
    ("0908", Some("364"), "광주카드"),
    ("0909", Some("372"), "전북카드"),
    ("0910", Some("373"), "제주카드"),
    ("0911", Some("369"), "수협카드"),
    ("0912", Some("048"), "신협카드"),
    ("0913", None, "새마을금고카드"),
    ("0914", None, "우체국카드"),
    ("0915", None, "저축은행카드"),
    ("0916", None, "산업은행카드"),
    ("0917", None, "평화카드"),
    ("0918", None, "한미카드"),
    ("0919", None, "신세계한미카드"),
    ("0921", None, "케이뱅크카드"),
    ("0922", None, "카카오뱅크카드"),
    ("0923", None, "카카오페이카드"),
    ("0924", None, "코나카드"),
    ("0925", None, "토스카드"),
    ("0926", None, "KB증권카드"),
    ("0927", None, "산림조합카드"),
    ("0928", None, "해외은련"),
    ("0930", None, "은련"),
    ("0931", None, "토스뱅크카드"),
    ("0932", None, "페이코카드"),
    ("0933", None, "티머니카드"),
    ("1100", None, "페이코포인트"),
    ("1200", None, "카카오포인트"),
    ("1300", None, "네이버포인트"),
];

/// V1's code and the name of an issuer.
pub fn issuer(number: &str) -> Option<(Option<&'static str>, &'static str)> {
    let (_, code, name) = ISSUERS.iter().find(|(known, _, _)| *known == number)?;
    Some((*code, name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::support::{channel, channel_saying};
    use super::*;

    #[test]
    fn every_code_means_one_thing_at_a_step() {
        for step in EVERYWHERE {
            let mut seen: BTreeSet<&str> = UNCLEAR.iter().copied().collect();
            assert_eq!(seen.len(), UNCLEAR.len());
            seen.extend(["0000", "1103", "1156", "1121"]);
            for (_, _, codes) in REFUSALS.iter().filter(|(steps, _, _)| steps.contains(step)) {
                for code in *codes {
                    assert!(seen.insert(code), "{code} twice at {step:?}");
                }
            }
        }
        let issuers: BTreeSet<&str> = ISSUERS.iter().map(|(number, _, _)| *number).collect();
        assert_eq!(issuers.len(), ISSUERS.len());
    }

    #[test]
    fn a_code_out_of_place_proves_nothing() {
        use Meaning::{Refused, Unlisted};
        let at = |code: &str| {
            EVERYWHERE
                .iter()
                .map(|step| meaning(&channel(), code, *step))
                .collect::<Vec<_>>()
        };
        // In order: issue, charge, cancel, revoke.
        assert_eq!(
            at("2101"),
            [Refused(UserCancel), Unlisted, Unlisted, Unlisted]
        );
        assert_eq!(
            at("1104"),
            [Refused(NotFound), Unlisted, Refused(NotFound), Unlisted]
        );
        assert_eq!(
            at("1105"),
            [Refused(BadAmount), Unlisted, Unlisted, Unlisted]
        );
        assert_eq!(
            at("1110"),
            [Refused(BadAmount), Refused(BadAmount), Unlisted, Unlisted]
        );
        assert_eq!(
            at("1115"),
            [Unlisted, Unlisted, Refused(CancelRule), Unlisted]
        );
        assert_eq!(
            at("1121"),
            [Unlisted, Refused(UnknownKey), Unlisted, Refused(UnknownKey)]
        );
        assert_eq!(
            at("1124"),
            [Refused(ExpiredSession), Unlisted, Unlisted, Unlisted]
        );
        assert_eq!(
            at("3112"),
            [Refused(Limit), Refused(Limit), Unlisted, Unlisted]
        );
        assert_eq!(at("2186"), [Refused(Config); 4]);
        assert_eq!(at("1114"), [Refused(Protocol); 4]);
        for code in ["1113", "1125", "3201", "9999"] {
            assert_eq!(at(code), [Meaning::Unclear; 4], "{code}");
        }
        for code in ["1103", "1156"] {
            assert_eq!(at(code), [Meaning::Seen; 4], "{code}");
        }
        for code in ["", "000", "00000", "1111", "-1", "ZZ99"] {
            assert_eq!(at(code), [Unlisted; 4], "{code}");
        }
    }

    #[test]
    fn an_operators_list_replaces_ours_and_makes_nothing_sure() {
        let other = channel_saying(&[
            ("unknown_key_codes", "1999, 3201"),
            ("duplicate_codes", "1998"),
        ]);
        assert_eq!(
            meaning(&other, "1999", Step::Charge),
            Meaning::Refused(UnknownKey)
        );
        assert_eq!(meaning(&other, "1999", Step::Cancel), Meaning::Unlisted);
        assert_eq!(meaning(&other, "3201", Step::Charge), Meaning::Unclear);
        assert_eq!(meaning(&other, "1998", Step::Charge), Meaning::Seen);
        for code in ["1103", "1156", "1121"] {
            assert_eq!(
                meaning(&other, code, Step::Charge),
                Meaning::Unlisted,
                "{code}"
            );
        }
    }
}
