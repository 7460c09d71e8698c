//! What the PGs believe they did.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;

/// What kind of deed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A billing key came to be.
    KeyIssued,
    /// A billing key was deleted.
    KeyRevoked,
    /// Money was taken.
    Approval,
    /// The PG undid a test approval by itself.
    Void,
    /// A cancel that the merchant asked for.
    Refund,
}

/// One thing that a PG did. It may carry a billing key, so its `Debug` hides that.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// What kind.
    pub kind: Kind,
    /// The merchant's order number.
    pub order_id: Option<String>,
    /// The PG's own number of the deed.
    pub pg_tid: Option<String>,
    /// For voids and refunds the number of the approval that they undo.
    pub ref_tid: Option<String>,
    /// Minor units; `None` where no money is meant.
    pub amount: Option<i64>,
    /// ISO 4217 code, with `amount`.
    pub currency: Option<String>,
    /// Whether it is a PG's own test approval that the PG will void.
    pub test: bool,
    /// When, unix seconds of the sandbox's clock.
    pub at: i64,
    /// The billing key as the PG knows it, when the deed is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Deed {
    /// A deed with neither number, money nor key yet. `at_ms` is the sandbox's time.
    pub fn new(kind: Kind, order_id: &str, at_ms: i64) -> Deed {
        Deed {
            kind,
            order_id: Some(order_id.to_owned()),
            pg_tid: None,
            ref_tid: None,
            amount: None,
            currency: None,
            test: false,
            at: dangol_domain::clock::seconds(at_ms),
            key: None,
        }
    }
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deed")
            .field("kind", &self.kind)
            .field("order_id", &self.order_id)
            .field("pg_tid", &self.pg_tid)
            .field("ref_tid", &self.ref_tid)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("test", &self.test)
            .field("at", &self.at)
            .field("key", &self.key.as_ref().map(|_| "hidden"))
            .finish()
    }
}

/// A deed as the journal shows it. All keys are always there, `key` only where the deed is about one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Entry {
    /// Its number in the journal, from 1, without gaps.
    pub seq: u64,
    /// The provider.
    pub pg: String,
    /// The deed.
    #[serde(flatten)]
    pub deed: Deed,
}

/// Which entries to show.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Of one provider.
    pub pg: Option<String>,
    /// Of one order.
    pub order_id: Option<String>,
    /// Entries with a number above this.
    pub after: u64,
    /// At most so many.
    pub limit: Option<usize>,
}

/// Reads the journal.
pub struct Journal<'a>(&'a Ledger);

impl<'a> Journal<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Journal<'a> {
        Journal(ledger)
    }

    /// The entries that a query asks for, oldest first. Only synced entries are seen. Reads the file: a question for very
    /// many entries belongs on a blocking thread.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn entries(&self, query: &Query) -> io::Result<Vec<Entry>> {
        self.0.entries(query)
    }
}
