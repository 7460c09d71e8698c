//! What the simulators received.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::control::Operation;

/// How many calls are remembered; older ones are forgotten.
const CALLS_MAX: usize = 200_000;
/// How much of a sent order number is remembered, in characters.
const ORDER_ID_CHARS_MAX: usize = 64;

/// One request that a simulator received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Seen {
    /// Its number, from 1.
    pub seq: u64,
    /// The provider.
    pub pg: &'static str,
    /// What was asked for.
    pub operation: Operation,
    /// The order number it named, when it named one.
    pub order_id: Option<Box<str>>,
    /// When, unix seconds of the sandbox's clock.
    pub at: i64,
}

/// Every request that the simulators received since the start, oldest first.
#[derive(Default)]
pub struct Calls(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    last_seq: u64,
    calls: VecDeque<Seen>,
}

impl Calls {
    pub(super) fn push(
        &self,
        pg: &'static str,
        operation: Operation,
        order_id: Option<&str>,
        at_ms: i64,
    ) {
        let order_id = order_id.map(|id| {
            id.chars()
                .take(ORDER_ID_CHARS_MAX)
                .collect::<String>()
                .into_boxed_str()
        });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last_seq += 1;
        let seq = kept.last_seq;
        if kept.calls.len() == CALLS_MAX {
            kept.calls.pop_front();
        }
        kept.calls.push_back(Seen {
            seq,
            pg,
            operation,
            order_id,
            at: dangol_domain::clock::seconds(at_ms),
        });
    }

    /// Calls with a number above `after`, of one provider or of all, oldest first.
    pub fn after(&self, pg: Option<&str>, after: u64) -> Vec<Seen> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = kept.calls.partition_point(|call| call.seq <= after);
        let rest = kept.calls.range(start..);
        rest.filter(|call| pg.is_none_or(|pg| call.pg == pg))
            .cloned()
            .collect()
    }
}
