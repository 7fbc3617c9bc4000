//! Waiting for what a server does in its own time and announces to nobody.

use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

/// How long anything may take before a test fails. Generous: the tests share their machine with a compiler.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The time between two looks. What is waited for needs the processor too.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks every 10 ms until the answer is true.
///
/// # Panics
/// When it is not within [`DEADLINE`]. The panic names `what`.
pub fn eventually(what: &str, is_so: impl FnMut() -> bool) {
    until(what, is_so, |is_so| *is_so);
}

/// Looks every 10 ms until what is seen is as wanted, and returns it.
///
/// # Panics
/// When it is not within [`DEADLINE`]. The panic names `what` and shows what was seen last.
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
