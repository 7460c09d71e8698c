//! The one clock: the database's, plus the sandbox's stored offset.
//!
//! Nodes must not disagree about leases and due times, so each calibrates a local monotonic source on the database's
//! clock. In a sandbox the offset moves by hand; while jobs are run for a moment in the past of the move, the clock
//! stands still at that moment.

use std::sync::atomic::{AtomicI64, Ordering};

use dangol_domain::Clock;
use dangol_store::{Db, StoreError, meta};

const OFFSET: &str = "clock_offset_ms";
const TICKING: i64 = i64::MIN;

/// See the module.
pub struct DatabaseClock {
    /// Milliseconds of a local monotonic source.
    local_ms: fn() -> i64,
    /// Database time minus local time.
    base: AtomicI64,
    /// The sandbox's offset; 0 in live.
    offset: AtomicI64,
    /// The moment at which the clock stands still, or `TICKING`.
    standing: AtomicI64,
}

impl Clock for DatabaseClock {
    fn now_ms(&self) -> i64 {
        match self.standing.load(Ordering::Acquire) {
            TICKING => self.database_ms() + self.offset.load(Ordering::Acquire),
            moment => moment,
        }
    }
}

impl DatabaseClock {
    /// A clock that is calibrated on `db`. `local_ms` reads a monotonic source.
    pub async fn start(db: &Db, local_ms: fn() -> i64) -> Result<DatabaseClock, StoreError> {
        let clock = DatabaseClock {
            local_ms,
            base: AtomicI64::new(0),
            offset: AtomicI64::new(0),
            standing: AtomicI64::new(TICKING),
        };
        clock.calibrate(db).await?;
        Ok(clock)
    }

    /// Reads the database's clock and the stored offset again; called before jobs are claimed.
    pub async fn calibrate(&self, db: &Db) -> Result<(), StoreError> {
        let before = (self.local_ms)();
        let database = db.now_ms().await?;
        let after = (self.local_ms)();
        self.base
            .store(database - (before + after) / 2, Ordering::Release);
        let offset = meta::get(db, OFFSET)
            .await?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        self.offset.store(offset, Ordering::Release);
        Ok(())
    }

    /// Milliseconds of the local source, for caches: it does not follow the sandbox's offset.
    pub fn local_ms(&self) -> i64 {
        (self.local_ms)()
    }

    /// What the time is outside, ms: without the sandbox's offset.
    pub fn outside_ms(&self) -> i64 {
        self.database_ms()
    }

    /// The offset, ms.
    pub fn offset_ms(&self) -> i64 {
        self.offset.load(Ordering::Acquire)
    }

    /// Whether it stands still: somebody moves it by hand.
    pub(crate) fn is_standing(&self) -> bool {
        self.standing.load(Ordering::Acquire) != TICKING
    }

    /// Stands still at a moment.
    pub(crate) fn stand_at(&self, moment_ms: i64) {
        self.standing.store(moment_ms, Ordering::Release);
    }

    /// Ticks on from a moment, and stores the offset that this takes.
    pub(crate) async fn tick_from(&self, db: &Db, moment_ms: i64) -> Result<(), StoreError> {
        let offset = moment_ms - self.database_ms();
        meta::set(db, OFFSET, &offset.to_string()).await?;
        self.offset.store(offset, Ordering::Release);
        self.standing.store(TICKING, Ordering::Release);
        Ok(())
    }

    fn database_ms(&self) -> i64 {
        (self.local_ms)() + self.base.load(Ordering::Acquire)
    }
}
