//! Ports of the engine: what enters from outside besides the wire and the clock.

/// Randomness, from the operating system in production, from a seed in tests.
pub trait Random: Send + Sync {
    /// Fills the bytes with uniform random bits.
    fn fill(&self, bytes: &mut [u8]);
}

/// Draws from any [`Random`].
impl dyn Random {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// 64 random bits.
    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// A number that no other write or lease has: 63 random bits, positive.
    pub fn id63(&self) -> i64 {
        (self.u64() >> 1) as i64
    }

    /// `2 N` lower-case hex digits.
    pub fn hex<const N: usize>(&self) -> String {
        self.bytes::<N>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
