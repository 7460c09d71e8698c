//! The port through which time enters.

/// Tells the time. Production reads the database's clock plus the sandbox's stored offset; tests and
/// the sandbox's clock control move it by hand.
pub trait Clock: Send + Sync {
    /// Now, in milliseconds since the Unix epoch (UTC).
    fn now_ms(&self) -> i64;
}

/// Whole seconds of a time in milliseconds, as the V1 API shows times.
pub fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
