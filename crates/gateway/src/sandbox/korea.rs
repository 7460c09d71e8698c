//! Korean time, in which PGs of this market write their times.

use time::{OffsetDateTime, UtcOffset};

/// A time as `yyyyMMddHHmmss` in Korea (UTC+9, no summer time).
pub fn stamp(at_ms: i64) -> String {
    let at = at(at_ms);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// The year and the month (1..=12) in Korea.
pub fn year_month(at_ms: i64) -> (i32, u8) {
    let at = at(at_ms);
    (at.year(), u8::from(at.month()))
}

fn at(at_ms: i64) -> OffsetDateTime {
    let korea = UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset");
    OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(korea)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_day_changes_at_fifteen_utc() {
        // 2026-11-19T15:00:00Z and the second before it.
        assert_eq!(super::stamp(1_795_100_400_000), "20261120000000");
        assert_eq!(super::stamp(1_795_100_399_999), "20261119235959");
        assert_eq!(super::year_month(1_795_100_400_000), (2026, 11));
    }
}
