//! Settings of all webhooks, the section `[webhooks]`.

use std::time::Duration;

use clairon_tls::Authorities;

/// Settings of the webhooks of all apps.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// How long a channel or a member may be absent before that counts: a client that reconnects in this time makes no
    /// event.
    pub linger: Duration,
    /// The same time for clients of a server that was started again, or of a node that is gone.
    pub startup: Duration,
    /// How long an event waits for others of its endpoint, to be sent with them. Zero: one event a request.
    pub batch_time: Duration,
    /// The most events in one request. At least 1.
    pub batch_events: usize,
    /// How long a request may take, from the look-up of the name to the head of the answer.
    pub timeout: Duration,
    /// How long a delivery is tried again. After that it is dead.
    pub retry: Duration,
    /// How long deliveries stay in the log.
    pub keep: Duration,
    /// The most events that wait for one endpoint. Over it the oldest are dead.
    pub pending_rows: u64,
    /// False: requests go to public addresses only.
    pub allow_private_addresses: bool,
    /// Authorities that may sign certificates of receivers, beside the system's.
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
            keep: Duration::from_hours(7 * 24),
            pending_rows: 100_000,
            allow_private_addresses: true,
            authorities: None,
        }
    }
}
