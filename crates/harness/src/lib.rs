//! Helpers that run the real `dangol` binary as a merchant, a buyer and a clumsy operator would: over HTTP, with forms,
//! with signals. For tests and the bench; nothing here is part of the product.
//!
//! Helpers panic with a text that says what was expected: a test ends there.

pub mod api;
pub mod binary;
pub mod books;
pub mod browser;
pub mod canary;
pub mod database;
pub mod due;
pub mod form;
pub mod http;
pub mod process;
pub mod raw;
pub mod receiver;
pub mod shop;
pub mod wait;

pub use api::{Api, Envelope};
pub use browser::Browser;
pub use database::Engine;
pub use process::{Dangol, Setup};
pub use receiver::{Receiver, Reply};
pub use shop::Shop;
pub use wait::until;

/// A test card with which all goes well.
pub const GOOD_CARD: &str = "4242 4242 4242 4242";
/// A test card that is issued a key and declines every charge.
pub const LIMIT_CARD: &str = "4000 0000 0000 0341";

/// Makes two tests of each function: one on SQLite, one on PostgreSQL. A function takes the engine.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Engine::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Engine::Postgres).await;
            })*
        }
    };
}
