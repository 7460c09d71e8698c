//! Codes of card companies and banks, and sub-stores.

use axum::response::Response;
use dangol_domain::v1::codes::{BANKS, CARDS, Code, name_of};
use dangol_domain::v1::{Refusal, messages};
use serde::Serialize;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;
use super::description::envelope::{Done, Refused};
use super::description::objects;

/// A code as V1 shows it.
#[derive(Serialize)]
struct CodeView<'a> {
    code: &'a str,
    name: &'a str,
}

/// `GET /cards`.
#[utoipa::path(
    get, path = "/cards", operation_id = "listCards", tag = "Codes",
    summary = "List the card companies",
    responses(
        (status = 200, description = "All of them.", body = Done<Vec<objects::Code>>),
    ),
)]
pub(super) async fn cards(_: Caller) -> Response {
    all(CARDS)
}

/// `GET /cards/{card_standard_code}`.
#[utoipa::path(
    get, path = "/cards/{card_standard_code}", operation_id = "getCard", tag = "Codes",
    summary = "Find a card company",
    params(("card_standard_code" = String, Path, description = "Its code.", min_length = 1, example = "381")),
    responses(
        (status = 200, description = "The card company.", body = Done<objects::Code>),
        (status = 404, description = "No such code.", body = Refused),
    ),
)]
pub(super) async fn card(_: Caller, InPath(code): InPath<String>) -> Result<Response, Wrong> {
    one(CARDS, &code, messages::NO_SUCH_CARD)
}

/// `GET /banks`.
#[utoipa::path(
    get, path = "/banks", operation_id = "listBanks", tag = "Codes",
    summary = "List the banks",
    responses(
        (status = 200, description = "All of them.", body = Done<Vec<objects::Code>>),
    ),
)]
pub(super) async fn banks(_: Caller) -> Response {
    all(BANKS)
}

/// `GET /banks/{bank_standard_code}`.
#[utoipa::path(
    get, path = "/banks/{bank_standard_code}", operation_id = "getBank", tag = "Codes",
    summary = "Find a bank",
    params(("bank_standard_code" = String, Path, description = "Its code.", min_length = 1, example = "004")),
    responses(
        (status = 200, description = "The bank.", body = Done<objects::Code>),
        (status = 404, description = "No such code.", body = Refused),
    ),
)]
pub(super) async fn bank(_: Caller, InPath(code): InPath<String>) -> Result<Response, Wrong> {
    one(BANKS, &code, messages::NO_SUCH_BANK)
}

/// `GET /tiers/{tier_code}`. There are no sub-stores here, so none is ever found.
#[utoipa::path(
    get, path = "/tiers/{tier_code}", operation_id = "getTier", tag = "Codes",
    summary = "Find a sub-store",
    description = "There are no sub-stores here, so none is ever found.",
    params(("tier_code" = String, Path, description = "Its code.", min_length = 1, example = "ABC")),
    responses(
        (status = 404, description = "No such sub-store: `등록되지 않았거나 이미 삭제된 tier_code입니다.`", body = Refused),
    ),
)]
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
