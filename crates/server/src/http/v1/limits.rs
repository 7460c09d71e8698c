//! How often a merchant may call, and how often somebody may try to be one: token buckets in this node's memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use dangol_domain::UserCode;
use dangol_domain::network::is_public;
use dangol_engine::Settings;

/// How many seconds' worth of a merchant's calls may come at once: a month's subscriptions begin on one day.
const CALLS_BURST_S: i64 = 10;
/// Of so many buckets full ones are thrown away, and all of them where none is full: a bucket lost is a limit that begins
/// anew.
const BUCKETS_MAX: usize = 10_000;

/// It was too often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany {
    /// When it may be tried again, seconds from now.
    pub after_s: u64,
}

/// The limits of one node.
pub struct Limits {
    calls: Buckets<UserCode>,
    failed_logins: Buckets<IpAddr>,
}

impl Limits {
    /// Those that the settings say.
    pub fn new(settings: &Settings) -> Limits {
        let calls = i64::from(settings.calls_per_second);
        let failures = i64::from(settings.failed_logins_per_minute);
        Limits {
            calls: Buckets::new(calls * CALLS_BURST_S, CALLS_BURST_S * 1_000),
            failed_logins: Buckets::new(failures, 60_000),
        }
    }

    /// Counts a merchant's call.
    ///
    /// # Errors
    /// When it is one too many.
    pub(super) fn call(&self, merchant: &UserCode, now_ms: i64) -> Result<(), TooMany> {
        self.calls.take(merchant.clone(), now_ms)
    }

    /// Whether somebody may try credentials.
    ///
    /// # Errors
    /// When too many wrong ones came from there.
    pub(super) fn may_log_in(&self, from: Option<IpAddr>, now_ms: i64) -> Result<(), TooMany> {
        match from.and_then(somebody) {
            Some(somebody) => self.failed_logins.look(&somebody, now_ms),
            None => Ok(()),
        }
    }

    /// Counts wrong credentials.
    pub(super) fn login_failed(&self, from: Option<IpAddr>, now_ms: i64) {
        if let Some(somebody) = from.and_then(somebody) {
            // Those that came at the same time may be more than there was room for.
            let _ = self.failed_logins.take(somebody, now_ms);
        }
    }
}

/// Whom an address stands for: itself, in IPv6 its /64, which is one line's. An address that is not public is likely a
/// proxy that `trusted_proxies` does not name, and stands for everybody behind it: nobody.
fn somebody(from: IpAddr) -> Option<IpAddr> {
    is_public(from).then(|| match from.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    })
}

/// Buckets of tokens, one for each key. A token comes back after each `token_us`.
struct Buckets<K> {
    /// How many tokens a full one has; 0 is no limit.
    size: i64,
    token_us: i64,
    /// When each will be full again, µs. One that is not here is full.
    full_at: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets of so many tokens that are full again after so many ms.
    fn new(size: i64, full_after_ms: i64) -> Buckets<K> {
        Buckets {
            size,
            token_us: (full_after_ms * 1_000).checked_div(size).unwrap_or(0),
            full_at: Mutex::default(),
        }
    }

    /// Takes a token, if there is one.
    fn take(&self, key: K, now_ms: i64) -> Result<(), TooMany> {
        if self.size == 0 {
            return Ok(());
        }
        let now = now_ms * 1_000;
        let mut full_at = self.full_at.lock().unwrap_or_else(|e| e.into_inner());
        let next = self.after_next(full_at.get(&key), now)?;
        if full_at.len() >= BUCKETS_MAX && !full_at.contains_key(&key) {
            full_at.retain(|_, full_at| *full_at > now);
            if full_at.len() >= BUCKETS_MAX {
                full_at.clear();
            }
        }
        full_at.insert(key, next);
        Ok(())
    }

    /// Looks whether there is a token.
    fn look(&self, key: &K, now_ms: i64) -> Result<(), TooMany> {
        if self.size == 0 {
            return Ok(());
        }
        let full_at = self.full_at.lock().unwrap_or_else(|e| e.into_inner());
        self.after_next(full_at.get(key), now_ms * 1_000)
            .map(|_| ())
    }

    /// When a bucket is full again once the next token is taken.
    fn after_next(&self, full_at: Option<&i64>, now: i64) -> Result<i64, TooMany> {
        let next = full_at.copied().unwrap_or(now).max(now) + self.token_us;
        match next - now - self.size * self.token_us {
            wait if wait > 0 => Err(TooMany {
                after_s: wait.unsigned_abs().div_ceil(1_000_000),
            }),
            _ => Ok(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_again() {
        let buckets = Buckets::new(3, 6_000);
        let refused = |after_s| Err(TooMany { after_s });
        for _ in 0..3 {
            assert_eq!(buckets.look(&"a", 50), Ok(()));
            assert_eq!(buckets.take("a", 50), Ok(()));
        }
        assert_eq!(buckets.take("a", 50), refused(2));
        assert_eq!(buckets.look(&"a", 1_051), refused(1));
        assert_eq!(buckets.take("b", 1_051), Ok(()), "another's is full");
        assert_eq!(buckets.take("a", 2_050), Ok(()), "a token is back");
        assert_eq!(buckets.take("a", 2_050), refused(2), "one");
        // However long nobody came, it holds three.
        for _ in 0..3 {
            assert_eq!(buckets.take("a", 1_000_000), Ok(()));
        }
        assert_eq!(buckets.take("a", 1_000_000), refused(2));
    }

    #[test]
    fn no_limit_remembers_nobody() {
        let buckets = Buckets::new(0, 60_000);
        for key in 0..10 {
            assert_eq!(buckets.take(key, 0), Ok(()));
        }
        assert!(buckets.full_at.lock().unwrap().is_empty());
    }

    #[test]
    fn many_strangers_take_little_memory() {
        let buckets = Buckets::new(2, 1_000);
        for stranger in 0..3 * BUCKETS_MAX {
            assert_eq!(buckets.take(stranger, 0), Ok(()));
        }
        assert!(buckets.full_at.lock().unwrap().len() <= BUCKETS_MAX);
    }

    #[test]
    fn an_address_stands_for_a_line_and_a_private_one_for_nobody() {
        let of = |text: &str| somebody(text.parse().unwrap()).map(|who| who.to_string());
        assert_eq!(of("8.8.8.8").as_deref(), Some("8.8.8.8"));
        assert_eq!(of("::ffff:8.8.8.8").as_deref(), Some("8.8.8.8"));
        assert_eq!(
            of("2606:4700:1:2:3:4:5:6").as_deref(),
            Some("2606:4700:1:2::")
        );
        for private in ["127.0.0.1", "10.0.0.1", "::1", "fc00::1"] {
            assert_eq!(of(private), None, "{private}");
        }
    }
}
