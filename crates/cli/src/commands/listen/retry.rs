//! The wait before the next connection.

use std::time::Duration;

use clairon_client::SocketError;

/// The longest wait between two attempts.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts the connections that failed in a row.
#[derive(Default)]
pub(super) struct Retry {
    failed: u32,
}

impl Retry {
    /// The wait after a connection. It is zero after codes from 4200 to 4299 (Pusher protocol); otherwise it doubles
    /// each time, from one second on. `was_good` resets the count. A connection with nothing but a greeting is not
    /// good, because a server may greet and close again and again.
    pub(super) fn after(&mut self, error: &SocketError, was_good: bool) -> Duration {
        if was_good {
            self.failed = 0;
        }
        let is_asked = matches!(error, SocketError::Refused { code: Some(4_200..=4_299), .. });
        self.failed += 1;
        if is_asked && self.failed == 1 {
            return Duration::ZERO;
        }
        Duration::from_secs(1 << (self.failed - 1).min(5)).min(LONGEST)
    }
}

/// True for codes from 4000 to 4099, after which the protocol forbids another connection.
pub(super) fn is_final(error: &SocketError) -> bool {
    matches!(error, SocketError::Refused { code: Some(4_000..=4_099), .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_rules() {
        let refused = |code| SocketError::Refused { code: Some(code), message: String::new() };
        let mut retry = Retry::default();
        let mut waits = |error: &SocketError, was_good| retry.after(error, was_good).as_secs();
        assert_eq!(waits(&refused(4_200), true), 0);
        assert_eq!([0; 6].map(|_| waits(&SocketError::Broken(String::new()), false)), [2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(&refused(4_100), true), 1);
        assert_eq!(waits(&refused(4_201), false), 2, "a server that closes again and again gets time");
        assert!(is_final(&refused(4_001)) && !is_final(&refused(4_100)));
    }
}
