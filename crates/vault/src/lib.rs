//! Envelope encryption of billing keys and channel credentials. Nothing else sees them in plaintext.
//!
//! A [`KeyRing`] (a file or an environment variable, never the database) wraps one data key per merchant;
//! the data key seals that merchant's billing keys and channel credentials with AES-256-GCM. Every sealed
//! text is bound to the place it belongs to, so a row that was copied to another merchant, customer or
//! gateway does not open there.
//!
//! The crate reads and creates the key ring's file and does no other IO. Time and randomness are arguments.

mod cache;
mod credentials;
mod error;
mod ring;
mod ring_file;
mod ring_text;
mod sealed;
mod vault;

pub use error::VaultError;
pub use ring::KeyRing;
pub use ring_text::KEY_RING_VARIABLE;
pub use vault::{ChannelContext, KeyContext, Vault};
