//! Servers that the tests of one executable share.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Starts a server for the first test that uses it, and stops it after the last one that holds it.
///
/// A plain static is never dropped, so its server would outlive the tests.
#[derive(Debug)]
pub struct SharedServer<T> {
    start: fn() -> T,
    running: Mutex<Weak<T>>,
}

impl<T> SharedServer<T> {
    /// A server that is not started yet.
    #[must_use]
    pub const fn new(start: fn() -> T) -> Self {
        Self { start, running: Mutex::new(Weak::new()) }
    }

    /// The server. It runs as long as one test holds this.
    pub fn get(&self) -> Arc<T> {
        let mut running = self.running.lock();
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new((self.start)());
            *running = Arc::downgrade(&started);
            started
        })
    }
}
