//! A writer: a task that owns one connection.

use std::sync::Arc;
use std::task::Poll;

use futures::future::BoxFuture;
use futures::{FutureExt, poll};
use tokio::sync::mpsc;

use super::Server;
use super::session::{Prepared, Role, Session};
use crate::Written;
use crate::group::{self, ATTEMPT_COUNT_MAX, Fault, GROUP_COUNT_MAX, Queued};
use crate::write::{Step, StepResult};

/// Applies groups until every handle of the database is gone and the queue is empty. While one
/// group is under way the next gathers in the queue; nobody ever waits for a group to fill.
pub(super) async fn run(
    server: Arc<Server>,
    session: Option<Session>,
    mut waiting: mpsc::Receiver<Queued>,
) {
    let mut writer = Writer { server, session };
    loop {
        let mut group = Vec::new();
        if waiting.recv_many(&mut group, GROUP_COUNT_MAX).await == 0 {
            return;
        }
        writer.apply_and_answer(group).await;
    }
}

struct Writer {
    server: Arc<Server>,
    session: Option<Session>,
}

impl Writer {
    async fn apply_and_answer(&mut self, group: Vec<Queued>) {
        match self.apply_patiently(&group).await {
            Ok(results) => group::answer_each(group, results),
            Err(Fault::Statement(_) | Fault::Contention(_)) if group.len() > 1 => {
                // One write is bad, or too many meet others' locks. Alone, each succeeds or fails
                // on its own account.
                for queued in group {
                    let one = vec![queued];
                    match self.apply_patiently(&one).await {
                        Ok(results) => group::answer_each(one, results),
                        Err(failed) => group::answer_all(one, failed),
                    }
                }
            }
            Err(failed) => group::answer_all(group, failed),
        }
    }

    async fn apply_patiently(&mut self, group: &[Queued]) -> Result<Vec<Written>, Fault> {
        let mut attempt = 1;
        loop {
            match self.apply(group).await {
                Err(Fault::Contention(_)) if attempt < ATTEMPT_COUNT_MAX => attempt += 1,
                result => return result,
            }
        }
    }

    /// Applies a group in one transaction, on a new connection where the last one was lost.
    async fn apply(&mut self, group: &[Queued]) -> Result<Vec<Written>, Fault> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => Session::connect(&self.server, Role::Writer).await?,
        };
        let result = apply_on(&session, group).await;
        let keep = match &result {
            Ok(_) => true,
            // ROLLBACK is harmless where the transaction has ended already.
            Err(_) => !session.is_closed() && session.batch("ROLLBACK").await.is_ok(),
        };
        if keep {
            self.session = Some(session);
        }
        result
    }
}

/// One transaction. On an error nothing of it was applied once it is rolled back or the connection
/// ends, except that [`StoreError::CommitUnknown`](crate::StoreError::CommitUnknown) says just that.
///
/// The three round trips are on purpose: a step that ran although its BEGIN failed would commit by
/// itself, and a connection lost before COMMIT was sent means that nothing was applied.
async fn apply_on(session: &Session, group: &[Queued]) -> Result<Vec<Written>, Fault> {
    let steps: Vec<&Step> = group.iter().flat_map(|queued| &queued.steps).collect();
    let mut prepared = Vec::with_capacity(steps.len());
    for step in &steps {
        prepared.push(session.prepare(step.sql).await?);
    }
    session.batch("BEGIN").await?;
    let running = run_steps(session, &steps, &prepared);
    let mut results = session.in_time(running).await??.into_iter();
    session.commit().await?;
    let written = group.iter().map(|queued| Written {
        steps: results.by_ref().take(queued.steps.len()).collect(),
        group_count: group.len(),
    });
    Ok(written.collect())
}

/// Sends all steps in their order without waiting in between, then takes the answers.
async fn run_steps(
    session: &Session,
    steps: &[&Step],
    prepared: &[Prepared],
) -> Result<Vec<StepResult>, Fault> {
    let mut answers: Vec<BoxFuture<'_, Result<StepResult, Fault>>> = steps
        .iter()
        .zip(prepared)
        .map(|(step, prepared)| session.run(prepared, step.sql, &step.params).boxed())
        .collect();
    // The first poll sends.
    let mut polled = Vec::with_capacity(answers.len());
    for answer in &mut answers {
        polled.push(poll!(answer));
    }
    let mut results = Vec::with_capacity(steps.len());
    for (answer, polled) in answers.into_iter().zip(polled) {
        // The first error is the cause; the rest only say that the transaction is aborted.
        results.push(match polled {
            Poll::Ready(result) => result?,
            Poll::Pending => answer.await?,
        });
    }
    Ok(results)
}
