//! Recording an outcome: the payment's new state, its history, its jobs and its webhooks, in one commit.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::state;
use dangol_domain::{
    Cancel, CancelState, Event, Failure, FailureClass, Outcome, Payment, Receipt, State,
};
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
    /// A billing key to keep aside until the PG has decided.
    pub held_key: Option<&'a Sealed>,
    /// The cancel that it is about, as it stands now. One that is done is told as [`Event::CancelPart`]; whether it gave
    /// back the rest is seen here.
    pub cancel: Option<Cancel>,
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
            held_key: None,
            cancel: None,
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
                | Event::CancelPart
                | Event::CancelRefuse
        )
    }

    /// Whether the cancel that it ends has ended already: the PG's word came twice.
    fn is_told_before(&self, before: &Payment) -> bool {
        let ended = |c: &Cancel| c.state == CancelState::Done;
        self.cancel.as_ref().is_some_and(|cancel| {
            let mut known = before.cancels.iter();
            known.any(|c| c.cancel_id == cancel.cancel_id && ended(c))
        })
    }

    /// The payment with this happening's cancel, and the event that this makes it. `None` when more would be given back
    /// than was paid.
    fn cancelled(&self, before: &Payment) -> Option<(Payment, Event)> {
        let mut payment = before.clone();
        if let Some(cancel) = &self.cancel {
            payment.put_cancel(cancel.clone());
        }
        let event = match (self.event, payment.balance()) {
            (Event::CancelPart, 0) => Event::CancelAll,
            (event, 0..) => event,
            _ => return None,
        };
        Some((payment, event))
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
        if happening.is_told_before(&before) {
            return Ok(Recorded {
                payment: before,
                ours: false,
            });
        }
        let (cancelled, event, after) = match possible(&before, &happening) {
            Ok(possible) => possible,
            Err(why) => {
                contradicted(&before, &happening, &why);
                return Ok(Recorded {
                    payment: before,
                    ours: false,
                });
            }
        };
        let at = engine.now_ms();
        let payment = projected(cancelled, &happening, after, at);
        let deliveries = notify::queue(engine, merchant, &before, &payment, happening.told);
        let key_news = notify::key_news(engine, merchant, &payment, happening.key);
        let change = payments::Change {
            before: &before,
            event,
            after,
            at,
            receipt: happening.receipt.as_ref(),
            failure: happening.failure.as_ref(),
            detail: happening.detail.clone(),
            cancel: happening.cancel.as_ref(),
            jobs: happening.jobs.clone(),
            billing_key: happening.key,
            held_key: happening.held_key,
            key_news: &key_news,
            deliveries: &deliveries,
            write_id: engine.random.id63(),
        };
        if commit(engine, &change).await? {
            if !deliveries.is_empty() || !key_news.is_empty() {
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

/// What a happening does to a payment as it stands, if it is possible: its cancels, the event, the state after it.
fn possible(
    before: &Payment,
    happening: &Happening<'_>,
) -> Result<(Payment, Event, State), String> {
    let (cancelled, event) = happening
        .cancelled(before)
        .ok_or("more would be given back than was paid")?;
    let after = state::next(before.state, event).map_err(|illegal| illegal.to_string())?;
    Ok((cancelled, event, after))
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
fn projected(mut payment: Payment, happening: &Happening<'_>, after: State, at: i64) -> Payment {
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
