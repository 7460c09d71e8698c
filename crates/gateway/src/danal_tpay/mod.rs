//! Danal's "T-pay credit", recurring payments.

pub mod simulator;
