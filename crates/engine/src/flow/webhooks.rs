//! Webhooks that were sent: looking at them and their tries, and sending one again.

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{ImpUid, UserCode};
use dangol_store::deliveries::{self, Delivery, Try};
use dangol_store::{endpoints, payments};

use crate::{Engine, FlowError};

/// A webhook with its tries, oldest first.
pub struct Sent {
    /// The webhook.
    pub delivery: Delivery,
    /// Its tries.
    pub tries: Vec<Try>,
}

/// A merchant's webhooks, newest first: those before an id, or the latest.
pub async fn list(
    engine: &Engine,
    merchant: &UserCode,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Sent>, FlowError> {
    let found = deliveries::latest(&engine.db, merchant, before, limit).await?;
    with_tries(engine, found).await
}

/// The webhooks about a payment, newest first; 404 when there is no such payment.
pub async fn of_payment(
    engine: &Engine,
    merchant: &UserCode,
    imp_uid: &str,
) -> Result<Vec<Sent>, FlowError> {
    let found = match ImpUid::parse(imp_uid) {
        Some(imp_uid) => payments::find(&engine.db, merchant, &imp_uid).await?,
        None => None,
    };
    let payment = found.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_PAYMENT))?;
    let mut found = deliveries::of_payment(&engine.db, &payment).await?;
    found.reverse();
    with_tries(engine, found).await
}

/// One webhook; 404 when there is no such one.
pub async fn find(engine: &Engine, merchant: &UserCode, id: &str) -> Result<Sent, FlowError> {
    let found = deliveries::find(&engine.db, merchant, id).await?;
    let delivery = found.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_WEBHOOK))?;
    let tries = deliveries::tries(&engine.db, merchant, id).await?;
    Ok(Sent { delivery, tries })
}

/// Sends a webhook once more at once, with its id and its body, to where it went. Whatever its answer, it counts as one
/// more try.
///
/// # Errors
/// Refused while it is on its way, and while its endpoint is switched off; 404 when there is no such webhook.
pub async fn resend(engine: &Engine, merchant: &UserCode, id: &str) -> Result<(), FlowError> {
    let delivery = find(engine, merchant, id).await?.delivery;
    let endpoint = endpoints::find(&engine.db, merchant, &delivery.url).await?;
    if endpoint.is_some_and(|endpoint| endpoint.off_at.is_some()) {
        return Err(Refusal::business(messages::endpoint_is_off(&delivery.url)).into());
    }
    if !deliveries::resend(&engine.db, merchant, id, engine.now_ms()).await? {
        return Err(Refusal::business(messages::WEBHOOK_ON_ITS_WAY).into());
    }
    engine.due.notify_one();
    Ok(())
}

async fn with_tries(engine: &Engine, found: Vec<Delivery>) -> Result<Vec<Sent>, FlowError> {
    let mut sent = Vec::with_capacity(found.len());
    for delivery in found {
        let (merchant, id) = (&delivery.merchant, &delivery.delivery_id);
        let tries = deliveries::tries(&engine.db, merchant, id).await?;
        sent.push(Sent { delivery, tries });
    }
    Ok(sent)
}
