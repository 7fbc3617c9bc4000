//! Parsers of numbers on the command line. They refuse numbers with which no scenario works.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

/// The smallest size of an event's data, in bytes: that of the mark with the time at which it was due.
pub const MIN_PAYLOAD: usize = 18;
/// The largest size of an event's data, in bytes.
const MAX_PAYLOAD: u64 = 1 << 20;

pub(crate) fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// The size of an event's data, in bytes.
pub(crate) fn payload() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(MIN_PAYLOAD as u64..=MAX_PAYLOAD)
}

/// A number that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidNumber {
    #[error("expected 0.001 to 1000000 a second")]
    Rate,
    #[error("expected 0.1 to 86400 seconds")]
    Seconds,
}

pub(crate) fn rate(text: &str) -> Result<f64, InvalidNumber> {
    text.parse().ok().filter(|rate| (0.001..=1_000_000.0).contains(rate)).ok_or(InvalidNumber::Rate)
}

pub(crate) fn seconds(text: &str) -> Result<Duration, InvalidNumber> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or(InvalidNumber::Seconds)
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
