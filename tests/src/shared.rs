//! A server for all tests of a file that want the same settings.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::server::Server;

/// Starts a server for the first who asks, and stops it when nobody uses it any more.
///
/// A plain static would never be dropped, and its server would outlive the tests.
#[derive(Debug)]
pub struct SharedServer {
    start: fn() -> Server,
    running: Mutex<Weak<Server>>,
}

impl SharedServer {
    /// Nothing is started yet.
    #[must_use]
    pub const fn new(start: fn() -> Server) -> Self {
        Self { start, running: Mutex::new(Weak::new()) }
    }

    /// The server, started where it does not run.
    pub fn get(&self) -> Arc<Server> {
        let mut running = self.running.lock();
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new((self.start)());
            *running = Arc::downgrade(&server);
            server
        })
    }
}
