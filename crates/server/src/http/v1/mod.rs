//! The V1 REST API, as i'mport's clients know it: one envelope around every answer, lenient about how a request is
//! written, strict about what it says. `description` is what `/openapi.json` says of it.

pub mod answer;
pub mod asked;
pub mod auth;
pub mod limits;
pub mod params;

mod cancel;
mod codes;
pub mod description;
mod elsewhere;
mod idempotency;
mod key_in;
mod lists;
mod payments;
mod prepared;
mod schedules;
mod services;
mod subscribe;
mod users;
mod webhooks;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};

use super::App;

/// The routes of the API, each with and without a trailing slash. Unknown paths and wrong methods are answered in the
/// envelope, for all routers that this one is merged with (so only this one has a fallback).
pub fn router() -> Router<App> {
    let mut router = Router::new();
    for (path, methods) in routes() {
        router = router
            .route(&format!("{path}/"), methods.clone())
            .route(path, methods);
    }
    router
        .method_not_allowed_fallback(answer::wrong_method)
        .fallback(answer::no_such_path)
        .layer(middleware::from_fn(answer::never_panicking))
}

/// Every path. What is built is also described, beside its handler and in `description`; a test compares the two.
fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    let built = [
        ("/users/getToken", post(users::get_token)),
        ("/users/pg", get(users::channels)),
        ("/users/pg/{user_code}", get(users::public_channels)),
        ("/payments", get(payments::several_at_once)),
        ("/payments/cancel", post(cancel::cancel)),
        ("/payments/{imp_uid}", get(payments::by_imp_uid)),
        ("/payments/{imp_uid}/balance", get(payments::balance)),
        (
            "/payments/find/{merchant_uid}",
            get(payments::by_merchant_uid),
        ),
        (
            "/payments/find/{merchant_uid}/{payment_status}",
            get(payments::by_status),
        ),
        (
            "/payments/findAll/{merchant_uid}",
            get(lists::of_merchant_uid),
        ),
        (
            "/payments/findAll/{merchant_uid}/{payment_status}",
            get(lists::of_merchant_uid_and_status),
        ),
        ("/payments/status/{payment_status}", get(lists::of_status)),
        (
            "/payments/prepare",
            post(prepared::register).put(prepared::change),
        ),
        ("/payments/prepare/{merchant_uid}", get(prepared::find)),
        ("/subscribe/payments/again", post(subscribe::again)),
        ("/subscribe/payments/onetime", post(key_in::onetime)),
        ("/subscribe/customers", get(subscribe::customers)),
        (
            "/subscribe/customers/{customer_uid}",
            get(subscribe::customer)
                .post(key_in::register)
                .delete(subscribe::delete_customer),
        ),
        (
            "/subscribe/customers/{customer_uid}/payments",
            get(lists::of_customer),
        ),
        ("/cards", get(codes::cards)),
        ("/cards/{card_standard_code}", get(codes::card)),
        ("/banks", get(codes::banks)),
        ("/banks/{bank_standard_code}", get(codes::bank)),
        ("/tiers/{tier_code}", get(codes::tier)),
    ];
    built
        .into_iter()
        .chain(schedules::routes())
        .chain(webhooks::routes())
        .chain(services::routes())
        .chain(elsewhere::routes())
        .collect()
}

#[cfg(test)]
mod tests;
