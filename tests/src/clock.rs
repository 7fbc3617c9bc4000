//! Time, for tests of what happens after a while in which nothing else does.

use crate::app::App;
use crate::client::Client;
use crate::raw::{PONG, RawFrame, Received};
use crate::server::Server;

/// Tells seconds by the pings of a server of its own.
#[derive(Debug)]
pub struct Clock {
    client: Client,
    _server: Server,
}

impl Clock {
    /// Starts one.
    ///
    /// # Panics
    /// When its server does not start.
    #[must_use]
    pub fn start() -> Self {
        let app = App::new("clock");
        let server = Server::builder().app(app.clone()).env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "1").start();
        Self { client: Client::connect(&server, &app), _server: server }
    }

    /// Returns when another second has passed, or a little more.
    ///
    /// # Panics
    /// When the server does not ping.
    pub fn tick(&mut self) {
        let ping = self.client.socket.receive();
        assert!(matches!(ping, Received::Ping(_)), "{ping:?}");
        self.client.socket.send(&RawFrame::new(PONG, ""));
    }

    /// Lets seconds pass.
    pub fn wait(&mut self, seconds: usize) {
        // The first tick may be due already.
        (0..=seconds).for_each(|_| self.tick());
    }
}
