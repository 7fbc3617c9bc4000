//! The axum application: the WebSocket protocol and the HTTP API, on top of hub, cluster and registry.
//!
//! Three paths lead through it. A client's message: `socket` parses a command and performs it through `peers`. A
//! backend's event: `api` checks the signature and publishes through `peers`. A delivery: the hub queues the event for
//! every subscriber of this node, and the task of the connection in `socket` writes it. `admin` changes apps.

mod accept;
mod admin;
mod api;
mod background;
mod bearer;
mod channel_logs;
mod clock;
mod dashboard;
mod edge;
mod error;
mod event_frame;
mod explain;
mod figures;
mod first_request;
mod foreign_protocol;
mod handle;
mod host;
mod https_redirect;
mod key_uses;
mod lifecycle;
mod line_budget;
mod live_feed;
mod metrics;
mod node;
mod node_status;
mod operators;
mod peer_text;
mod peers;
mod plain_connections;
mod prefixed_stream;
mod recoveries;
mod refusals;
mod registry_health;
mod router;
mod settings;
mod socket;
mod statistics;
mod sweep;
mod throttle;
mod tracked_service;
mod webhooks;
mod why;

pub use bearer::{BearerToken, InvalidToken};
pub use edge::{
    AcmeSettings, AddressLimit, AddressSettings, CertificateFiles, CertificateFilesError, EdgeSettings,
    InvalidCertificate, InvalidProxy, Listener, ListeningSocket, OpeningProtocol, PaceLimits, ServerCertificate,
    TlsSettings, TrustedProxies,
};
pub use error::ServerError;
pub use handle::ServerHandle;
pub use lifecycle::{Listeners, Server};
pub use operators::{DashboardPassword, InvalidPassword, Link};
pub use settings::{
    AdminSettings, Authorities, ClusterSettings, CompressionSettings, ConnectionLimits, DashboardSettings, Heartbeat,
    MetricsSettings, OutboxLimits, RedisUrl, Settings, StatisticsSettings,
};
