//! What the simulator will do by itself: reviews that end, tickets that are worked off, pingbacks that are sent.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

/// What is due.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// A charge's review ends.
    Review(String),
    /// A ticket is worked off.
    Ticket(u64),
    /// A pingback is sent, or sent again.
    Pingback(u64),
}

/// A pingback that was not heard yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pingback {
    /// Its number.
    pub serial: u64,
    /// Whose, by project key.
    pub project: String,
    /// Where it goes instead of the project's Pingback URL.
    pub url: Option<String>,
    /// Its fields in order, without the signature.
    pub fields: Vec<(String, String)>,
    /// When it is due, ms.
    pub due_ms: i64,
    /// Whether it comes twice.
    pub twice: bool,
    /// Whether its signature is wrong.
    pub forged: bool,
    /// How often it was sent.
    #[serde(skip)]
    pub tries: u32,
}

/// Timers and pingbacks. A pingback of a project that has no Pingback URL yet waits until it has one.
#[derive(Default)]
pub struct Queue {
    timers: BTreeSet<(i64, Timer)>,
    pingbacks: HashMap<u64, Pingback>,
    urls: HashMap<String, String>,
    usual_url: Option<String>,
    last_serial: u64,
}

impl Queue {
    /// A new number for a pingback or a ticket.
    pub fn new_serial(&mut self) -> u64 {
        self.last_serial += 1;
        self.last_serial
    }

    /// Takes a number that the ledger knows.
    pub fn saw_serial(&mut self, serial: u64) {
        self.last_serial = self.last_serial.max(serial);
    }

    /// Where pingbacks of projects go that never told.
    pub fn set_usual_url(&mut self, url: Option<String>) {
        self.usual_url = url;
        self.wake();
    }

    /// Where a project's pingbacks go.
    pub fn set_url(&mut self, project: &str, url: &str) {
        self.urls.insert(project.to_owned(), url.to_owned());
        self.wake();
    }

    /// Where a pingback goes.
    pub fn url_of<'a>(&'a self, pingback: &'a Pingback) -> Option<&'a str> {
        let of_project = || self.urls.get(&pingback.project);
        let url = pingback.url.as_ref().or_else(of_project);
        url.or(self.usual_url.as_ref()).map(String::as_str)
    }

    /// Sets the timers of pingbacks that have somewhere to go.
    fn wake(&mut self) {
        let awake = self
            .pingbacks
            .values()
            .filter(|pingback| self.url_of(pingback).is_some())
            .map(|pingback| (pingback.due_ms, Timer::Pingback(pingback.serial)));
        let awake: Vec<_> = awake.collect();
        self.timers.extend(awake);
    }

    /// Sets a timer.
    pub fn set(&mut self, due_ms: i64, timer: Timer) {
        self.timers.insert((due_ms, timer));
    }

    /// Takes a timer away.
    pub fn unset(&mut self, due_ms: i64, timer: Timer) {
        self.timers.remove(&(due_ms, timer));
    }

    /// Queues pingbacks.
    pub fn add(&mut self, pingbacks: Vec<Pingback>) {
        for pingback in pingbacks {
            self.saw_serial(pingback.serial);
            if self.url_of(&pingback).is_some() {
                self.set(pingback.due_ms, Timer::Pingback(pingback.serial));
            }
            self.pingbacks.insert(pingback.serial, pingback);
        }
    }

    /// A pingback that was not heard yet.
    pub fn pingback(&self, serial: u64) -> Option<&Pingback> {
        self.pingbacks.get(&serial)
    }

    /// A pingback was sent so often: it is sent again at a time, or never.
    pub fn told(&mut self, serial: u64, tries: u32, next_ms: Option<i64>) {
        let Some(mut pingback) = self.pingbacks.remove(&serial) else {
            return;
        };
        self.unset(pingback.due_ms, Timer::Pingback(serial));
        if let Some(next_ms) = next_ms {
            pingback.tries = tries;
            pingback.due_ms = next_ms;
            self.add(vec![pingback]);
        }
    }

    /// When the next timer is due, ms.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.timers.first().map(|(due_ms, _)| *due_ms)
    }

    /// The timers that are due by `now_ms`, in order.
    pub fn due(&self, now_ms: i64) -> Vec<(i64, Timer)> {
        let due = self.timers.iter().take_while(|(at, _)| *at <= now_ms);
        due.cloned().collect()
    }
}
