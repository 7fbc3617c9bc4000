//! The settings of the section `[webhooks]`.

use std::time::Duration;

use clairon_tls::Authorities;

/// Settings of the webhooks of all apps.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// How long a channel or a member must be absent before it is announced as vacated or removed. A client that
    /// reconnects within this time causes no event.
    pub linger: Duration,
    /// The same time after a server restart or the crash of a node.
    pub startup: Duration,
    /// How long an event waits for others of its endpoint, to share a request with them. Zero: one event in each
    /// request.
    pub batch_time: Duration,
    /// The most events in one request. At least 1.
    pub batch_events: usize,
    /// The time limit of a request, from the name look-up to the head of the answer.
    pub timeout: Duration,
    /// How long a delivery is retried. Then it is given up.
    pub retry: Duration,
    /// The most requests on their way at the same time, for all endpoints, and the most idle connections.
    pub requests: usize,
    /// How long deliveries stay in the log.
    pub keep: Duration,
    /// The most pending events of one endpoint. The oldest ones beyond that are given up.
    pub pending_rows: u64,
    /// False: requests may only go to public addresses.
    pub allow_private_addresses: bool,
    /// Authorities trusted for certificates of receivers, in addition to the system's.
    pub authorities: Option<Authorities>,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            linger: Duration::from_secs(3),
            startup: Duration::from_secs(10),
            batch_time: Duration::ZERO,
            batch_events: 50,
            timeout: Duration::from_secs(5),
            retry: Duration::from_hours(24),
            requests: 64,
            keep: Duration::from_hours(7 * 24),
            pending_rows: 100_000,
            allow_private_addresses: true,
            authorities: None,
        }
    }
}
