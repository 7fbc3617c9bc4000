//! The settings of the whole server. The settings of an app are in the registry.

use std::time::Duration;

use clairon_certificates::TlsSettings;
pub use clairon_cluster::{Authorities, ClusterSettings, RedisUrl};
pub use clairon_hub::OutboxLimits;
use clairon_protocol::Limits;
use clairon_webhooks::WebhookSettings;

use crate::{
    bearer::BearerToken,
    edge::{EdgeSettings, TrustedProxies},
    operators::DashboardPassword,
};

/// The settings that apply to all apps.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A prefix of every path, such as `/ws` behind a proxy that keeps it; empty for none. Requests without it are
    /// served too, because a proxy may have removed it.
    pub path_prefix: String,
    /// TLS settings of the TLS listeners.
    pub tls: TlsSettings,
    /// The proxies that are trusted to name the address of a client.
    pub trusted_proxies: TrustedProxies,
    /// The limits for clients that send more, or cost more, than honest ones.
    pub edge: EdgeSettings,
    /// The handling of silent connections.
    pub heartbeat: Heartbeat,
    /// The compression of published events; `None` if it is off.
    pub compression: Option<CompressionSettings>,
    /// The limits of the outbox of a slow client.
    pub outbox: OutboxLimits,
    /// The time after which a client is disconnected if its socket accepts none of the waiting bytes.
    pub write_timeout: Duration,
    /// The limits of open connections.
    pub connections: ConnectionLimits,
    /// The time that a client of an app with `authorized_connections` has to sign in or to join a private channel.
    pub authorization_timeout: Duration,
    /// The time that connections have to close when the server stops.
    pub shutdown_grace: Duration,
    /// The time before that in which clients are sent to other nodes. It does not apply to a single node.
    pub drain: Duration,
    /// The metrics for Prometheus, and the access to them.
    pub metrics: MetricsSettings,
    /// The settings of apps' statistics.
    pub statistics: StatisticsSettings,
    /// The settings of webhooks.
    pub webhooks: WebhookSettings,
    /// The most bytes of the logs of all channels together, for recovery.
    pub recovery_bytes: usize,
    /// The bytes of activities that the flight recorder always keeps; 0 for none.
    pub recorder_bytes: usize,
    /// The connection to the other nodes; `None` for a single node.
    pub cluster: Option<ClusterSettings>,
    /// The settings of the admin API.
    pub admin: AdminSettings,
    /// The settings of the dashboard.
    pub dashboard: DashboardSettings,
}

/// The limits of open connections. Each connection is an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of any kind. Beyond it, silent connections are closed for new ones.
    pub all: usize,
    /// WebSocket connections. Beyond it, clients are refused with 4100. The rest of `all` is for backends and
    /// operators.
    pub websockets: usize,
}

/// The compression of published events for clients that offer permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressionSettings {
    /// The smallest message that is compressed, in bytes.
    pub min_bytes: usize,
    /// The level, from 1 (fastest) to 9 (smallest).
    pub level: u32,
}

/// The settings of the admin API.
#[derive(Clone, Debug)]
pub struct AdminSettings {
    /// The bearer token of requests; `None` for none.
    pub token: Option<BearerToken>,
    /// The default limits of a new app.
    pub limits: Limits,
}

/// The settings of the dashboard. With neither a password nor a token of the admin API it is off, until
/// [`ServerHandle::offer_link`](crate::ServerHandle::offer_link) is called.
#[derive(Clone, Debug)]
pub struct DashboardSettings {
    /// The password of operators that may do everything; `None` for none.
    pub password: Option<DashboardPassword>,
    /// The password of operators that may only read; `None` for none.
    pub viewer_password: Option<DashboardPassword>,
    /// The lifetime of a session.
    pub session: Duration,
}

/// The metrics for Prometheus, and the access to them.
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    /// The prefix of all names.
    pub prefix: String,
    /// The required bearer token. With `None` there are no metrics on the main port.
    pub token: Option<BearerToken>,
    /// The main port. soketi's dashboards distinguish servers by it.
    pub port: u16,
}

/// The handling of silent connections, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Clients are asked to send a ping after this much silence. Never 0.
    pub activity_timeout_seconds: u32,
    /// After this much silence the server sends a ping frame, which every WebSocket library answers by itself.
    pub ping_after_seconds: u32,
    /// After this much silence the connection is closed with 4201.
    pub close_after_seconds: u32,
}

/// The settings of apps' statistics.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsSettings {
    /// The length of an interval. Never 0.
    pub interval_seconds: u32,
    /// The number of days that statistics are kept; 0 for ever.
    pub keep_days: u32,
}
