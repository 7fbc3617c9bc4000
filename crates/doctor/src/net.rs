//! Connections to a server: plain, with TLS, over HTTP, over a WebSocket.

pub(crate) mod http;
pub(crate) mod signed;
pub(crate) mod socket;
pub(crate) mod stream;
pub(crate) mod tls;

use std::time::Duration;

/// How long a peer may take for anything before it is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
