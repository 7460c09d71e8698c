//! The window: what the SDK asks for, the pages that a browser sees, and the returns of PGs.

mod card_data;
mod pages;
mod prepare;
mod redirect_target;
mod refusal;
mod returns;
mod standing;

use axum::Router;
use axum::http::header;
use axum::routing::{get, post};
use tower_http::cors::{Any, CorsLayer};

use super::App;

/// The window's routes.
pub fn router() -> Router<App> {
    // Merchants' pages of any site, file pages and webviews (Origin: null) ask; no cookie is involved.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers([header::CONTENT_TYPE]);
    let asked = Router::new()
        .route("/window/prepare", post(prepare::prepare))
        .route("/window/result", post(standing::result))
        .route("/window/close", post(standing::close))
        .route("/window/{id}/token", post(returns::by_script))
        .layer(cors);
    Router::new()
        .merge(asked)
        .route("/window/{id}", get(pages::without_token).post(pages::open))
        .route(
            "/window/{id}/return",
            get(returns::by_query).post(returns::by_form),
        )
        .route("/window-assets/window.css", get(pages::stylesheet))
        .route("/payments/success", get(pages::success))
        .route("/payments/fail", get(pages::fail))
}
