//! A schedule: a charge that is to make itself.

use crate::{Currency, Failure, ImpUid, Money, Order, State, UserCode};

/// Where a schedule stands: V1's `schedule_status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScheduleState {
    /// It is yet to run.
    Scheduled,
    /// It ran, however that ended.
    Executed,
    /// The merchant took it back.
    Revoked,
}

impl ScheduleState {
    /// Every state.
    pub const ALL: [ScheduleState; 3] = [
        ScheduleState::Scheduled,
        ScheduleState::Executed,
        ScheduleState::Revoked,
    ];

    /// The number the store keeps.
    pub fn code(self) -> i64 {
        match self {
            ScheduleState::Scheduled => 1,
            ScheduleState::Executed => 2,
            ScheduleState::Revoked => 3,
        }
    }

    /// Reads [`ScheduleState::code`].
    pub fn from_code(code: i64) -> Option<ScheduleState> {
        ScheduleState::ALL
            .into_iter()
            .find(|state| state.code() == code)
    }

    /// V1's word.
    pub fn v1(self) -> &'static str {
        match self {
            ScheduleState::Scheduled => "scheduled",
            ScheduleState::Executed => "executed",
            ScheduleState::Revoked => "revoked",
        }
    }

    /// Reads V1's word.
    pub fn parse(word: &str) -> Option<ScheduleState> {
        ScheduleState::ALL
            .into_iter()
            .find(|state| state.v1() == word)
    }
}

/// The payment that executes a schedule, as far as the schedule shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    /// The payment.
    pub imp_uid: ImpUid,
    /// Where it stands.
    pub state: State,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// A schedule as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Whose it is.
    pub merchant: UserCode,
    /// Its id: a merchant_uid may be scheduled again after it failed or was revoked.
    pub schedule_id: String,
    /// The order number of the payment that it will make.
    pub merchant_uid: String,
    /// The billing key's name. Whatever key it has when the time comes is charged.
    pub customer_uid: String,
    /// Where it stands.
    pub state: ScheduleState,
    /// Counts the changes of this row; guards each one against a twin.
    pub version: i64,
    /// When, ms.
    pub due_at: i64,
    /// When it was registered, ms.
    pub made_at: i64,
    /// When it ran, ms.
    pub executed_at: Option<i64>,
    /// When it was revoked, ms.
    pub revoked_at: Option<i64>,
    /// Amount in minor units.
    pub amount: i64,
    /// The amount's currency.
    pub currency: Currency,
    /// What was asked. Without a name, [`Schedule::name`] makes one.
    pub order: Order,
    /// Why it was executed without a payment.
    pub trouble: Option<String>,
    /// The payment that executes it.
    pub execution: Option<Execution>,
    /// Whether its customer has a billing key now.
    pub has_key: bool,
}

/// Whether a schedule that ran or was revoked may run again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rerun {
    /// It failed or was revoked.
    Possible,
    /// It is yet to run.
    NotYet,
    /// Its payment is open.
    Running,
    /// It was paid.
    Approved,
}

impl Schedule {
    /// The amount with its currency.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// The order's name, or the one that V1 makes: of the customer and the time in Korea.
    pub fn name(&self) -> String {
        self.order.name.clone().unwrap_or_else(|| {
            let at = crate::clock::korean_time(self.due_at);
            format!("{} 고객에 대한 {at} 예약 결제", self.customer_uid)
        })
    }

    /// Whether it may run again.
    pub fn rerun(&self) -> Rerun {
        match (self.state, self.execution.as_ref().map(|ran| ran.state)) {
            (ScheduleState::Scheduled, _) => Rerun::NotYet,
            (ScheduleState::Revoked, _) | (_, None | Some(State::Failed)) => Rerun::Possible,
            (_, Some(state)) if state.is_open() => Rerun::Running,
            _ => Rerun::Approved,
        }
    }
}
