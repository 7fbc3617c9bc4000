//! The axum application: the WebSocket protocol and the HTTP API, over hub, bus and registry.
//!
//! Three paths lead through it. A client speaks: `socket` reads a command and changes the hub. A backend triggers:
//! `api` checks the signature and publishes to the bus. Everyone hears: `deliver` takes an event off the bus and
//! queues it for every subscriber, and the subscriber's own task in `socket` writes it.
//! Beside them `admin` changes the apps.

mod accept;
mod admin;
mod api;
mod background;
mod bearer;
mod clock;
mod cut;
mod deliver;
mod error;
mod explain;
mod key_uses;
mod lifecycle;
mod live;
mod metrics;
mod node;
mod opening;
mod prefixed;
mod reads;
mod refusals;
mod router;
mod settings;
mod socket;
mod statistics;
mod throttle;
mod wire;

pub use bearer::BearerToken;
pub use error::ServerError;
pub use lifecycle::{Listeners, Server};
pub use settings::{
    AdminSettings, Authorities, ClusterSettings, Heartbeat, MetricsSettings, OutboxLimits, RedisUrl, Settings,
    StatisticsSettings,
};
