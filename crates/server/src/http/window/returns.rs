//! A PG returns the browser, with a form or a query; or the SDK brings what a page got from the PG without a window.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dangol_engine::FlowError;
use dangol_engine::flow::close_window::close_window;
use dangol_engine::flow::open_window::{NotYours, Page};
use dangol_engine::flow::result::WindowResult;
use dangol_gateway::contract::WindowReturn;

use super::super::App;
use super::super::raw_form::fields;
use super::super::source::Source;
use super::{pages, standing};

/// `GET /window/{id}/return`.
pub(super) async fn by_query(
    State(app): State<App>,
    Path(id): Path<String>,
    Source(from): Source,
    RawQuery(query): RawQuery,
) -> Response {
    page(finish(&app, &id, query.unwrap_or_default().as_bytes(), from).await)
}

/// `POST /window/{id}/return`.
pub(super) async fn by_form(
    State(app): State<App>,
    Path(id): Path<String>,
    Source(from): Source,
    body: Bytes,
) -> Response {
    page(finish(&app, &id, &body, from).await)
}

/// `POST /window/{id}/token`: a return like any other, with a one-time token that the PG gave to the shop's page. The answer
/// is for a script: a redirect would make it ask for the shop's page, and a page it may not read.
pub(super) async fn by_script(
    State(app): State<App>,
    Path(id): Path<String>,
    Source(from): Source,
    body: Bytes,
) -> Response {
    let ended = finish(&app, &id, &body, from).await;
    standing::ended(
        &app,
        ended.map(|ended| ended.ok().map(|(result, _)| result)),
    )
}

type Ended = Result<Result<(WindowResult, Page), NotYours>, FlowError>;

async fn finish(app: &App, id: &str, encoded: &[u8], from: Option<IpAddr>) -> Ended {
    let returned = WindowReturn {
        fields: fields(encoded),
    };
    close_window(&app.engine, id, returned, from).await
}

fn page(ended: Ended) -> Response {
    match ended {
        Ok(Ok((result, page))) => pages::ended(&result, &page),
        Ok(Err(not_yours)) => pages::not_yours(not_yours),
        Err(error) => pages::out_of_order(&error),
    }
}
