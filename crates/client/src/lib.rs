//! A client of servers that speak the Pusher protocol: their HTTP API, and their WebSocket as pusher-js uses it.
//!
//! Everything blocks, and waits no longer than [`PATIENCE`] for a peer unless it is told to. What a peer says is shown
//! only through [`quote`]. Secrets sign and are never shown.

mod backend;
mod credentials;
mod endpoint;
pub mod http;
pub mod refusal;
pub mod signed;
pub mod socket;
pub mod stream;
mod target;
mod text;
pub mod tls;

use std::time::Duration;

pub use backend::{Problem, backend, check_host, credential_choice, credential_set, meant};
pub use credentials::Credentials;
pub use endpoint::{Endpoint, is_loopback};
pub use refusal::Refusal;
pub use socket::PusherSocket;
pub use target::{InvalidTarget, Target};
pub use text::{json_line, quote};

/// How long a peer may take for anything before it is given up.
pub const PATIENCE: Duration = Duration::from_secs(10);
