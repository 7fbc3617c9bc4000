//! Numbers on the command line: each reader refuses what its scenario could not run with.

use std::time::Duration;

use crate::stamp;

/// The longest data that an event of this tool may have, in bytes.
const MAX_PAYLOAD: usize = 1 << 20;

pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| "expected a whole number above 0".to_owned())
}

pub(super) fn payload(text: &str) -> Result<usize, String> {
    let sizes = stamp::LENGTH..=MAX_PAYLOAD;
    let allowed = || format!("expected {} to {} bytes", sizes.start(), sizes.end());
    text.parse().ok().filter(|size| sizes.contains(size)).ok_or_else(allowed)
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
        assert_eq!((count("1"), payload("18")), (Ok(1), Ok(18)));
        assert_eq!((rate("0.5"), seconds("2.5")), (Ok(0.5), Ok(Duration::from_millis(2500))));
        for text in ["0", "-1", "", "x"] {
            assert!(count(text).is_err() && payload(text).is_err(), "{text}");
            assert!(rate(text).is_err() && seconds(text).is_err(), "{text}");
        }
        assert!(payload("17").is_err() && rate("NaN").is_err() && rate("inf").is_err() && seconds("NaN").is_err());
    }
}
