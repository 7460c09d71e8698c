//! Events beyond V1's that a merchant may have told by webhook. None is on unless it is asked for: V1's handlers know
//! payments only.

use std::collections::BTreeSet;
use std::str::FromStr;

/// An event that V1 tells nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExtraEvent {
    /// A billing key was deleted.
    KeyDeleted,
    /// A billing key was registered under a new customer_uid.
    KeyIssued,
    /// A billing key took another's place under its customer_uid.
    KeyReplaced,
    /// A payment failed, and its caller was told in the answer.
    PaymentFailed,
    /// A schedule is due in [`UPCOMING_MS`].
    ScheduleUpcoming,
}

/// How long before its time a schedule is announced, ms: 7 days.
pub const UPCOMING_MS: i64 = 7 * 24 * 3600 * 1000;

/// A text that names no event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected one of {}", ExtraEvent::ALL.map(ExtraEvent::name).join(", "))]
pub struct NoSuchEvent;

impl ExtraEvent {
    /// Every event, by name.
    pub const ALL: [ExtraEvent; 5] = [
        ExtraEvent::KeyDeleted,
        ExtraEvent::KeyIssued,
        ExtraEvent::KeyReplaced,
        ExtraEvent::PaymentFailed,
        ExtraEvent::ScheduleUpcoming,
    ];

    /// Its name: what a merchant turns on, and the webhook's `type`.
    pub fn name(self) -> &'static str {
        match self {
            ExtraEvent::KeyDeleted => "key.deleted",
            ExtraEvent::KeyIssued => "key.issued",
            ExtraEvent::KeyReplaced => "key.replaced",
            ExtraEvent::PaymentFailed => "payment.failed",
            ExtraEvent::ScheduleUpcoming => "schedule.upcoming",
        }
    }
}

impl FromStr for ExtraEvent {
    type Err = NoSuchEvent;

    fn from_str(name: &str) -> Result<ExtraEvent, NoSuchEvent> {
        let found = ExtraEvent::ALL
            .into_iter()
            .find(|event| event.name() == name);
        found.ok_or(NoSuchEvent)
    }
}

/// The events that are on for a merchant.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ExtraEvents(BTreeSet<ExtraEvent>);

impl ExtraEvents {
    /// Whether one is on.
    pub fn has(&self, event: ExtraEvent) -> bool {
        self.0.contains(&event)
    }

    /// Their names, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|event| event.name()).collect()
    }

    /// The text that the store keeps: their names between commas.
    pub fn text(&self) -> String {
        self.names().join(",")
    }

    /// Reads [`ExtraEvents::text`]. What a later version knows and this one does not is left out.
    pub fn of_text(text: &str) -> ExtraEvents {
        text.split(',')
            .filter_map(|name| name.parse().ok())
            .collect()
    }
}

impl FromIterator<ExtraEvent> for ExtraEvents {
    fn from_iter<I: IntoIterator<Item = ExtraEvent>>(events: I) -> ExtraEvents {
        ExtraEvents(events.into_iter().collect())
    }
}
