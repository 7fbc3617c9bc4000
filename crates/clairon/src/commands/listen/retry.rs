//! When to connect again.

use std::time::Duration;

use clairon_client::socket::Refused;

/// The longest wait between two attempts.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts the attempts that have led to nothing.
#[derive(Default)]
pub(super) struct Retry {
    failed: u32,
}

impl Retry {
    /// How long to wait: after codes from 4200 to 4299 not at all, as the protocol has it, and otherwise twice as long
    /// each time, from one second on. A connection that was of use begins the count anew; one that was but greeted does
    /// not.
    pub(super) fn after(&mut self, refused: &Refused, was_good: bool) -> Duration {
        if was_good {
            self.failed = 0;
        }
        let is_told = matches!(refused, Refused::Told { code: Some(4_200..=4_299), .. });
        self.failed += 1;
        if is_told && self.failed == 1 {
            return Duration::ZERO;
        }
        Duration::from_secs(1 << (self.failed - 1).min(5)).min(LONGEST)
    }
}

/// True for codes after which the protocol forbids to connect again.
pub(super) fn is_final(refused: &Refused) -> bool {
    matches!(refused, Refused::Told { code: Some(4_000..=4_099), .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_rules() {
        let told = |code| Refused::Told { code: Some(code), message: String::new() };
        let mut retry = Retry::default();
        let mut waits = |refused: &Refused, was_good| retry.after(refused, was_good).as_secs();
        assert_eq!(waits(&told(4_200), true), 0);
        assert_eq!([0; 6].map(|_| waits(&Refused::Broken(String::new()), false)), [2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(&told(4_100), true), 1);
        assert_eq!(waits(&told(4_201), false), 2, "who sends us away again and again is given time");
        assert!(is_final(&told(4_001)) && !is_final(&told(4_100)));
    }
}
