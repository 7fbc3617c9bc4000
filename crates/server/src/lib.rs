//! The axum application: the WebSocket protocol and the HTTP API, on top of hub, cluster and registry.
//!
//! Three paths lead through it. A client's message: `socket` parses a command and performs it through `peers`. A
//! backend's event: `api` checks the signature and publishes through `peers`. A delivery: the hub queues the event for
//! every subscriber of this node, and the task of the connection in `socket` writes it.
//!
//! The admin API is a crate of its own, because it is much code that no event passes through. [`Server::serve`] takes
//! its routes as [`AdminRoutes`]. The public modules have what it uses: [`node::Node`], and what leads on from it.

mod accept;
pub mod api;
pub mod background;
mod bearer;
mod channel_logs;
mod clock;
mod dashboard;
mod edge;
mod error;
pub mod event_frame;
mod explain;
pub mod figures;
mod first_request;
mod foreign_protocol;
mod handle;
mod host;
mod https_redirect;
mod key_uses;
mod lifecycle;
mod line_budget;
pub mod live_feed;
mod metrics;
pub mod node;
pub mod node_status;
pub mod operators;
pub mod peer_text;
pub mod peers;
pub mod plain_connections;
mod prefixed_stream;
mod recoveries;
mod refusals;
mod registry_health;
mod router;
mod settings;
pub mod socket;
mod statistics;
mod sweep;
mod throttle;
mod tracked_service;
mod webhooks;

pub use bearer::{BearerToken, InvalidToken, NoAccess};
pub use clairon_certificates::{Acme, AcmeSettings, CertificateFiles, CertificateFilesError, TlsError, TlsSettings};
pub use edge::{
    AddressLimit, AddressSettings, EdgeSettings, InvalidProxy, Listener, ListeningSocket, OpeningProtocol, PaceLimits,
    PeerAddress, TrustedProxies,
};
pub use error::ServerError;
pub use handle::ServerHandle;
pub use lifecycle::{Listeners, Server};
pub use operators::{DashboardPassword, InvalidPassword, Link};
pub use router::AdminRoutes;
pub use settings::{
    AdminSettings, Authorities, ClusterSettings, CompressionSettings, ConnectionLimits, DashboardSettings, Heartbeat,
    MetricsSettings, OutboxLimits, RedisUrl, Settings, StatisticsSettings,
};
