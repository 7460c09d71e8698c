//! What the simulated Paymentwall knows: projects, stored cards, charges, tickets. All of it is read back from the ledger
//! at start.
//!
//! Whoever changes something reserves it here first, then writes the ledger, then answers; a reservation whose line could
//! not be written is given back.

use std::collections::{HashMap, HashSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::payment::{Charge, State, StoredCard};
use super::queue::{Pingback, Queue, Timer};
use crate::sandbox::World;
use crate::sandbox::journal::{Deed, Kind};

/// A merchant's project and its keys.
#[derive(Clone, Serialize, Deserialize)]
pub struct Project {
    /// The project key.
    pub key: String,
    /// The secret key, for widgets, tickets, questions about payments, deliveries and pingbacks.
    pub secret: String,
    /// Brick's public key.
    pub public: String,
    /// Brick's private key.
    pub private: String,
}

/// A refund that was asked for and is not done yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub serial: u64,
    /// Which charge.
    pub charge: String,
    /// Minor units.
    pub minor: i64,
    /// The merchant's number of a partial refund; `None` for a full one.
    pub partial: Option<String>,
    /// When it is worked off, ms.
    pub due_ms: i64,
}

/// What the simulator adds to a line of the ledger.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A project was made.
    Project(Project),
    /// With `key_issued`: what the permanent token stands for.
    Card(StoredCard),
    /// With `key_revoked`.
    CardDeleted,
    /// With `approval` when it was captured at once.
    Charge {
        charge: Charge,
        pingbacks: Vec<Pingback>,
    },
    /// A review ended; with `approval` when it led to a capture.
    Reviewed {
        charge: String,
        pingbacks: Vec<Pingback>,
    },
    /// With `approval`: an authorisation was captured.
    Captured {
        charge: String,
        pingbacks: Vec<Pingback>,
    },
    /// An authorisation was given up.
    Voided {
        charge: String,
        pingbacks: Vec<Pingback>,
    },
    /// A refund was asked for.
    Ticket(Ticket),
    /// With `refund`, for a ticket or without one.
    Refunded {
        charge: String,
        ticket: Option<u64>,
        pingbacks: Vec<Pingback>,
    },
    /// A pingback was sent so often, and is sent again at a time or never.
    Told {
        serial: u64,
        tries: u32,
        next_ms: Option<i64>,
    },
    /// A merchant said how a delivery stands.
    Delivery {
        charge: String,
        reference: String,
        status: String,
    },
}

/// Everything.
#[derive(Default)]
pub struct Book {
    projects: Vec<Project>,
    cards: HashMap<String, StoredCard>,
    charges: HashMap<String, Charge>,
    /// Charges by project and order number, oldest first; those that are being written down as well.
    orders: HashMap<(String, String), Vec<String>>,
    numbers: HashSet<String>,
    tickets: HashMap<u64, Ticket>,
    /// What will happen.
    pub queue: Queue,
}

impl Book {
    /// Reads the ledger.
    ///
    /// # Errors
    /// When it holds what this simulator did not write.
    pub fn replay(world: &World, provider: &str) -> io::Result<Book> {
        let mut book = Book::default();
        world.replay(provider, |entry, record: Option<Record>| {
            let seq = entry.as_ref().map_or(0, |entry| entry.seq);
            let deed = entry.map(|entry| entry.deed);
            let read = record.and_then(|record| book.remember(deed, record));
            read.ok_or_else(|| foreign(seq))
        })?;
        Ok(book)
    }

    /// `None` when this simulator cannot have written it.
    fn remember(&mut self, deed: Option<Deed>, record: Record) -> Option<()> {
        let kind = deed.as_ref().map(|deed| deed.kind);
        match (kind, record) {
            (None, Record::Project(project)) => self.add_project(project),
            (Some(Kind::KeyIssued), Record::Card(card)) => self.add_card(&deed?.key?, card),
            (Some(Kind::KeyRevoked), Record::CardDeleted) => {
                self.card(&deed?.key?)?.deleted = true;
            }
            (None | Some(Kind::Approval), Record::Charge { charge, pingbacks }) => {
                self.reserve(&charge.project, &charge.plan, &charge.id);
                self.add_charge(charge, pingbacks);
            }
            (None | Some(Kind::Approval), Record::Reviewed { charge, pingbacks }) => {
                self.end_review(&charge)?;
                self.queue.add(pingbacks);
            }
            (Some(Kind::Approval), Record::Captured { charge, pingbacks }) => {
                self.charge(&charge)?.state = State::Captured;
                self.queue.add(pingbacks);
            }
            (None, Record::Voided { charge, pingbacks }) => {
                self.charge(&charge)?.state = State::Voided;
                self.queue.add(pingbacks);
            }
            (None, Record::Ticket(ticket)) => {
                self.charge(&ticket.charge)?.promised += ticket.minor;
                self.add_ticket(ticket);
            }
            (
                Some(Kind::Refund),
                Record::Refunded {
                    charge,
                    ticket,
                    pingbacks,
                },
            ) => {
                self.remember_refund(&deed?, &charge, ticket)?;
                self.queue.add(pingbacks);
            }
            (
                None,
                Record::Told {
                    serial,
                    tries,
                    next_ms,
                },
            ) => {
                self.queue.told(serial, tries, next_ms);
            }
            (None, Record::Delivery { charge, .. }) => {
                self.charge(&charge)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn remember_refund(&mut self, deed: &Deed, charge: &str, ticket: Option<u64>) -> Option<()> {
        self.numbers.insert(deed.pg_tid.clone()?);
        self.charge(charge)?.given_back += deed.amount?;
        if let Some(serial) = ticket {
            self.close_ticket(serial);
        }
        Some(())
    }

    /// Adds a project.
    pub fn add_project(&mut self, project: Project) {
        self.projects.push(project);
    }

    /// The project that fits.
    pub fn project(&self, fits: impl Fn(&Project) -> bool) -> Option<&Project> {
        self.projects.iter().find(|project| fits(project))
    }

    /// A new number for a charge or a refund: nine digits.
    pub fn new_number(&mut self, random: impl Fn() -> u64) -> String {
        loop {
            let number = (100_000_000 + random() % 900_000_000).to_string();
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    /// Adds a stored card under its permanent token.
    pub fn add_card(&mut self, token: &str, card: StoredCard) {
        self.cards.insert(token.to_owned(), card);
    }

    /// A stored card, deleted or not.
    pub fn card(&mut self, token: &str) -> Option<&mut StoredCard> {
        self.cards.get_mut(token)
    }

    /// Takes an order number for a charge that is about to be written down.
    pub fn reserve(&mut self, project: &str, plan: &str, id: &str) {
        let order = (project.to_owned(), plan.to_owned());
        self.orders.entry(order).or_default().push(id.to_owned());
        self.numbers.insert(id.to_owned());
    }

    /// Gives an order number back whose charge could not be written down.
    pub fn release(&mut self, project: &str, plan: &str, id: &str) {
        let order = (project.to_owned(), plan.to_owned());
        if let Some(ids) = self.orders.get_mut(&order) {
            ids.retain(|known| known != id);
        }
    }

    /// The charges of an order, oldest first.
    pub fn charges_of(&self, project: &str, plan: &str) -> &[String] {
        let order = (project.to_owned(), plan.to_owned());
        self.orders.get(&order).map_or(&[], Vec::as_slice)
    }

    /// Adds a charge whose order number is reserved.
    pub fn add_charge(&mut self, charge: Charge, pingbacks: Vec<Pingback>) {
        if let State::Review { due_ms, .. } = charge.state {
            self.queue.set(due_ms, Timer::Review(charge.id.clone()));
        }
        self.charges.insert(charge.id.clone(), charge);
        self.queue.add(pingbacks);
    }

    /// A charge by its number, whoever's.
    pub fn charge(&mut self, id: &str) -> Option<&mut Charge> {
        self.charges.get_mut(id)
    }

    /// A project's charge by its number, with or without the letter that pingbacks put before it.
    pub fn charge_of(&mut self, project: &str, reference: &str) -> Option<&mut Charge> {
        let letter = reference.chars().next().filter(char::is_ascii_alphabetic);
        let id = &reference[letter.map_or(0, char::len_utf8)..];
        let charge = self.charges.get_mut(id)?;
        let own = charge.project == project && letter.is_none_or(|letter| letter == charge.letter);
        own.then_some(charge)
    }

    /// A user's newest charge that is paid.
    pub fn newest_of(&self, project: &str, uid: &str) -> Option<&Charge> {
        let paid = self.charges.values().filter(|charge| {
            charge.project == project && charge.uid == uid && charge.state == State::Captured
        });
        paid.max_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)))
    }

    /// Ends a charge's review.
    pub fn end_review(&mut self, id: &str) -> Option<()> {
        let charge = self.charges.get_mut(id)?;
        let State::Review { due_ms, .. } = charge.state else {
            return None;
        };
        charge.state = charge.reviewed();
        self.queue.unset(due_ms, Timer::Review(id.to_owned()));
        Some(())
    }

    /// Adds a ticket whose amount is promised already.
    pub fn add_ticket(&mut self, ticket: Ticket) {
        self.queue.saw_serial(ticket.serial);
        self.queue.set(ticket.due_ms, Timer::Ticket(ticket.serial));
        self.tickets.insert(ticket.serial, ticket);
    }

    /// An open ticket.
    pub fn ticket(&self, serial: u64) -> Option<&Ticket> {
        self.tickets.get(&serial)
    }

    /// Closes a ticket, and with it what it promised.
    pub fn close_ticket(&mut self, serial: u64) {
        let Some(ticket) = self.tickets.remove(&serial) else {
            return;
        };
        self.queue.unset(ticket.due_ms, Timer::Ticket(serial));
        if let Some(charge) = self.charges.get_mut(&ticket.charge) {
            charge.promised -= ticket.minor;
        }
    }
}

fn foreign(seq: u64) -> io::Error {
    let text = format!("entry {seq} of the sandbox's journal was not written by this simulator");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
