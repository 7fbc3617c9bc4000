//! Servers that several tests share.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Starts servers for the first test that uses them, and stops them after the last one.
///
/// A plain static would never be dropped: its servers would outlive the tests.
pub(crate) struct Shared<T> {
    start: fn() -> T,
    running: Mutex<Weak<T>>,
}

impl<T> Shared<T> {
    pub(crate) const fn new(start: fn() -> T) -> Self {
        Self { start, running: Mutex::new(Weak::new()) }
    }

    /// The servers. They run as long as one test holds this.
    pub(crate) fn get(&self) -> Arc<T> {
        let mut running = self.running.lock();
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new((self.start)());
            *running = Arc::downgrade(&started);
            started
        })
    }
}
