//! What the simulated PAYCO knows: sellers, registrations (billing keys), orders. All of it is read back from the ledger
//! at start.
//!
//! Whoever changes something reserves it here first, then writes the ledger, then answers; a reservation whose line could
//! not be written is given back.

use std::collections::{HashMap, HashSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::codes::{self, Refusal};
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Entry, Kind};
use crate::sandbox::{World, korea};

/// A seller's contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seller {
    /// `sellerKey`.
    pub seller_key: String,
    /// `cpId`, the shop.
    pub cp_id: String,
    /// `productId`.
    pub product_id: String,
}

/// What the simulator adds to a line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A contract was made.
    Contract(Seller),
    /// With `key_issued`.
    Registration {
        seller_key: String,
        auto_payment_no: String,
        card: TestCard,
    },
    /// With `approval`.
    Order {
        seller_key: String,
        certify_key: String,
        reserve_order_no: String,
        card: TestCard,
        admission_no: u32,
    },
    /// A seller said how an order's product stands.
    Status { order_no: String, status: String },
}

/// A registered card. Nothing of it is kept but which test card it is.
#[derive(Clone)]
pub struct Registration {
    /// Whose.
    pub seller_key: String,
    /// `sellerAutoPaymentReferenceKey`.
    pub reference_key: String,
    /// `autoPaymentNo`.
    pub auto_payment_no: String,
    /// Which card.
    pub card: TestCard,
    /// When, unix seconds.
    pub at: i64,
    /// Whether it can be charged: it was registered and not deleted.
    pub live: bool,
}

/// An approved order and what became of it.
#[derive(Clone)]
pub struct Order {
    /// Whose.
    pub seller_key: String,
    /// `sellerOrderReferenceKey`.
    pub reference_key: String,
    /// `orderCertifyKey`.
    pub certify_key: String,
    /// `reserveOrderNo`.
    pub reserve_order_no: String,
    /// On which card.
    pub card: TestCard,
    /// The issuer's approval number, 8 digits.
    pub admission_no: u32,
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
    sellers: HashMap<String, Seller>,
    /// By `autoPaymentCertifyKey`.
    registrations: HashMap<String, Registration>,
    /// Sellers and their `sellerAutoPaymentReferenceKey`s.
    registered: HashSet<(String, String)>,
    /// By `orderNo`.
    orders: HashMap<String, Order>,
    /// Seller and `sellerOrderReferenceKey` to the latest `orderNo`.
    references: HashMap<(String, String), String>,
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
        let Some(Entry { deed, .. }) = entry else {
            match record? {
                Record::Contract(seller) => self.add_seller(seller),
                Record::Status { order_no, .. } => {
                    self.orders.get(&order_no)?;
                }
                _ => return None,
            }
            return Some(());
        };
        match (deed.kind, record) {
            (
                Kind::KeyIssued,
                Some(Record::Registration {
                    seller_key,
                    auto_payment_no,
                    card,
                }),
            ) => {
                let registration = Registration {
                    seller_key,
                    reference_key: deed.order_id?,
                    auto_payment_no,
                    card,
                    at: deed.at,
                    live: true,
                };
                self.add_registration(&deed.key?, registration);
            }
            (Kind::KeyRevoked, None) => self.registrations.get_mut(&deed.key?)?.live = false,
            (Kind::Approval, Some(record)) => return self.remember_order(deed, record),
            (Kind::Refund, None) => {
                self.orders
                    .get_mut(deed.ref_tid.as_ref()?)?
                    .take(deed.amount?);
                self.numbers.insert(deed.pg_tid?);
            }
            _ => return None,
        }
        Some(())
    }

    fn remember_order(&mut self, deed: Deed, record: Record) -> Option<()> {
        let Record::Order {
            seller_key,
            certify_key,
            reserve_order_no,
            card,
            admission_no,
        } = record
        else {
            return None;
        };
        self.numbers.insert(reserve_order_no.clone());
        let order = Order {
            seller_key,
            reference_key: deed.order_id?,
            certify_key,
            reserve_order_no,
            card,
            admission_no,
            amount: deed.amount?,
            left: deed.amount?,
            cancels: 0,
            at: deed.at,
        };
        self.add_order(&deed.pg_tid?, order);
        Some(())
    }

    /// Adds a seller.
    pub fn add_seller(&mut self, seller: Seller) {
        self.sellers.insert(seller.seller_key.clone(), seller);
    }

    /// A seller, when there is such a one.
    pub fn seller(&self, seller_key: &str) -> Option<&Seller> {
        self.sellers.get(seller_key)
    }

    /// A new number of PAYCO's: the minute in Korea and six digits.
    pub fn new_number(&mut self, now_ms: i64, random: impl Fn() -> u64) -> String {
        loop {
            let minute = &korea::stamp(now_ms)[..12];
            let number = format!("{minute}{:06}", random() % 1_000_000);
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    /// Adds a registration under its `autoPaymentCertifyKey`.
    pub fn add_registration(&mut self, certify_key: &str, registration: Registration) {
        self.numbers.insert(registration.auto_payment_no.clone());
        self.registered.insert(registration.named());
        self.registrations
            .insert(certify_key.to_owned(), registration);
    }

    /// Takes a registration back that was never told to anybody.
    pub fn undo_registration(&mut self, certify_key: &str) {
        if let Some(registration) = self.registrations.remove(certify_key) {
            self.registered.remove(&registration.named());
        }
    }

    /// A seller's registration that was not deleted.
    ///
    /// # Errors
    /// `unknown` when there is none.
    pub fn live(
        &mut self,
        seller_key: &str,
        certify_key: &str,
        unknown: &str,
    ) -> Result<&mut Registration, Refusal> {
        let found = self.registrations.get_mut(certify_key);
        found
            .filter(|held| held.live && held.seller_key == seller_key)
            .ok_or_else(|| Refusal::new(unknown))
    }

    /// Whether a seller's registration key led to a registration.
    pub fn is_registered(&self, seller_key: &str, reference_key: &str) -> bool {
        let named = (seller_key.to_owned(), reference_key.to_owned());
        self.registered.contains(&named)
    }

    /// Lets a registration live again whose deletion could not be kept.
    pub fn revive(&mut self, certify_key: &str) {
        if let Some(held) = self.registrations.get_mut(certify_key) {
            held.live = true;
        }
    }

    /// Whether a seller's order number was approved.
    pub fn was_used(&self, seller_key: &str, reference_key: &str) -> bool {
        self.order_no(seller_key, reference_key).is_some()
    }

    /// The `orderNo` of a seller's order number; of the latest, where the seller did not want them unique.
    pub fn order_no(&self, seller_key: &str, reference_key: &str) -> Option<&str> {
        let at = (seller_key.to_owned(), reference_key.to_owned());
        self.references.get(&at).map(String::as_str)
    }

    /// Adds an order.
    pub fn add_order(&mut self, order_no: &str, order: Order) {
        let at = (order.seller_key.clone(), order.reference_key.clone());
        self.references.insert(at, order_no.to_owned());
        self.numbers.insert(order_no.to_owned());
        self.orders.insert(order_no.to_owned(), order);
    }

    /// Takes an order back that was never told to anybody; `before` is what its number meant until then.
    pub fn undo_order(&mut self, order_no: &str, before: Option<String>) {
        let Some(order) = self.orders.remove(order_no) else {
            return;
        };
        let at = (order.seller_key, order.reference_key);
        match before {
            Some(before) => self.references.insert(at, before),
            None => self.references.remove(&at),
        };
    }

    /// A seller's order.
    ///
    /// # Errors
    /// When there is none.
    pub fn order(&mut self, seller_key: &str, order_no: &str) -> Result<&mut Order, Refusal> {
        let found = self.orders.get_mut(order_no);
        found
            .filter(|order| order.seller_key == seller_key)
            .ok_or_else(|| Refusal::new(codes::NO_ORDER))
    }
}

impl Registration {
    fn named(&self) -> (String, String) {
        (self.seller_key.clone(), self.reference_key.clone())
    }
}

impl Order {
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
}

fn foreign(seq: u64) -> io::Error {
    let text = format!("entry {seq} of the sandbox's journal was not written by this simulator");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
