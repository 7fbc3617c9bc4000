//! What an operator sets for the whole server; what is set per app stands in the registry.

use std::time::Duration;

pub use clairon_cluster::{Authorities, ClusterSettings, RedisUrl};
pub use clairon_hub::OutboxLimits;
use clairon_protocol::Limits;
use clairon_webhooks::WebhookSettings;

use crate::{bearer::BearerToken, edge::TrustedProxies};

/// How the server behaves towards all apps alike.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What stands before every path, such as `/ws` behind a proxy that passes it on; empty for none. Requests without
    /// it are served too: a proxy may have taken it off.
    pub path_prefix: String,
    /// The proxies that are believed when they name the address of a client.
    pub trusted_proxies: TrustedProxies,
    /// How silence is treated.
    pub heartbeat: Heartbeat,
    /// How published events are compressed; `None`: not at all.
    pub compression: Option<CompressionSettings>,
    /// How much may wait for one slow reader.
    pub outbox: OutboxLimits,
    /// How long a client's socket may take nothing of what waits for it before the client is disconnected.
    pub write_timeout: Duration,
    /// How many connections may be open at once.
    pub connections: ConnectionLimits,
    /// How long a client of an app with `authorized_connections` has to sign in or to join a private channel.
    pub authorization_timeout: Duration,
    /// How long the sockets may take to close when the server stops.
    pub shutdown_grace: Duration,
    /// Over how long clients are sent to other nodes before that. A single node has none to send them to.
    pub drain: Duration,
    /// What is shown to Prometheus, and to whom.
    pub metrics: MetricsSettings,
    /// How the statistics of apps are kept.
    pub statistics: StatisticsSettings,
    /// How webhooks are sent.
    pub webhooks: WebhookSettings,
    /// How this node reaches the others; `None` for a single one.
    pub cluster: Option<ClusterSettings>,
    /// Who may manage apps over HTTP; `None`: nobody.
    pub admin: Option<AdminSettings>,
}

/// How many connections may be open at once. Each is an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of any kind. Past it, connections that say nothing are closed for new ones.
    pub all: usize,
    /// WebSocket connections; past it clients are turned away with 4100. The rest of `all` is for backends and
    /// operators.
    pub websockets: usize,
}

/// How published events are compressed for the clients that offer permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressionSettings {
    /// The length from which on an event is compressed, in bytes of the whole message.
    pub min_bytes: usize,
    /// 1, the fastest, to 9, the shortest.
    pub level: u32,
}

/// How apps are managed over HTTP.
#[derive(Clone, Debug)]
pub struct AdminSettings {
    /// What a request has to name.
    pub token: BearerToken,
    /// What a new app may use, where nothing is said.
    pub limits: Limits,
}

/// What is shown to Prometheus, and to whom.
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    /// What all names begin with.
    pub prefix: String,
    /// The bearer token that is asked for; `None` shows nothing on the port for everything.
    pub token: Option<BearerToken>,
    /// The port for everything, by which soketi's dashboards tell servers apart.
    pub port: u16,
}

/// How silence is treated, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// What clients are told: after so much silence they send a ping of their own. Never 0.
    pub activity_timeout_seconds: u32,
    /// After so much silence the server sends a ping frame, which every WebSocket stack answers by itself.
    pub ping_after_seconds: u32,
    /// After so much silence the connection is closed with 4201.
    pub close_after_seconds: u32,
}

/// How the statistics of apps are kept.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsSettings {
    /// The length of an interval of which figures are kept. Never 0.
    pub interval_seconds: u32,
    /// How long they are kept; 0 for ever.
    pub keep_days: u32,
}
