//! A PG returns the browser, with a form or a query.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dangol_engine::flow::close_window::close_window;
use dangol_gateway::contract::WindowReturn;

use super::super::App;
use super::super::raw_form::fields;
use super::pages;

/// `GET /window/{id}/return`.
pub(super) async fn by_query(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    finish(&app, &id, query.unwrap_or_default().as_bytes()).await
}

/// `POST /window/{id}/return`.
pub(super) async fn by_form(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    finish(&app, &id, &body).await
}

async fn finish(app: &App, id: &str, encoded: &[u8]) -> Response {
    let returned = WindowReturn {
        fields: fields(encoded),
    };
    match close_window(&app.engine, id, returned).await {
        Ok(Ok((result, page))) => pages::ended(&result, &page),
        Ok(Err(not_yours)) => pages::not_yours(not_yours),
        Err(error) => pages::out_of_order(&error),
    }
}
