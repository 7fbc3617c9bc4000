//! The log of a server, and waiting for its lines.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use clairon_test_servers::DEADLINE;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;

/// All lines of a log so far. A separate thread reads it.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<Value>,
    ended: bool,
}

impl Log {
    /// Reads `source` to its end. A line that is not JSON, such as a panic, is kept as a JSON string.
    #[must_use]
    pub fn read(source: impl Read + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let writer = Arc::clone(&shared);
        thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                writer.state.lock().lines.push(line);
                writer.changed.notify_all();
            }
            writer.state.lock().ended = true;
            writer.changed.notify_all();
        });
        Self { shared }
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.shared.state.lock().lines.clone()
    }

    /// The first line, past or future, that `wanted` accepts.
    ///
    /// # Panics
    /// When the log ends or [`DEADLINE`] passes without such a line. The panic names `what` and shows the log.
    #[must_use]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait_until(what, |state| {
            let found = state.lines.iter().find(|line| wanted(line)).cloned();
            assert!(found.is_some() || !state.ended, "the log ended without {what}:\n{state}");
            found
        })
    }

    /// The lines that `wanted` accepts, once there are `count` or more of them.
    ///
    /// # Panics
    /// When the log ends or [`DEADLINE`] passes with fewer. The panic names `what` and shows the log.
    #[must_use]
    pub fn wait_for_count(&self, what: &str, count: usize, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.wait_until(what, |state| {
            let found = state.lines.iter().filter(|line| wanted(line)).cloned().collect::<Vec<_>>();
            assert!(found.len() >= count || !state.ended, "the log ended without {what}:\n{state}");
            (found.len() >= count).then_some(found)
        })
    }

    /// Returns when the log has ended, which happens when its writer has ended.
    ///
    /// # Panics
    /// When [`DEADLINE`] passes before.
    pub fn wait_for_end(&self) {
        self.wait_until("the end of the log", |state| state.ended.then_some(()));
    }

    fn wait_until<T>(&self, what: &str, look: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.shared.state.lock();
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            let late = self.shared.changed.wait_until(&mut state, deadline).timed_out();
            assert!(!late, "no {what} within {DEADLINE:?}:\n{state}");
        }
    }
}

impl fmt::Display for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.state.lock().fmt(formatter)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[u8] = b"{\"message\":\"starting\"}\n{\"message\":\"ready\"}\nthread 'main' panicked\n";

    #[test]
    fn a_line_is_found_whether_it_is_json_or_not() {
        let log = Log::read(LINES);
        let ready = log.wait_for("the line that says ready", |line| line["message"] == "ready");
        assert_eq!(ready, serde_json::json!({"message": "ready"}));
        let panic = log.wait_for("a panic", |line| line.as_str().is_some_and(|text| text.contains("panicked")));
        assert_eq!(panic, "thread 'main' panicked");
    }

    #[test]
    #[should_panic(expected = "the log ended without an error:\n{\"message\":\"starting\"}")]
    fn a_log_that_ends_first_is_shown() {
        let _ = Log::read(LINES).wait_for("an error", |line| line["level"] == "ERROR");
    }
}
