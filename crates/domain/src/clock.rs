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

/// A time in milliseconds as `YYYY-MM-DD HH:MM:SS` in Korea, nine hours ahead of UTC all year.
pub fn korean_time(ms: i64) -> String {
    const DAY_S: i64 = 86_400;
    let local = seconds(ms) + 9 * 3_600;
    let (days, second) = (local.div_euclid(DAY_S), local.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a number of days since 1970. Years are counted from March in eras of 400 years, so that the
/// leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::korean_time;

    #[test]
    fn korean_times() {
        for (s, text) in [
            (0, "1970-01-01 09:00:00"),
            (1_661_284_500, "2022-08-24 04:55:00"),
            (1_709_132_399, "2024-02-28 23:59:59"),
            (1_709_132_400, "2024-02-29 00:00:00"),
            (1_735_657_200, "2025-01-01 00:00:00"),
            (4_107_466_800, "2100-02-28 12:00:00"),
            (4_107_553_200, "2100-03-01 12:00:00"),
        ] {
            assert_eq!(korean_time(s * 1_000), text);
        }
    }
}
