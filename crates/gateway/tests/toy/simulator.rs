//! ToyPay's side, written from PROTOCOL.md and not from the connector. The HMAC codec is all that they share.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use dangol_gateway::codec_hmac;
use dangol_gateway::sandbox::cards::{self, TestCard, Typed};
use dangol_gateway::sandbox::control::{Fault, Faults, Operation};
use dangol_gateway::sandbox::form::{Form, escape, grouped};
use dangol_gateway::sandbox::journal::{Deed, Kind};
use dangol_gateway::sandbox::{Incoming, Simulator, World};
use dangol_gateway::wire::Request;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PROVIDER: &str = "toy";
/// ToyPay's one shop for tests, and its secret: both are known to everybody.
const SHOP: &str = "toy-shop";
const SECRET: &[u8] = b"the secret of toy-shop";

/// What can go wrong with an answer that names an amount.
const MONEY: &[Fault] = &[
    Fault::WrongAmount,
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
    Fault::BadSignature,
    Fault::Decline,
    Fault::SaysTimeout,
    Fault::Huge,
    Fault::Drip,
];
/// Any other answer cannot lie about it.
const PLAIN: &[Fault] = MONEY.split_at(1).1;
const FAULTS: Faults = &[
    (Operation::IssueKey, PLAIN),
    (Operation::Charge, MONEY),
    (Operation::Inquire, MONEY),
    (Operation::Cancel, MONEY),
    (Operation::Revoke, PLAIN),
];
/// Where these are asked for, in the same order.
const PATHS: [&str; 5] = ["/key", "/charge", "/inquire", "/cancel", "/revoke"];

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    order: String,
    card: TestCard,
    live: bool,
}

/// A line of the ledger: how a key, or what is said of an order's approval, is from now on.
#[derive(Serialize, Deserialize)]
enum Record {
    Key(String, Key),
    Approval(String, Value),
}

#[derive(Default)]
struct Book {
    keys: BTreeMap<String, Key>,
    approvals: BTreeMap<String, Value>,
    /// What got through a window and is no key yet.
    tickets: BTreeMap<String, Key>,
    notice_url: Option<String>,
    /// Notices to be sent, and since when.
    notices: Vec<(i64, Request)>,
}

impl Book {
    fn remember(&mut self, record: Record) {
        match record {
            Record::Key(name, key) => _ = self.keys.insert(name, key),
            Record::Approval(order, told) => _ = self.approvals.insert(order, told),
        }
    }

    fn live_key(&self, name: &str) -> Result<&Key, &'static str> {
        let known = self.keys.get(name).filter(|key| key.live);
        known.ok_or("NO_KEY")
    }
}

/// What an answer says, and what was done, for the journal and the ledger. A refusal is its code.
type Done = Result<(Value, Option<(Deed, Record)>), &'static str>;

struct Toy {
    world: Arc<World>,
    /// Locked from the look at it until the line is written: a toy has time.
    book: Mutex<Book>,
}

/// Makes the simulator from what the world's ledger remembers.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    let mut book = Book::default();
    world.replay(PROVIDER, |_, record| {
        record.into_iter().for_each(|record| book.remember(record));
        Ok(())
    })?;
    world.control().declare(PROVIDER, FAULTS);
    let book = Mutex::new(book);
    Ok(Arc::new(Toy { world, book }))
}

impl Toy {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(
        &self,
        path: &str,
        at: &(Operation, &'static [Fault]),
        body: &[u8],
    ) -> Response {
        let (operation, able) = *at;
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let (message, sign) = (text(&body, "message"), text(&body, "sign"));
        let asked: Value = serde_json::from_str(message).unwrap_or_default();
        let incoming = Incoming {
            pg: PROVIDER,
            operation,
            order_id: asked["order"].as_str(),
            amount: asked["amount"].as_i64(),
            able,
        };
        let meddling = match self.world.receive(incoming).await {
            Ok(meddling) => meddling,
            Err(answer) => return answer,
        };
        if !is_signed(text(&body, "shop"), path, message, sign) {
            return meddling.finish(StatusCode::UNAUTHORIZED.into_response());
        }
        let mut told = match meddling.decline("REFUSED") {
            Some(code) => json!({ "code": code }),
            None => match self.carry_out(operation, &asked) {
                Ok(told) => told,
                Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
        };
        if let Some(code) = meddling.says_timeout("TIMEOUT") {
            told = json!({ "code": code });
        }
        if let Some(amount) = told["amount"].as_i64() {
            told["amount"] = meddling.told_amount(amount).into();
        }
        let purpose = match meddling.breaks_signature() {
            true => "nothing".to_owned(),
            false => format!("answer to {sign}"),
        };
        meddling.finish(axum::Json(signed(&purpose, &told)).into_response())
    }

    /// Decides, writes down, remembers, and says what to answer.
    fn carry_out(&self, operation: Operation, asked: &Value) -> io::Result<Value> {
        let mut book = self.book();
        let done = match operation {
            Operation::IssueKey => self.issue(&book, asked),
            Operation::Charge => self.charge(&book, asked),
            Operation::Cancel => self.cancel(&book, asked),
            Operation::Revoke => self.revoke(&book, asked),
            _ => {
                let known = book.approvals.get(text(asked, "order")).ok_or("NO_ORDER");
                known.map(|told| (told.clone(), None))
            }
        };
        let (told, change) = done.unwrap_or_else(|code| (json!({ "code": code }), None));
        let Some((deed, record)) = change else {
            return Ok(told);
        };
        let (world, deed) = (&self.world, Some(deed));
        world.append_blocking(PROVIDER, deed, Some(&record))?;
        book.remember(record);
        if let (Operation::Charge, Some(url)) = (operation, book.notice_url.clone()) {
            let body = signed("notice", &told).to_string().into_bytes();
            let notice = Request::post(url, "application/json", body);
            book.notices.push((self.world.now_ms(), notice));
        }
        Ok(told)
    }

    fn issue(&self, book: &Book, asked: &Value) -> Done {
        let order = text(asked, "order");
        if book.keys.values().any(|key| key.order == order) {
            return Err("USED");
        }
        let ticket = book.tickets.get(text(asked, "ticket"));
        let key = ticket.filter(|key| key.order == order).ok_or("NO_CARD")?;
        let name = self.world.random_hex();
        let mut deed = Deed::new(Kind::KeyIssued, order, self.world.now_ms());
        deed.key = Some(name.clone());
        let card = key.card.masked();
        let told = json!({ "code": "OK", "order": order, "key": name, "card": card });
        Ok((told, Some((deed, Record::Key(name, key.clone())))))
    }

    fn charge(&self, book: &Book, asked: &Value) -> Done {
        let order = text(asked, "order");
        if book.approvals.contains_key(order) {
            return Err("USED");
        }
        let card = book.live_key(text(asked, "key"))?.card;
        match card {
            TestCard::NoBalance => return Err("BALANCE"),
            TestCard::Lost => return Err("LOST"),
            TestCard::Expired => return Err("EXPIRED"),
            TestCard::OverLimit | TestCard::RefusedAtIssue => return Err("LIMIT"),
            TestCard::Good => {}
        }
        let (amount, deed) = self.money(Kind::Approval, asked);
        if amount < 1 {
            return Err("REFUSED");
        }
        let told = json!({
            "code": "OK",
            "order": order,
            "tid": deed.pg_tid,
            "amount": amount,
            "left": amount,
            "card": card.masked(),
        });
        let record = Record::Approval(order.to_owned(), told.clone());
        Ok((told, Some((deed, record))))
    }

    fn cancel(&self, book: &Book, asked: &Value) -> Done {
        let order = text(asked, "order");
        let known = book.approvals.get(order).ok_or("NO_ORDER")?;
        if known["tid"] != asked["tid"] {
            return Err("NO_ORDER");
        }
        let (amount, mut deed) = self.money(Kind::Refund, asked);
        deed.ref_tid = known["tid"].as_str().map(str::to_owned);
        let left = known["left"].as_i64().unwrap_or_default();
        if asked["left"] != left || !(1..=left).contains(&amount) {
            return Err("TOO_MUCH");
        }
        let mut approval = known.clone();
        approval["left"] = (left - amount).into();
        let mut told = approval.clone();
        told["amount"] = amount.into();
        let record = Record::Approval(order.to_owned(), approval);
        Ok((told, Some((deed, record))))
    }

    fn revoke(&self, book: &Book, asked: &Value) -> Done {
        let name = text(asked, "key").to_owned();
        let mut key = book.live_key(&name)?.clone();
        key.live = false;
        let mut deed = Deed::new(Kind::KeyRevoked, &key.order, self.world.now_ms());
        deed.key = Some(name.clone());
        let told = json!({ "code": "OK" });
        Ok((told, Some((deed, Record::Key(name, key)))))
    }

    /// The amount that was asked for, and a deed about it with a number of its own.
    fn money(&self, kind: Kind, asked: &Value) -> (i64, Deed) {
        let amount = asked["amount"].as_i64().unwrap_or_default();
        let mut deed = Deed::new(kind, text(asked, "order"), self.world.now_ms());
        deed.pg_tid = Some(self.world.random_hex());
        (deed.amount, deed.currency) = (Some(amount), Some("KRW".to_owned()));
        (amount, deed)
    }

    /// The window's one page, and the page after it.
    fn window(&self, body: &[u8]) -> Response {
        let form = Form::read(body, encoding_rs::UTF_8);
        let fields = ["shop", "message", "sign"].map(|name| (name, form.text(name)));
        let [shop, message, sign] = fields.map(|(_, value)| value);
        if !is_signed(shop, "/window", message, sign) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let asked: Value = serde_json::from_str(message).unwrap_or_default();
        let mut end = json!({ "order": asked["order"], "code": "REFUSED" });
        match (form.text("go"), cards::read(form.text("card"))) {
            ("", _) => return page("/toy/window", &fields, &card_fields(&asked)),
            ("cancel", _) => end["code"] = "CANCEL".into(),
            (_, Typed::Test(card)) if card != TestCard::RefusedAtIssue => {
                let (order, live) = (text(&asked, "order").to_owned(), true);
                let (ticket, key) = (self.world.random_hex(), Key { order, card, live });
                (end["code"], end["ticket"]) = ("OK".into(), ticket.clone().into());
                self.book().tickets.insert(ticket, key);
            }
            _ => {}
        }
        let end = signed("return", &end);
        let fields = ["message", "sign"].map(|name| (name, text(&end, name)));
        let button = "<button>상점으로 돌아가기</button>";
        page(text(&asked, "return_url"), &fields, button)
    }
}

/// A message as it travels.
fn signed(purpose: &str, message: &Value) -> Value {
    let message = message.to_string();
    let sign = codec_hmac::code(SECRET, format!("{purpose}\n{message}").as_bytes());
    json!({ "message": message, "sign": sign })
}

fn is_signed(shop: &str, purpose: &str, message: &str, sign: &str) -> bool {
    let signed = format!("{purpose}\n{message}");
    shop == SHOP && codec_hmac::fits(SECRET, signed.as_bytes(), sign)
}

fn text<'a>(message: &'a Value, name: &str) -> &'a str {
    message[name].as_str().unwrap_or_default()
}

fn card_fields(asked: &Value) -> String {
    format!(
        "<p data-test=\"shop-name\">{}</p><p data-test=\"order-name\">{}</p><p data-test=\"amount\">{}원</p>\
         <label for=\"card\">카드번호</label>\
         <input id=\"card\" name=\"card\" data-test=\"card-number\" autocomplete=\"cc-number\">\
         <button name=\"go\" value=\"pay\" data-test=\"pay\">등록</button>\
         <button name=\"go\" value=\"cancel\" data-test=\"cancel\">취소</button>",
        escape(text(asked, "shop_name")),
        escape(text(asked, "name")),
        grouped(asked["amount"].as_i64().unwrap_or_default()),
    )
}

/// A page with one form.
fn page(action: &str, fields: &[(&str, &str)], rest: &str) -> Response {
    let hidden = |(name, value): &(&str, &str)| {
        let value = escape(value);
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    let hidden: String = fields.iter().map(hidden).collect();
    let action = escape(action);
    Html(format!(
        "<!doctype html><html lang=\"ko\"><meta charset=\"utf-8\"><title>토이페이 (모의)</title>\
         <body data-pg=\"{PROVIDER}\" data-simulated><p>모의 결제창입니다.</p>\
         <form method=\"post\" action=\"{action}\">{hidden}{rest}</form></body></html>"
    ))
    .into_response()
}

#[async_trait]
impl Simulator for Toy {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn router(self: Arc<Self>) -> Router {
        let window = |State(toy): State<Arc<Toy>>, body: Bytes| async move { toy.window(&body) };
        let start = Router::new().route("/window", post(window));
        let questions = PATHS.into_iter().zip(FAULTS);
        let routes = questions.fold(start, |routes, (path, at)| {
            let answer = move |State(toy): State<Arc<Toy>>, body: Bytes| async move {
                toy.answer(path, at, &body).await
            };
            routes.route(path, post(answer))
        });
        routes.with_state(self)
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        if pg_id != SHOP {
            let text = "ToyPay has one shop for tests: toy-shop";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let secret = String::from_utf8_lossy(SECRET).into_owned();
        Ok(BTreeMap::from([("secret".to_owned(), secret)]))
    }

    fn set_notice_url(&self, _: &str, url: &str) {
        self.book().notice_url = Some(url.to_owned());
    }

    fn next_due_ms(&self) -> Option<i64> {
        self.book().notices.first().map(|(due_ms, _)| *due_ms)
    }

    async fn run_due(&self, _: i64) -> Vec<(&'static str, usize)> {
        // Each was due when it was queued.
        let due = std::mem::take(&mut self.book().notices);
        let sent = due.len();
        for (_, notice) in due {
            // Heard or not: ToyPay tells once.
            let _ = self.world.notify(notice).await;
        }
        vec![("toy_notice", sent)]
    }
}
