//! What can go wrong. No text here carries key material: only places, key ids and kinds of content.

use std::io;

/// Why the vault refused. Nothing was changed when one is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no key ring where one was expected.
    #[error(
        "there is no key ring at {place}. Put back the one that belongs to this database (a new one cannot open \
         what the old one sealed), or give its text in DANGOL_KEY_RING. Nothing was changed"
    )]
    RingMissing {
        /// The path.
        place: String,
    },

    /// A key ring must never be replaced by a new one.
    #[error(
        "there is already a file at {place}, and a key ring is never overwritten: use it, or name another path"
    )]
    RingExists {
        /// The path.
        place: String,
    },

    /// Somebody else on this machine can read the key ring.
    #[error("other users can read the key ring (its mode is {mode:03o}). Run: chmod 600 {place}")]
    RingReadable {
        /// The path.
        place: String,
        /// The permission bits found.
        mode: u32,
    },

    /// Anybody on this machine can replace what lies in the key ring's folder.
    #[error(
        "every user can write to the folder {place}, so no key ring is created there: name a path in a folder of \
         your own"
    )]
    FolderWritable {
        /// The folder's path.
        place: String,
    },

    /// The file system refused.
    #[error("cannot {action} the key ring at {place}: {source}")]
    RingIo {
        /// What was tried.
        action: &'static str,
        /// The path.
        place: String,
        /// What the system said.
        source: io::Error,
    },

    /// The text is not a key ring.
    #[error(
        "the key ring in {place} cannot be read: {problem}. Put back an undamaged copy. If this was the very first \
         start and nothing was sealed yet, remove it and start again"
    )]
    RingText {
        /// The path or the variable's name.
        place: String,
        /// What is wrong, without quoting the text.
        problem: String,
    },

    /// The ring cannot open what this database holds.
    #[error(
        "the key ring in {place} does not belong to this database: {problem}. Use the one that it was created \
         with. Nothing was changed"
    )]
    RingOfAnother {
        /// The path or the variable's name.
        place: String,
        /// Which check failed.
        problem: String,
    },

    /// A data key is wrapped by a key that the ring does not hold.
    #[error(
        "the {what} was sealed under the key {key_id:?}, which the key ring in {place} does not hold. Use a key ring \
         that still has it"
    )]
    KeyUnknown {
        /// The kind of content.
        what: &'static str,
        /// The id in the sealed text.
        key_id: String,
        /// The path or the variable's name.
        place: String,
    },

    /// A billing key or credentials were sealed under another data key than the one given.
    #[error(
        "the {what} was sealed under another data key than this merchant's: its row is from somewhere else"
    )]
    DataKeyOther {
        /// The kind of content.
        what: &'static str,
    },

    /// The text is not in a sealed text's format.
    #[error(
        "the {what} is not in the format of a sealed text: the row was damaged or written by a newer version"
    )]
    Format {
        /// The kind of content.
        what: &'static str,
    },

    /// The seal does not hold.
    #[error(
        "the seal of the {what} does not hold: it was changed, or it belongs to another merchant, customer, channel \
         or gateway"
    )]
    Refused {
        /// The kind of content.
        what: &'static str,
    },
}
