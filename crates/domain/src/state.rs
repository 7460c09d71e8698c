//! The state machine of a payment, whole and pure.
//!
//! ```text
//! Ready ──send──▶ Sending ──approved──▶ Paid ──cancel──▶ PartlyCancelled* ──▶ Cancelled
//!   │ │              ├─declined / not sent──▶ Failed ──late approval──▶ Paid
//!   │ │              ├─pending──▶ Pending ──notice / inquiry──▶ Paid | Failed
//!   │ │              └─unknown──▶ Unknown ──inquiry──▶ Paid | Failed | NeedsReview ──operator──▶ Paid | Failed
//!   │ ├─refused (buyer or PG, before anything was sent)──▶ Failed
//!   │ └─authenticated notice──▶ Pending | Paid
//!   └─expire──▶ Expired
//! ```

use serde::{Deserialize, Serialize};

/// Where a payment stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Prepared; nothing has left for the PG that could move money or make a key.
    Ready,
    /// The window was never finished.
    Expired,
    /// The PG said no, or nothing reached it.
    Failed,
    /// The request is committed and may be on its way.
    Sending,
    /// The PG took it and will decide later.
    Pending,
    /// Nobody has told us how it ended.
    Unknown,
    /// Asked as far as the protocol allows; a person decides.
    NeedsReview,
    /// The PG approved.
    Paid,
    /// Paid; a cancel was taken by the PG and is not decided.
    CancelPending,
    /// Part of the amount was cancelled.
    PartlyCancelled,
    /// The whole amount was cancelled.
    Cancelled,
}

/// What can happen to a payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Our request is about to leave; intent is committed.
    Send,
    /// The PG's authenticated approval.
    Approve,
    /// The PG's authenticated refusal by a listed code.
    Decline,
    /// The request surely never reached the PG, or the PG says it was not carried out.
    NotSent,
    /// The buyer or the PG ended a window before anything was sent.
    Refuse,
    /// The PG will decide later.
    Pend,
    /// The answer was lost or cannot be believed.
    LoseTrack,
    /// The last inquiry is over, or the protocol has none.
    GiveUp,
    /// An operator found it paid at the PG.
    OperatorPaid,
    /// An operator found it not paid at the PG.
    OperatorFailed,
    /// The window's time is over.
    Expire,
    /// A cancel is about to leave, or the PG took it and will decide later.
    CancelPend,
    /// Part of the balance was cancelled, some remains.
    CancelPart,
    /// The rest of the balance was cancelled.
    CancelAll,
    /// The cancel was refused, or surely never reached the PG.
    CancelRefuse,
    /// Somebody claimed something without proof.
    Note,
}

/// An event that must not happen in a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{event:?} is not possible for a payment that is {state:?}")]
pub struct Illegal {
    /// The state.
    pub state: State,
    /// The event.
    pub event: Event,
}

/// The state after an event.
pub fn next(state: State, event: Event) -> Result<State, Illegal> {
    use Event as E;
    use State as S;
    Ok(match (state, event) {
        (S::Ready, E::Send) => S::Sending,
        (S::Ready, E::Expire) => S::Expired,
        (S::Ready, E::Refuse) => S::Failed,
        (S::Ready | S::Sending | S::Unknown, E::Pend) => S::Pending,
        (S::Sending, E::LoseTrack) => S::Unknown,
        (S::Pending | S::Unknown, E::GiveUp) => S::NeedsReview,
        // A late approval is the PG's word, so it holds after a failure or an expired window too.
        (
            S::Ready
            | S::Sending
            | S::Pending
            | S::Unknown
            | S::NeedsReview
            | S::Failed
            | S::Expired,
            E::Approve,
        ) => S::Paid,
        (S::Sending | S::Pending | S::Unknown | S::NeedsReview, E::Decline) => S::Failed,
        (S::Sending | S::Unknown | S::NeedsReview, E::NotSent) => S::Failed,
        (S::NeedsReview, E::OperatorPaid) => S::Paid,
        (S::NeedsReview, E::OperatorFailed) => S::Failed,
        (S::Paid | S::CancelPending, E::CancelPend) => S::CancelPending,
        (S::CancelPending, E::CancelRefuse) => S::Paid,
        // What was given back before stays given back, whatever becomes of the next cancel.
        (S::PartlyCancelled, E::CancelPend | E::CancelRefuse) => S::PartlyCancelled,
        // Somebody's claim without proof is written down and decides nothing.
        (S::Pending | S::Unknown | S::NeedsReview, E::Note) => state,
        (S::Paid | S::CancelPending | S::PartlyCancelled, E::CancelPart) => S::PartlyCancelled,
        (S::Paid | S::CancelPending | S::PartlyCancelled, E::CancelAll) => S::Cancelled,
        (state, event) => return Err(Illegal { state, event }),
    })
}

impl State {
    /// Every state, in the order of the diagram.
    pub const ALL: [State; 11] = [
        State::Ready,
        State::Expired,
        State::Failed,
        State::Sending,
        State::Pending,
        State::Unknown,
        State::NeedsReview,
        State::Paid,
        State::CancelPending,
        State::PartlyCancelled,
        State::Cancelled,
    ];

    /// The number the store keeps. From 10 on a payment holds its merchant_uid: one such payment per
    /// merchant_uid may exist (a partial unique index says `state >= 10`).
    pub fn code(self) -> i64 {
        match self {
            State::Ready => 1,
            State::Expired => 2,
            State::Failed => 3,
            State::Sending => 10,
            State::Pending => 11,
            State::Unknown => 12,
            State::NeedsReview => 13,
            State::Paid => 20,
            State::CancelPending => 21,
            State::PartlyCancelled => 22,
            State::Cancelled => 23,
        }
    }

    /// The state of a stored number.
    pub fn from_code(code: i64) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the payment holds its merchant_uid, so that no other may use it.
    pub fn holds_uid(self) -> bool {
        self.code() >= 10
    }

    /// Whether the PG's final word is still missing after something was sent.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            State::Sending | State::Pending | State::Unknown | State::NeedsReview
        )
    }

    /// What the V1 API shows.
    pub fn v1(self) -> &'static str {
        crate::v1::Status::of(self).as_str()
    }
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 16] = [
        Event::Send,
        Event::Approve,
        Event::Decline,
        Event::NotSent,
        Event::Refuse,
        Event::Pend,
        Event::LoseTrack,
        Event::GiveUp,
        Event::OperatorPaid,
        Event::OperatorFailed,
        Event::Expire,
        Event::CancelPend,
        Event::CancelPart,
        Event::CancelAll,
        Event::CancelRefuse,
        Event::Note,
    ];

    /// The name the store keeps.
    pub fn name(self) -> &'static str {
        match self {
            Event::Send => "send",
            Event::Approve => "approve",
            Event::Decline => "decline",
            Event::NotSent => "not_sent",
            Event::Refuse => "refuse",
            Event::Pend => "pend",
            Event::LoseTrack => "lose_track",
            Event::GiveUp => "give_up",
            Event::OperatorPaid => "operator_paid",
            Event::OperatorFailed => "operator_failed",
            Event::Expire => "expire",
            Event::CancelPend => "cancel_pend",
            Event::CancelPart => "cancel_part",
            Event::CancelAll => "cancel_all",
            Event::CancelRefuse => "cancel_refuse",
            Event::Note => "note",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for state in State::ALL {
            for event in Event::ALL {
                if let Ok(after) = next(state, event) {
                    table += &format!(
                        "{state:?} + {event:?} -> {after:?} (shown {})\n",
                        after.v1()
                    );
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn codes_read_back_and_split_at_ten() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
            if state.is_open() || matches!(state.v1(), "paid" | "cancelled") {
                assert!(state.holds_uid(), "{state:?} must hold its merchant_uid");
            }
        }
    }

    #[test]
    fn only_the_pg_or_an_operator_ends_a_payment_that_was_sent() {
        for state in State::ALL.into_iter().filter(|s| s.is_open()) {
            for event in Event::ALL {
                let Ok(after) = next(state, event) else {
                    continue;
                };
                let word = matches!(
                    event,
                    Event::Approve
                        | Event::Decline
                        | Event::NotSent
                        | Event::OperatorPaid
                        | Event::OperatorFailed
                );
                assert!(
                    after.is_open() || word,
                    "{state:?} + {event:?} -> {after:?}"
                );
            }
        }
    }
}
