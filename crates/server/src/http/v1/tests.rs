//! The API as its clients meet it: over its routes, on a real database.

mod charging;
mod looking;
mod shop;
mod tokens;
