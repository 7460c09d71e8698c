//! Calls of V1 that exist for one PG alone: the payment is found, and the PG is asked. Nothing is kept of them, because
//! nothing here depends on them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dangol_domain::v1::{Refusal, messages};
use dangol_gateway::contract::Gateway;
use dangol_gateway::service::{Served, Service, ServiceOrder};
use dangol_store::merchants::MerchantRecord;

use super::look_up;
use crate::{Engine, FlowError};

/// What is asked.
pub struct Asked {
    /// The payment's `imp_uid`.
    pub imp_uid: String,
    /// Its `merchant_uid`, where the service wants both.
    pub merchant_uid: Option<String>,
    /// The service's parameters, each of its shape.
    pub values: BTreeMap<&'static str, String>,
}

/// Asks a PG's service about a payment of that PG.
pub async fn serve(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    gateway: &'static dyn Gateway,
    service: &'static dyn Service,
    asked: Asked,
) -> Result<Served, FlowError> {
    let payment = look_up::payment(engine, &merchant.merchant, &asked.imp_uid).await?;
    if asked
        .merchant_uid
        .is_some_and(|uid| uid != payment.merchant_uid)
    {
        return Err(Refusal::not_found(messages::NO_SUCH_PAYMENT).into());
    }
    let profile = gateway.profile();
    if payment.order.pg_provider != profile.provider {
        let text = messages::not_of_this_pg(&profile.title.ko, &profile.provider);
        return Err(Refusal::business(text).into());
    }
    let approved = payment.receipt.clone().filter(|_| payment.took_money());
    let receipt = approved.ok_or_else(|| Refusal::business(messages::NOT_APPROVED))?;
    let channel = engine.channel(merchant, &payment.channel_key).await?;
    let channel = channel
        .ok_or_else(|| Refusal::business(messages::channel_is_gone(&payment.order.pg_provider)))?;
    let order = ServiceOrder {
        order_id: payment.imp_uid.to_string(),
        merchant_uid: payment.merchant_uid,
        name: payment.order.name.unwrap_or_default(),
        receipt,
        values: asked.values,
    };
    let wire = engine.wire.clone();
    // A caller who hangs up ends the waiting and not the call.
    let call = async move { service.call(wire.as_ref(), &channel.channel, &order).await };
    let task = engine.tasks.spawn(call);
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    match tokio::time::timeout(budget, task).await {
        Ok(Ok(served)) => Ok(served),
        Ok(Err(error)) => Err(FlowError::Setup(error.to_string())),
        Err(_) => Ok(Served::Unknown("no answer in time".to_owned())),
    }
}
