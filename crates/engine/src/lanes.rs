//! How fast a channel's scheduled charges leave: PGs ask for at most tens per second, and a channel whose PG is slow must
//! not hold up the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The shortest time after which somebody who found no place is told to come back, ms.
const PAUSE_MS: i64 = 250;

/// What a lane takes, on one node.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many scheduled charges of a channel are on their way at once.
    pub at_once: u32,
    /// How many of them start within a second.
    pub per_second: u32,
}

impl Pace {
    /// From one start to the next, µs.
    fn interval_us(self) -> i64 {
        1_000_000 / i64::from(self.per_second.max(1))
    }
}

/// The lanes of all channels.
#[derive(Clone)]
pub(crate) struct Lanes {
    pace: Pace,
    lanes: Arc<Mutex<HashMap<String, Lane>>>,
}

#[derive(Default)]
struct Lane {
    inside: u32,
    /// When the starts so far would be over, had they kept the pace exactly, µs. It may run ahead of now by one round of
    /// `at_once`, because a worker takes jobs in rounds.
    paced_to: i64,
    /// When the last of those who were told to come back comes, µs: each gets a moment of its own, so that a crowd asks no
    /// faster than the pace, whatever the PG does.
    promised_to: i64,
}

/// A place in a channel's lane; it is free again when this is dropped.
pub(crate) struct Place {
    lanes: Lanes,
    channel_key: String,
}

impl Lanes {
    /// Lanes that are all empty.
    pub(crate) fn new(pace: Pace) -> Lanes {
        Lanes {
            pace,
            lanes: Arc::default(),
        }
    }

    /// Takes a place at a moment, ms, or tells after how many ms to come back.
    pub(crate) fn enter(&self, channel_key: &str, now_ms: i64) -> Result<Place, i64> {
        let (now, interval) = (now_ms * 1_000, self.pace.interval_us());
        let round = interval * i64::from(self.pace.at_once);
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(channel_key.to_owned()).or_default();
        if lane.inside >= self.pace.at_once || lane.paced_to.max(now) + interval > now + round {
            lane.promised_to = lane.promised_to.max(now) + interval;
            return Err(((lane.promised_to - now) / 1_000).max(PAUSE_MS));
        }
        lane.paced_to = lane.paced_to.max(now) + interval;
        Ok(self.place(lane, channel_key))
    }

    /// Takes a place beside the pace: while the clock is moved by hand, jobs run one by one, and no time passes.
    pub(crate) fn enter_unpaced(&self, channel_key: &str) -> Place {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(channel_key.to_owned()).or_default();
        self.place(lane, channel_key)
    }

    fn place(&self, lane: &mut Lane, channel_key: &str) -> Place {
        lane.inside += 1;
        Place {
            lanes: self.clone(),
            channel_key: channel_key.to_owned(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let lanes = self.lanes.lanes.lock();
        let mut lanes = lanes.unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get_mut(&self.channel_key) {
            lane.inside -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        at_once: 4,
        per_second: 10,
    };

    /// Enters until it is refused: the places, and what it was told.
    fn fill(lanes: &Lanes, key: &str, now_ms: i64) -> (Vec<Place>, i64) {
        let mut places = Vec::new();
        loop {
            match lanes.enter(key, now_ms) {
                Ok(place) => places.push(place),
                Err(pause) => return (places, pause),
            }
        }
    }

    #[test]
    fn a_slow_channel_holds_up_no_other() {
        let lanes = Lanes::new(PACE);
        let (slow, _) = fill(&lanes, "slow", 0);
        assert_eq!(slow.len(), 4);
        assert!(
            lanes.enter("slow", 3_600_000).is_err(),
            "nothing came back yet"
        );
        assert!(lanes.enter("other", 0).is_ok());
        drop(slow);
        assert!(lanes.enter("slow", 3_600_000).is_ok());
    }

    #[test]
    fn a_fast_channel_keeps_the_pace() {
        let lanes = Lanes::new(PACE);
        // The PG answers at once: only the pace is left to hold anybody.
        let started: usize = (0..10_000)
            .step_by(50)
            .map(|now| fill(&lanes, "fast", now).0.len())
            .sum();
        assert!((100..=104).contains(&started), "{started} in ten seconds");
        let (round, _) = fill(&lanes, "fast", 60_000);
        assert_eq!(round.len(), 4, "a minute of silence saves up one round");
    }

    #[test]
    fn those_who_wait_are_spread_at_the_pace() {
        let lanes = Lanes::new(PACE);
        let (_inside, first) = fill(&lanes, "full", 0);
        let told = (0..9).map(|_| lanes.enter("full", 0).err().unwrap());
        let told: Vec<i64> = [first].into_iter().chain(told).collect();
        assert_eq!(told, [250, 250, 300, 400, 500, 600, 700, 800, 900, 1_000]);
        assert_eq!(
            lanes.enter("full", 5_000).err(),
            Some(250),
            "all of them came back by now"
        );
    }
}
