//! The payment window: what it was registered with, the buyer's one step, and what it ends in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::codes::{self, Refusal};
use super::{Kicc, PROVIDER, pages};
use crate::sandbox::Incoming;
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::form::Form;
use crate::sandbox::korea;

/// How long an authorization holds, from registration and again from the buyer's last word, ms.
const LIFE_MS: i64 = 10 * 60 * 1000;
/// How many authorizations are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;
/// Faults that the page itself can show; the others wait for a registration.
const PAGE_FAULTS: &[Fault] = &[
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
];

/// Language of a window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

/// What proves the card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certificate {
    /// Expiry, birth date or business number, and two digits of the password.
    Password,
    /// Expiry alone.
    Expiry,
    /// Expiry and birth date or business number.
    Birth,
}

/// What a window was registered with.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) mall_id: String,
    pub(super) order_id: String,
    pub(super) shop_name: String,
    pub(super) order_name: String,
    /// Won.
    pub(super) amount: i64,
    pub(super) return_url: String,
    pub(super) mobile: bool,
    pub(super) certificate: Certificate,
    pub(super) language: Language,
    /// `shopValue1` to `shopValue7`.
    pub(super) values: [String; 7],
}

/// An authorization. Of the card nothing is kept but which test card it is.
struct Authorization {
    opened: Opened,
    since_ms: i64,
    ended: Option<Result<TestCard, Refusal>>,
    used: bool,
}

/// Authorizations by their id. They live in memory: a restarted sandbox has forgotten them, as a buyer would have to begin
/// again.
#[derive(Default)]
pub(super) struct Windows(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    kept: HashMap<String, Authorization>,
    order: VecDeque<String>,
}

impl Windows {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a registration.
    pub(super) fn put(&self, id: &str, opened: Opened, now_ms: i64) {
        let authorization = Authorization {
            opened,
            since_ms: now_ms,
            ended: None,
            used: false,
        };
        let mut shelf = self.lock();
        if shelf.order.len() == KEPT_MAX
            && let Some(oldest) = shelf.order.pop_front()
        {
            shelf.kept.remove(&oldest);
        }
        shelf.order.push_back(id.to_owned());
        shelf.kept.insert(id.to_owned(), authorization);
    }

    /// Uses an authorization up, if the buyer agreed to this merchant's order less than ten minutes ago; the card.
    pub(super) fn use_up(
        &self,
        id: &str,
        mall_id: &str,
        order_id: &str,
        now_ms: i64,
    ) -> Option<TestCard> {
        let mut shelf = self.lock();
        let found = shelf.kept.get_mut(id)?;
        let (opened, in_time) = (&found.opened, now_ms - found.since_ms <= LIFE_MS);
        let own = opened.mall_id == mall_id && opened.order_id == order_id;
        match &found.ended {
            Some(Ok(card)) if own && in_time && !found.used => {
                found.used = true;
                Some(*card)
            }
            _ => None,
        }
    }
}

/// The browser comes to a registered window.
pub(super) async fn open(
    State(kicc): State<Arc<Kicc>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Form::read(query.unwrap_or_default().as_bytes(), encoding_rs::UTF_8);
    let id = query.text("authorizationId");
    let order_id = kicc
        .windows
        .lock()
        .kept
        .get(id)
        .map(|found| found.opened.order_id.clone());
    let (pg, operation, order_id) = (PROVIDER, Operation::OpenWindow, order_id.as_deref());
    let incoming = Incoming {
        pg,
        operation,
        order_id,
        amount: None,
        able: PAGE_FAULTS,
    };
    let meddling = match kicc.world.receive(incoming).await {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    meddling.finish(kicc.show(id, on_phone(&headers)))
}

/// Whether a browser says that it is a phone's.
fn on_phone(headers: &HeaderMap) -> bool {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| {
        ["Android", "iPhone", "Mobile"]
            .iter()
            .any(|word| agent.contains(word))
    })
}

/// The buyer's step.
pub(super) async fn step(State(kicc): State<Arc<Kicc>>, body: Bytes) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    kicc.take_step(form.text("authorizationId"), &form)
}

/// The window's own files.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "window.css" => ("text/css; charset=utf-8", crate::sandbox::WINDOW_CSS),
        "window.js" => ("text/javascript; charset=utf-8", crate::sandbox::WINDOW_JS),
        "result.js" => (
            "text/javascript; charset=utf-8",
            include_str!("assets/result.js"),
        ),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

impl Kicc {
    /// The page of a window as it stands.
    fn show(&self, id: &str, on_phone: bool) -> Response {
        let now_ms = self.world.now_ms();
        let mut shelf = self.windows.lock();
        let Some(found) = shelf.kept.get_mut(id) else {
            return pages::gone();
        };
        if found.ended.is_none() {
            // A phone cannot show the windows that a PC's page opens.
            if on_phone && !found.opened.mobile {
                found.ended = Some(Err(Refusal::new(codes::WRONG_DEVICE)));
            } else if now_ms - found.since_ms > LIFE_MS {
                found.ended = Some(Err(Refusal::new(codes::NO_AUTHORIZATION)));
            }
        }
        match &found.ended {
            Some(ended) => pages::end(&found.opened, &result(id, &found.opened, ended)),
            None => pages::card_step(id, &found.opened, now_ms, &[]),
        }
    }

    /// What the buyer's step leads to. Pressing again after the end shows the one result again.
    fn take_step(&self, id: &str, form: &Form) -> Response {
        let now_ms = self.world.now_ms();
        let mut shelf = self.windows.lock();
        let Some(found) = shelf.kept.get_mut(id) else {
            return pages::gone();
        };
        if found.ended.is_none() {
            let refused = |code| Err(Refusal::new(code));
            let ended = if form.text("go") == "cancel" {
                refused(codes::USER_CANCELLED)
            } else if now_ms - found.since_ms > LIFE_MS {
                refused(codes::NO_AUTHORIZATION)
            } else {
                let mistakes = mistakes(form, found.opened.certificate, now_ms);
                if !mistakes.is_empty() {
                    return pages::card_step(id, &found.opened, now_ms, &mistakes);
                }
                match cards::read(form.text("card_number")) {
                    Typed::Test(TestCard::RefusedAtIssue) => refused(codes::ASK_ISSUER),
                    Typed::Test(card) => Ok(card),
                    _ => refused(codes::TEST_CARDS_ONLY),
                }
            };
            found.since_ms = now_ms;
            found.ended = Some(ended);
        }
        match &found.ended {
            Some(ended) => pages::end(&found.opened, &result(id, &found.opened, ended)),
            None => pages::gone(),
        }
    }
}

/// Fields of a return, in order. They are not signed.
fn result(
    id: &str,
    opened: &Opened,
    ended: &Result<TestCard, Refusal>,
) -> Vec<(&'static str, String)> {
    let (code, message) = match ended {
        Ok(_) => (codes::OK.to_owned(), codes::message(codes::OK).to_owned()),
        Err(refusal) => (refusal.code.clone(), refusal.message()),
    };
    let mut fields = vec![
        ("resCd", code),
        ("resMsg", message),
        ("shopOrderNo", opened.order_id.clone()),
        ("authorizationId", id.to_owned()),
    ];
    let names = [
        "shopValue1",
        "shopValue2",
        "shopValue3",
        "shopValue4",
        "shopValue5",
        "shopValue6",
        "shopValue7",
    ];
    fields.extend(names.into_iter().zip(opened.values.iter().cloned()));
    fields
}

/// A mistake of the buyer: which field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    Consent,
    CardNumber,
    Expiry,
    Birth,
    Password,
}

fn mistakes(form: &Form, certificate: Certificate, now_ms: i64) -> Vec<Mistake> {
    let digits = |name: &str| -> Option<String> {
        let typed = form
            .text(name)
            .chars()
            .filter(|c| !matches!(c, ' ' | '/' | '-'));
        let typed: String = typed.collect();
        typed.bytes().all(|b| b.is_ascii_digit()).then_some(typed)
    };
    let asks_birth = certificate != Certificate::Expiry;
    let asks_password = certificate == Certificate::Password;
    let number_is_none = cards::read(form.text("card_number")) == Typed::Nonsense;
    let expired = !digits("expiry").is_some_and(|expiry| is_ahead(&expiry, now_ms));
    let not_born = !digits("birth").is_some_and(|birth| is_birth_or_business(&birth));
    let no_password = digits("password2").is_none_or(|password| password.len() != 2);
    let found = [
        (form.get("agree").is_none(), Mistake::Consent),
        (number_is_none, Mistake::CardNumber),
        (expired, Mistake::Expiry),
        (asks_birth && not_born, Mistake::Birth),
        (asks_password && no_password, Mistake::Password),
    ];
    found
        .into_iter()
        .filter(|(wrong, _)| *wrong)
        .map(|(_, mistake)| mistake)
        .collect()
}

/// `MMyy` that is not past.
fn is_ahead(expiry: &str, now_ms: i64) -> bool {
    if expiry.len() != 4 {
        return false;
    }
    let (month, year) = (
        expiry[..2].parse().unwrap_or(0),
        expiry[2..].parse().unwrap_or(0),
    );
    (1..=12).contains(&month) && (2000 + year, month) >= korea::year_month(now_ms)
}

/// `yyMMdd`, or the ten digits of a business.
fn is_birth_or_business(digits: &str) -> bool {
    let part = |range: std::ops::Range<usize>| digits[range].parse().unwrap_or(0);
    match digits.len() {
        6 => (1..=12).contains(&part(2..4)) && (1..=31).contains(&part(4..6)),
        10 => true,
        _ => false,
    }
}
