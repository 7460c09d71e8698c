//! The API as its clients meet it: over its routes, on a real database.

mod charging;
mod idempotency;
mod looking;
mod schedules;
mod shop;
mod tokens;
