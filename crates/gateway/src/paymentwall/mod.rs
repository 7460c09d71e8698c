//! Paymentwall.

pub mod simulator;
