//! The words of V1's lists: statuses, sorting, pages.

use serde::Serialize;

use crate::State;

/// What V1 shows of a payment's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// Not paid, or not known yet.
    Ready,
    /// Paid.
    Paid,
    /// Failed.
    Failed,
    /// Cancelled, a part or all of it.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 4] = [
        Status::Ready,
        Status::Paid,
        Status::Failed,
        Status::Cancelled,
    ];

    /// V1's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ready => "ready",
            Status::Paid => "paid",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// Reads V1's word.
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// The status that a state is shown as.
    pub fn of(state: State) -> Status {
        match state {
            State::Failed => Status::Failed,
            State::Paid | State::CancelPending => Status::Paid,
            State::PartlyCancelled | State::Cancelled => Status::Cancelled,
            State::Ready
            | State::Expired
            | State::Sending
            | State::Pending
            | State::Unknown
            | State::NeedsReview => Status::Ready,
        }
    }

    /// The number by which the store finds it. 0 is free to stand for all.
    pub fn code(self) -> i64 {
        match self {
            Status::Ready => 1,
            Status::Paid => 2,
            Status::Failed => 3,
            Status::Cancelled => 4,
        }
    }
}

/// By which time a list is sorted. "Not happened" is 0, as V1 shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SortKey {
    /// When the window was opened or the API called.
    Started,
    /// When it was paid.
    Paid,
    /// When its status last changed.
    Updated,
}

/// How a list is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sorting {
    /// By which time.
    pub key: SortKey,
    /// Latest first.
    pub descending: bool,
}

impl Sorting {
    /// The default, `-started`.
    pub const NEWEST_FIRST: Sorting = Sorting {
        key: SortKey::Started,
        descending: true,
    };

    /// Reads V1's word; nothing is the default.
    pub fn parse(text: &str) -> Option<Sorting> {
        if text.is_empty() {
            return Some(Sorting::NEWEST_FIRST);
        }
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let key = match name {
            "started" => SortKey::Started,
            "paid" => SortKey::Paid,
            "updated" => SortKey::Updated,
            _ => return None,
        };
        Some(Sorting { key, descending })
    }
}

/// A page of a list.
#[derive(Serialize)]
pub struct PagedView<T: Serialize> {
    /// What is on it.
    pub list: Vec<T>,
    /// The next page's number, 0 when there is none.
    pub next: i64,
    /// The page before, 0 when there is none.
    pub previous: i64,
    /// How many the whole list has.
    pub total: i64,
}

impl<T: Serialize> PagedView<T> {
    /// Page `number`, from 1, of a list of `total` in pages of `limit`.
    pub fn new(list: Vec<T>, number: i64, limit: i64, total: i64) -> PagedView<T> {
        let more = number.saturating_mul(limit) < total;
        PagedView {
            list,
            next: if more { number + 1 } else { 0 },
            previous: number - 1,
            total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("all"), None);
        for (word, key, descending) in [
            ("", SortKey::Started, true),
            ("-started", SortKey::Started, true),
            ("started", SortKey::Started, false),
            ("-paid", SortKey::Paid, true),
            ("updated", SortKey::Updated, false),
        ] {
            assert_eq!(
                Sorting::parse(word),
                Some(Sorting { key, descending }),
                "{word}"
            );
        }
        for bad in ["-", "--paid", "amount", "Started", "-started "] {
            assert_eq!(Sorting::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn pages_name_their_neighbours() {
        for (number, total, previous, next) in [
            (1, 0, 0, 0),
            (1, 20, 0, 0),
            (1, 21, 0, 2),
            (2, 21, 1, 0),
            (2, 41, 1, 3),
        ] {
            let page = PagedView::new(Vec::<()>::new(), number, 20, total);
            assert_eq!(
                (page.previous, page.next),
                (previous, next),
                "{number} of {total}"
            );
        }
    }
}
