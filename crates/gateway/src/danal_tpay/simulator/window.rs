//! The payment window: what it was opened with, the buyer's steps (card and phone, then the code that a phone receives), and
//! what it ends in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::codes::{self, Refusal};
use super::pairs::{CryptoKey, Pairs};
use super::{Danal, PROVIDER, pages};
use crate::sandbox::Incoming;
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::form::Form;

/// How long an opening holds: its window, and the issue that follows, ms.
const LIFE_MS: i64 = 30 * 60 * 1000;
/// How many openings are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;
/// Faults that the page itself can show; the others wait for an opening.
const PAGE_FAULTS: &[Fault] = &[
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
];
/// The values of the field for the carrier.
pub(super) const CARRIERS: [&str; 4] = ["SKT", "KT", "LGU", "MVNO"];

/// Language of a window: that of the browser, as an opening names none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

/// What a window was opened with. It holds the merchant's key, so there is no `Debug`.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) cpid: String,
    pub(super) crypto_key: CryptoKey,
    pub(super) order_id: Option<String>,
    pub(super) item_name: String,
    /// In the currency's smallest unit.
    pub(super) amount: Option<i64>,
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// Whether the amount is charged with the issue.
    pub(super) is_bill: bool,
    pub(super) shows_amount: bool,
    /// For which time the merchant offers something, to be shown.
    pub(super) period: Option<String>,
    /// Where notices go, when they are wanted.
    pub(super) notice_url: Option<String>,
    pub(super) user_id: String,
    pub(super) user_name: String,
    pub(super) user_phone: String,
    /// `BYPASSVALUE`, which comes back.
    pub(super) bypass: String,
    pub(super) return_url: String,
    pub(super) cancel_url: String,
}

/// What a window ended in.
pub(super) struct Ended {
    /// The card that the buyer agreed to, if so.
    card: Option<TestCard>,
    /// Where the browser goes.
    pub(super) url: String,
    /// What it brings there.
    pub(super) fields: Vec<(String, String)>,
}

/// An opening. Of the card nothing is kept but which test card it is.
struct Session {
    tid: String,
    opened: Opened,
    since_ms: i64,
    typed: Option<Typed>,
    ended: Option<Ended>,
}

/// Openings. They live in memory: a restarted sandbox has forgotten them, as a buyer would have to begin again.
#[derive(Default)]
pub(super) struct Windows(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    /// By `STARTPARAMS`.
    kept: HashMap<String, Session>,
    /// `TID` to `STARTPARAMS`.
    tokens: HashMap<String, String>,
    /// `STARTPARAMS`, the oldest first.
    order: VecDeque<String>,
}

impl Shelf {
    /// A merchant's opening.
    fn session(&self, cpid: &str, tid: &str) -> Option<&Session> {
        let found = self.kept.get(self.tokens.get(tid)?);
        found.filter(|session| session.opened.cpid == cpid)
    }
}

impl Windows {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an opening.
    pub(super) fn put(&self, tid: &str, token: &str, opened: Opened, now_ms: i64) {
        let session = Session {
            tid: tid.to_owned(),
            opened,
            since_ms: now_ms,
            typed: None,
            ended: None,
        };
        let mut shelf = self.lock();
        if shelf.order.len() == KEPT_MAX
            && let Some(oldest) = shelf.order.pop_front()
            && let Some(session) = shelf.kept.remove(&oldest)
        {
            shelf.tokens.remove(&session.tid);
        }
        shelf.order.push_back(token.to_owned());
        shelf.tokens.insert(tid.to_owned(), token.to_owned());
        shelf.kept.insert(token.to_owned(), session);
    }

    /// Whether a merchant's opening charges something with the issue.
    pub(super) fn is_bill(&self, cpid: &str, tid: &str) -> bool {
        let shelf = self.lock();
        let found = shelf.session(cpid, tid);
        found.is_some_and(|session| session.opened.is_bill)
    }

    /// The order number of a merchant's opening.
    pub(super) fn order_id(&self, cpid: &str, tid: &str) -> Option<String> {
        self.lock().session(cpid, tid)?.opened.order_id.clone()
    }

    /// What the buyer agreed to, and with which card.
    ///
    /// # Errors
    /// When there is no such opening, its time is over, or its buyer has not agreed.
    pub(super) fn agreed(
        &self,
        cpid: &str,
        tid: &str,
        now_ms: i64,
    ) -> Result<(Opened, TestCard), Refusal> {
        let missing = || Refusal::of(codes::NOT_FOUND, "TID");
        let shelf = self.lock();
        let session = shelf.session(cpid, tid).ok_or_else(missing)?;
        if session.is_over(now_ms) {
            return Err(Refusal::of(codes::SESSION_OVER, "TID"));
        }
        let card = session.ended.as_ref().and_then(|ended| ended.card);
        Ok((session.opened.clone(), card.ok_or_else(missing)?))
    }
}

/// The browser brings `STARTPARAMS` to `STARTURL`. A logo (`CIURL`) and a `COLOR` may come along; this window wears none.
pub(super) async fn start(
    State(danal): State<Arc<Danal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body, encoding_rs::EUC_KR);
    let token = form.text("STARTPARAMS");
    let order_id = {
        let shelf = danal.windows.lock();
        let found = shelf.kept.get(token);
        found.and_then(|session| session.opened.order_id.clone())
    };
    let incoming = Incoming {
        pg: PROVIDER,
        operation: Operation::OpenWindow,
        order_id: order_id.as_deref(),
        amount: None,
        able: PAGE_FAULTS,
    };
    let meddling = match danal.world.receive(incoming).await {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    meddling.finish(danal.turn(token, None, language(&headers)))
}

/// The buyer's step.
pub(super) async fn step(
    State(danal): State<Arc<Danal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    danal.turn(form.text("STARTPARAMS"), Some(&form), language(&headers))
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

/// The language that a browser asks for first.
fn language(headers: &HeaderMap) -> Language {
    let wanted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|wanted| wanted.to_str().ok());
    match wanted.is_some_and(|wanted| wanted.trim_start().starts_with("en")) {
        true => Language::English,
        false => Language::Korean,
    }
}

/// What a turn of the buyer leads to.
enum Next {
    /// A page of the window.
    Page(Response),
    /// Its end.
    End(Result<TestCard, Refusal>),
}

impl Danal {
    /// The page after a turn of the buyer, who comes (`None`) or submits a step. After the end there is the one result,
    /// whatever is submitted.
    fn turn(&self, token: &str, form: Option<&Form>, language: Language) -> Response {
        let now_ms = self.world.now_ms();
        let mut shelf = self.windows.lock();
        let Some(session) = shelf.kept.get_mut(token) else {
            return pages::gone();
        };
        if session.ended.is_none() {
            match session.next(token, form, language, now_ms) {
                Next::Page(page) => return page,
                Next::End(decided) => {
                    session.ended = Some(self.end(&session.tid, &session.opened, decided));
                }
            }
        }
        match &session.ended {
            Some(ended) => pages::end(ended, language),
            None => pages::gone(),
        }
    }

    /// What a window ends in, as the merchant's page gets it. A buyer who cancels has a page of their own.
    fn end(&self, tid: &str, opened: &Opened, decided: Result<TestCard, Refusal>) -> Ended {
        let (card, code, message) = match decided {
            Ok(card) => (
                Some(card),
                codes::OK.to_owned(),
                codes::message(codes::OK).to_owned(),
            ),
            Err(refusal) => (None, refusal.code.clone(), refusal.message()),
        };
        let url = match code == codes::USER_CANCELLED {
            true => opened.cancel_url.clone(),
            false => opened.return_url.clone(),
        };
        let mut pairs = Pairs::new(&code, &message);
        pairs.put("TID", tid);
        pairs.put("ORDERID", opened.order_id.as_deref().unwrap_or_default());
        pairs.put("BYPASSVALUE", &opened.bypass);
        let pairs = pairs.shuffled(|| self.world.random());
        let fields = match self.settings.plain_return {
            true => pairs.into_fields(),
            false => {
                let sealed = opened.crypto_key.seal(&pairs.text());
                vec![("RETURNPARAMS".to_owned(), sealed)]
            }
        };
        Ended { card, url, fields }
    }
}

impl Session {
    fn is_over(&self, now_ms: i64) -> bool {
        now_ms - self.since_ms > LIFE_MS
    }

    fn next(&mut self, token: &str, form: Option<&Form>, language: Language, now_ms: i64) -> Next {
        let refused = |code| Next::End(Err(Refusal::new(code)));
        if self.is_over(now_ms) {
            return refused(codes::SESSION_OVER);
        }
        let opened = &self.opened;
        let Some(form) = form else {
            return Next::Page(pages::card_step(token, opened, language, &[]));
        };
        match (form.text("go"), form.text("step"), self.typed) {
            ("cancel", _, _) => refused(codes::USER_CANCELLED),
            (_, "code", None) => Next::Page(pages::card_step(token, opened, language, &[])),
            (_, "code", Some(_)) if !is_code(form.text("code")) => {
                Next::Page(pages::code_step(token, opened, language, &[Mistake::Code]))
            }
            (_, "code", Some(Typed::Test(TestCard::RefusedAtIssue))) => refused(codes::ASK_ISSUER),
            (_, "code", Some(Typed::Test(card))) => Next::End(Ok(card)),
            (_, "code", Some(_)) => {
                let remark = "모의 결제에는 테스트 카드만 쓸 수 있습니다 / test cards only";
                Next::End(Err(Refusal::of(codes::WRONG_CARD_NUMBER, remark)))
            }
            _ => {
                let mistakes = mistakes(form);
                if !mistakes.is_empty() {
                    let page = pages::card_step(token, opened, language, &mistakes);
                    return Next::Page(page);
                }
                let page = pages::code_step(token, opened, language, &[]);
                self.typed = Some(cards::read(form.text("card_number")));
                Next::Page(page)
            }
        }
    }
}

/// A mistake of the buyer: which field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    Consent,
    CardNumber,
    Carrier,
    Phone,
    Code,
}

fn mistakes(form: &Form) -> Vec<Mistake> {
    let number_is_none = cards::read(form.text("card_number")) == Typed::Nonsense;
    // Without a word about it the carrier is the one that the page shows first.
    let foreign_carrier = form
        .get("carrier")
        .is_some_and(|carrier| !CARRIERS.contains(&carrier));
    let found = [
        (form.get("agree").is_none(), Mistake::Consent),
        (number_is_none, Mistake::CardNumber),
        (foreign_carrier, Mistake::Carrier),
        (!is_mobile(form.text("phone")), Mistake::Phone),
    ];
    found
        .into_iter()
        .filter(|(wrong, _)| *wrong)
        .map(|(_, mistake)| mistake)
        .collect()
}

/// Whether a text is a mobile number of Korea; spaces and dashes do not count.
pub(super) fn is_mobile(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    digits.starts_with("01")
        && matches!(digits.len(), 10 | 11)
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Six digits.
fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}
