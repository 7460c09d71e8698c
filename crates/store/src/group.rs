//! What both engines' writers share: the queue's entries, and who is to blame when a group fails.

use tokio::sync::oneshot;

use crate::write::Step;
use crate::{StoreError, Written};

/// At most so many writes share one commit. Groups of about 25 form by themselves under load; the
/// limit only bounds how long a commit can keep locks.
pub(crate) const GROUP_COUNT_MAX: usize = 256;

/// So many writes may wait in a writer's queue; further callers wait to get in.
pub(crate) const QUEUE_COUNT_MAX: usize = 4096;

/// How often a group is applied anew after losing against somebody else's locks.
pub(crate) const ATTEMPT_COUNT_MAX: usize = 3;

/// A write in a writer's queue.
pub(crate) struct Queued {
    pub(crate) steps: Vec<Step>,
    pub(crate) answer: oneshot::Sender<Result<Written, StoreError>>,
}

impl Queued {
    /// A caller that went away gets no answer; its write was applied all the same.
    pub(crate) fn answer(self, result: Result<Written, StoreError>) {
        let _ = self.answer.send(result);
    }
}

/// Why a group was rolled back.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Somebody else's locks, or a connection lost before the commit was asked for: nothing was
    /// applied, and trying again at once may well succeed.
    Contention(String),
    /// One write of the group is bad; its neighbours are not.
    Statement(StoreError),
    /// The database itself: everybody in the group gets this.
    Outage(StoreError),
}

impl Fault {
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Fault::Contention(reason) => StoreError::Unavailable(reason),
            Fault::Statement(error) | Fault::Outage(error) => error,
        }
    }
}

/// Gives each write of a group its own result.
pub(crate) fn answer_each(group: Vec<Queued>, results: Vec<Written>) {
    debug_assert_eq!(group.len(), results.len());
    for (queued, written) in group.into_iter().zip(results) {
        queued.answer(Ok(written));
    }
}

/// Gives each write of a group the same error.
pub(crate) fn answer_all(group: Vec<Queued>, fault: Fault) {
    if !matches!(fault, Fault::Statement(_)) {
        tracing::warn!(writes = group.len(), ?fault, "a group of writes failed");
    }
    let error = fault.into_error();
    for queued in group {
        queued.answer(Err(error.clone()));
    }
}
