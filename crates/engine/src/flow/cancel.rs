//! `POST /payments/cancel`: give back all that is left of a payment, or a part of it.
//!
//! A cancel is an attempt of its own: what is about to be asked is committed with the job that sees to it, then the PG is
//! asked, then its answer is recorded. One at a time: what is left is sure only when nothing is open.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Cancel, CancelState, Event, Failure, FailureClass, Money, Outcome, Payment, Receipt, State,
};
use dangol_gateway::contract::CancelOrder;
use dangol_store::jobs::{self, Claimed, Edit, Job, Kind};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;

use super::attempt::INTENT_MS;
use super::look_up;
use super::notify::Told;
use super::record::{Happening, record};
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// When a cancel's job first fires, ms after it was asked for: as for a charge, when all of it must be over.
const RESOLVE_AFTER_MS: i64 = 90_000;
/// How long a PG that took a cancel may take to decide before a person is told, ms.
const DECIDES_WITHIN_MS: i64 = 3 * 24 * 3600 * 1000;

/// The parameters of a cancel, as far as their shape is right.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    /// Our id of the payment; wins over `merchant_uid`.
    pub imp_uid: Option<String>,
    /// The merchant's order number.
    pub merchant_uid: Option<String>,
    /// A decimal, as written; all that is left when missing or 0.
    pub amount: Option<String>,
    /// What the caller believes is left, a decimal.
    pub checksum: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether the end is told by webhook too.
    pub webhook: bool,
}

/// Cancels. The payment it returns is cancelled, or as before when the PG decides later.
pub async fn cancel(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    asked: Cancellation,
) -> Result<Arc<Payment>, FlowError> {
    let payment = find(engine, merchant, &asked).await?;
    let amount = check(&payment, &asked)?;
    let channel = engine
        .channel(merchant, &payment.channel_key)
        .await?
        .ok_or_else(|| Refusal::business(messages::channel_is_gone(&payment.order.pg_provider)))?;
    let receipt = payment.receipt.clone();
    let receipt = receipt.ok_or_else(|| Refusal::business(messages::NOTHING_TO_CANCEL))?;
    let cancel = Cancel {
        cancel_id: cancel_id(engine),
        state: CancelState::Sending,
        amount,
        reason: asked.reason,
        requested_at: engine.now_ms(),
        ended_at: None,
        pg_tid: None,
        receipt_url: None,
        failure: None,
        webhook: asked.webhook,
    };
    let attempt = Attempt {
        engine: engine.clone(),
        merchant: Arc::clone(merchant),
        channel,
        receipt,
        cancel,
    };
    // A caller who hangs up ends the waiting and not the cancel.
    let task = engine.tasks.spawn(attempt.run(payment.clone()));
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    match tokio::time::timeout(budget, task).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => Err(FlowError::Setup(error.to_string())),
        Err(_) => {
            let imp_uid = payment.imp_uid.as_str();
            look_up::payment(engine, &merchant.merchant, imp_uid)
                .await
                .map(Arc::new)
        }
    }
}

/// The payment with the cancel that an earlier request of the same caller began since `lost_since` and could not answer
/// for, if any; one that was refused may be asked for again.
pub async fn begun_since(
    engine: &Engine,
    merchant: &MerchantRecord,
    asked: &Cancellation,
    lost_since: i64,
) -> Result<Option<Arc<Payment>>, FlowError> {
    let payment = match find(engine, merchant, asked).await {
        Ok(payment) => payment,
        Err(FlowError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let begun = payment
        .cancels
        .iter()
        .any(|cancel| cancel.requested_at >= lost_since && cancel.state != CancelState::Refused);
    Ok(begun.then(|| Arc::new(payment)))
}

/// A new id of a cancel: V1's `cancellation_id`, and our number of it at PGs that want one.
fn cancel_id(engine: &Engine) -> String {
    format!("cancel_{}", engine.random.hex::<6>())
}

/// The payment that is meant.
async fn find(
    engine: &Engine,
    merchant: &MerchantRecord,
    asked: &Cancellation,
) -> Result<Payment, FlowError> {
    let code = &merchant.merchant;
    let found = match (&asked.imp_uid, &asked.merchant_uid) {
        (Some(imp_uid), _) => look_up::payment(engine, code, imp_uid).await.map(Some),
        (None, Some(merchant_uid)) => {
            Ok(payments::find_live(&engine.db, code, merchant_uid).await?)
        }
        (None, None) => return Err(Refusal::business(messages::NAME_A_PAYMENT).into()),
    };
    match found {
        Ok(Some(payment)) => Ok(payment),
        Ok(None) | Err(FlowError::Refused(_)) => {
            Err(Refusal::business(messages::NOTHING_TO_CANCEL).into())
        }
        Err(error) => Err(error),
    }
}

/// How much is to be given back, minor units, if it can be.
fn check(payment: &Payment, asked: &Cancellation) -> Result<i64, Refusal> {
    match payment.state {
        State::Paid | State::PartlyCancelled | State::CancelPending => {}
        State::Cancelled => return Err(Refusal::business(messages::ALREADY_CANCELLED)),
        _ => return Err(Refusal::business(messages::NOTHING_TO_CANCEL)),
    }
    if !payment.took_money() {
        return Err(Refusal::business(messages::NOTHING_TO_CANCEL));
    }
    if payment.open_cancel().is_some() {
        return Err(Refusal::business(messages::CANCEL_IN_PROGRESS));
    }
    let minor = |field: &str, text: &str| {
        Money::parse(text, payment.currency)
            .map(|money| money.minor)
            .map_err(|error| {
                let text = format!("{error} ({})", payment.currency.as_str());
                Refusal::malformed(field, &text)
            })
    };
    let balance = payment.balance();
    let left = Money::new(balance, payment.currency).decimal();
    if let Some(checksum) = &asked.checksum
        && minor("checksum", checksum)? != balance
    {
        return Err(Refusal::business(messages::checksum_differs(&left)));
    }
    let amount = match &asked.amount {
        Some(amount) => minor("amount", amount)?,
        None => 0,
    };
    match if amount == 0 { balance } else { amount } {
        amount if amount > balance => Err(Refusal::business(messages::more_than_left(&left))),
        amount => Ok(amount),
    }
}

/// The job that sees to a cancel that was asked for at `at_ms`.
pub(super) fn resolve_job(payment: &Payment, at_ms: i64) -> Job {
    Job {
        due_at: at_ms + RESOLVE_AFTER_MS,
        kind: Kind::ResolveCancel,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    }
}

/// One cancel on its way.
struct Attempt {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    receipt: Receipt,
    cancel: Cancel,
}

impl Attempt {
    /// Commits the intent, asks the PG, records its answer.
    async fn run(self, payment: Payment) -> Result<Arc<Payment>, FlowError> {
        let began = self.engine.clock.local_ms();
        let mut intent = Happening::of(Event::CancelPend, Told::Waiting);
        intent.cancel = Some(self.cancel.clone());
        intent.jobs = vec![Edit::Add(resolve_job(&payment, self.cancel.requested_at))];
        let begun = record(&self.engine, &self.merchant, &payment, intent).await?;
        if !begun.ours {
            return Err(Refusal::business(messages::CANCEL_IN_PROGRESS).into());
        }
        let outcome = if self.engine.clock.local_ms() - began > INTENT_MS {
            let text = "잠시 후 다시 시도해주세요.";
            Outcome::NotSent(Failure::new(FailureClass::Retryable, "", text))
        } else {
            self.ask(&payment).await
        };
        self.record(&begun.payment, outcome).await
    }

    async fn ask(&self, payment: &Payment) -> Outcome {
        let order = CancelOrder {
            cancel_id: self.cancel.cancel_id.clone(),
            order_id: payment.imp_uid.to_string(),
            amount: Money::new(self.cancel.amount, payment.currency),
            balance: payment.balance(),
            partly_cancelled: payment.state == State::PartlyCancelled,
            reason: self.cancel.reason.clone(),
            at_ms: self.cancel.requested_at,
        };
        let (gateway, channel) = (self.channel.gateway, &self.channel.channel);
        let wire = self.engine.wire.as_ref();
        gateway.cancel(wire, channel, &self.receipt, &order).await
    }

    /// Records the PG's answer. A refusal is what the caller hears.
    async fn record(&self, begun: &Payment, outcome: Outcome) -> Result<Arc<Payment>, FlowError> {
        let job = resolve_job(begun, self.cancel.requested_at);
        let now = self.engine.now_ms();
        let mut cancel = self.cancel.clone();
        let mut happening = Happening::of(Event::CancelPend, Told::Waiting);
        let mut refusal = None;
        happening.jobs = vec![Edit::Done(job.clone())];
        match outcome {
            Outcome::Approved(receipt) => {
                happening.event = Event::CancelPart;
                cancel.state = CancelState::Done;
                cancel.ended_at = Some(now);
                cancel.pg_tid = Some(receipt.pg_tid).filter(|tid| !tid.is_empty());
                cancel.receipt_url = receipt.receipt_url;
            }
            Outcome::Declined(failure) | Outcome::NotSent(failure) => {
                happening.event = Event::CancelRefuse;
                refusal = Some(failure.reason());
                cancel.state = CancelState::Refused;
                cancel.ended_at = Some(now);
                cancel.failure = Some(failure);
            }
            Outcome::Pending(why) => {
                happening.detail = Some(why);
                happening.jobs = vec![Edit::Later(job, now + DECIDES_WITHIN_MS, 0)];
                cancel.state = CancelState::Pending;
            }
            Outcome::Unknown(why) => {
                alarm(begun, &why);
                happening.detail = Some(why);
                cancel.state = CancelState::Unknown;
            }
        }
        happening.cancel = Some(cancel);
        let recorded = record(&self.engine, &self.merchant, begun, happening).await?;
        match refusal {
            Some(message) => Err(Refusal {
                status: 200,
                code: -1,
                message,
            }
            .into()),
            None => Ok(recorded.payment),
        }
    }
}

fn alarm(payment: &Payment, why: &str) {
    tracing::error!(imp_uid = %payment.imp_uid, why, "ALARM: a cancel needs review; see `dangol payment resolve`");
}

/// Runs the job of a cancel whose end is missing: no PG tells by a number of ours how a cancel ended, so that a person
/// decides. A notice of the PG may still come first.
pub(crate) async fn resolve(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let merchant = engine.merchant(&job.merchant).await?;
    let payment = look_up::payment(engine, &job.merchant, &job.subject).await;
    let (Some(merchant), Ok(payment)) = (merchant, payment) else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let Some(open) = payment.open_cancel() else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let why = match open.state {
        CancelState::Pending => "the PG took the cancel and never decided",
        _ => "the answer to the cancel was lost",
    };
    alarm(&payment, why);
    let mut lost = Happening::of(Event::CancelPend, Told::Open);
    lost.detail = Some(why.to_owned());
    lost.jobs = vec![Edit::Done(job.clone())];
    lost.cancel = Some(Cancel {
        state: CancelState::Unknown,
        ..open.clone()
    });
    record(engine, &merchant, &payment, lost).await.map(|_| ())
}

/// What an operator found at the PG about a cancel.
pub enum CancelFound {
    /// The money was given back.
    Done {
        /// The PG's number of the cancel, if it has one.
        pg_tid: Option<String>,
    },
    /// It was not.
    Refused {
        /// Why.
        reason: String,
    },
}

/// An operator settles a cancel whose end is missing. One that gave money back is told by webhook.
pub async fn settle_by_operator(
    engine: &Engine,
    merchant: &MerchantRecord,
    imp_uid: &str,
    found: CancelFound,
) -> Result<Arc<Payment>, FlowError> {
    let payment = look_up::payment(engine, &merchant.merchant, imp_uid).await?;
    let open = payment
        .open_cancel()
        .filter(|cancel| cancel.state == CancelState::Unknown);
    let Some(open) = open else {
        let text = format!("{imp_uid} has no cancel that needs review");
        return Err(Refusal::business(text).into());
    };
    let mut cancel = Cancel {
        ended_at: Some(engine.now_ms()),
        ..open.clone()
    };
    let event = match found {
        CancelFound::Done { pg_tid } => {
            cancel.state = CancelState::Done;
            cancel.pg_tid = pg_tid;
            Event::CancelPart
        }
        CancelFound::Refused { reason } => {
            cancel.state = CancelState::Refused;
            cancel.failure = Some(Failure::new(FailureClass::CancelRule, "", reason));
            Event::CancelRefuse
        }
    };
    let mut happening = Happening::of(event, Told::Open);
    happening.cancel = Some(cancel);
    happening.detail = Some("by an operator".to_owned());
    Ok(record(engine, merchant, &payment, happening).await?.payment)
}
