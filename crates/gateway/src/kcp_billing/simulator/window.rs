//! The payment window: what it was opened with, the buyer's steps, and what it ends in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::codes::{self, Refusal};
use super::seal::Agreed;
use super::{Kcp, TRAN_CD, pages};
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::form::Form;
use crate::sandbox::korea;

/// How long a window may stay open, ms.
const LIFE_MS: i64 = 30 * 60 * 1000;
/// How many windows and registrations are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;

/// Where a window's result goes.
#[derive(Clone)]
pub(super) enum GoesTo {
    /// To the page of this origin that holds the window in a frame, as a message.
    Page(String),
    /// To this URL, as a form in the charset of KCP's mobile pages.
    Url(String),
}

/// Language of a window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

/// What a window was opened with.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) goes_to: GoesTo,
    pub(super) site_cd: String,
    pub(super) order_id: String,
    pub(super) shop_name: String,
    pub(super) order_name: String,
    /// Won; not shown on a PC, as at KCP.
    pub(super) amount: Option<i64>,
    pub(super) language: Language,
    /// `Y`, `L` or nothing: how the card's number is returned.
    pub(super) card_number_as: String,
    /// Whether a company's number is asked for instead of a birth date.
    pub(super) company: bool,
    /// Fields that come back as they are.
    pub(super) echoed: Vec<(&'static str, String)>,
}

/// A window. Of the card nothing is kept but which test card it is.
pub(super) struct Window {
    opened: Opened,
    since_ms: i64,
    typed: Option<Typed>,
    result: Option<Fields>,
}

/// Fields of a result, in order.
pub(super) type Fields = Vec<(&'static str, String)>;

/// A mobile trade that a merchant registered.
#[derive(Clone)]
pub(super) struct Trade {
    pub(super) site_cd: String,
    pub(super) order_id: String,
    pub(super) good_mny: String,
    pub(super) ret_url: String,
    pub(super) since_ms: i64,
}

/// Open windows and registered trades. They live in memory: a restarted sandbox has forgotten them, as a buyer would have
/// to begin again.
#[derive(Default)]
pub(super) struct Windows {
    windows: Mutex<Shelf<Window>>,
    trades: Mutex<Shelf<Trade>>,
}

struct Shelf<T> {
    kept: HashMap<String, T>,
    order: std::collections::VecDeque<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf {
            kept: HashMap::new(),
            order: std::collections::VecDeque::new(),
        }
    }
}

impl<T> Shelf<T> {
    fn put(&mut self, id: &str, thing: T) {
        if self.order.len() == KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.kept.remove(&oldest);
        }
        self.order.push_back(id.to_owned());
        self.kept.insert(id.to_owned(), thing);
    }
}

fn lock<T>(shelf: &Mutex<Shelf<T>>) -> MutexGuard<'_, Shelf<T>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Windows {
    /// Keeps a registered trade.
    pub(super) fn register(&self, approval_key: &str, trade: Trade) {
        lock(&self.trades).put(approval_key, trade);
    }

    /// A trade that was registered less than half an hour ago.
    pub(super) fn trade(&self, approval_key: &str, now_ms: i64) -> Option<Trade> {
        let trade = lock(&self.trades).kept.get(approval_key).cloned();
        trade.filter(|trade| now_ms - trade.since_ms <= LIFE_MS)
    }
}

impl Kcp {
    /// Opens a window and shows its first step.
    pub(super) fn open(&self, opened: Opened) -> Response {
        let id = self.world.random_hex();
        let page = pages::card_step(&id, &opened, None);
        let since_ms = self.world.now_ms();
        let window = Window {
            opened,
            since_ms,
            typed: None,
            result: None,
        };
        lock(&self.windows.windows).put(&id, window);
        page
    }

    /// Ends a window that cannot be opened.
    pub(super) fn refuse(&self, opened: &Opened, refusal: &Refusal) -> Response {
        pages::end(opened, &failure(opened, refusal))
    }

    /// What the buyer agreed to, sealed, as the result of a window.
    fn success(&self, opened: &Opened, card: TestCard) -> Fields {
        let agreed = Agreed {
            site_cd: opened.site_cd.clone(),
            ordr_idxx: opened.order_id.clone(),
            card,
            at_ms: self.world.now_ms(),
            nonce: self.world.random_hex(),
        };
        let (head, tail) = card.eight_and_four();
        let card_mask_no = match opened.card_number_as.as_str() {
            "Y" => format!("{}-{}-****-{tail}", &head[..4], &head[4..]),
            "L" => tail.to_owned(),
            _ => String::new(),
        };
        let mut fields = vec![
            ("res_cd", codes::OK.to_owned()),
            ("res_msg", codes::message(codes::OK).0.to_owned()),
            ("enc_info", agreed.nonce.clone()),
            ("enc_data", self.seal.close(&agreed)),
            ("tran_cd", TRAN_CD.to_owned()),
            ("card_mask_no", card_mask_no),
        ];
        fields.extend(opened.echoed.iter().cloned());
        fields
    }

    /// What a step of the buyer leads to.
    fn take_step(&self, id: &str, form: &Form) -> Response {
        let now_ms = self.world.now_ms();
        let mut windows = lock(&self.windows.windows);
        let Some(window) = windows.kept.get_mut(id) else {
            return pages::gone();
        };
        let Window {
            opened,
            since_ms,
            typed,
            result,
        } = window;
        // Going back and pressing again shows the one result again.
        if let Some(result) = result {
            return pages::end(opened, result);
        }
        let refused = |code| failure(opened, &Refusal::new(code));
        let ended = match (form.text("go"), form.text("step")) {
            _ if now_ms - *since_ms > LIFE_MS => refused(codes::EXPIRED_SESSION),
            ("cancel", _) => refused(codes::USER_CANCELLED),
            (_, "card") => match card_mistake(form) {
                Some(mistake) => return pages::card_step(id, opened, Some(mistake)),
                None => {
                    *typed = Some(cards::read(form.text("card_number")));
                    return pages::details_step(id, opened, now_ms, None);
                }
            },
            _ => match (details_mistake(form, opened, now_ms), *typed) {
                (_, None) => return pages::card_step(id, opened, None),
                (Some(mistake), _) => {
                    return pages::details_step(id, opened, now_ms, Some(mistake));
                }
                (None, Some(Typed::Test(TestCard::RefusedAtIssue))) => {
                    refused(codes::ISSUER_DECLINED)
                }
                (None, Some(Typed::Test(card))) => self.success(opened, card),
                (None, Some(_)) => refused(codes::BAD_CARD_NUMBER),
            },
        };
        let page = pages::end(opened, &ended);
        *result = Some(ended);
        page
    }
}

/// The result of a window that ends without a key.
fn failure(opened: &Opened, refusal: &Refusal) -> Fields {
    let empty =
        ["enc_info", "enc_data", "tran_cd", "card_mask_no"].map(|name| (name, String::new()));
    let mut fields = vec![
        ("res_cd", refusal.code.clone()),
        ("res_msg", refusal.message()),
    ];
    fields.extend(empty);
    fields.extend(opened.echoed.iter().cloned());
    fields
}

/// A mistake in a step: which field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    Consent,
    CardNumber,
    Expiry,
    Birth,
    Password,
}

fn card_mistake(form: &Form) -> Option<Mistake> {
    if form.get("agree").is_none() {
        return Some(Mistake::Consent);
    }
    (cards::read(form.text("card_number")) == Typed::Nonsense).then_some(Mistake::CardNumber)
}

fn details_mistake(form: &Form, opened: &Opened, now_ms: i64) -> Option<Mistake> {
    let digits = |name: &str, count: usize| {
        let value: String = form
            .text(name)
            .chars()
            .filter(|c| !matches!(c, ' ' | '/' | '-'))
            .collect();
        let good = value.len() == count && value.bytes().all(|b| b.is_ascii_digit());
        good.then_some(value)
    };
    let valid_expiry = digits("expiry", 4).is_some_and(|expiry| {
        let (month, year) = (
            expiry[..2].parse().unwrap_or(0),
            expiry[2..].parse::<i32>().unwrap_or(0),
        );
        (1..=12).contains(&month) && (2000 + year, month) >= korea::year_month(now_ms)
    });
    if !valid_expiry {
        return Some(Mistake::Expiry);
    }
    let birth = match opened.company {
        true => digits("birth", 10).is_some(),
        false => digits("birth", 6).is_some_and(|birth| {
            let part = |range: std::ops::Range<usize>| birth[range].parse().unwrap_or(0);
            (1..=12).contains(&part(2..4)) && (1..=31).contains(&part(4..6))
        }),
    };
    if !birth {
        return Some(Mistake::Birth);
    }
    digits("password2", 2)
        .is_none()
        .then_some(Mistake::Password)
}

/// A step of the buyer.
pub(super) async fn step(State(kcp): State<Arc<Kcp>>, body: Bytes) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    kcp.take_step(form.text("window"), &form)
}
