//! How many scheduled charges a channel sends at once: PGs ask for at most tens per second, and a channel whose PG is slow
//! must not hold up the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many scheduled charges of a channel are on their way at once, on one node.
const AT_ONCE: u32 = 16;

/// When a full lane is looked at again, ms: so many as fit are told to come back in the first such pause, as many in the
/// second, and so on.
const PAUSE_MS: i64 = 250;

/// The lanes of all channels.
#[derive(Clone, Default)]
pub(crate) struct Lanes(Arc<Mutex<HashMap<String, Lane>>>);

#[derive(Default)]
struct Lane {
    inside: u32,
    /// How many were told to come back. A guess: what comes back and is told again counts twice, so that a slow PG is
    /// asked less often.
    waiting: u32,
}

/// A place in a channel's lane; it is free again when this is dropped.
pub(crate) struct Place {
    lanes: Lanes,
    channel_key: String,
}

impl Lanes {
    /// Takes a place, or tells after how many ms to come back.
    pub(crate) fn enter(&self, channel_key: &str) -> Result<Place, i64> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(channel_key.to_owned()).or_default();
        if lane.inside >= AT_ONCE {
            lane.waiting = lane.waiting.saturating_add(1);
            let turns = lane.waiting.div_ceil(AT_ONCE);
            return Err(PAUSE_MS * i64::from(turns));
        }
        lane.inside += 1;
        lane.waiting = lane.waiting.saturating_sub(1);
        Ok(Place {
            lanes: self.clone(),
            channel_key: channel_key.to_owned(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lanes = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lane) = lanes.get_mut(&self.channel_key) else {
            return;
        };
        lane.inside -= 1;
        if lane.inside == 0 {
            // Whoever still comes back finds it empty.
            lanes.remove(&self.channel_key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_spreads_the_rest_and_holds_up_no_other() {
        let lanes = Lanes::default();
        let mut inside: Vec<Place> = (0..AT_ONCE)
            .map(|_| lanes.enter("a").ok().unwrap())
            .collect();
        let told: Vec<i64> = (0..2 * AT_ONCE)
            .map(|_| lanes.enter("a").err().unwrap())
            .collect();
        let (first, second) = told.split_at(AT_ONCE as usize);
        assert!(first.iter().all(|pause| *pause == PAUSE_MS));
        assert!(second.iter().all(|pause| *pause == 2 * PAUSE_MS));
        assert!(lanes.enter("b").is_ok());

        inside.pop();
        let place = lanes.enter("a").ok().unwrap();
        assert_eq!(
            lanes.enter("a").err(),
            Some(2 * PAUSE_MS),
            "one fewer waits"
        );
        drop((inside, place));
        assert!(lanes.0.lock().unwrap().is_empty(), "nothing is kept");
    }
}
