//! What the simulated Danal knows: contracts, billing keys, approvals, and what is still to be done about them. All of it
//! is read back from the ledger at start.
//!
//! Whoever changes something reserves it here first, then writes the ledger, then answers; a reservation whose line could
//! not be written is given back.

use std::collections::{HashMap, HashSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::pairs::CryptoKey;
use super::timers::{Notice, Timers};
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Entry, Kind};
use crate::sandbox::{World, korea};

/// What the simulator adds to a line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A contract was made.
    Contract { cpid: String, crypto_key: String },
    /// With `key_issued`.
    Key { cpid: String, card: TestCard },
    /// With `approval`: whose it is, and the notice that tells of it.
    Approval {
        cpid: String,
        notice: Option<Notice>,
    },
    /// Nothing more is to be told of this `TID`.
    NoticeEnded { tid: String },
}

/// A billing key. Nothing of the card is kept but which test card it is.
#[derive(Clone)]
pub struct BillKey {
    /// Whose.
    pub cpid: String,
    /// `ORDERID` of the issue, when it had one.
    pub order_id: Option<String>,
    /// For which card.
    pub card: TestCard,
    /// Whether it can be charged: it was not deleted.
    pub live: bool,
}

/// An approval and what became of it.
#[derive(Clone)]
pub struct Approval {
    /// Whose.
    pub cpid: String,
    /// `ORDERID`, when there was one.
    pub order_id: Option<String>,
    /// In the currency's smallest unit.
    pub amount: i64,
    /// What was not cancelled.
    pub left: i64,
    /// ISO 4217.
    pub currency: String,
    /// Whether Danal made it to prove a card, and undoes it by itself.
    pub test: bool,
    /// When, unix seconds.
    pub at: i64,
}

/// Everything.
#[derive(Default)]
pub struct Book {
    merchants: HashMap<String, CryptoKey>,
    keys: HashMap<String, BillKey>,
    /// `TID`s of openings for which a key was issued, and whose they are.
    issues: HashMap<String, String>,
    approvals: HashMap<String, Approval>,
    /// Merchants and their used `ORDERID`s.
    orders: HashSet<(String, String)>,
    numbers: HashSet<String>,
    /// What is to be done when its time comes.
    pub timers: Timers,
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
        match (entry.map(|entry| entry.deed), record) {
            (None, Some(Record::Contract { cpid, crypto_key })) => {
                self.add_merchant(&cpid, CryptoKey::parse(&crypto_key)?);
            }
            (None, Some(Record::NoticeEnded { tid })) => self.timers.end(&tid),
            (Some(deed), record) => return self.remember_deed(deed, record),
            _ => return None,
        }
        Some(())
    }

    fn remember_deed(&mut self, deed: Deed, record: Option<Record>) -> Option<()> {
        let tid = deed.pg_tid?;
        self.numbers.insert(tid.clone());
        match (deed.kind, record) {
            (Kind::KeyIssued, Some(Record::Key { cpid, card })) => {
                self.hold_issue(&cpid, &tid, deed.order_id.as_deref());
                let key = BillKey {
                    cpid,
                    order_id: deed.order_id,
                    card,
                    live: true,
                };
                self.add_key(&deed.key?, key);
            }
            (Kind::KeyRevoked, None) => self.keys.get_mut(&deed.key?)?.live = false,
            (Kind::Approval, Some(Record::Approval { cpid, notice })) => {
                self.hold_order(&cpid, deed.order_id.as_deref());
                let approval = Approval {
                    cpid,
                    order_id: deed.order_id,
                    amount: deed.amount?,
                    left: deed.amount?,
                    currency: deed.currency?,
                    test: deed.test,
                    at: deed.at,
                };
                self.add_approval(&tid, approval, notice);
            }
            (Kind::Void, None) => self.voided(&deed.ref_tid?),
            (Kind::Refund, None) => {
                self.approvals.get_mut(&deed.ref_tid?)?.left -= deed.amount?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Adds a contract.
    pub fn add_merchant(&mut self, cpid: &str, key: CryptoKey) {
        self.merchants.insert(cpid.to_owned(), key);
    }

    /// A merchant's key, when there is such a merchant.
    pub fn crypto_key(&self, cpid: &str) -> Option<CryptoKey> {
        self.merchants.get(cpid).copied()
    }

    /// A new `TID`: the second in Korea and ten digits.
    pub fn new_tid(&mut self, now_ms: i64, random: impl Fn() -> u64) -> String {
        loop {
            let digits = random() % 10_000_000_000;
            let tid = format!("{}{digits:010}", korea::stamp(now_ms));
            if self.numbers.insert(tid.clone()) {
                return tid;
            }
        }
    }

    /// Whether a key was issued for a merchant's opening.
    pub fn was_issued(&self, cpid: &str, tid: &str) -> bool {
        self.issues.get(tid).is_some_and(|of| of == cpid)
    }

    /// Whether a merchant's order number led to a key or an approval. Without a number there is none to be used.
    pub fn was_used(&self, cpid: &str, order_id: Option<&str>) -> bool {
        order_id.is_some_and(|id| self.orders.contains(&(cpid.to_owned(), id.to_owned())))
    }

    /// Takes an order number.
    pub fn hold_order(&mut self, cpid: &str, order_id: Option<&str>) {
        if let Some(id) = order_id {
            self.orders.insert((cpid.to_owned(), id.to_owned()));
        }
    }

    /// Gives an order number back whose deed could not be written down.
    pub fn release_order(&mut self, cpid: &str, order_id: Option<&str>) {
        if let Some(id) = order_id {
            self.orders.remove(&(cpid.to_owned(), id.to_owned()));
        }
    }

    /// Takes an opening, for which one key is issued, and its order number.
    pub fn hold_issue(&mut self, cpid: &str, tid: &str, order_id: Option<&str>) {
        self.issues.insert(tid.to_owned(), cpid.to_owned());
        self.hold_order(cpid, order_id);
    }

    /// Gives an opening back whose key could not be written down.
    pub fn release_issue(&mut self, cpid: &str, tid: &str, order_id: Option<&str>) {
        self.issues.remove(tid);
        self.release_order(cpid, order_id);
    }

    /// Adds a key.
    pub fn add_key(&mut self, name: &str, key: BillKey) {
        self.keys.insert(name.to_owned(), key);
    }

    /// A merchant's key that can be charged.
    pub fn live_key(&mut self, cpid: &str, name: &str) -> Option<&mut BillKey> {
        let found = self.keys.get_mut(name);
        found.filter(|key| key.live && key.cpid == cpid)
    }

    /// Lets a key live again whose deletion could not be kept.
    pub fn revive(&mut self, name: &str) {
        if let Some(key) = self.keys.get_mut(name) {
            key.live = true;
        }
    }

    /// Adds an approval under its `TID`, with what is to be done about it later.
    pub fn add_approval(&mut self, tid: &str, approval: Approval, notice: Option<Notice>) {
        if approval.test {
            self.timers.add_void(tid, approval.at);
        }
        if let Some(notice) = notice {
            self.timers.add_notice(tid, notice);
        }
        self.approvals.insert(tid.to_owned(), approval);
    }

    /// A merchant's approval.
    pub fn approval(&mut self, cpid: &str, tid: &str) -> Option<&mut Approval> {
        let found = self.approvals.get_mut(tid);
        found.filter(|approval| approval.cpid == cpid)
    }

    /// A test approval that was not undone yet.
    pub fn standing_test(&self, tid: &str) -> Option<&Approval> {
        let found = self.approvals.get(tid);
        found.filter(|approval| approval.test && approval.left > 0)
    }

    /// A test approval was undone.
    pub fn voided(&mut self, tid: &str) {
        self.timers.end(tid);
        if let Some(approval) = self.approvals.get_mut(tid) {
            approval.left = 0;
        }
    }
}

fn foreign(seq: u64) -> io::Error {
    let text = format!("entry {seq} of the sandbox's journal was not written by this simulator");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
