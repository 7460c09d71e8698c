//! What the simulated KICC knows: contracts, calls, batch keys, approvals. All of it is read back from the ledger at start.
//!
//! Whoever changes something reserves it here first, then writes the ledger, then answers; a reservation whose line could
//! not be written is given back.

use std::collections::{HashMap, HashSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::codes::Refusal;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Entry, Kind};
use crate::sandbox::{World, korea};

/// What makes a call one of a kind: the merchant, the day it names, and its `shopTransactionId`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CallId {
    /// The merchant.
    pub mall_id: String,
    /// `yyyyMMdd`.
    pub date: String,
    /// `shopTransactionId`.
    pub id: String,
}

/// What the simulator adds to a line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A contract was made.
    Contract { mall_id: String, secret: String },
    /// With `key_issued`.
    Key { call: CallId, card: TestCard },
    /// With `approval`.
    Approval {
        call: CallId,
        card: TestCard,
        app_no: u32,
        months: u8,
    },
    /// With `refund`.
    Cancel { call: CallId },
    /// With `key_revoked`.
    Removed { call: CallId },
    /// A call that was refused although it was well said.
    Refused {
        call: CallId,
        order_id: Option<String>,
        code: String,
    },
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// It did not yet.
    Running,
    /// This batch key was issued.
    Key(String),
    /// This approval was made.
    Approval(String),
    /// This cancel was made.
    Cancel(Cancel),
    /// A key was removed.
    Removed,
    /// It was refused.
    Refused {
        order_id: Option<String>,
        code: String,
    },
}

/// A cancel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancel {
    /// Of which approval.
    pub pg_cno: String,
    /// Its own number.
    pub cancel_pg_cno: String,
    /// Won.
    pub amount: i64,
    /// Won that were left after it.
    pub left: i64,
    /// When, unix seconds.
    pub at: i64,
}

/// A batch key. Nothing of the card is kept but which test card it is.
#[derive(Clone)]
pub struct BatchKey {
    /// Whose.
    pub mall_id: String,
    /// Of which issue.
    pub order_id: String,
    /// KICC's number of the issue.
    pub pg_cno: String,
    /// For which card.
    pub card: TestCard,
    /// When, unix seconds.
    pub at: i64,
    /// Whether it can be charged: it was issued and not removed.
    pub live: bool,
}

/// An approval and what became of it.
#[derive(Clone)]
pub struct Approval {
    /// Whose.
    pub mall_id: String,
    /// For which order.
    pub order_id: String,
    /// On which card.
    pub card: TestCard,
    /// The issuer's approval number, 8 digits.
    pub app_no: u32,
    /// Instalments, 0 for a lump sum.
    pub months: u8,
    /// Won.
    pub amount: i64,
    /// Won that were not cancelled.
    pub left: i64,
    /// How many cancels took part of it.
    pub cancels: u32,
    /// When, unix seconds.
    pub at: i64,
}

/// Everything.
#[derive(Default)]
pub struct Book {
    secrets: HashMap<String, String>,
    calls: HashMap<CallId, End>,
    keys: HashMap<String, BatchKey>,
    approvals: HashMap<String, Approval>,
    orders: HashSet<(String, String)>,
    numbers: HashSet<String>,
}

impl Book {
    /// Reads the ledger.
    ///
    /// # Errors
    /// When it holds what this simulator did not write.
    pub fn replay(world: &World, provider: &str) -> io::Result<Book> {
        let mut book = Book::default();
        world.replay(provider, |entry, record| {
            let seq = entry.as_ref().map_or(0, |entry| entry.seq);
            book.remember(entry, record).ok_or_else(|| foreign(seq))
        })?;
        Ok(book)
    }

    /// `None` when this simulator cannot have written it.
    fn remember(&mut self, entry: Option<Entry>, record: Option<Record>) -> Option<()> {
        match (entry.map(|entry| entry.deed), record?) {
            (None, Record::Contract { mall_id, secret }) => self.add_contract(&mall_id, &secret),
            (
                None,
                Record::Refused {
                    call,
                    order_id,
                    code,
                },
            ) => {
                self.calls.insert(call, End::Refused { order_id, code });
            }
            (Some(deed), record) => return self.remember_deed(deed, record),
            _ => return None,
        }
        Some(())
    }

    fn remember_deed(&mut self, deed: Deed, record: Record) -> Option<()> {
        match (deed.kind, record) {
            (Kind::KeyIssued, Record::Key { call, card }) => {
                let (mall_id, order_id) = (call.mall_id.clone(), deed.order_id?);
                let (pg_cno, at, live) = (deed.pg_tid?, deed.at, true);
                self.numbers.insert(pg_cno.clone());
                self.orders.insert((mall_id.clone(), order_id.clone()));
                self.calls.insert(call, End::Key(deed.key.clone()?));
                self.keys.insert(
                    deed.key?,
                    BatchKey {
                        mall_id,
                        order_id,
                        pg_cno,
                        card,
                        at,
                        live,
                    },
                );
            }
            (Kind::KeyRevoked, Record::Removed { call }) => {
                self.keys.get_mut(&deed.key?)?.live = false;
                self.calls.insert(call, End::Removed);
            }
            (
                Kind::Approval,
                Record::Approval {
                    call,
                    card,
                    app_no,
                    months,
                },
            ) => {
                let (mall_id, order_id) = (call.mall_id.clone(), deed.order_id?);
                let (amount, left, at, cancels) = (deed.amount?, deed.amount?, deed.at, 0);
                let approval = Approval {
                    mall_id,
                    order_id,
                    card,
                    app_no,
                    months,
                    amount,
                    left,
                    cancels,
                    at,
                };
                let pg_cno = deed.pg_tid?;
                self.calls.insert(call, End::Approval(pg_cno.clone()));
                self.add_approval(&pg_cno, approval);
            }
            (Kind::Refund, Record::Cancel { call }) => {
                let (pg_cno, amount) = (deed.ref_tid?, deed.amount?);
                let left = self.approvals.get_mut(&pg_cno)?.take(amount);
                let cancel_pg_cno = deed.pg_tid?;
                self.numbers.insert(cancel_pg_cno.clone());
                let cancel = Cancel {
                    pg_cno,
                    cancel_pg_cno,
                    amount,
                    left,
                    at: deed.at,
                };
                self.calls.insert(call, End::Cancel(cancel));
            }
            _ => return None,
        }
        Some(())
    }

    /// Adds a contract.
    pub fn add_contract(&mut self, mall_id: &str, secret: &str) {
        self.secrets.insert(mall_id.to_owned(), secret.to_owned());
    }

    /// A merchant's secret, when there is such a merchant.
    pub fn secret(&self, mall_id: &str) -> Option<&str> {
        self.secrets.get(mall_id).map(String::as_str)
    }

    /// Begins a call, which can be done once.
    ///
    /// # Errors
    /// `duplicate` when it was begun before, however it ended.
    pub fn begin(&mut self, call: &CallId, duplicate: &str) -> Result<(), Refusal> {
        if self.calls.contains_key(call) {
            return Err(Refusal::of(duplicate, "shopTransactionId"));
        }
        self.calls.insert(call.clone(), End::Running);
        Ok(())
    }

    /// How a call ended; `None` when it never came.
    pub fn end_of(&self, call: &CallId) -> Option<&End> {
        self.calls.get(call)
    }

    /// Says how a call ended.
    pub fn ended(&mut self, call: CallId, end: End) {
        self.calls.insert(call, end);
    }

    /// Forgets a call that could not be written down.
    pub fn forget(&mut self, call: &CallId) {
        self.calls.remove(call);
    }

    /// Whether an order number led to a key or an approval.
    pub fn was_used(&self, mall_id: &str, order_id: &str) -> bool {
        self.orders
            .contains(&(mall_id.to_owned(), order_id.to_owned()))
    }

    /// A new number of KICC's: the second in Korea and eight digits.
    pub fn new_number(&mut self, now_ms: i64, random: impl Fn() -> u64) -> String {
        loop {
            let number = format!(
                "{}{:08}",
                &korea::stamp(now_ms)[2..],
                random() % 100_000_000
            );
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    /// Adds a key, dead until [`Book::revive`], and takes its order number.
    pub fn add_key(&mut self, key: BatchKey, random: impl Fn() -> u64) -> String {
        let day = &korea::stamp(key.at * 1000)[2..8];
        loop {
            let n = random();
            let name = format!(
                "{day}{:06}BA{:06}",
                n % 1_000_000,
                (n / 1_000_000) % 1_000_000
            );
            if !self.keys.contains_key(&name) {
                self.orders
                    .insert((key.mall_id.clone(), key.order_id.clone()));
                self.keys
                    .insert(name.clone(), BatchKey { live: false, ..key });
                return name;
            }
        }
    }

    /// Lets a key live: it was issued, or its removal could not be kept.
    pub fn revive(&mut self, key: &str) {
        if let Some(held) = self.keys.get_mut(key) {
            held.live = true;
        }
    }

    /// Takes a key back that was never told to anybody.
    pub fn undo_key(&mut self, key: &str) {
        if let Some(BatchKey {
            mall_id, order_id, ..
        }) = self.keys.remove(key)
        {
            self.orders.remove(&(mall_id, order_id));
        }
    }

    /// A key, whatever became of it.
    pub fn key(&self, key: &str) -> Option<&BatchKey> {
        self.keys.get(key)
    }

    /// A merchant's key that can be charged.
    pub fn live_key(&mut self, mall_id: &str, key: &str) -> Option<&mut BatchKey> {
        self.keys
            .get_mut(key)
            .filter(|held| held.live && held.mall_id == mall_id)
    }

    /// Adds an approval under its number and takes its order number.
    pub fn add_approval(&mut self, pg_cno: &str, approval: Approval) {
        self.numbers.insert(pg_cno.to_owned());
        self.orders
            .insert((approval.mall_id.clone(), approval.order_id.clone()));
        self.approvals.insert(pg_cno.to_owned(), approval);
    }

    /// Takes an approval back that was never told to anybody.
    pub fn undo_approval(&mut self, pg_cno: &str) {
        if let Some(Approval {
            mall_id, order_id, ..
        }) = self.approvals.remove(pg_cno)
        {
            self.orders.remove(&(mall_id, order_id));
        }
    }

    /// A merchant's approval.
    pub fn approval(&mut self, mall_id: &str, pg_cno: &str) -> Option<&mut Approval> {
        self.approvals
            .get_mut(pg_cno)
            .filter(|approval| approval.mall_id == mall_id)
    }
}

impl Approval {
    /// Cancels part or all; what is left.
    pub fn take(&mut self, amount: i64) -> i64 {
        self.left -= amount;
        self.cancels += 1;
        self.left
    }

    /// Gives a cancel back that was never told to anybody.
    pub fn give_back(&mut self, amount: i64) {
        self.left += amount;
        self.cancels -= 1;
    }

    /// `statusCode` and `statusMessage`.
    pub fn status(&self) -> (&'static str, &'static str) {
        match (self.left, self.cancels) {
            (_, 0) => ("TS03", "매입요청"),
            (0, _) => CANCELLED,
            _ => PARTLY_CANCELLED,
        }
    }
}

impl Cancel {
    /// `statusCode` and `statusMessage`.
    pub fn status(&self) -> (&'static str, &'static str) {
        if self.left == 0 {
            CANCELLED
        } else {
            PARTLY_CANCELLED
        }
    }
}

const CANCELLED: (&str, &str) = ("TS02", "승인취소");
const PARTLY_CANCELLED: (&str, &str) = ("TS06", "부분취소");

fn foreign(seq: u64) -> io::Error {
    let text = format!("entry {seq} of the sandbox's journal was not written by this simulator");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
