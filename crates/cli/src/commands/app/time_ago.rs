//! Times with their distance from now.

use jiff::Timestamp;

/// Units with their length in seconds, largest first.
const UNITS: [(i64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];

/// The exact time, and how long ago it is.
pub(super) fn describe(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let ago = match UNITS.iter().find(|(unit, _)| seconds >= *unit) {
        Some((unit, name)) => match seconds / unit {
            1 => format!("1 {name} ago"),
            count => format!("{count} {name}s ago"),
        },
        None => "just now".to_owned(),
    };
    format!("{at} ({ago})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_is_told() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        for (seconds, ago) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (86_400 * 400, "400 days ago"),
        ] {
            let now = Timestamp::from_second(1_800_000_000 + seconds).unwrap();
            assert_eq!(describe(at, now), format!("2027-01-15T08:00:00Z ({ago})"));
        }
    }
}
