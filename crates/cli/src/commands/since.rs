//! The start of a report.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

const ALLOWED: &str = "allowed are spans such as 90m, 24h or 7d, a date such as 2026-11-01, and a time such as \
                       2026-11-01T12:00:00Z";

/// The start that the user has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// A distance from now.
    Ago(SignedDuration),
    At(Timestamp),
}

impl Since {
    /// The time, relative to `now`.
    ///
    /// # Errors
    /// When it is in the future, or earlier than any representable time.
    pub(super) fn before(self, now: Timestamp) -> Result<Timestamp, &'static str> {
        let since = match self {
            Self::Ago(span) => now.checked_sub(span).map_err(|_| "this is too long ago")?,
            Self::At(time) => time,
        };
        if since < now { Ok(since) } else { Err("this is still to come") }
    }
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        if let Ok(date) = Date::strptime("%Y-%m-%d", text) {
            return Ok(Self::At(date.to_zoned(TimeZone::UTC).map_err(|_| ALLOWED)?.timestamp()));
        }
        let unit = text.chars().next_back().ok_or(ALLOWED)?;
        let seconds = match unit {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(ALLOWED),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| ALLOWED)?;
        if count == 0 {
            return Err(ALLOWED);
        }
        Ok(Self::Ago(SignedDuration::from_secs(i64::from(count) * seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_dates_and_times() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (text, since) in [
            ("90m", "2026-11-23T08:30:00Z"),
            ("24h", "2026-11-22T10:00:00Z"),
            ("7d", "2026-11-16T10:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
            ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z"),
        ] {
            let parsed: Since = text.parse().unwrap();
            assert_eq!(parsed.before(now).unwrap().to_string(), since, "{text}");
        }
        for text in ["2026-11-24", "2026-11-23T10:00:00Z", "4294967295d"] {
            assert!(text.parse::<Since>().unwrap().before(now).is_err(), "{text}");
        }
        for text in ["", "h", "0h", "-1h", "1.5h", "24", "24H", "2026-13-01", "2026-11-1x", "1é", "99999999999d"] {
            assert_eq!(text.parse::<Since>(), Err(ALLOWED), "{text}");
        }
    }
}
