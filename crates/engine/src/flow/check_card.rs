//! Proving a card: a small amount is charged once and given back. The job that gives it back is committed with the
//! charge, so that it happens whoever dies in between.

use std::sync::Arc;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{Payment, State};
use dangol_store::billing_keys::Sealed;
use dangol_store::jobs::{self, Claimed, Job, Kind};
use dangol_store::merchants::MerchantRecord;

use super::cancel::{Cancellation, cancel};
use super::carry_out::{Attempt, Intent, carry_out};
use super::charge_again::{ChargeKey, asked};
use super::resolve::INQUIRY_PAUSES_MS;
use super::{Again, look_up};
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// When the job first looks whether the amount was given back, ms after the charge: later than a charge and its cancel
/// take.
const GIVE_BACK_AFTER_MS: i64 = 180_000;

/// Why it is cancelled.
const REASON: &str = "카드정보 확인을 위한 결제의 자동 취소";

/// The job that gives back what proves a card.
pub(super) fn give_back_job(payment: &Payment) -> Job {
    Job {
        due_at: payment.started_at + GIVE_BACK_AFTER_MS,
        kind: Kind::GiveBack,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    }
}

/// Charges `amount`, a decimal, and gives it back.
///
/// # Errors
/// A refusal with the PG's reason when the card was not charged, or nobody knows yet whether it was.
pub(super) async fn check(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    key: Sealed,
    channel: Arc<OpenChannel>,
    amount: String,
) -> Result<(), FlowError> {
    let again = Again {
        customer_uid: key.record.customer_uid.clone(),
        merchant_uid: format!("checking_{}", engine.random.hex::<8>()),
        amount,
        name: Some("카드정보 확인".to_owned()),
        ..Again::default()
    };
    let payment = asked(engine, merchant, &again, &channel)?;
    let charge = ChargeKey::new(engine, merchant, key, channel);
    let attempt = Attempt::new(engine, merchant, charge, Intent::Checks);
    // A caller who hangs up does not keep the buyer's money from being given back at once.
    let (owned, with) = (engine.clone(), Arc::clone(merchant));
    let checking = engine.tasks.spawn(async move {
        let payment = carry_out(attempt, payment).await?;
        if payment.state == State::Paid {
            give_all_back(&owned, &with, &payment).await?;
        }
        Ok::<_, FlowError>(payment)
    });
    let lost = |error: tokio::task::JoinError| FlowError::Setup(error.to_string());
    let payment = checking.await.map_err(lost)??;
    match payment.state {
        State::Paid => Ok(()),
        State::Failed => {
            let reason = payment.failure.as_ref().map(|failure| failure.reason());
            Err(not_proven(&reason.unwrap_or_default()))
        }
        _ => Err(not_proven(
            "결과를 확인하고 있습니다. 승인되었다면 자동으로 취소됩니다.",
        )),
    }
}

fn not_proven(reason: &str) -> FlowError {
    Refusal::business(messages::card_not_proven(reason)).into()
}

/// Gives all of it back, if it is not given back yet; whether that is settled, or open elsewhere. The card is proven either
/// way.
async fn give_all_back(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    payment: &Payment,
) -> Result<bool, FlowError> {
    let all = Cancellation {
        imp_uid: Some(payment.imp_uid.to_string()),
        reason: REASON.to_owned(),
        ..Cancellation::default()
    };
    match cancel(engine, merchant, all).await {
        Err(FlowError::Refused(refusal)) => {
            tracing::warn!(imp_uid = %payment.imp_uid, why = refusal.message, "what proved a card is not given back yet");
            let now = look_up::payment(engine, &payment.merchant, payment.imp_uid.as_str()).await?;
            Ok(now.balance() == 0 || now.open_cancel().is_some())
        }
        Err(error) => Err(error),
        Ok(_) => Ok(true),
    }
}

/// Runs the job: gives back what nobody gave back, as soon as it is known whether it was taken.
pub(crate) async fn give_back(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let merchant = engine.merchant(&job.merchant).await?;
    let payment = look_up::payment(engine, &job.merchant, &job.subject).await;
    let (Some(merchant), Ok(payment)) = (merchant, payment) else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    // Later each time, and daily in the end.
    let tries = usize::try_from(held.tries).unwrap_or(usize::MAX);
    let pause = INQUIRY_PAUSES_MS.get(tries.saturating_add(2));
    if payment.state.is_open() || payment.open_cancel().is_some() {
        // Both end by themselves, or by a person's word.
        let last = INQUIRY_PAUSES_MS[INQUIRY_PAUSES_MS.len() - 1];
        let due_at = engine.now_ms() + pause.unwrap_or(&last);
        jobs::postpone(&engine.db, held, due_at).await?;
        return Ok(());
    }
    let settled = !payment.took_money()
        || payment.balance() == 0
        || give_all_back(engine, &merchant, &payment).await?;
    if let (false, Some(pause)) = (settled, pause) {
        jobs::postpone(&engine.db, held, engine.now_ms() + pause).await?;
        return Ok(());
    }
    if !settled {
        tracing::error!(imp_uid = %payment.imp_uid, "ALARM: what proved a card was not given back; cancel it by hand");
    }
    jobs::finish(&engine.db, held).await?;
    Ok(())
}
