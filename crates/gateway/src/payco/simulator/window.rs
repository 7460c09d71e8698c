//! The payment window: what it was reserved with, the buyer's steps (sign in and card, then PIN), and what it ends in.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::book::{Record, Registration};
use super::codes::{self, Refusal};
use super::{PROVIDER, Payco, pages};
use crate::sandbox::Incoming;
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::form::Form;
use crate::sandbox::journal::{Deed, Kind};
use crate::sandbox::korea;

/// How long a window may stay open, ms.
const LIFE_MS: i64 = 30 * 60 * 1000;
/// How many windows are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;
/// Faults that the page itself can show; the others wait for a reservation.
const PAGE_FAULTS: &[Fault] = &[
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
];

/// Language of a window: that of the browser, as a reservation names none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

/// What a window was reserved with.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) seller_key: String,
    pub(super) reference_key: String,
    /// PAYCO's name of the shop: `cpId`.
    pub(super) shop_name: String,
    pub(super) order_name: String,
    /// Won, to be shown.
    pub(super) amount: Option<i64>,
    pub(super) return_url: String,
    /// Where a phone goes when the buyer cancels, if not to `return_url`.
    pub(super) cancel_url: Option<String>,
    /// Whether another page may hold the window in a frame.
    pub(super) in_frame: bool,
    /// The members of `returnUrlParam`.
    pub(super) echoed: Vec<(String, String)>,
}

/// Where a window ends, and what it brings there.
#[derive(Clone)]
pub(super) struct Ended {
    pub(super) url: String,
    pub(super) fields: Vec<(String, String)>,
}

/// A window. Of the card nothing is kept but which test card it is.
struct Window {
    opened: Opened,
    since_ms: i64,
    typed: Option<Typed>,
    ended: Option<Ended>,
}

/// Open windows. They live in memory: a restarted sandbox has forgotten them, as a buyer would have to begin again.
#[derive(Default)]
pub(super) struct Windows {
    shelf: Mutex<Shelf>,
    /// Held while a window ends, so that a second press sees the end of the first.
    ending: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<String, Window>,
    order: VecDeque<String>,
}

impl Windows {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a reservation.
    pub(super) fn put(&self, number: &str, opened: Opened, now_ms: i64) {
        let window = Window {
            opened,
            since_ms: now_ms,
            typed: None,
            ended: None,
        };
        let mut shelf = self.lock();
        if shelf.order.len() == KEPT_MAX
            && let Some(oldest) = shelf.order.pop_front()
        {
            shelf.kept.remove(&oldest);
        }
        shelf.order.push_back(number.to_owned());
        shelf.kept.insert(number.to_owned(), window);
    }
}

/// The browser comes to a reserved window.
pub(super) async fn open(
    State(payco): State<Arc<Payco>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let order_id = {
        let shelf = payco.windows.lock();
        let found = shelf.kept.get(&number);
        found.map(|window| window.opened.reference_key.clone())
    };
    let incoming = Incoming {
        pg: PROVIDER,
        operation: Operation::OpenWindow,
        order_id: order_id.as_deref(),
        amount: None,
        able: PAGE_FAULTS,
    };
    let meddling = match payco.world.receive(incoming).await {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    meddling.finish(payco.show(&number, language(&headers)))
}

/// The buyer's step.
pub(super) async fn step(
    State(payco): State<Arc<Payco>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    payco.take_step(&number, &form, language(&headers)).await
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

/// What a step leads to.
enum Next {
    /// A page at once.
    Page(Response),
    /// The end with this.
    End(Opened, Result<TestCard, Refusal>),
}

impl Payco {
    /// The page of a window as it stands.
    fn show(&self, number: &str, language: Language) -> Response {
        let now_ms = self.world.now_ms();
        let shelf = self.windows.lock();
        match shelf.kept.get(number) {
            None => pages::gone(),
            Some(window) => match &window.ended {
                Some(ended) => pages::end(&window.opened, language, ended),
                None => pages::card_step(number, &window.opened, language, now_ms, &[]),
            },
        }
    }

    async fn take_step(&self, number: &str, form: &Form, language: Language) -> Response {
        let _one_end = self.windows.ending.lock().await;
        let (opened, decided) = match self.decide_step(number, form, language) {
            Next::Page(page) => return page,
            Next::End(opened, decided) => (opened, decided),
        };
        let ended = match self.end(&opened, decided).await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "the simulator cannot go on");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let page = pages::end(&opened, language, &ended);
        if let Some(window) = self.windows.lock().kept.get_mut(number) {
            window.ended = Some(ended);
        }
        page
    }

    /// What the buyer's step leads to. Pressing again after the end shows the one result again.
    fn decide_step(&self, number: &str, form: &Form, language: Language) -> Next {
        let now_ms = self.world.now_ms();
        let mut shelf = self.windows.lock();
        let Some(window) = shelf.kept.get_mut(number) else {
            return Next::Page(pages::gone());
        };
        let opened = &window.opened;
        if let Some(ended) = &window.ended {
            return Next::Page(pages::end(opened, language, ended));
        }
        let end = |decided| Next::End(opened.clone(), decided);
        let refused = |code| end(Err(Refusal::new(code)));
        match (form.text("go"), form.text("step")) {
            _ if now_ms - window.since_ms > LIFE_MS => refused(codes::TIME_OVER),
            ("cancel", _) => refused(codes::USER_CANCELLED),
            (_, "pin") => match window.typed {
                None => Next::Page(pages::card_step(number, opened, language, now_ms, &[])),
                Some(_) if !is_pin(form.text("pin")) => {
                    Next::Page(pages::pin_step(number, opened, language, true))
                }
                Some(Typed::Test(TestCard::RefusedAtIssue)) => refused(codes::CARD_REFUSED),
                Some(Typed::Test(card)) => end(Ok(card)),
                Some(_) => refused(codes::TEST_CARDS_ONLY),
            },
            _ => {
                let mistakes = mistakes(form, now_ms);
                if !mistakes.is_empty() {
                    let page = pages::card_step(number, opened, language, now_ms, &mistakes);
                    return Next::Page(page);
                }
                let page = pages::pin_step(number, opened, language, false);
                window.typed = Some(cards::read(form.text("card_number")));
                Next::Page(page)
            }
        }
    }

    /// Ends a window: registers the card, or says why not.
    async fn end(&self, opened: &Opened, decided: Result<TestCard, Refusal>) -> io::Result<Ended> {
        let (refusal, certify_key) = match decided {
            Err(refusal) => (Some(refusal), None),
            // Two windows of one reference: the first that ends has it.
            Ok(_) if self.was_registered(opened) => {
                let refusal = Refusal::field("sellerAutoPaymentReferenceKey");
                (Some(refusal), None)
            }
            Ok(card) => (None, Some(self.register(opened, card).await?)),
        };
        let code = refusal
            .as_ref()
            .map_or(codes::OK, |refusal| refusal.code.as_str());
        let message = refusal.as_ref().map(Refusal::message);
        let url = match (&opened.cancel_url, code) {
            (Some(cancel_url), codes::USER_CANCELLED) => cancel_url,
            _ => &opened.return_url,
        };
        let message = message.unwrap_or_else(|| codes::message(codes::OK).to_owned());
        let mut fields = vec![
            ("code".to_owned(), code.to_owned()),
            ("message".to_owned(), message),
            (
                "sellerAutoPaymentReferenceKey".to_owned(),
                opened.reference_key.clone(),
            ),
        ];
        if let Some(certify_key) = certify_key {
            fields.push(("autoPaymentCertifyKey".to_owned(), certify_key));
        }
        fields.extend(opened.echoed.iter().cloned());
        Ok(Ended {
            url: url.clone(),
            fields,
        })
    }

    fn was_registered(&self, opened: &Opened) -> bool {
        self.book()
            .is_registered(&opened.seller_key, &opened.reference_key)
    }

    /// Registers a card; the registration's key.
    async fn register(&self, opened: &Opened, card: TestCard) -> io::Result<String> {
        let now_ms = self.world.now_ms();
        let certify_key = self.registration_key();
        let auto_payment_no = {
            let mut book = self.book();
            let auto_payment_no = book.new_number(now_ms, || self.world.random());
            let registration = Registration {
                seller_key: opened.seller_key.clone(),
                reference_key: opened.reference_key.clone(),
                auto_payment_no: auto_payment_no.clone(),
                card,
                at: now_ms.div_euclid(1000),
                live: true,
            };
            book.add_registration(&certify_key, registration);
            auto_payment_no
        };
        let mut deed = Deed::new(Kind::KeyIssued, &opened.reference_key, now_ms);
        deed.key = Some(certify_key.clone());
        let record = Record::Registration {
            seller_key: opened.seller_key.clone(),
            auto_payment_no,
            card,
        };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            self.book().undo_registration(&certify_key);
            return Err(error);
        }
        Ok(certify_key)
    }
}

/// A mistake of the buyer: which field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    Login,
    Password,
    Consent,
    CardNumber,
    Expiry,
    Pin,
}

fn mistakes(form: &Form, now_ms: i64) -> Vec<Mistake> {
    let number_is_none = cards::read(form.text("card_number")) == Typed::Nonsense;
    let found = [
        (form.text("login_id").trim().is_empty(), Mistake::Login),
        (form.text("login_password").is_empty(), Mistake::Password),
        (form.get("agree").is_none(), Mistake::Consent),
        (number_is_none, Mistake::CardNumber),
        (!is_ahead(form.text("expiry"), now_ms), Mistake::Expiry),
    ];
    found
        .into_iter()
        .filter(|(wrong, _)| *wrong)
        .map(|(_, mistake)| mistake)
        .collect()
}

/// Six digits.
fn is_pin(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `MM/yy` that is not past.
fn is_ahead(text: &str, now_ms: i64) -> bool {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '/' | '-'))
        .collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let month = digits[..2].parse().unwrap_or(0);
    let year: i32 = digits[2..].parse().unwrap_or(0);
    (1..=12).contains(&month) && (2000 + year, month) >= korea::year_month(now_ms)
}
