//! The connector against scripted answers: what it sends, what it believes, and what it does not.

mod after;
mod charge;
mod check;
mod delivery;
mod inquire;
mod key_in;
mod notice;
mod scrub;
pub mod support;
mod window;
