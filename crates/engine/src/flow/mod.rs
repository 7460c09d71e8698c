//! The flows, each a straight line.

pub(crate) mod attempt;
pub mod cancel;
pub(crate) mod carry_out;
pub mod charge_again;
pub(crate) mod check_card;
pub mod close_window;
pub(crate) mod confirm;
pub mod delete_key;
pub mod idempotent;
pub mod key_in;
pub mod look_up;
pub mod notice_url;
pub mod notify;
pub mod open_window;
pub mod prepare;
pub mod prepared_order;
pub mod record;
pub mod resolve;
pub mod result;
pub(crate) mod run_schedule;
pub mod schedule;
pub mod service;
pub mod take_notice;
mod webhook_first;
pub mod webhooks;

pub use charge_again::Again;
pub use prepare::{Prepare, Prepared};
pub use run_schedule::retry as retry_schedule;
