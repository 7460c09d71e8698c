//! The PG's side of PAYCO's automatic payment: what it refuses, with which codes, and what it remembers. Written from the
//! description of the protocol alone; it shares nothing with the connector.
//!
//! Nothing is signed here: whoever knows the seller key and calls from a registered address is the seller.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::Deserialize;

use self::book::{Book, Record, Seller};
use self::codes::Refusal;
use self::fields::Fields;
use self::window::Windows;
use crate::sandbox::cards::TestCard;
use crate::sandbox::control::{Fault, Faults, Operation};
use crate::sandbox::{Simulator, World};

mod answers;
mod api;
mod book;
mod cancel;
mod codes;
mod fields;
mod pages;
mod payment;
mod reserve;
mod status;
mod window;

const PROVIDER: &str = "payco";
/// The seller, the shop and the product that PAYCO publishes for tests.
const PUBLISHED: (&str, &str, &str) = ("S0FSJE", "PARTNERTEST_AUTO", "PROD_AUTO");
/// Longest seller key for which a contract is made: a shop's id is longer by a prefix and has 30 characters at most.
const SELLER_KEY_MAX: usize = 24;

/// Faults of an answer that names no money.
const PLAIN: [Fault; 9] = [
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
    Fault::Decline,
    Fault::Huge,
    Fault::Drip,
    Fault::SaysTimeout,
];
/// Faults of an answer that names an amount.
const WITH_AMOUNT: [Fault; 10] = [
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
    Fault::Decline,
    Fault::Huge,
    Fault::Drip,
    Fault::SaysTimeout,
    Fault::WrongAmount,
];

/// What this PG can show. Its answers are not signed and it sends no notices of automatic payments.
const FAULTS: Faults = &[
    (Operation::OpenWindow, &PLAIN),
    (Operation::IssueKey, &PLAIN),
    (Operation::Charge, &WITH_AMOUNT),
    (Operation::Inquire, &WITH_AMOUNT),
    (Operation::Cancel, &WITH_AMOUNT),
    (Operation::Revoke, &PLAIN),
];

/// The faults of an operation.
fn able(operation: Operation) -> &'static [Fault] {
    let found = FAULTS.iter().find(|(known, _)| *known == operation);
    found.map_or(&[], |(_, faults)| faults)
}

/// Switches of this simulator, `[payco]` in `simulators.toml`: what PAYCO's description leaves open.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether `getDetailForVerify` wants a `reserveOrderNo`, which a seller has only from the answer that it asks for.
    verify_requires_reserve_order_no: bool,
    /// Whether calls come from an address that PAYCO knows. With `false` all are refused, as at an unregistered server.
    ip_is_registered: bool,
    /// Whether `code` is a text in answers, as some integrations have seen it.
    code_as_text: bool,
    /// What a repeated order number is told.
    duplicate_code: String,
    /// What an unknown or deleted registration is told.
    unknown_key_code: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            verify_requires_reserve_order_no: false,
            ip_is_registered: true,
            code_as_text: false,
            duplicate_code: codes::BAD_PARAMETER.to_owned(),
            unknown_key_code: codes::UNKNOWN_KEY.to_owned(),
        }
    }
}

/// The simulated PAYCO.
pub(crate) struct Payco {
    world: Arc<World>,
    settings: Settings,
    book: Mutex<Book>,
    windows: Windows,
}

/// Makes the simulator from what the world's ledger remembers.
///
/// # Errors
/// When the ledger or the settings cannot be read.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    let settings = world.settings(PROVIDER)?;
    let book = Mutex::new(Book::replay(&world, PROVIDER)?);
    world.control().declare(PROVIDER, FAULTS);
    let windows = Windows::default();
    Ok(Arc::new(Payco {
        world,
        settings,
        book,
        windows,
    }))
}

/// Why a call was not carried out.
#[derive(Debug)]
enum Stop {
    /// PAYCO says no.
    Refused(Refusal),
    /// The simulator itself cannot go on.
    Broken(io::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Broken(error)
    }
}

impl Payco {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The seller of a call.
    fn seller(&self, fields: &Fields) -> Result<Seller, Refusal> {
        let seller_key = fields.required("sellerKey", 100)?;
        let book = self.book();
        let known = book.seller(seller_key).cloned();
        known.ok_or_else(|| Refusal::new(codes::UNKNOWN_SELLER))
    }

    /// 64 random bytes in 88 characters: the key of a registration.
    fn registration_key(&self) -> String {
        URL_SAFE.encode(self.random_bytes::<64>())
    }

    /// 35 random bytes in 47 characters: the key of an order.
    fn order_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random_bytes::<35>())
    }

    fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.world.random().to_le_bytes()[..chunk.len()]);
        }
        bytes
    }
}

#[async_trait]
impl Simulator for Payco {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn router(self: Arc<Self>) -> axum::Router {
        api::routes(self)
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=SELLER_KEY_MAX).contains(&pg_id.len()) || !pg_id.bytes().all(good) {
            let text = "a seller key is letters and digits, here at most 24, such as S0FSJE";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let known = self.book().seller(pg_id).cloned();
        let seller = match known {
            Some(seller) => seller,
            None => {
                let seller = new_seller(pg_id);
                let record = Record::Contract(seller.clone());
                self.world.append_blocking(PROVIDER, None, Some(&record))?;
                self.book().add_seller(seller.clone());
                seller
            }
        };
        let named = [("cp_id", seller.cp_id), ("product_id", seller.product_id)];
        Ok(named.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn dialect(&self) -> BTreeMap<String, String> {
        let refused_cancels = [
            codes::NO_ORDER,
            codes::WRONG_CERTIFY_KEY,
            codes::CANCELLED_BEFORE,
            codes::TOO_MUCH,
            codes::NOT_CANCELLABLE,
        ];
        let named = [
            ("duplicate_codes", self.settings.duplicate_code.clone()),
            ("unknown_key_codes", self.settings.unknown_key_code.clone()),
            ("decline_codes", codes::ISSUER_DECLINED.to_owned()),
            ("limit_codes", codes::NO_BALANCE.to_owned()),
            ("expired_codes", codes::EXPIRED_CARD.to_owned()),
            ("hard_decline_codes", codes::LOST_CARD.to_owned()),
            ("cancel_refusal_codes", refused_cancels.join(",")),
            ("not_found_codes", codes::NO_ORDER.to_owned()),
            ("unclear_codes", codes::TIMED_OUT.to_owned()),
        ];
        named.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn next_due_ms(&self) -> Option<i64> {
        None
    }

    async fn run_due(&self, _now_ms: i64) -> Vec<(&'static str, usize)> {
        Vec::new()
    }
}

fn new_seller(seller_key: &str) -> Seller {
    let (published, cp_id, product_id) = PUBLISHED;
    let (cp_id, product_id) = match seller_key == published {
        true => (cp_id.to_owned(), product_id.to_owned()),
        false => (format!("{seller_key}_CP"), format!("{seller_key}_PROD")),
    };
    Seller {
        seller_key: seller_key.to_owned(),
        cp_id,
        product_id,
    }
}

/// The issuer of a test card: code and name.
fn issuer(card: TestCard) -> (&'static str, &'static str) {
    match card {
        TestCard::Good | TestCard::RefusedAtIssue => ("CCSS", "삼성카드"),
        TestCard::OverLimit | TestCard::NoBalance => ("CCLG", "신한카드"),
        TestCard::Lost | TestCard::Expired => ("CCKM", "국민카드"),
    }
}

#[cfg(test)]
mod tests;
