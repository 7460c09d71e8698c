//! The PG's side of KCP's JSON generation: what it refuses, with which codes, and what it remembers. Written from the
//! description of the protocol alone; it shares nothing with the connector.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use self::book::{Book, Record};
use self::codes::Refusal;
use self::contract::{Contract, Papers};
use self::fields::Fields;
use self::seal::Seal;
use self::window::Windows;
use crate::sandbox::cards::TestCard;
use crate::sandbox::control::{Fault, Faults, Operation};
use crate::sandbox::{Simulator, World};

mod api;
mod book;
mod cancel;
mod charge;
mod codes;
mod contract;
mod exchange;
mod fields;
mod key_in;
mod opening;
mod pages;
mod seal;
mod window;

/// The contract with a window.
const PROVIDER: &str = "kcp_billing";
/// The contract for card data.
const KEY_IN: &str = "kcp";
/// The opaque value that travels from the window to the exchange.
const TRAN_CD: &str = "00100000";

/// Faults that any answer can show.
const ANY: [Fault; 8] = [
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
    Fault::Decline,
    Fault::Huge,
    Fault::Drip,
];
/// And an answer that money or a key depends on.
const WITH_TIMEOUT: [Fault; 9] = [
    ANY[0],
    ANY[1],
    ANY[2],
    ANY[3],
    ANY[4],
    ANY[5],
    ANY[6],
    ANY[7],
    Fault::SaysTimeout,
];
/// And one that names an amount.
const WITH_AMOUNT: [Fault; 10] = [
    ANY[0],
    ANY[1],
    ANY[2],
    ANY[3],
    ANY[4],
    ANY[5],
    ANY[6],
    ANY[7],
    Fault::SaysTimeout,
    Fault::WrongAmount,
];

/// What this PG can show. Its answers are not signed and it sends no notices for cards.
const FAULTS: Faults = &[
    (Operation::OpenWindow, &ANY),
    (Operation::IssueKey, &WITH_TIMEOUT),
    (Operation::Charge, &WITH_AMOUNT),
    (Operation::Inquire, &WITH_AMOUNT),
    (Operation::Cancel, &WITH_AMOUNT),
    (Operation::Revoke, &WITH_TIMEOUT),
];

/// The faults of an operation.
fn able(operation: Operation) -> &'static [Fault] {
    FAULTS
        .iter()
        .find(|(known, _)| *known == operation)
        .map_or(&[], |(_, faults)| faults)
}

/// Switches of this simulator, `[kcp_billing]` in `simulators.toml`. Where the protocol's description leaves the code
/// open, it can be set.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// What a second charge with one order number is told: `8338`, or one of `8586`, `9167`, `8094`, `8128`.
    duplicate_code: String,
    /// What an unknown or deleted batch key is told.
    unknown_key_code: String,
    /// Whether charges outside 1,000 to 5,004 won are refused, as the PG's own test site does.
    test_amount_range: bool,
    /// Whether card data by API may be of cards that are no test cards. All goes well with such a card, and of its number
    /// six and four digits are kept.
    accept_any_card: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            duplicate_code: codes::DUPLICATE_ORDER.to_owned(),
            unknown_key_code: codes::UNKNOWN_KEY.to_owned(),
            test_amount_range: false,
            accept_any_card: true,
        }
    }
}

/// The simulated KCP.
pub(crate) struct Kcp {
    provider: &'static str,
    /// Whether its sites may send card data; then they have no window.
    takes_cards: bool,
    world: Arc<World>,
    settings: Settings,
    seal: Seal,
    book: Mutex<Book>,
    windows: Windows,
}

/// Makes the simulator from what the world's ledger remembers.
///
/// # Errors
/// When the ledger or the settings cannot be read.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    Ok(Arc::new(Kcp::new(world, PROVIDER)?))
}

/// Makes the simulator of the contract for card data.
///
/// # Errors
/// As [`make`].
pub fn make_key_in(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    Ok(Arc::new(Kcp::new(world, KEY_IN)?))
}

/// Why a call was not carried out.
#[derive(Debug)]
enum Stop {
    /// KCP says no.
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

impl Kcp {
    fn new(world: Arc<World>, provider: &'static str) -> io::Result<Kcp> {
        let settings = world.settings(provider)?;
        let mut book = Book::replay(&world, provider)?;
        let secret = match book.secret.take() {
            Some(secret) => secret,
            None => {
                let secret = format!("{}{}", world.random_hex(), world.random_hex());
                world.append_blocking(provider, None, Some(&Record::Secret(secret.clone())))?;
                secret
            }
        };
        let takes_cards = provider == KEY_IN;
        let (_window, rest) = FAULTS.split_at(1);
        let faults = if takes_cards { rest } else { FAULTS };
        world.control().declare(provider, faults);
        Ok(Kcp {
            provider,
            takes_cards,
            seal: Seal::new(&secret),
            settings,
            book: Mutex::new(book),
            windows: Windows::default(),
            world,
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks the certificate of a call.
    fn check_site(&self, fields: &Fields) -> Result<Arc<Contract>, Refusal> {
        let site_cd = fields.required("site_cd", 5)?;
        let certificate = fields.required("kcp_cert_info", 8192)?;
        self.book().contract(site_cd, certificate).map(Arc::clone)
    }
}

#[async_trait]
impl Simulator for Kcp {
    fn provider(&self) -> &'static str {
        self.provider
    }

    fn router(self: Arc<Self>) -> axum::Router {
        match self.takes_cards {
            true => api::calls().with_state(self),
            false => api::routes(self),
        }
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        let known = self
            .book()
            .known_site(pg_id)
            .map(|contract| contract.papers.clone());
        let papers = match known {
            Some(papers) => papers,
            None => {
                let papers = Papers::make(pg_id)?;
                self.world.append_blocking(
                    self.provider,
                    None,
                    Some(&Record::Contract(papers.clone())),
                )?;
                self.book().add_contract(Contract::new(papers.clone())?);
                papers
            }
        };
        let named = [
            ("group_id", papers.group_id),
            ("cert", papers.certificate),
            ("private_key", papers.private_key),
        ];
        Ok(named.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn dialect(&self) -> BTreeMap<String, String> {
        let code = self.settings.unknown_key_code.clone();
        let mut dialect = BTreeMap::from([("unknown_key_codes".to_owned(), code)]);
        if self.takes_cards {
            // The contract of this simulator wants a birth date and takes a password.
            for (name, value) in [("key_issue", "hub"), ("require_pwd", "false")] {
                dialect.insert(name.to_owned(), value.to_owned());
            }
        }
        dialect
    }

    fn next_due_ms(&self) -> Option<i64> {
        None
    }

    async fn run_due(&self, _now_ms: i64) -> Vec<(&'static str, usize)> {
        Vec::new()
    }
}

/// The answer to a call that has nothing more to say.
fn done() -> Value {
    json!({ "res_cd": codes::OK, "res_msg": codes::message(codes::OK).0 })
}

/// The issuer of a test card: code and name.
fn issuer(card: TestCard) -> (&'static str, &'static str) {
    match card {
        TestCard::Good | TestCard::RefusedAtIssue => ("CCSS", "삼성카드"),
        TestCard::OverLimit | TestCard::NoBalance => ("CCLG", "신한카드"),
        TestCard::Lost | TestCard::Expired => ("CCKM", "KB국민카드"),
    }
}

#[cfg(test)]
mod tests;
