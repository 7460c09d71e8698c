//! `DELETE /subscribe/customers/{customer_uid}`: a billing key is taken away here at once and for good, and deleted at the
//! PG where the PG can. The PG's part has a job behind it: a lost answer is asked for again, because deleting twice
//! deletes once.

use std::time::Duration;

use dangol_domain::FailureClass;
use dangol_domain::v1::{Refusal, messages};
use dangol_gateway::contract::Revoked;
use dangol_store::billing_keys::Sealed;
use dangol_store::deleted_keys::{self, DeletedKey, Deletion, Done};
use dangol_store::jobs::{self, Claimed, Job, Kind};
use dangol_store::merchants::MerchantRecord;
use dangol_store::schedules;
use dangol_vault::KeyContext;

use super::look_up;
use super::notify;
use super::resolve::INQUIRY_PAUSES_MS;
use crate::{Engine, FlowError};

/// When a deletion's job first fires, ms after it was asked for: as for a charge, when the first try must be over.
const REVOKE_AFTER_MS: i64 = 90_000;

/// Deletes a key; the record that it had.
pub async fn delete_key(
    engine: &Engine,
    merchant: &std::sync::Arc<MerchantRecord>,
    customer_uid: &str,
    reason: Option<String>,
) -> Result<Sealed, FlowError> {
    let key = look_up::customer(engine, &merchant.merchant, customer_uid).await?;
    let pending = schedules::count_pending_of(&engine.db, &merchant.merchant, customer_uid).await?;
    let now = engine.now_ms();
    let deletion_id = format!("deletion_{}", engine.random.hex::<8>());
    let job = Job {
        due_at: now + REVOKE_AFTER_MS,
        kind: Kind::RevokeKey,
        subject: deletion_id.clone(),
        merchant: merchant.merchant.clone(),
    };
    let deliveries = notify::key_deleted(engine, merchant, customer_uid);
    let deletion = Deletion {
        key: &key,
        deletion_id: &deletion_id,
        reason: reason.as_deref(),
        at: now,
        job: job.clone(),
        deliveries: &deliveries,
    };
    if !deleted_keys::delete(&engine.db, deletion).await? {
        // Somebody was faster: deleted it, or registered another card.
        let gone = Refusal::business(messages::no_such_customer(customer_uid));
        return Err(gone.into());
    }
    if !deliveries.is_empty() {
        engine.due.notify_one();
    }
    if pending > 0 {
        tracing::warn!(
            deletion_id,
            pending,
            "a key with pending schedules was deleted: they will fail unless a card is registered again"
        );
    }
    // A caller who hangs up ends the waiting and not the deletion.
    let (owned, with) = (engine.clone(), merchant.clone());
    let task = engine.tasks.spawn(async move {
        let deleted = deleted_keys::find(&owned.db, &with.merchant, &deletion_id).await?;
        if let Some(deleted) = deleted {
            try_once(&owned, &with, &deletion_id, &deleted, Done::Unclaimed(&job)).await?;
        }
        Ok::<_, FlowError>(())
    });
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    if let Ok(Ok(Err(error))) = tokio::time::timeout(budget, task).await {
        tracing::warn!(%error, "a key is deleted here, and its job will have the PG delete it");
    }
    Ok(key)
}

/// Asks the PG once; whether that settled it.
async fn try_once(
    engine: &Engine,
    merchant: &MerchantRecord,
    deletion_id: &str,
    deleted: &DeletedKey,
    job: Done<'_>,
) -> Result<bool, FlowError> {
    let revoked = match revoke(engine, merchant, deleted).await? {
        Revoked::Done => "done",
        Revoked::Refused(failure) if failure.class == FailureClass::UnknownKey => "done",
        Revoked::Unsupported => "unsupported",
        Revoked::Refused(failure) => {
            tracing::warn!(
                deletion_id,
                reason = failure.reason(),
                "the PG refused to delete a key"
            );
            "refused"
        }
        Revoked::Unknown(why) => {
            tracing::warn!(deletion_id, why, "a key may not be deleted at the PG yet");
            return Ok(false);
        }
    };
    deleted_keys::settle(&engine.db, &merchant.merchant, deletion_id, revoked, job).await?;
    Ok(true)
}

async fn revoke(
    engine: &Engine,
    merchant: &MerchantRecord,
    deleted: &DeletedKey,
) -> Result<Revoked, FlowError> {
    let Some(channel) = engine.channel(merchant, &deleted.channel_key).await? else {
        return Ok(Revoked::Unsupported);
    };
    let Some(sealed) = &deleted.sealed else {
        return Ok(Revoked::Done);
    };
    let context = KeyContext {
        merchant: merchant.merchant.as_str(),
        customer_uid: &deleted.customer_uid,
        pg: &deleted.provider,
    };
    let key = engine
        .vault
        .open_key(&merchant.data_key, &context, sealed)?;
    let (gateway, now) = (channel.gateway, engine.now_ms());
    Ok(gateway
        .revoke(engine.wire.as_ref(), &channel.channel, &key, now)
        .await)
}

/// Runs the job of a deletion that is not settled: again later, and in the end an alarm.
pub(crate) async fn resolve(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let deleted = deleted_keys::find(&engine.db, &job.merchant, &job.subject).await?;
    let merchant = engine.merchant(&job.merchant).await?;
    let (Some(merchant), Some(deleted)) = (merchant, deleted.filter(|d| d.revoked == "asked"))
    else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    if try_once(engine, &merchant, &job.subject, &deleted, Done::Held(held)).await? {
        return Ok(());
    }
    let tries = usize::try_from(held.tries).unwrap_or(usize::MAX);
    let Some(pause) = INQUIRY_PAUSES_MS.get(tries.saturating_add(1)) else {
        tracing::error!(
            deletion_id = job.subject,
            "ALARM: a deleted key may still exist at the PG; delete it in the PG's merchant site"
        );
        let (merchant, id) = (&job.merchant, &job.subject);
        deleted_keys::settle(&engine.db, merchant, id, "refused", Done::Held(held)).await?;
        return Ok(());
    };
    jobs::postpone(&engine.db, held, engine.now_ms() + pause).await?;
    Ok(())
}
