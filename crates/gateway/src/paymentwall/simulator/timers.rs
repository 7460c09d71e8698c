//! What happens by itself as the clock goes on.

use futures::StreamExt;

use super::book::Record;
use super::payment::State;
use super::queue::Timer;
use super::{PROVIDER, Paymentwall, pingback};

/// How many pingbacks are under way at once: merchants that hang hold up few others.
const AT_ONCE: usize = 16;

impl Paymentwall {
    /// Runs what is due by `now_ms`, and what becomes due by that; how much ran, by name.
    pub(super) async fn run_timers(&self, now_ms: i64) -> Vec<(&'static str, usize)> {
        let _one = self.running.lock().await;
        let (mut reviews, mut tickets, mut pingbacks) = (0, 0, 0);
        loop {
            let due = self.book().queue.due(now_ms);
            if due.is_empty() {
                break;
            }
            let mut serials = vec![];
            for (due_ms, timer) in due {
                match timer {
                    Timer::Review(id) => {
                        self.end_review(&id, due_ms).await;
                        reviews += 1;
                    }
                    Timer::Ticket(serial) => {
                        self.work_off(serial, due_ms).await;
                        tickets += 1;
                    }
                    Timer::Pingback(serial) => serials.push(serial),
                }
            }
            pingbacks += serials.len();
            let sending = futures::stream::iter(serials);
            sending
                .for_each_concurrent(AT_ONCE, |serial| self.tell(serial, now_ms))
                .await;
        }
        let ran = [
            ("risk_review", reviews),
            ("refund_ticket", tickets),
            ("pingback", pingbacks),
        ];
        ran.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Ends the review of a charge.
    async fn end_review(&self, id: &str, due_ms: i64) {
        // Whatever comes of it, this timer has run; what could not be written down waits for the next start.
        let timer = Timer::Review(id.to_owned());
        self.book().queue.unset(due_ms, timer);
        let Some(charge) = self.book().charge(id).cloned() else {
            return;
        };
        let (kind, at_ms) = match charge.reviewed() {
            State::Declined => (pingback::DECLINED, None),
            State::Captured => (pingback::ACCEPTED, Some(self.world.now_ms())),
            _ => (pingback::ACCEPTED, None),
        };
        let pingbacks = self.pingbacks_of(&charge, kind, &[]);
        let deed = at_ms.map(|at_ms| charge.approval(at_ms));
        let record = Record::Reviewed {
            charge: id.to_owned(),
            pingbacks: pingbacks.clone(),
        };
        if let Err(error) = self.world.append(PROVIDER, deed, Some(&record)).await {
            tracing::error!(%error, "a review could not be ended");
            return;
        }
        let mut book = self.book();
        book.end_review(id);
        book.queue.add(pingbacks);
    }

    /// Works a ticket off: the refund that it asks for.
    async fn work_off(&self, serial: u64, due_ms: i64) {
        self.book().queue.unset(due_ms, Timer::Ticket(serial));
        let Some(ticket) = self.book().ticket(serial).cloned() else {
            return;
        };
        let partial = ticket.partial.as_deref();
        if let Err(error) = self
            .refund(&ticket.charge, ticket.minor, partial, Some(serial))
            .await
        {
            tracing::error!(%error, "a ticket could not be worked off");
        }
    }
}
