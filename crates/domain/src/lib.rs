//! Words and rules of payments: what a payment is, which states it may take, how money is counted,
//! what may be shown of a card, and the vocabulary of the V1 API.
//!
//! Nothing here reads a clock, draws a random number, or does IO: time and randomness are arguments.

pub mod billing;
pub mod card;
pub mod card_data;
pub mod clock;
pub mod extra_event;
pub mod ids;
pub mod money;
pub mod network;
mod outcome;
pub mod payment;
pub mod prepared;
pub mod schedule;
pub mod secret;
pub mod state;
pub mod v1;

pub use card::{CardFacts, CardKind, MaskedPan};
pub use card_data::{CardData, CardFields, NoCard};
pub use clock::Clock;
pub use extra_event::{ExtraEvent, ExtraEvents};
pub use ids::{ImpUid, UserCode};
pub use money::{Currency, Money, MoneyError};
pub use outcome::{CancelKey, Failure, FailureClass, Outcome, Receipt};
pub use payment::{Buyer, Cancel, CancelState, Device, Order, Payment, Usage};
pub use prepared::PreparedOrder;
pub use schedule::{Schedule, ScheduleState};
pub use secret::{BillingKey, Secret};
pub use state::{Event, Illegal, State};
