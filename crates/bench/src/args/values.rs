//! Numbers on the command line: each reader refuses what its scenario could not run with.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use crate::stamp;

/// The longest data that an event of this tool may have, in bytes.
const MAX_PAYLOAD: u64 = 1 << 20;

pub(super) fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// A size in bytes, for the data of an event.
pub(super) fn payload() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(stamp::LENGTH as u64..=MAX_PAYLOAD)
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    let allowed = 0.001..=1_000_000.0;
    let wanted = || format!("expected {} to {} a second", allowed.start(), allowed.end());
    text.parse().ok().filter(|rate| allowed.contains(rate)).ok_or_else(wanted)
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "expected 0.1 to 86400 seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_refused() {
        assert_eq!((rate("0.5"), seconds("2.5")), (Ok(0.5), Ok(Duration::from_millis(2500))));
        for text in ["0", "-1", "", "x"] {
            assert!(rate(text).is_err() && seconds(text).is_err(), "{text}");
        }
        assert!(rate("NaN").is_err() && rate("inf").is_err() && seconds("NaN").is_err());
    }
}
