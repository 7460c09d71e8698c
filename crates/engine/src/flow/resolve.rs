//! Finding out how an attempt ended: ask the PG as far as its protocol allows, then leave it to a person. Nothing is
//! ever sent again, and nothing is called failed because nobody answered.

use std::sync::Arc;

use dangol_domain::v1::Refusal;
use dangol_domain::{
    Event, Failure, FailureClass, ImpUid, Outcome, Payment, Receipt, State, Usage,
};
use dangol_gateway::contract::{Inquired, Inquiry};
use dangol_store::billing_keys::Sealed;
use dangol_store::jobs::{Claimed, Edit};
use dangol_store::merchants::MerchantRecord;
use dangol_store::{held_keys, jobs, payments};

use super::close_window::{issue_receipt, key_record, seal};
use super::notify::Told;
use super::record::{Happening, record};
use crate::{Engine, FlowError};

/// When an open payment is asked about, ms after the one before: 5 s, 15 s, 1 m, 5 m, 30 m, 2 h, 6 h, 24 h.
pub const INQUIRY_PAUSES_MS: [i64; 8] = [
    5_000, 15_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, 86_400_000,
];

/// Runs a resolve job that this worker holds.
pub async fn resolve(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let found = match ImpUid::parse(&job.subject) {
        Some(imp_uid) => payments::find(&engine.db, &job.merchant, &imp_uid).await?,
        None => None,
    };
    let asking = found.filter(|p| p.state.is_open() && p.state != State::NeedsReview);
    let Some(payment) = asking else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let Some(merchant) = engine.merchant(&payment.merchant).await? else {
        return Err(FlowError::Setup(
            "the merchant of a payment vanished".to_owned(),
        ));
    };
    let asking = Asking {
        engine,
        merchant: &merchant,
        payment: &payment,
        held,
    };
    match ask(engine, &merchant, &payment, None).await? {
        Inquired::Unsupported => {
            asking
                .give_up("the PG's protocol has no inquiry for this attempt")
                .await
        }
        Inquired::Outcome(Outcome::Unknown(why) | Outcome::Pending(why)) => {
            asking.ask_again(&why).await
        }
        word => {
            let jobs = vec![Edit::Done(held.job.clone())];
            settle(engine, &merchant, &payment, word, jobs)
                .await
                .map(|_| ())
        }
    }
}

/// Asks the PG how an attempt ended. A number of the PG's that was heard of elsewhere helps where we have none.
pub(super) async fn ask(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    pg_tid: Option<String>,
) -> Result<Inquired, FlowError> {
    let Some(channel) = engine.channel(merchant, &payment.channel_key).await? else {
        return Ok(Inquired::Unsupported);
    };
    let known = payment.receipt.as_ref().map(|r| r.pg_tid.clone());
    let inquiry = Inquiry {
        order_id: payment.imp_uid.to_string(),
        customer_uid: payment.customer_uid.clone().unwrap_or_default(),
        issues_key: payment.order.usage == Some(Usage::Issue),
        amount: payment.money(),
        sent_at_ms: payment.started_at,
        pg_tid: known.or(pg_tid),
        at_ms: engine.now_ms(),
    };
    let (gateway, channel) = (channel.gateway, &channel.channel);
    Ok(gateway
        .inquire(engine.wire.as_ref(), channel, &inquiry)
        .await)
}

/// Records the PG's word about an attempt, with the key that it brings or that was kept aside for it.
pub(super) async fn settle(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    word: Inquired,
    jobs: Vec<Edit>,
) -> Result<Arc<Payment>, FlowError> {
    let mut key = None;
    let mut settled = match word {
        Inquired::Issued(issued) => {
            let mut settled = Happening::of(Event::Approve, Told::Open);
            settled.receipt = Some(issue_receipt(payment, &issued));
            key = Some(seal(engine, merchant, payment, &issued)?);
            settled
        }
        Inquired::Outcome(outcome) => Happening::from_outcome(outcome, Told::Open),
        Inquired::Unsupported => return Ok(Arc::new(payment.clone())),
    };
    if settled.event == Event::Approve && key.is_none() && payment.order.usage == Some(Usage::Issue)
    {
        key = held_key(engine, payment).await?;
        if key.is_none() {
            tracing::error!(imp_uid = %payment.imp_uid, "ALARM: the PG charged for a billing key that never reached us");
        }
    }
    settled.key = key.as_ref();
    settled.jobs = jobs;
    Ok(record(engine, merchant, payment, settled).await?.payment)
}

/// The key that was kept aside until the PG decided about the payment.
async fn held_key(engine: &Engine, payment: &Payment) -> Result<Option<Sealed>, FlowError> {
    let held = held_keys::find(&engine.db, &payment.merchant, &payment.imp_uid).await?;
    Ok(held.map(|held| Sealed {
        record: key_record(engine, payment, held.card),
        sealed: held.sealed,
    }))
}

/// A payment that is asked about, and the job that does it.
struct Asking<'a> {
    engine: &'a Engine,
    merchant: &'a MerchantRecord,
    payment: &'a Payment,
    held: &'a Claimed,
}

impl Asking<'_> {
    /// Still open: later again, until the last pause is over.
    async fn ask_again(&self, why: &str) -> Result<(), FlowError> {
        let tries = usize::try_from(self.held.tries).unwrap_or(usize::MAX);
        let Some(pause) = INQUIRY_PAUSES_MS.get(tries.saturating_add(1)) else {
            return self.give_up("the last inquiry brought no word").await;
        };
        let due_at = self.engine.now_ms() + pause;
        if self.payment.state != State::Sending {
            jobs::postpone(&self.engine.db, self.held, due_at).await?;
            return Ok(());
        }
        let mut lost = self.lost(why);
        lost.jobs = vec![Edit::Later(
            self.held.job.clone(),
            due_at,
            self.held.tries + 1,
        )];
        self.record(self.payment, lost).await.map(|_| ())
    }

    /// Asked as far as possible: a person decides. The merchant_uid stays locked.
    async fn give_up(&self, why: &str) -> Result<(), FlowError> {
        let mut payment = Arc::new(self.payment.clone());
        if payment.state == State::Sending {
            payment = self.record(&payment, self.lost(why)).await?;
        }
        if !matches!(payment.state, State::Unknown | State::Pending) {
            return Ok(());
        }
        tracing::error!(imp_uid = %payment.imp_uid, why, "ALARM: a payment needs review; see `dangol payment resolve`");
        let mut happening = Happening::of(Event::GiveUp, Told::Open);
        happening.detail = Some(why.to_owned());
        happening.jobs = vec![Edit::Done(self.held.job.clone())];
        self.record(&payment, happening).await.map(|_| ())
    }

    fn lost(&self, why: &str) -> Happening<'static> {
        let mut lost = Happening::of(Event::LoseTrack, Told::Open);
        lost.detail = Some(why.to_owned());
        lost
    }

    async fn record(
        &self,
        before: &Payment,
        happening: Happening<'_>,
    ) -> Result<Arc<Payment>, FlowError> {
        Ok(record(self.engine, self.merchant, before, happening)
            .await?
            .payment)
    }
}

/// What an operator found at the PG.
pub enum Found {
    /// It was approved, under this number of the PG.
    Paid {
        /// The PG's number of the approval.
        pg_tid: String,
    },
    /// It was not approved.
    Failed {
        /// Why, for the payment's `fail_reason`.
        reason: String,
    },
}

/// Whether an operator may settle a payment that needs review as paid: not one whose billing key never reached us.
pub async fn may_be_paid(engine: &Engine, payment: &Payment) -> Result<bool, FlowError> {
    let key = held_key(engine, payment).await?;
    Ok(!is_keyless(payment, key.as_ref()))
}

/// Whether it was to issue a key, and none is kept aside.
fn is_keyless(payment: &Payment, key: Option<&Sealed>) -> bool {
    payment.order.usage == Some(Usage::Issue) && key.is_none()
}

/// An operator settles a payment that needs review. The result is told by webhook.
pub async fn settle_by_operator(
    engine: &Engine,
    merchant: &MerchantRecord,
    imp_uid: &str,
    found: Found,
) -> Result<Arc<Payment>, FlowError> {
    let payment = super::look_up::payment(engine, &merchant.merchant, imp_uid).await?;
    if payment.state != State::NeedsReview {
        let text = format!(
            "{imp_uid} is {:?}; only a payment that needs review can be settled by hand",
            payment.state
        );
        return Err(Refusal::business(text).into());
    }
    let key = held_key(engine, &payment).await?;
    if is_keyless(&payment, key.as_ref()) && matches!(found, Found::Paid { .. }) {
        let text = format!(
            "{imp_uid} was to issue a billing key, and no key reached us: settle it as failed and have the buyer register again"
        );
        return Err(Refusal::business(text).into());
    }
    let mut happening = match found {
        Found::Paid { pg_tid } => {
            let mut happening = Happening::of(Event::OperatorPaid, Told::Open);
            happening.receipt = Some(receipt(&payment, pg_tid));
            happening.key = key.as_ref();
            happening
        }
        Found::Failed { reason } => {
            let mut happening = Happening::of(Event::OperatorFailed, Told::Open);
            happening.failure = Some(Failure::new(FailureClass::NotFound, "", reason));
            happening
        }
    };
    happening.detail = Some("by an operator".to_owned());
    Ok(record(engine, merchant, &payment, happening).await?.payment)
}

/// A receipt of what an operator read in the PG's own books.
fn receipt(payment: &Payment, pg_tid: String) -> Receipt {
    Receipt {
        pg_tid,
        amount: payment.money(),
        approval_number: None,
        approved_at_ms: None,
        card: Default::default(),
        quota: payment.order.quota,
        partial_cancel: None,
        receipt_url: None,
        cancel_key: None,
    }
}
