//! What the simulated KCP knows: contracts, batch keys, approvals. All of it is read back from the ledger at start.
//!
//! Whoever changes something reserves it here first, then writes the ledger, then answers; a reservation whose line could
//! not be written is given back.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codes::{self, Refusal};
use super::contract::{Contract, Papers};
use super::key_in::Keyed;
use super::seal::Agreed;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Entry, Kind};
use crate::sandbox::{World, korea};

/// What the simulator adds to a line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The secret under which `enc_data` is sealed, hex.
    Secret(String),
    /// A contract was made.
    Contract(Papers),
    /// With `key_issued`: whose key, for which card, and the exchange that made it.
    Key {
        site_cd: String,
        card: TestCard,
        /// Empty where no exchange made it.
        nonce: String,
        /// The masked number of a card that is no test card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<String>,
    },
    /// With `approval`.
    Approval {
        site_cd: String,
        card: TestCard,
        app_no: u32,
        quota: u8,
        /// The masked number of a card that is no test card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<String>,
    },
}

/// An order number at a site, as one text: the site's five characters come first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OrderAt(Arc<str>);

impl OrderAt {
    /// An order of a site.
    pub fn new(site_cd: &str, order_id: &str) -> OrderAt {
        OrderAt(format!("{site_cd}{order_id}").into())
    }

    /// The site.
    pub fn site_cd(&self) -> &str {
        &self.0[..5]
    }

    /// The order number.
    pub fn order_id(&self) -> &str {
        &self.0[5..]
    }
}

/// A batch key.
pub struct BatchKey {
    /// Whose and of which issue.
    pub order: OrderAt,
    /// For which card.
    pub card: Keyed,
    /// Whether it was deleted, or is being issued.
    pub deleted: bool,
}

/// An approval and what became of it.
#[derive(Clone)]
pub struct Approval {
    /// Whose and for which order.
    pub order: OrderAt,
    /// On which card.
    pub card: Keyed,
    /// The issuer's approval number, 8 digits.
    pub app_no: u32,
    /// Instalments, 0 for a lump sum.
    pub quota: u8,
    /// Won.
    pub amount: i64,
    /// Won that were not cancelled.
    pub left: i64,
    /// How many cancels took part of it.
    pub cancels: u32,
    /// When, unix seconds.
    pub at: i64,
    /// When it was cancelled last, unix seconds.
    pub cancelled_at: Option<i64>,
}

/// Everything.
#[derive(Default)]
pub struct Book {
    /// The secret under which `enc_data` is sealed.
    pub secret: Option<String>,
    contracts: HashMap<String, Arc<Contract>>,
    keys: HashMap<String, BatchKey>,
    approvals: HashMap<u64, Approval>,
    orders: HashMap<OrderAt, u64>,
    exchanged: HashSet<String>,
}

impl Book {
    /// Reads the ledger.
    ///
    /// # Errors
    /// When it holds what this simulator did not write.
    pub fn replay(world: &World, provider: &str) -> io::Result<Book> {
        let mut book = Book::default();
        world.replay(provider, |entry, record| book.remember(entry, record))?;
        Ok(book)
    }

    fn remember(&mut self, entry: Option<Entry>, record: Option<Record>) -> io::Result<()> {
        let Some(Entry { deed, seq, .. }) = entry else {
            match record {
                Some(Record::Secret(secret)) => self.secret = Some(secret),
                Some(Record::Contract(papers)) => self.add_contract(Contract::new(papers)?),
                _ => return Err(foreign(0)),
            }
            return Ok(());
        };
        self.remember_deed(deed, record).ok_or_else(|| foreign(seq))
    }

    /// `None` when this simulator cannot have written it.
    fn remember_deed(&mut self, deed: Deed, record: Option<Record>) -> Option<()> {
        let number = |tid: &Option<String>| tid.as_deref()?.parse::<u64>().ok();
        let order_at = |site_cd: &str| Some(OrderAt::new(site_cd, deed.order_id.as_deref()?));
        match (deed.kind, record) {
            (
                Kind::KeyIssued,
                Some(Record::Key {
                    site_cd,
                    card,
                    nonce,
                    shown,
                }),
            ) => {
                let (order, deleted) = (order_at(&site_cd)?, false);
                if !nonce.is_empty() {
                    self.exchanged.insert(nonce);
                }
                let card = Keyed { card, shown };
                self.keys.insert(
                    deed.key?,
                    BatchKey {
                        order,
                        card,
                        deleted,
                    },
                );
            }
            (Kind::KeyRevoked, None) => self.keys.get_mut(&deed.key?)?.deleted = true,
            (
                Kind::Approval,
                Some(Record::Approval {
                    site_cd,
                    card,
                    app_no,
                    quota,
                    shown,
                }),
            ) => {
                let card = Keyed { card, shown };
                let approval = Approval {
                    order: order_at(&site_cd)?,
                    card,
                    app_no,
                    quota,
                    amount: deed.amount?,
                    left: deed.amount?,
                    cancels: 0,
                    at: deed.at,
                    cancelled_at: None,
                };
                let tno = number(&deed.pg_tid)?;
                self.orders.insert(approval.order.clone(), tno);
                self.approvals.insert(tno, approval);
            }
            (Kind::Refund, None) => {
                let approval = self.approvals.get_mut(&number(&deed.ref_tid)?)?;
                approval.take(deed.amount?, deed.at);
            }
            _ => return None,
        }
        Some(())
    }

    /// A site's contract, if the request carries its certificate.
    ///
    /// # Errors
    /// `S032` for an unknown site and for a certificate that is not this site's, or has line breaks.
    pub fn contract(&self, site_cd: &str, certificate: &str) -> Result<&Arc<Contract>, Refusal> {
        let contract = self
            .contracts
            .get(site_cd)
            .filter(|contract| contract.accepts_certificate(certificate));
        contract.ok_or_else(|| Refusal::new(codes::BAD_CERTIFICATE))
    }

    /// A site's contract without proof, for windows.
    pub fn known_site(&self, site_cd: &str) -> Option<&Arc<Contract>> {
        self.contracts.get(site_cd)
    }

    /// Adds a contract.
    pub fn add_contract(&mut self, contract: Contract) {
        self.contracts
            .insert(contract.papers.site_cd.clone(), Arc::new(contract));
    }

    /// Takes an exchange, which can be done once, and holds a new batch key for it: the minute in Korea and six digits.
    /// The key lives from [`Book::keep_key`] on.
    ///
    /// # Errors
    /// `6004` when the exchange was done before.
    pub fn begin_exchange(
        &mut self,
        agreed: &Agreed,
        now_ms: i64,
        random: impl Fn() -> u64,
    ) -> Result<String, Refusal> {
        if !self.exchanged.insert(agreed.nonce.clone()) {
            return Err(Refusal::new(codes::BAD_ENC));
        }
        let order = OrderAt::new(&agreed.site_cd, &agreed.ordr_idxx);
        Ok(self.hold_key(order, Keyed::test(agreed.card), now_ms, random))
    }

    /// Holds a new batch key: the minute in Korea and six digits. It lives from [`Book::keep_key`] on.
    pub fn hold_key(
        &mut self,
        order: OrderAt,
        card: Keyed,
        now_ms: i64,
        random: impl Fn() -> u64,
    ) -> String {
        let minute = &korea::stamp(now_ms)[2..12];
        loop {
            let key = format!("{minute}{:06}", random() % 1_000_000);
            if !self.keys.contains_key(&key) {
                let held = BatchKey {
                    order,
                    card,
                    deleted: true,
                };
                self.keys.insert(key.clone(), held);
                return key;
            }
        }
    }

    /// Gives a key back that was never told to anybody.
    pub fn drop_key(&mut self, key: &str) {
        self.keys.remove(key);
    }

    /// Gives an exchange and its key back that were never told to anybody.
    pub fn undo_exchange(&mut self, agreed: &Agreed, key: &str) {
        self.exchanged.remove(&agreed.nonce);
        self.keys.remove(key);
    }

    /// A site's key that was not deleted.
    pub fn live_key(&mut self, site_cd: &str, key: &str) -> Option<&mut BatchKey> {
        let found = self.keys.get_mut(key);
        found.filter(|held| !held.deleted && held.order.site_cd() == site_cd)
    }

    /// Lets a key live: it was issued, or its deletion could not be kept.
    pub fn keep_key(&mut self, key: &str) {
        if let Some(held) = self.keys.get_mut(key) {
            held.deleted = false;
        }
    }

    /// Whether an order was charged before.
    pub fn was_charged(&self, order: &OrderAt) -> bool {
        self.orders.contains_key(order)
    }

    /// Adds an approval and returns its number: the day in Korea and eight digits.
    pub fn add_approval(&mut self, approval: Approval, random: impl Fn() -> u64) -> u64 {
        let day: u64 = korea::stamp(approval.at * 1000)[2..8].parse().unwrap_or(0);
        loop {
            let tno = day * 100_000_000 + random() % 100_000_000;
            if !self.approvals.contains_key(&tno) {
                self.orders.insert(approval.order.clone(), tno);
                self.approvals.insert(tno, approval);
                return tno;
            }
        }
    }

    /// Takes an approval back that was never told to anybody.
    pub fn undo_approval(&mut self, tno: u64) {
        if let Some(approval) = self.approvals.remove(&tno) {
            self.orders.remove(&approval.order);
        }
    }

    /// A site's approval by its number as sent.
    ///
    /// # Errors
    /// `8132` when there is none.
    pub fn approval(&mut self, site_cd: &str, tno: &str) -> Result<&mut Approval, Refusal> {
        let number: Option<u64> = tno.parse().ok().filter(|_| tno.len() == 14);
        let found = number.and_then(|tno| self.approvals.get_mut(&tno));
        let own = found.filter(|approval| approval.order.site_cd() == site_cd);
        own.ok_or_else(|| Refusal::new(codes::NO_ORIGINAL))
    }
}

impl Approval {
    /// Cancels part or all.
    pub fn take(&mut self, amount: i64, at: i64) {
        self.left -= amount;
        self.cancels += 1;
        self.cancelled_at = Some(at);
    }

    /// Gives a cancel back that was never told to anybody.
    pub fn give_back(&mut self, amount: i64, cancelled_before: Option<i64>) {
        self.left += amount;
        self.cancels -= 1;
        self.cancelled_at = cancelled_before;
    }
}

fn foreign(seq: u64) -> io::Error {
    let text = format!("entry {seq} of the sandbox's journal was not written by this simulator");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
