//! Codes of card companies and banks, and sub-stores.

use axum::response::Response;
use dangol_domain::v1::codes::{BANKS, CARDS, Code, name_of};
use dangol_domain::v1::{Refusal, messages};
use serde::Serialize;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;

/// A code as V1 shows it.
#[derive(Serialize)]
struct CodeView<'a> {
    code: &'a str,
    name: &'a str,
}

/// `GET /cards`.
pub(super) async fn cards(_: Caller) -> Response {
    all(CARDS)
}

/// `GET /cards/{card_standard_code}`.
pub(super) async fn card(_: Caller, InPath(code): InPath<String>) -> Result<Response, Wrong> {
    one(CARDS, &code, messages::NO_SUCH_CARD)
}

/// `GET /banks`.
pub(super) async fn banks(_: Caller) -> Response {
    all(BANKS)
}

/// `GET /banks/{bank_standard_code}`.
pub(super) async fn bank(_: Caller, InPath(code): InPath<String>) -> Result<Response, Wrong> {
    one(BANKS, &code, messages::NO_SUCH_BANK)
}

/// `GET /tiers/{tier_code}`. There are no sub-stores here, so none is ever found.
pub(super) async fn tier(_: Caller, _: InPath<String>) -> Wrong {
    Refusal::not_found(messages::NO_SUCH_TIER).into()
}

fn all(list: &[Code]) -> Response {
    let views: Vec<CodeView<'_>> = list
        .iter()
        .map(|(code, name)| CodeView { code, name })
        .collect();
    ok(views)
}

fn one(list: &[Code], code: &str, unknown: &str) -> Result<Response, Wrong> {
    let name = name_of(list, code).ok_or_else(|| Refusal::not_found(unknown))?;
    Ok(ok(CodeView { code, name }))
}
