//! Amounts that the merchant's server tells before a window opens. What a page asks for comes through a browser, where
//! anybody can change it; a prepared order cannot be changed there.

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{Money, PreparedOrder, UserCode};
use dangol_store::prepared_orders;

use crate::{Engine, FlowError};

/// Prepares an order for the first time.
pub async fn register(engine: &Engine, order: &PreparedOrder) -> Result<(), FlowError> {
    match prepared_orders::insert(&engine.db, order).await? {
        true => Ok(()),
        false => Err(Refusal::business(messages::PREPARED_TWICE).into()),
    }
}

/// Changes a prepared order; 404 when there is none.
pub async fn change(engine: &Engine, order: &PreparedOrder) -> Result<(), FlowError> {
    match prepared_orders::update(&engine.db, order).await? {
        true => Ok(()),
        false => Err(Refusal::not_found(messages::NO_SUCH_PREPARED).into()),
    }
}

/// The prepared order of a merchant_uid; 404 when there is none.
pub async fn find(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<PreparedOrder, FlowError> {
    let found = prepared_orders::find(&engine.db, merchant, merchant_uid).await?;
    found.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_PREPARED).into())
}

/// Refuses a window that asks for something else than was prepared. An order that was not prepared may ask for anything.
pub(crate) async fn guard(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    money: Money,
) -> Result<(), FlowError> {
    let prepared = prepared_orders::find(&engine.db, merchant, merchant_uid).await?;
    match prepared.is_none_or(|order| order.allows(money)) {
        true => Ok(()),
        false => Err(Refusal::business(messages::PREPARED_OTHERWISE).into()),
    }
}
