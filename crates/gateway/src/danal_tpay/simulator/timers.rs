//! What Danal does later by itself: it undoes its test approvals, and tells merchants of first payments (NOTI).

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::book::Record;
use super::pairs::Pairs;
use super::{Danal, PROVIDER};
use crate::sandbox::control::Fault;
use crate::sandbox::journal::{Deed, Kind};
use crate::wire::{Answer, Request, WireError};

const MINUTE_MS: i64 = 60 * 1000;
/// How long a test approval stands, ms.
const TEST_APPROVAL_LIFE_MS: i64 = 30 * MINUTE_MS;
/// For how long a notice is repeated, ms.
const NOTICE_LIFE_MS: i64 = 10 * MINUTE_MS;
/// How late a notice is that is to be late, ms.
const NOTICE_DELAY_MS: i64 = 30 * MINUTE_MS;
/// How notices are labelled.
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=euc-kr";

/// A notice that is to be told. It holds a billing key, so there is no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Notice {
    /// To whom.
    cpid: String,
    /// `NOTIURL`.
    url: String,
    /// What it says.
    pairs: Pairs,
    /// How often it is to be heard.
    copies: u8,
    /// When it is told next, ms.
    due_ms: i64,
    /// After when it is not repeated, ms.
    until_ms: i64,
}

/// What is to be done when its time comes. A `TID` waits for one thing at most: a notice tells of real money, and a test
/// approval is none.
#[derive(Default)]
pub struct Timers {
    waiting: HashMap<String, Timer>,
    /// The same by time.
    queue: BTreeSet<(i64, String)>,
}

/// What a `TID` waits for.
#[derive(Clone)]
enum Timer {
    /// Its test approval is undone, at this time, ms.
    Void(i64),
    /// Its notice is told.
    Notice(Box<Notice>),
}

impl Timer {
    fn due_ms(&self) -> i64 {
        match self {
            Timer::Void(due_ms) => *due_ms,
            Timer::Notice(notice) => notice.due_ms,
        }
    }
}

impl Timers {
    /// Undoes a test approval that was made at `at` (unix seconds) when its time is over.
    pub fn add_void(&mut self, tid: &str, at: i64) {
        self.set(tid, Timer::Void(at * 1000 + TEST_APPROVAL_LIFE_MS));
    }

    /// Tells a notice when it is due.
    pub fn add_notice(&mut self, tid: &str, notice: Notice) {
        self.set(tid, Timer::Notice(Box::new(notice)));
    }

    /// There is nothing more to be done about a `TID`.
    pub fn end(&mut self, tid: &str) {
        if let Some(timer) = self.waiting.remove(tid) {
            self.queue.remove(&(timer.due_ms(), tid.to_owned()));
        }
    }

    /// When the next one is due, ms.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.queue.first().map(|(due_ms, _)| *due_ms)
    }

    fn set(&mut self, tid: &str, timer: Timer) {
        self.end(tid);
        self.queue.insert((timer.due_ms(), tid.to_owned()));
        self.waiting.insert(tid.to_owned(), timer);
    }

    /// The first that is due by `now_ms`. It stays where it is until it is done or put off.
    fn first_due(&self, now_ms: i64) -> Option<(String, Timer)> {
        let (_, tid) = self.queue.first().filter(|(due_ms, _)| *due_ms <= now_ms)?;
        Some((tid.clone(), self.waiting.get(tid)?.clone()))
    }
}

impl Notice {
    /// What the merchant's answer leads to: the notice as it waits for its next telling, `None` when that was the end.
    fn heard(mut self, answer: &Result<Answer, WireError>, now_ms: i64) -> Option<Notice> {
        match answer.as_ref().map(|answer| answer.body.as_slice()) {
            Ok(b"OK") if self.copies > 1 => {
                self.copies -= 1;
                self.due_ms = now_ms;
                self.until_ms = now_ms + NOTICE_LIFE_MS;
                Some(self)
            }
            Ok(b"OK" | b"FAIL") => None,
            _ => {
                // On the minute of the first telling; those that passed meanwhile are left out.
                self.due_ms = now_ms + MINUTE_MS - (now_ms - self.due_ms) % MINUTE_MS;
                (self.due_ms <= self.until_ms).then_some(self)
            }
        }
    }
}

impl Danal {
    /// The notice of a first payment, unless a plan loses it.
    pub(super) fn notice(
        &self,
        cpid: &str,
        order_id: Option<&str>,
        url: &str,
        pairs: Pairs,
        now_ms: i64,
    ) -> Option<Notice> {
        let (mut copies, mut due_ms) = (1, now_ms);
        let fault = self
            .world
            .notice_fault(PROVIDER, order_id.unwrap_or_default());
        match fault {
            Some(Fault::NoNotice) => return None,
            Some(Fault::DuplicateNotice) => copies = 2,
            Some(Fault::LateNotice) => due_ms += NOTICE_DELAY_MS,
            _ => {}
        }
        Some(Notice {
            cpid: cpid.to_owned(),
            url: url.to_owned(),
            pairs,
            copies,
            due_ms,
            until_ms: due_ms + NOTICE_LIFE_MS,
        })
    }

    /// Does what is due by `now_ms`, in order; how many of what.
    pub(super) async fn run_timers(&self, now_ms: i64) -> Vec<(&'static str, usize)> {
        // One at a time, so that nothing is done twice.
        let _alone = self.at_timers.lock().await;
        let (mut voids, mut notices) = (0, 0);
        loop {
            let due = self.book().timers.first_due(now_ms);
            match due {
                None => break,
                Some((tid, Timer::Void(_))) => {
                    self.void(&tid, now_ms).await;
                    voids += 1;
                }
                Some((tid, Timer::Notice(notice))) => {
                    self.tell(&tid, *notice, now_ms).await;
                    notices += 1;
                }
            }
        }
        let ran = [("danal_tpay_void", voids), ("danal_tpay_notice", notices)];
        ran.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Undoes a test approval.
    async fn void(&self, tid: &str, now_ms: i64) {
        let deed = {
            let mut book = self.book();
            let void_tid = book.new_tid(now_ms, || self.world.random());
            let Some(approval) = book.standing_test(tid) else {
                return book.timers.end(tid);
            };
            Deed {
                order_id: approval.order_id.clone(),
                pg_tid: Some(void_tid),
                ref_tid: Some(tid.to_owned()),
                amount: Some(approval.left),
                currency: Some(approval.currency.clone()),
                test: true,
                ..Deed::new(Kind::Void, "", now_ms)
            }
        };
        let written = self.world.append::<Record>(PROVIDER, Some(deed), None);
        match written.await {
            Ok(()) => self.book().voided(tid),
            Err(error) => {
                tracing::error!(%error, "the simulator cannot undo a test approval");
                let later = Timer::Void(now_ms + MINUTE_MS);
                self.book().timers.set(tid, later);
            }
        }
    }

    /// Tells a notice once.
    async fn tell(&self, tid: &str, notice: Notice, now_ms: i64) {
        let Some(key) = self.book().crypto_key(&notice.cpid) else {
            return self.book().timers.end(tid);
        };
        let pairs = notice.pairs.clone().shuffled(|| self.world.random());
        let body = match self.settings.plain_notice {
            true => pairs.text(),
            false => pairs.body(&key),
        };
        let request = Request::post(notice.url.clone(), CONTENT_TYPE, body.into_bytes());
        let answer = self.world.notify(request).await;
        if let Err(error) = &answer {
            tracing::debug!(%error, "nobody heard a notice");
        }
        if let Some(again) = notice.heard(&answer, now_ms) {
            return self.book().timers.add_notice(tid, again);
        }
        self.book().timers.end(tid);
        let tid = tid.to_owned();
        let record = Record::NoticeEnded { tid };
        if let Err(error) = self.world.append(PROVIDER, None, Some(&record)).await {
            tracing::error!(%error, "a notice that has ended will be told again");
        }
    }
}
