//! The PG's side of KICC EasyPay's JSON protocol ("EP9"): what it refuses, with which codes, and what it remembers. Written
//! from the description of the protocol alone; it shares nothing with the connector.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use self::book::{Book, CallId, End, Record};
use self::codes::Refusal;
use self::fields::Fields;
use self::noti::Notis;
use self::window::Windows;
use crate::sandbox::control::{Fault, Faults, Operation};
use crate::sandbox::{Simulator, World};

mod answers;
mod api;
mod book;
mod charge;
mod codes;
mod fields;
mod issue;
mod noti;
mod pages;
mod register;
mod revise;
mod signature;
mod window;

const PROVIDER: &str = "kicc";
/// The test merchant whose secret KICC publishes, and that secret.
const PUBLISHED: (&str, &str) = ("T5102001", "easypay!KICCTEST");

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
const WITH_AMOUNT: [Fault; 10] = with(PLAIN, Fault::WrongAmount);
/// Faults of an answer that is signed as well.
const SIGNED: [Fault; 11] = with(WITH_AMOUNT, Fault::BadSignature);

/// Faults of a notice. It is not signed.
const NOTICE: [Fault; 3] = [Fault::DuplicateNotice, Fault::LateNotice, Fault::NoNotice];

/// What this PG can show. `msgAuthValue` stands in the answers to approvals only.
const FAULTS: Faults = &[
    (Operation::OpenWindow, &PLAIN),
    (Operation::IssueKey, &SIGNED),
    (Operation::Charge, &SIGNED),
    (Operation::Inquire, &WITH_AMOUNT),
    (Operation::Cancel, &WITH_AMOUNT),
    (Operation::Revoke, &PLAIN),
    (Operation::Notice, &NOTICE),
];

/// A list and one more.
const fn with<const N: usize, const M: usize>(list: [Fault; N], more: Fault) -> [Fault; M] {
    assert!(M == N + 1, "one more");
    let mut all = [more; M];
    let mut i = 0;
    while i < N {
        all[i] = list[i];
        i += 1;
    }
    all
}

/// The faults of an operation.
fn able(operation: Operation) -> &'static [Fault] {
    let found = FAULTS.iter().find(|(known, _)| *known == operation);
    found.map_or(&[], |(_, faults)| faults)
}

/// Switches of this simulator, `[kicc]` in `simulators.toml`: codes that KICC does not publish.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// What a second call with one `shopTransactionId` on a day, or a used `shopOrderNo`, is told.
    duplicate_code: String,
    /// What an unknown or removed batch key is told.
    unknown_key_code: String,
    /// What a question about an unknown call, or a cancel of an unknown approval, is told.
    not_found_code: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            duplicate_code: codes::DUPLICATE.to_owned(),
            unknown_key_code: codes::UNKNOWN_KEY.to_owned(),
            not_found_code: codes::NOT_FOUND.to_owned(),
        }
    }
}

/// The simulated KICC.
pub(crate) struct Kicc {
    world: Arc<World>,
    settings: Settings,
    book: Mutex<Book>,
    windows: Windows,
    notis: Notis,
}

/// Makes the simulator from what the world's ledger remembers.
///
/// # Errors
/// When the ledger or the settings cannot be read.
pub fn make(world: Arc<World>) -> io::Result<Arc<dyn Simulator>> {
    let settings = world.settings(PROVIDER)?;
    let book = Mutex::new(Book::replay(&world, PROVIDER)?);
    world.control().declare(PROVIDER, FAULTS);
    Ok(Arc::new(Kicc {
        world,
        settings,
        book,
        windows: Windows::default(),
        notis: Notis::default(),
    }))
}

/// Why a call was not carried out.
#[derive(Debug)]
enum Stop {
    /// KICC says no.
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

impl Kicc {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The merchant of a call.
    fn mall<'a>(&self, fields: &'a Fields) -> Result<&'a str, Refusal> {
        let mall_id = fields.required("mallId", 8)?;
        match self.book().secret(mall_id) {
            Some(_) => Ok(mall_id),
            None => Err(Refusal::of(codes::UNKNOWN_MALL, "mallId")),
        }
    }

    /// What makes a call one of a kind; its day stands in the field `date`.
    fn call_id(&self, fields: &Fields, date: &'static str) -> Result<CallId, Refusal> {
        Ok(CallId {
            mall_id: self.mall(fields)?.to_owned(),
            id: fields.required("shopTransactionId", 60)?.to_owned(),
            date: fields.today(date, self.world.now_ms())?.to_owned(),
        })
    }

    fn begin(&self, call: &CallId) -> Result<(), Refusal> {
        self.book().begin(call, &self.settings.duplicate_code)
    }

    /// Ends a call that was begun in a refusal, and remembers it: the same call is not tried again.
    async fn end_refused(&self, call: CallId, order_id: Option<&str>, refusal: Refusal) -> Stop {
        let order_id = order_id.map(str::to_owned);
        let code = refusal.code.clone();
        let record = Record::Refused {
            call: call.clone(),
            order_id: order_id.clone(),
            code,
        };
        if let Err(error) = self.world.append(PROVIDER, None, Some(&record)).await {
            self.book().forget(&call);
            return error.into();
        }
        self.book().ended(
            call,
            End::Refused {
                order_id,
                code: refusal.code.clone(),
            },
        );
        refusal.into()
    }
}

#[async_trait]
impl Simulator for Kicc {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn router(self: Arc<Self>) -> axum::Router {
        api::routes(self)
    }

    fn contract(&self, pg_id: &str) -> io::Result<BTreeMap<String, String>> {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if pg_id.len() != 8 || !pg_id.bytes().all(good) {
            let text = "a mall id is eight capital letters or digits, such as T5102001";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let known = self.book().secret(pg_id).map(str::to_owned);
        let secret = match known {
            Some(secret) => secret,
            None => {
                let (published_id, published_secret) = PUBLISHED;
                let secret = match pg_id == published_id {
                    true => published_secret.to_owned(),
                    false => self.world.random_hex(),
                };
                let (mall_id, kept) = (pg_id.to_owned(), secret.clone());
                let record = Record::Contract {
                    mall_id,
                    secret: kept,
                };
                self.world.append_blocking(PROVIDER, None, Some(&record))?;
                self.book().add_contract(pg_id, &secret);
                secret
            }
        };
        Ok(BTreeMap::from([("secret".to_owned(), secret)]))
    }

    fn dialect(&self) -> BTreeMap<String, String> {
        let refused_cancels = [
            codes::CANCELLED_BEFORE,
            codes::TOO_MUCH,
            codes::FULL_AFTER_PARTIAL,
            codes::WRONG_BALANCE,
            codes::NOT_CANCELLABLE,
        ];
        let named = [
            ("duplicate_codes", self.settings.duplicate_code.clone()),
            ("unknown_key_codes", self.settings.unknown_key_code.clone()),
            ("not_found_codes", self.settings.not_found_code.clone()),
            ("cancel_refusal_codes", refused_cancels.join(",")),
            ("bad_signature_codes", codes::BAD_SIGNATURE.to_owned()),
            // An inquiry about a refused call tells the refusal, with the call's numbers.
            ("inquiry_shows_declines", "true".to_owned()),
        ];
        named.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn set_notice_url(&self, pg_id: &str, url: &str) {
        self.notis.send_to(pg_id, url);
    }

    fn next_due_ms(&self) -> Option<i64> {
        self.notis.next_due_ms()
    }

    async fn run_due(&self, now_ms: i64) -> Vec<(&'static str, usize)> {
        let sent = self.notis.send_due(&self.world, now_ms).await;
        (sent > 0)
            .then_some(("kicc_noti", sent))
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests;
