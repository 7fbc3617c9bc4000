//! The axum application: the WebSocket protocol and the HTTP API, over hub, bus and registry.
//!
//! Three paths lead through it. A client speaks: `socket` reads a command and changes the hub. A backend triggers:
//! `api` checks the signature and publishes to the bus. Everyone hears: `deliver` takes an event off the bus and
//! queues it for every subscriber, and the subscriber's own task in `socket` writes it.

mod accept;
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
mod metrics;
mod node;
mod opening;
mod prefixed;
mod reads;
mod router;
mod settings;
mod socket;
mod statistics;
mod throttle;
mod wire;

pub use error::ServerError;
pub use lifecycle::{Listeners, Server};
pub use settings::{
    Authorities, ClusterSettings, Heartbeat, MetricsSettings, OutboxLimits, RedisUrl, Settings, StatisticsSettings,
};
