//! The outside of a test: a dead network, numbers that repeat, no timers.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use dangol_engine::jobs::Timers;
use dangol_engine::ports::Random;
use dangol_gateway::wire::{Answer, Request, Wire, WireError};

/// The PG is out of reach, in one of two ways.
#[derive(Default)]
pub struct DeadWire {
    pub sent: AtomicUsize,
    pub loses_answers: AtomicBool,
}

#[async_trait]
impl Wire for DeadWire {
    async fn send(&self, _: Request) -> Result<Answer, WireError> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        match self.loses_answers.load(Ordering::SeqCst) {
            true => Err(WireError::Lost),
            false => Err(WireError::NotConnected),
        }
    }
}

/// Numbers that look random and are the same in each run.
pub struct Counted(pub AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let n = self.0.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
            let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ n;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Simulators without timers.
pub struct NoTimers;

#[async_trait]
impl Timers for NoTimers {
    fn next_due_ms(&self) -> Option<i64> {
        None
    }

    async fn run_due(&self, _: i64) -> Vec<(String, usize)> {
        Vec::new()
    }
}
