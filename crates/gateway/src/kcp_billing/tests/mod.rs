//! The connector against scripted answers: what it sends, what it believes, and what it does not.

mod after;
mod charge;
mod key_in;
mod keys;
mod scrub;
mod support;
mod window;
