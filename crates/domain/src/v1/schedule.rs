//! The schedule as V1 shows it (`ScheduleResult`): every key always present, alphabetical.

use serde::Serialize;
use serde_json::Value;

use super::messages;
use crate::clock::seconds;
use crate::{Schedule, ScheduleState};

/// V1's schedule object.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct ScheduleView {
    pub amount: Value,
    pub buyer_addr: Option<String>,
    pub buyer_email: Option<String>,
    pub buyer_name: Option<String>,
    pub buyer_postcode: Option<String>,
    pub buyer_tel: Option<String>,
    pub currency: String,
    pub custom_data: Option<String>,
    pub customer_id: Option<String>,
    pub customer_uid: String,
    pub executed_at: i64,
    pub fail_reason: Option<String>,
    pub imp_uid: Option<String>,
    pub merchant_uid: String,
    pub name: String,
    pub payment_status: Option<&'static str>,
    pub pg_id: String,
    pub pg_provider: String,
    pub promotion_id: Option<String>,
    pub revoked_at: i64,
    pub schedule_at: i64,
    pub schedule_status: &'static str,
}

impl From<&Schedule> for ScheduleView {
    fn from(schedule: &Schedule) -> ScheduleView {
        let order = &schedule.order;
        let buyer = order.buyer.clone();
        let at = |ms: Option<i64>| ms.map_or(0, seconds);
        let execution = schedule.execution.as_ref();
        ScheduleView {
            amount: schedule.money().json(),
            buyer_addr: buyer.addr,
            buyer_email: buyer.email,
            buyer_name: buyer.name,
            buyer_postcode: buyer.postcode,
            buyer_tel: buyer.tel,
            currency: schedule.currency.as_str().to_owned(),
            custom_data: order.custom_data.clone(),
            customer_id: None,
            customer_uid: schedule.customer_uid.clone(),
            executed_at: at(schedule.executed_at),
            fail_reason: fail_reason(schedule),
            imp_uid: execution.map(|ran| ran.imp_uid.to_string()),
            merchant_uid: schedule.merchant_uid.clone(),
            name: schedule.name(),
            // V1 has no word here for a payment whose end is not known yet.
            payment_status: payment_status(schedule).filter(|status| *status != "ready"),
            pg_id: order.pg_id.clone(),
            pg_provider: order.pg_provider.clone(),
            promotion_id: None,
            revoked_at: at(schedule.revoked_at),
            schedule_at: seconds(schedule.due_at),
            schedule_status: schedule.state.v1(),
        }
    }
}

fn payment_status(schedule: &Schedule) -> Option<&'static str> {
    match &schedule.execution {
        Some(ran) => Some(ran.state.v1()),
        None => schedule.trouble.as_ref().map(|_| "failed"),
    }
}

/// Why it failed, or that it will.
fn fail_reason(schedule: &Schedule) -> Option<String> {
    if schedule.state == ScheduleState::Scheduled && !schedule.has_key {
        return Some(messages::SCHEDULE_WITHOUT_KEY.to_owned());
    }
    let ran = schedule.execution.as_ref();
    let failed = ran.filter(|ran| ran.state.v1() == "failed");
    let failure = failed.and_then(|ran| ran.failure.as_ref());
    failure
        .map(|failure| failure.reason())
        .or_else(|| schedule.trouble.clone())
}
