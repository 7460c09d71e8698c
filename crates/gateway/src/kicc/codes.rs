//! KICC's codes as tables: what each means for us. A code that is not here means nothing to us.

use dangol_domain::FailureClass::{self, *};

/// Where a code is met. A code proves a refusal only where it makes sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The registration, the window, and the exchange of what it brought.
    Issue,
    /// A charge with a key.
    Charge,
    /// A cancel or the deletion of a key.
    After,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// Done.
    Ok,
    /// Refused and not carried out.
    Refused(FailureClass),
    /// KICC itself does not know whether it was carried out.
    Unclear,
    /// Not in our tables.
    Unlisted,
}

const WINDOW: &[Step] = &[Step::Issue];
const CARD: &[Step] = &[Step::Issue, Step::Charge];

/// Refusals, from KICC's published list.
const REFUSALS: &[(&[Step], FailureClass, &[&str])] = &[
    (WINDOW, UserCancel, &["W002"]),
    (WINDOW, Config, &["WN14"]),
    (WINDOW, ExpiredSession, &["R102"]),
    (CARD, Limit, &["8521", "8035"]),
    (CARD, Expired, &["8314", "8315", "8316"]),
    (CARD, BadCard, &["8311"]),
    (CARD, HardDecline, &["8350"]),
    (CARD, Decline, &["8373", "8527"]),
];

/// KICC's own time-outs: it may have been carried out.
const UNCLEAR: &[&str] = &["VTIM", "VT00"];

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

/// States of an approval that stands: approved, capture asked for, captured.
const STANDING: &[&str] = &["TS01", "TS03", "TS04"];
/// States that a cancel leaves behind: all of an approval, or of a captured one, and part of either.
const CANCELLED: &[&str] = &["TS02", "TS05"];
const PARTLY_CANCELLED: &str = "TS06";

/// Whether a state is that of an approval that nothing was taken back from.
pub fn stands(state: &str) -> bool {
    STANDING.contains(&state)
}

/// Whether a state proves that there was an approval, whatever was taken back since.
pub fn was_approved(state: &str) -> bool {
    stands(state) || is_cancelled(state) || state == PARTLY_CANCELLED
}

/// Whether a state says that nothing is left.
pub fn is_cancelled(state: &str) -> bool {
    CANCELLED.contains(&state)
}

/// Whether a state fits a cancel that takes part, which may be the last part.
pub fn is_partly_cancelled(state: &str) -> bool {
    state == PARTLY_CANCELLED || is_cancelled(state)
}

/// KICC's number for an issuer, V1's standard code where one is known, and the name.
const ISSUERS: &[(&str, Option<&str>, &str)] = &[
    ("002", Some("364"), "광주카드"),
    ("006", Some("374"), "하나카드"),
    ("008", Some("374"), "하나(외환)카드"),
    ("010", Some("372"), "전북카드"),
    ("011", Some("373"), "제주카드"),
    ("015", Some("041"), "우리카드"),
    ("016", Some("381"), "KB국민카드"),
    ("017", Some("369"), "수협카드"),
    ("018", Some("371"), "NH농협카드"),
    ("022", None, "씨티카드"),
    ("026", Some("361"), "BC카드"),
    ("027", Some("367"), "현대카드"),
    ("028", None, "해외JCB"),
    ("029", Some("366"), "신한카드"),
    ("031", Some("365"), "삼성카드"),
    ("034", None, "신세계카드"),
    ("045", Some("368"), "롯데카드"),
    ("046", None, "해외아멕스"),
    ("047", Some("368"), "롯데카드"),
    ("048", None, "해외다이너스"),
    ("049", None, "해외마스터"),
    ("050", None, "해외비자"),
    ("058", None, "산업은행카드"),
    ("081", None, "은련"),
    ("106", None, "토스뱅크카드"),
    ("126", None, "저축은행카드"),
    ("226", None, "우체국카드"),
    ("326", None, "새마을금고카드"),
    ("626", Some("048"), "신협카드"),
    ("A16", None, "카카오뱅크카드"),
    ("C26", None, "케이뱅크카드"),
];

/// V1's code and the name of an issuer.
pub fn issuer(number: &str) -> Option<(Option<&'static str>, &'static str)> {
    let (_, code, name) = ISSUERS.iter().find(|(known, _, _)| *known == number)?;
    Some((*code, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_means_one_thing_at_a_step() {
        for step in [Step::Issue, Step::Charge, Step::After] {
            let mut seen: BTreeSet<&str> = UNCLEAR.iter().copied().collect();
            for (_, _, codes) in REFUSALS
                .iter()
                .filter(|(steps, _, _)| steps.contains(&step))
            {
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
        assert_eq!(meaning("8521", Step::Charge), Meaning::Refused(Limit));
        assert_eq!(meaning("8521", Step::After), Meaning::Unlisted);
        assert_eq!(meaning("W002", Step::Charge), Meaning::Unlisted);
        assert_eq!(meaning("VTIM", Step::Charge), Meaning::Unclear);
        assert_eq!(meaning("", Step::Charge), Meaning::Unlisted);
    }
}
