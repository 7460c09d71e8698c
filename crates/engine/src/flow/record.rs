//! Recording an outcome: the payment's new state, its history, its jobs and its webhooks, in one commit.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::state;
use dangol_domain::{Event, Failure, FailureClass, Outcome, Payment, Receipt, State};
use dangol_store::billing_keys::Sealed;
use dangol_store::jobs::Edit;
use dangol_store::merchants::MerchantRecord;
use dangol_store::{StoreError, payments};

use super::notify::{self, Told};
use crate::{Engine, FlowError};

/// How long a commit of an outcome is tried again while the store is away, ms; a try that is under way may take longer. After
/// that the resolve job, committed with the intent, finishes the sentence.
const COMMIT_MS: i64 = 5_000;
const COMMIT_PAUSE: Duration = Duration::from_millis(250);

/// How often an outcome is applied to a payment that somebody else changed meanwhile.
const RACES_MAX: u32 = 5;

/// An event of a payment with what it brings.
pub struct Happening<'a> {
    /// What happened.
    pub event: Event,
    /// The PG's approval.
    pub receipt: Option<Receipt>,
    /// Why it failed or is open.
    pub failure: Option<Failure>,
    /// A note for the history, without secrets.
    pub detail: Option<String>,
    /// What happens to jobs.
    pub jobs: Vec<Edit>,
    /// A billing key that it brings.
    pub key: Option<&'a Sealed>,
    /// Who has been told about the payment so far: decides whether a failure sends a webhook.
    pub told: Told,
}

impl<'a> Happening<'a> {
    /// An event that brings nothing.
    pub fn of(event: Event, told: Told) -> Happening<'a> {
        Happening {
            event,
            receipt: None,
            failure: None,
            detail: None,
            jobs: Vec::new(),
            key: None,
            told,
        }
    }

    /// Whether it carries the PG's (or an operator's) word, which must not be lost to a race.
    fn is_word(&self) -> bool {
        matches!(
            self.event,
            Event::Approve
                | Event::Decline
                | Event::NotSent
                | Event::OperatorPaid
                | Event::OperatorFailed
        )
    }

    /// The event of an outcome.
    pub fn from_outcome(outcome: Outcome, told: Told) -> Happening<'a> {
        let mut happening = Happening::of(Event::LoseTrack, told);
        match outcome {
            Outcome::Approved(receipt) => {
                happening.event = Event::Approve;
                happening.receipt = Some(receipt);
            }
            Outcome::Declined(failure) => {
                happening.event = Event::Decline;
                happening.failure = Some(failure);
            }
            Outcome::NotSent(failure) => {
                happening.event = Event::NotSent;
                happening.failure = Some(failure);
            }
            Outcome::Pending(why) => {
                happening.event = Event::Pend;
                happening.detail = Some(why);
            }
            Outcome::Unknown(why) => {
                happening.failure = Some(Failure::new(FailureClass::Protocol, "", why.clone()));
                happening.detail = Some(why);
            }
        }
        happening
    }
}

/// What became of a happening.
pub struct Recorded {
    /// The payment as it stands now.
    pub payment: Arc<Payment>,
    /// Whether this happening changed it; otherwise somebody was faster, or it was not possible.
    pub ours: bool,
}

/// Commits a happening.
///
/// The PG's word is never dropped: when somebody else changed the payment since it was read (a resolve job that gave up
/// waiting, say), the word is applied to what stands now, as far as the state machine allows.
pub async fn record(
    engine: &Engine,
    merchant: &MerchantRecord,
    before: &Payment,
    happening: Happening<'_>,
) -> Result<Recorded, FlowError> {
    let mut before = Arc::new(before.clone());
    for _ in 0..RACES_MAX {
        let after = match state::next(before.state, happening.event) {
            Ok(after) => after,
            Err(illegal) => {
                contradicted(&before, &happening, &illegal.to_string());
                return Ok(Recorded {
                    payment: before,
                    ours: false,
                });
            }
        };
        let at = engine.now_ms();
        let payment = projected(&before, &happening, after, at);
        let deliveries = notify::queue(engine, merchant, &before, &payment, happening.told);
        let change = payments::Change {
            before: &before,
            event: happening.event,
            after,
            at,
            receipt: happening.receipt.as_ref(),
            failure: happening.failure.as_ref(),
            detail: happening.detail.clone(),
            jobs: happening.jobs.clone(),
            billing_key: happening.key,
            deliveries: &deliveries,
            write_id: engine.random.id63(),
        };
        if commit(engine, &change).await? {
            if !deliveries.is_empty() {
                engine.due.notify_one();
            }
            return Ok(Recorded {
                payment: Arc::new(payment),
                ours: true,
            });
        }
        let now = as_it_stands(engine, &before).await?;
        if !happening.is_word() || now.version == before.version {
            if happening.is_word() {
                contradicted(&now, &happening, "another payment holds its merchant_uid");
            }
            return Ok(Recorded {
                payment: now,
                ours: false,
            });
        }
        before = now;
    }
    Err(FlowError::Setup(format!(
        "payment {} never stood still",
        before.imp_uid
    )))
}

/// Commits a change; `false` when the payment is no longer as it was read.
async fn commit(engine: &Engine, change: &payments::Change<'_>) -> Result<bool, StoreError> {
    let p = change.before;
    let give_up_at = engine.clock.local_ms() + COMMIT_MS;
    let mut unsure = false;
    loop {
        let error = match payments::apply(&engine.db, change).await {
            // After a commit whose own outcome was lost, a lost race may be the one against ourselves.
            Ok(false) if unsure => {
                return payments::is_revised_by(
                    &engine.db,
                    &p.merchant,
                    &p.imp_uid,
                    change.write_id,
                )
                .await;
            }
            Ok(ours) => return Ok(ours),
            // A constraint means that another payment took the merchant_uid in this very moment.
            Err(StoreError::Conflict(_)) => return Ok(false),
            Err(error) => error,
        };
        unsure |= matches!(error, StoreError::CommitUnknown(_));
        if engine.clock.local_ms() >= give_up_at {
            return Err(error);
        }
        tracing::warn!(imp_uid = %p.imp_uid, %error, "an outcome is not committed yet");
        tokio::time::sleep(COMMIT_PAUSE).await;
    }
}

/// The payment after an event, as the store will have it.
fn projected(before: &Payment, happening: &Happening<'_>, after: State, at: i64) -> Payment {
    let mut payment = before.clone();
    payment.state = after;
    payment.version += 1;
    if after == State::Paid && payment.paid_at.is_none() {
        payment.paid_at = Some(at);
    }
    if after == State::Failed {
        payment.failed_at = Some(at);
    }
    payment.receipt = happening.receipt.clone().or(payment.receipt);
    payment.failure = happening.failure.clone().or(payment.failure);
    payment
}

/// The PG speaks against what we hold: nothing is written, and a person must know. The same word twice is no news.
fn contradicted(payment: &Payment, happening: &Happening<'_>, why: &str) {
    let pg_tid = happening
        .receipt
        .as_ref()
        .map(|receipt| receipt.pg_tid.as_str());
    let known = payment
        .receipt
        .as_ref()
        .map(|receipt| receipt.pg_tid.as_str());
    if happening.is_word() && (pg_tid.is_none() || pg_tid != known) {
        tracing::error!(
            imp_uid = %payment.imp_uid,
            event = happening.event.name(),
            pg_tid,
            why,
            "ALARM: the PG's word does not fit the books; nothing was changed"
        );
    }
}

async fn as_it_stands(engine: &Engine, before: &Payment) -> Result<Arc<Payment>, FlowError> {
    let now = payments::find(&engine.db, &before.merchant, &before.imp_uid).await?;
    now.map(Arc::new)
        .ok_or_else(|| FlowError::Setup(format!("payment {} vanished", before.imp_uid)))
}
