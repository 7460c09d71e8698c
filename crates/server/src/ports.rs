//! Where the outside enters this program: a monotonic source, the machine's clock, the system's randomness. Everything
//! else takes them as arguments.

use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dangol_domain::Clock;
use dangol_engine::ports::Random;

/// Milliseconds since the first call, from a source that never jumps. The engine's clock is calibrated on the
/// database's by it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where monotonic time enters"
)]
pub fn local_ms() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed();
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's clock, for what runs without a database: a new key ring's date, simulators alone.
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the machine's time enters"
    )]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The operating system's randomness.
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes)
            .expect("the operating system has randomness; nothing may go on without it");
    }
}

/// The system's randomness as the simulators take it: 64 bits a call.
pub fn random_u64() -> Arc<dyn Fn() -> u64 + Send + Sync> {
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    Arc::new(move || random.u64())
}
