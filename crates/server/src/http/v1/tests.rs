//! The API as its clients meet it: over its routes, on a real database.

mod charging;
mod codes;
mod description;
mod idempotency;
mod key_in;
mod limits;
mod listing;
mod looking;
mod outside;
mod preparing;
mod schedules;
mod services;
mod several;
mod shop;
mod tokens;
mod webhooks;
