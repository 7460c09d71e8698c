//! Where an engine dies: at the n-th thing that it asks of the outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use dangol_engine::ports::Random;
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use tokio::sync::Notify;

use crate::world::Outside;

/// The moment of death of one engine.
pub struct Cut {
    left: AtomicI64,
    dead: AtomicBool,
    told: Notify,
}

impl Cut {
    /// Dies at the n-th thing asked; never, without a number.
    pub fn at(n: Option<usize>) -> Arc<Cut> {
        let left = n.map_or(i64::MAX, |n| i64::try_from(n).expect("a small number"));
        Arc::new(Cut {
            left: AtomicI64::new(left),
            dead: AtomicBool::new(false),
            told: Notify::new(),
        })
    }

    /// Ends when the engine dies.
    pub async fn death(&self) {
        while !self.is_dead() {
            self.told.notified().await;
        }
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Something is asked of the outside; whether the engine is dead by now.
    fn asked(&self) -> bool {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.dead.store(true, Ordering::SeqCst);
            self.told.notify_one();
        }
        self.is_dead()
    }
}

/// The wire of an engine: it may die before a request leaves, or when the answer is there.
pub struct CutWire {
    pub cut: Arc<Cut>,
    pub outside: Arc<Outside>,
}

#[async_trait]
impl Wire for CutWire {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        if self.cut.asked() {
            return std::future::pending().await;
        }
        let answer = self.outside.answer(request).await;
        if self.cut.asked() {
            return std::future::pending().await;
        }
        answer
    }
}

/// The randomness of an engine: predictable, never the same twice over all lives, and another place to die at. Numbers
/// are drawn right before each write, so that these are the moments around the commits.
pub struct CutRandom {
    pub cut: Arc<Cut>,
}

impl Random for CutRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if self.cut.asked() {
            // Nothing here can wait, so the task ends; the engine is taken away right after.
            std::panic::resume_unwind(Box::new("the planned death of an engine"));
        }
        fill(bytes);
    }
}

/// A counter, spread over all bits.
pub fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&drawn().to_le_bytes()[..chunk.len()]);
    }
}

/// See [`fill`].
pub fn drawn() -> u64 {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    let n = DRAWN.fetch_add(1, Ordering::Relaxed);
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
