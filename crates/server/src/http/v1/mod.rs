//! The V1 REST API, as i'mport's clients know it: one envelope around every answer, lenient about how a request is
//! written, strict about what it says.

pub mod answer;
pub mod asked;
pub mod auth;
pub mod params;

mod cancel;
mod idempotency;
mod payments;
mod schedules;
mod subscribe;
mod users;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};

use super::App;

/// The routes of the API, each with and without a trailing slash. Unknown paths and wrong methods are answered in the
/// envelope, for all routers that this one is merged with (so only this one has a fallback).
pub fn router() -> Router<App> {
    let mut router = Router::new();
    for (path, methods) in routes().into_iter().chain(schedules::routes()) {
        router = router
            .route(&format!("{path}/"), methods.clone())
            .route(path, methods);
    }
    router
        .method_not_allowed_fallback(answer::wrong_method)
        .fallback(answer::no_such_path)
        .layer(middleware::from_fn(answer::never_panicking))
}

fn routes() -> [(&'static str, MethodRouter<App>); 9] {
    [
        ("/users/getToken", post(users::get_token)),
        ("/users/pg", get(users::channels)),
        ("/users/pg/{user_code}", get(users::public_channels)),
        ("/payments/cancel", post(cancel::cancel)),
        ("/payments/{imp_uid}", get(payments::by_imp_uid)),
        (
            "/payments/find/{merchant_uid}",
            get(payments::by_merchant_uid),
        ),
        (
            "/payments/find/{merchant_uid}/{payment_status}",
            get(payments::by_status),
        ),
        ("/subscribe/payments/again", post(subscribe::again)),
        (
            "/subscribe/customers/{customer_uid}",
            get(subscribe::customer).delete(subscribe::delete_customer),
        ),
    ]
}

#[cfg(test)]
mod tests;
