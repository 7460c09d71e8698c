//! The OpenAPI 3.1 description of the V1 API, made from the annotations beside each handler. The objects here say what
//! others build and read; tests compare them with what is really answered, and the described paths with the routed ones.

pub mod asked;
pub mod card;
pub mod envelope;
pub mod objects;
pub mod payment;

mod modify;
mod services;

use std::sync::LazyLock;

use bytes::Bytes;
use dangol_gateway::GATEWAYS;
use utoipa::OpenApi;

use self::modify::{Common, EveryKey, Named, Schemes};
use self::services::Services;
use super::{
    cancel, codes, key_in, lists, payments, prepared, schedules, subscribe, users, webhooks,
};

/// What every reader of the description should know first.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The description as JSON.
pub static JSON: LazyLock<Bytes> = LazyLock::new(|| {
    let document = serde_json::to_vec(&Description::openapi());
    document.expect("texts and numbers are JSON").into()
});

/// The gateway of the examples.
fn a_gateway() -> &'static str {
    &GATEWAYS[0].gateway.profile().provider
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Dangol: the i'mport (PortOne V1) API", description = INTRODUCTION),
    servers((url = "/", description = "This server")),
    tags(
        (name = "Tokens and channels", description = "Who calls, and through which contracts with gateways."),
        (name = "Charges", description = "Charging a billing key, and giving money back."),
        (name = "Billing keys", description = "Registered cards, each under the merchant's own `customer_uid`."),
        (name = "Schedules", description = "Charges that make themselves."),
        (name = "Payments", description = "Looking payments up."),
        (name = "Prepared orders", description = "Amounts that the merchant's server tells before a window opens."),
        (name = "Webhooks", description = "What was told to the merchant's server, and how it answered. These calls are ours: V1 shows this in its console."),
        (name = "Calls of one gateway", description = "What V1 passes on to one gateway alone."),
        (name = "Codes", description = "Codes of card companies and banks."),
    ),
    security(("bearer" = []), ("token" = []), ("imp_token_header" = []), ("query_token" = [])),
    modifiers(&Schemes, &Named, &EveryKey, &Services, &Common),
    components(schemas(envelope::Refused, objects::AskedStatus)),
    paths(
        users::get_token,
        users::channels,
        users::public_channels,
        subscribe::again,
        key_in::onetime,
        cancel::cancel,
        subscribe::customers,
        subscribe::customer,
        key_in::register,
        subscribe::delete_customer,
        lists::of_customer,
        schedules::list_under_customers,
        schedules::register,
        schedules::list,
        schedules::unschedule,
        schedules::find,
        schedules::change_time,
        schedules::reschedule,
        schedules::retry,
        schedules::list_of_customer,
        payments::several_at_once,
        payments::by_imp_uid,
        payments::balance,
        payments::by_merchant_uid,
        payments::by_status,
        lists::of_merchant_uid,
        lists::of_merchant_uid_and_status,
        lists::of_status,
        prepared::register,
        prepared::change,
        prepared::find,
        codes::cards,
        codes::card,
        codes::banks,
        codes::bank,
        codes::tier,
        webhooks::list,
        webhooks::find,
        webhooks::resend,
    )
)]
struct Description;
