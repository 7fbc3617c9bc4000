//! Time, for tests in which nothing happens for a while.

use crate::app::App;
use crate::client::Client;
use crate::raw::{PONG, RawFrame, Received};
use crate::server::Server;

/// Measures seconds by the pings of its own server.
#[derive(Debug)]
pub struct Clock {
    client: Client,
    _server: Server,
}

impl Clock {
    /// Starts a clock.
    ///
    /// # Panics
    /// When its server does not start.
    #[must_use]
    pub fn start() -> Self {
        let app = App::new("clock");
        let server = Server::builder().app(app.clone()).env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "1").start();
        Self { client: Client::connect(&server, &app), _server: server }
    }

    /// Returns when another second, or a little more, has passed.
    ///
    /// # Panics
    /// When the server does not ping.
    pub fn tick(&mut self) {
        let ping = self.client.socket.receive();
        assert!(matches!(ping, Received::Ping(_)), "{ping:?}");
        self.client.socket.send(&RawFrame::new(PONG, ""));
    }

    /// Waits for this many seconds.
    pub fn wait(&mut self, seconds: usize) {
        // The first tick may be due already.
        (0..=seconds).for_each(|_| self.tick());
    }
}
