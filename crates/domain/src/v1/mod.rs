//! The vocabulary of i'mport's V1 API: its envelope, its literal messages, its objects.

pub mod customer;
pub mod envelope;
pub mod messages;
pub mod payment;
pub mod schedule;

pub use customer::CustomerView;
pub use envelope::{Envelope, Refusal};
pub use payment::PaymentView;
pub use schedule::ScheduleView;
