//! The PG's side of Danal's recurring payments ("T-pay credit", `SERVICETYPE=BATCH`): what it refuses, with which codes,
//! and what it remembers. Written from the description of the protocol alone; it shares nothing with the connector but a
//! cipher.
//!
//! Nothing is signed here: whoever can encrypt under a merchant's key is the merchant.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use self::book::{Book, Record};
use self::codes::Refusal;
use self::pairs::CryptoKey;
use self::window::Windows;
use crate::sandbox::cards::TestCard;
use crate::sandbox::control::{Fault, Faults, Operation};
use crate::sandbox::journal::{Deed, Kind};
use crate::sandbox::{Simulator, World};

mod answers;
mod api;
mod auth;
mod book;
mod cancel;
mod charge;
mod codes;
mod fields;
mod issue;
mod pages;
mod pairs;
mod timers;
mod window;

const PROVIDER: &str = "danal_tpay";
/// The test merchant that Danal publishes, and its key.
const PUBLISHED: (&str, &str) = (
    "9810030929",
    "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d",
);

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
/// Faults of an answer that names money.
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
/// Faults of a notice.
const OF_NOTICES: [Fault; 3] = [Fault::DuplicateNotice, Fault::LateNotice, Fault::NoNotice];

/// What this PG can show. Nothing is signed, and nothing can be asked about. Openings and issues name money where a first
/// payment goes with the key.
const FAULTS: Faults = &[
    (Operation::OpenWindow, &WITH_AMOUNT),
    (Operation::IssueKey, &WITH_AMOUNT),
    (Operation::Charge, &WITH_AMOUNT),
    (Operation::Cancel, &WITH_AMOUNT),
    (Operation::Revoke, &PLAIN),
    (Operation::Notice, &OF_NOTICES),
];

/// Switches of this simulator, `[danal_tpay]` in `simulators.toml`: what Danal's descriptions leave open or contradict.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether the window returns plain fields, as the guide lists them, and not one encrypted `RETURNPARAMS`, as Danal's
    /// samples read it.
    plain_return: bool,
    /// Whether notices are plain pairs and not wrapped in `DATA`.
    plain_notice: bool,
    /// Won of the test approval behind a key without a first payment. Danal's guide says 100.
    test_amount: i64,
    /// Whether an `ORDERID` can be used once only.
    orders_are_unique: bool,
    /// Whether charges come from an address that Danal knows. With `false` all are refused, as at an unregistered server.
    ip_is_registered: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            plain_return: false,
            plain_notice: false,
            test_amount: 10,
            orders_are_unique: true,
            ip_is_registered: true,
        }
    }
}

/// The simulated Danal.
pub(crate) struct Danal {
    world: Arc<World>,
    settings: Settings,
    /// Locked before `windows` where both are needed.
    book: Mutex<Book>,
    windows: Windows,
    /// Held while timers run.
    at_timers: tokio::sync::Mutex<()>,
}

/// Makes the simulator from what the world's ledger remembers.
///
/// # Errors
/// When the ledger or the settings cannot be read.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    let settings: Settings = world.settings(PROVIDER)?;
    if settings.test_amount < 1 {
        let text = "test_amount in [danal_tpay] of simulators.toml must be at least 1";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let book = Mutex::new(Book::replay(&world, PROVIDER)?);
    world.control().declare(PROVIDER, FAULTS);
    Ok(Arc::new(Danal {
        world,
        settings,
        book,
        windows: Windows::default(),
        at_timers: tokio::sync::Mutex::default(),
    }))
}

/// Why a call was not carried out.
#[derive(Debug)]
enum Stop {
    /// Danal says no.
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

impl Danal {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses an order number that led to a key or an approval before.
    fn check_unused(&self, book: &Book, cpid: &str, order_id: Option<&str>) -> Result<(), Refusal> {
        if self.settings.orders_are_unique && book.was_used(cpid, order_id) {
            return Err(Refusal::of(codes::DUPLICATE_ORDER, "ORDERID"));
        }
        Ok(())
    }

    /// 64 hex digits that nobody can guess.
    fn secret_digits(&self) -> String {
        format!("{}{}", self.world.random_hex(), self.world.random_hex())
    }

    /// The issuer's approval number.
    fn approval_no(&self) -> String {
        format!("{:08}", self.world.random() % 100_000_000)
    }
}

/// A deed about an order that may have no number.
fn deed(kind: Kind, order_id: Option<&str>, tid: &str, at_ms: i64) -> Deed {
    Deed {
        order_id: order_id.map(str::to_owned),
        pg_tid: Some(tid.to_owned()),
        ..Deed::new(kind, "", at_ms)
    }
}

#[async_trait]
impl Simulator for Danal {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn router(self: Arc<Self>) -> axum::Router {
        api::routes(self)
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        if pg_id.len() != 10 || !pg_id.bytes().all(|b| b.is_ascii_digit()) {
            let text = "a CPID is ten digits, such as 9810030929";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let known = self.book().crypto_key(pg_id);
        let key = match known {
            Some(key) => key,
            None => {
                let (published_id, published_key) = PUBLISHED;
                let crypto_key = match pg_id == published_id {
                    true => published_key.to_owned(),
                    false => self.secret_digits(),
                };
                let key = CryptoKey::parse(&crypto_key).expect("64 hex digits");
                let cpid = pg_id.to_owned();
                let record = Record::Contract { cpid, crypto_key };
                self.world.append_blocking(PROVIDER, None, Some(&record))?;
                self.book().add_merchant(pg_id, key);
                key
            }
        };
        Ok(BTreeMap::from([("crypto_key".to_owned(), key.digits())]))
    }

    fn next_due_ms(&self) -> Option<i64> {
        self.book().timers.next_due_ms()
    }

    async fn run_due(&self, now_ms: i64) -> Vec<(&'static str, usize)> {
        self.run_timers(now_ms).await
    }
}

/// The issuer of a test card: code and name.
fn issuer(card: TestCard) -> (&'static str, &'static str) {
    match card {
        TestCard::Good | TestCard::RefusedAtIssue => ("0100", "신한카드"),
        TestCard::OverLimit | TestCard::NoBalance => ("0500", "삼성카드"),
        TestCard::Lost | TestCard::Expired => ("0300", "KB국민카드"),
    }
}

#[cfg(test)]
mod tests;
