//! The vocabulary of i'mport's V1 API: its envelope, its literal messages, its objects.

pub mod balance;
pub mod codes;
pub mod customer;
pub mod envelope;
pub mod list;
pub mod messages;
pub mod payment;
pub mod prepared;
pub mod schedule;

pub use balance::BalanceView;
pub use customer::CustomerView;
pub use envelope::{Envelope, Refusal};
pub use list::{PagedView, SortKey, Sorting, Status};
pub use payment::PaymentView;
pub use prepared::PreparedView;
pub use schedule::ScheduleView;
