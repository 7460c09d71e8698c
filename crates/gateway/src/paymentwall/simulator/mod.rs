//! The PG's side of Paymentwall: the Brick card API with its tokenising script, the signed widget, tickets, questions about
//! payments, and pingbacks. Written from the description of the protocol alone; it shares nothing with the connector but
//! the codec of signatures.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use self::book::{Book, Project, Record};
use self::codes::Refusal;
use self::tokens::Tokens;
use self::window::Windows;
use crate::sandbox::control::{Fault, Faults, Operation};
use crate::sandbox::{Simulator, World};

mod after;
mod answers;
mod api;
mod book;
mod charge;
mod codes;
mod fields;
mod opening;
mod pages;
mod payment;
mod pingback;
mod project;
mod queue;
mod shelf;
mod signature;
mod ticket;
mod timers;
mod tokens;
mod window;
mod words;

const PROVIDER: &str = "paymentwall";

/// Faults of a page, and of an answer that names no money. A ticket is answered by nothing but yes or no, so the faults of
/// amounts and of codes are not shown at cancels, though Brick's own refund could.
const PLAIN: [Fault; 8] = [
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
    Fault::Decline,
    Fault::Huge,
    Fault::Drip,
];
/// Faults of an answer that names an amount, or a code where it fails.
const WITH_AMOUNT: [Fault; 10] = [
    PLAIN[0],
    PLAIN[1],
    PLAIN[2],
    PLAIN[3],
    PLAIN[4],
    PLAIN[5],
    PLAIN[6],
    PLAIN[7],
    Fault::SaysTimeout,
    Fault::WrongAmount,
];
/// Faults of pingbacks, the only thing that this PG signs.
const OF_PINGBACKS: [Fault; 4] = [
    Fault::DuplicateNotice,
    Fault::LateNotice,
    Fault::NoNotice,
    Fault::BadSignature,
];

/// What this PG can show. A key cannot be deleted by the merchant.
const FAULTS: Faults = &[
    (Operation::OpenWindow, &PLAIN),
    (Operation::IssueKey, &WITH_AMOUNT),
    (Operation::Charge, &WITH_AMOUNT),
    (Operation::Inquire, &WITH_AMOUNT),
    (Operation::Cancel, &PLAIN),
    (Operation::Notice, &OF_PINGBACKS),
];

/// The faults of an operation.
fn able(operation: Operation) -> &'static [Fault] {
    let found = FAULTS.iter().find(|(known, _)| *known == operation);
    found.map_or(&[], |(_, faults)| faults)
}

/// Switches of this simulator, `[paymentwall]` in `simulators.toml`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// In which version pingbacks are signed, 1 to 3.
    pingback_version: u8,
    /// Where pingbacks of projects go that told no Pingback URL.
    pingback_url: Option<String>,
    /// Whether an order that was charged before is refused (3205). Paymentwall does not publish when it says so.
    refuses_duplicates: bool,
    /// Whether a charge must name the buyer, as the documentation's table says and its samples do not.
    requires_names: bool,
    /// Whether charges below 0.50 and above 500 US dollars are refused, as on a new account. Known for dollars and won.
    amount_limits: bool,
    /// How many won are a dollar, for the limits.
    won_per_dollar: i64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pingback_version: 3,
            pingback_url: None,
            refuses_duplicates: true,
            requires_names: true,
            amount_limits: false,
            won_per_dollar: 1300,
        }
    }
}

impl Settings {
    fn check(&self) -> io::Result<()> {
        let wrong = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if !(1..=3).contains(&self.pingback_version) {
            return wrong("[paymentwall] pingback_version must be 1, 2 or 3");
        }
        let url = self.pingback_url.as_deref();
        if url.is_some_and(|url| !opening::is_web_url(url)) {
            return wrong("[paymentwall] pingback_url must begin with http:// or https://");
        }
        if self.won_per_dollar < 1 {
            return wrong("[paymentwall] won_per_dollar must be at least 1");
        }
        Ok(())
    }
}

/// The simulated Paymentwall.
pub(crate) struct Paymentwall {
    world: Arc<World>,
    settings: Settings,
    book: Mutex<Book>,
    tokens: Tokens,
    windows: Windows,
    /// Held by whoever runs timers: each runs once.
    running: tokio::sync::Mutex<()>,
}

/// Makes the simulator from what the world's ledger remembers.
///
/// # Errors
/// When the ledger or the settings cannot be read.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    Ok(Arc::new(Paymentwall::new(world)?))
}

/// Why a call was not carried out.
#[derive(Debug)]
enum Stop {
    /// Paymentwall says no.
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

impl Paymentwall {
    fn new(world: Arc<World>) -> io::Result<Paymentwall> {
        let settings: Settings = world.settings(PROVIDER)?;
        settings.check()?;
        let mut book = Book::replay(&world, PROVIDER)?;
        book.queue.set_usual_url(settings.pingback_url.clone());
        world.control().declare(PROVIDER, FAULTS);
        Ok(Paymentwall {
            settings,
            book: Mutex::new(book),
            tokens: Tokens::default(),
            windows: Windows::default(),
            running: tokio::sync::Mutex::new(()),
            world,
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Simulator for Paymentwall {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn router(self: Arc<Self>) -> axum::Router {
        api::routes(self)
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        let known = self.book().project(|project| project.key == pg_id).cloned();
        let project = match known {
            Some(project) => project,
            None => {
                let project = Project::make(pg_id, &self.world)?;
                let record = Record::Project(project.clone());
                self.world.append_blocking(PROVIDER, None, Some(&record))?;
                self.book().add_project(project.clone());
                project
            }
        };
        let named = [
            ("secret_key", project.secret),
            ("brick_public_key", project.public),
            ("brick_private_key", project.private),
        ];
        Ok(named.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn dialect(&self) -> BTreeMap<String, String> {
        let named = [
            // The script lives on this simulator's own origin.
            ("brick_script", "/brick/brick.js"),
            ("browser_domain", "shop.example"),
            ("not_found_codes", codes::NO_CHARGE),
        ];
        named
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn set_notice_url(&self, pg_id: &str, url: &str) {
        self.book().queue.set_url(pg_id, url);
    }

    fn next_due_ms(&self) -> Option<i64> {
        self.book().queue.next_due_ms()
    }

    async fn run_due(&self, now_ms: i64) -> Vec<(&'static str, usize)> {
        self.run_timers(now_ms).await
    }
}

#[cfg(test)]
mod tests;
