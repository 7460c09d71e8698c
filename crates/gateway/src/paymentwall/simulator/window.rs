//! A window: what it was opened with, the buyer's one step, and what it ends in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::book::Project;
use super::charge::{Source, Wanted};
use super::codes::{self, Refusal};
use super::fields::Amount;
use super::shelf::Shelf;
use super::tokens::{Mistake, Presented};
use super::words::Language;
use super::{Paymentwall, Stop, pages};
use crate::sandbox::form::Form;

/// How long a window may stay open, ms.
const LIFE_MS: i64 = 30 * 60 * 1000;
/// What the page is told when it was open for longer.
const TOO_LATE: &str = "The card form was open for too long";

/// How a window was opened.
#[derive(Clone)]
pub(super) enum Way {
    /// By the script: a form that makes a one-time token for the page of this origin.
    Script { page_origin: String },
    /// As a widget: a form that pays an order.
    Widget(Order),
}

/// What a widget is to be paid for.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) project: Project,
    pub(super) plan: String,
    pub(super) uid: String,
    pub(super) email: String,
    pub(super) holder: String,
    pub(super) amount: Amount,
    pub(super) success_url: Option<String>,
    pub(super) failure_url: Option<String>,
    pub(super) pingback_url: Option<String>,
}

/// What a window was opened with.
#[derive(Clone)]
pub(super) struct Opened {
    /// The project's key.
    pub(super) project: String,
    pub(super) shop_name: String,
    pub(super) order_name: String,
    /// As told.
    pub(super) amount: String,
    /// As told.
    pub(super) currency: String,
    /// The merchant's text for the button; empty for the usual one.
    pub(super) pay_button: String,
    pub(super) asks_zip: bool,
    pub(super) language: Language,
    pub(super) way: Way,
}

/// What a window ended in.
#[derive(Clone)]
enum End {
    /// For the page that holds it.
    Message(Vec<(&'static str, String)>),
    /// Paid, under this reference.
    Paid(String),
    /// The buyer gave up.
    GivenUp,
}

/// A window that was opened. Nothing that was typed into it is kept.
pub(super) struct Window {
    opened: Opened,
    since_ms: i64,
    end: Option<End>,
}

/// Windows. They live in memory.
pub(super) type Windows = Shelf<Window>;

/// The buyer's step.
pub(super) async fn step(State(paymentwall): State<Arc<Paymentwall>>, body: Bytes) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    paymentwall.take_step(form.text("window"), &form).await
}

impl Paymentwall {
    /// Opens a window and shows its form.
    pub(super) fn open(&self, opened: Opened) -> Response {
        let id = self.world.random_hex();
        let now_ms = self.world.now_ms();
        let page = pages::card_form(&id, &opened, now_ms, &[], None);
        let window = Window {
            opened,
            since_ms: now_ms,
            end: None,
        };
        self.windows.lock().put(&id, window);
        page
    }

    /// What a step of the buyer leads to. Going back and pressing again shows the one result again.
    async fn take_step(&self, id: &str, form: &Form) -> Response {
        let found = self.windows.lock().get(id).map(|window| {
            let Window {
                opened,
                since_ms,
                end,
            } = window;
            (opened.clone(), *since_ms, end.clone())
        });
        let Some((opened, since_ms, end)) = found else {
            return pages::gone();
        };
        if let Some(end) = end {
            return show(&opened, &end);
        }
        let now_ms = self.world.now_ms();
        if form.text("go") == "cancel" {
            return self.end(id, &opened, given_up(&opened.way));
        }
        if now_ms - since_ms > LIFE_MS {
            return self.end(id, &opened, timed_out(&opened.way));
        }
        let (month, year) = split_expiry(form.text("expiry"));
        let number = form.text("card_number");
        let again =
            |mistakes: &[Mistake], why| pages::card_form(id, &opened, now_ms, mistakes, why);
        let read = Presented::read(number, (&month, &year), form.text("cvc"), now_ms);
        let paid = match (read, &opened.way) {
            (Err(mistakes), _) => return again(&mistakes, None),
            (Ok(Some(presented)), Way::Script { .. }) => {
                let fingerprint = self.world.random_hex();
                let token = self.new_token(&opened.project, presented);
                let message = vec![("token", token), ("fingerprint", fingerprint)];
                return self.end(id, &opened, End::Message(message));
            }
            (Ok(None), Way::Script { .. }) => {
                let error = Refusal::new(codes::TEST_CARDS_ONLY).message();
                return self.end(id, &opened, End::Message(vec![("error", error)]));
            }
            (Ok(None), Way::Widget(_)) => Err(Refusal::new(codes::TEST_CARDS_ONLY).into()),
            (Ok(Some(presented)), Way::Widget(order)) => self.pay(order, presented).await,
        };
        match paid {
            Ok(reference) => self.end(id, &opened, End::Paid(reference)),
            // In a widget the buyer may try another card.
            Err(Stop::Refused(refusal)) => again(&[], Some(&refusal)),
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, "the simulator cannot go on");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Pays a widget's order with a card; the payment's reference.
    async fn pay(&self, order: &Order, presented: Presented) -> Result<String, Stop> {
        let wanted = Wanted {
            source: Source::Card(presented),
            letter: 't',
            plan: order.plan.clone(),
            uid: order.uid.clone(),
            email: order.email.clone(),
            holder: order.holder.clone(),
            amount: order.amount.clone(),
            capture: true,
            store: true,
            pingback_url: order.pingback_url.clone(),
        };
        Ok(self.take(&order.project, wanted).await?.reference())
    }

    /// Ends a window.
    fn end(&self, id: &str, opened: &Opened, end: End) -> Response {
        let page = show(opened, &end);
        if let Some(window) = self.windows.lock().get(id) {
            window.end = Some(end);
        }
        page
    }
}

fn given_up(way: &Way) -> End {
    match way {
        Way::Script { .. } => End::Message(vec![("code", "user_cancel".to_owned())]),
        Way::Widget(_) => End::GivenUp,
    }
}

fn timed_out(way: &Way) -> End {
    match way {
        Way::Script { .. } => End::Message(vec![("error", TOO_LATE.to_owned())]),
        Way::Widget(_) => End::GivenUp,
    }
}

fn show(opened: &Opened, end: &End) -> Response {
    match (&opened.way, end) {
        (Way::Script { page_origin }, End::Message(fields)) => {
            pages::end(opened, page_origin, fields)
        }
        (Way::Widget(order), End::Paid(reference)) => {
            let url = order.success_url.as_deref();
            pages::leave(opened, url.map(|url| url.replace("$ref", reference)))
        }
        (Way::Widget(order), _) => pages::leave(opened, order.failure_url.clone()),
        (Way::Script { .. }, _) => pages::gone(),
    }
}

/// `MM/yy`, however it is divided.
fn split_expiry(typed: &str) -> (String, String) {
    let digits: String = typed
        .chars()
        .filter(|c| !matches!(c, ' ' | '/' | '-'))
        .collect();
    match digits.len() == 4 && digits.is_ascii() {
        true => (digits[..2].to_owned(), digits[2..].to_owned()),
        false => (digits, String::new()),
    }
}
