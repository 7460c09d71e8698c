//! What lives in memory alone: a restarted sandbox has forgotten it, as a buyer would have to begin again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many things are kept; the oldest go first.
const KEPT_MAX: usize = 10_000;

/// Things by their id.
pub struct Shelf<T>(Mutex<Kept<T>>);

/// What a shelf holds.
pub struct Kept<T> {
    things: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf(Mutex::new(Kept {
            things: HashMap::new(),
            order: VecDeque::new(),
        }))
    }
}

impl<T> Shelf<T> {
    /// The shelf, for oneself.
    pub fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Kept<T> {
    /// Keeps a thing.
    pub fn put(&mut self, id: &str, thing: T) {
        if self.order.len() == KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.things.remove(&oldest);
        }
        self.order.push_back(id.to_owned());
        self.things.insert(id.to_owned(), thing);
    }

    /// A thing that is kept.
    pub fn get(&mut self, id: &str) -> Option<&mut T> {
        self.things.get_mut(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let shelf = Shelf::default();
        let mut kept = shelf.lock();
        for n in 0..=KEPT_MAX {
            kept.put(&n.to_string(), n);
        }
        assert_eq!(kept.get("0"), None);
        assert_eq!(kept.get("1"), Some(&mut 1));
    }
}
