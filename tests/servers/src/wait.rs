//! Waiting for effects that a server does not announce.

use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

/// The timeout of every wait. It is long, because the tests share their machine with a compiler.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// The time between two checks. A pause leaves the processor to the awaited server.
const PAUSE: Duration = Duration::from_millis(10);

/// Calls `is_so` every 10 ms until it returns true.
///
/// # Panics
/// When it does not within [`DEADLINE`]. The panic names `what`.
pub fn eventually(what: &str, is_so: impl FnMut() -> bool) {
    until(what, is_so, |is_so| *is_so);
}

/// Calls `look` every 10 ms until `is_wanted` accepts the result, and returns it.
///
/// # Panics
/// When that does not happen within [`DEADLINE`]. The panic names `what` and shows the last result.
pub fn until<T: Debug>(what: &str, mut look: impl FnMut() -> T, is_wanted: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let seen = look();
        if is_wanted(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}, at last {seen:?}");
        thread::park_timeout(PAUSE);
    }
}
