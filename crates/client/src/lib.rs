//! A client of servers that speak the Pusher protocol: their HTTP API, and their WebSocket as pusher-js uses it. All
//! calls block, for at most [`PATIENCE`] unless the caller gives another time. Texts of a peer are shown only through
//! [`quote`](clairon_protocol::quote). Secrets are used for signatures and never shown.

pub mod api;
mod api_refusal;
mod app_target;
mod endpoint;
pub mod http;
pub mod socket;
pub mod stream;
pub mod tls;

use std::time::Duration;

pub use api_refusal::{ApiRefusal, CLOCK_WINDOW, clock_words};
pub use app_target::{AppTarget, InvalidTarget};
pub use endpoint::{Endpoint, is_loopback};
pub use http::{HttpClient, HttpError, HttpResponse};
pub use socket::{PusherSocket, SocketError};

/// The longest wait for one step of a peer: an answer, a greeting, a TLS handshake.
pub const PATIENCE: Duration = Duration::from_secs(10);
