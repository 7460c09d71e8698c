//! The rules of this repository that a compiler cannot hold, as tests.
//!
//! Each rule is a pure function from the repository's files to findings, and has a test of its own that
//! shows it failing on a small made-up input. `tests/repository.rs` runs them all on the real files.
//!
//! | rule | holds |
//! |---|---|
//! | [`names`] | invariant 1: no payment gateway is named outside its own folder and the one list |
//! | [`ports`] | invariant 7: time, randomness and connections are used in the listed port files only |
//! | [`imports`] | the import table: what each crate may depend on, and where SQL may be written |
//! | [`walls`] | invariant 9: a connector and its simulator share no code but codecs |
//! | [`ratchet`] | files and functions stay small; the list of exceptions only shrinks |
//! | [`places`] | nothing names a path of one person's machine |
//! | [`locks`] | the lock files hold no banned crate and no unknown source |
//! | [`links`] | a link between the repository's texts leads to a file and a heading that are there |

pub mod imports;
pub mod links;
pub mod locks;
pub mod names;
pub mod places;
pub mod ports;
pub mod ratchet;
pub mod rust;
pub mod tree;
pub mod walls;

use std::fmt;

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the repository's root, with forward slashes.
    pub path: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}
