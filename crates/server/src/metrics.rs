//! What the server counts beside the traffic of its apps, and the page that shows it all to Prometheus.

mod collect;
mod histogram;
mod page;
mod process;
mod text;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_hub::{Micros, Session};

use self::histogram::Histogram;
use self::page::LastPage;
pub(crate) use self::page::{Access, page};

/// The bounds of delivery latencies, in microseconds.
const LATENCY_BOUNDS: [u64; 14] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];
/// The bounds of what waits for a client, in bytes.
const BACKLOG_BOUNDS: [u64; 9] = [0, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// The bounds of what waits for a client, in frames.
const FRAMES_BOUNDS: [u64; 8] = [0, 1, 4, 16, 64, 256, 1_024, 4_096];

/// What is counted on a node, for all apps together.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// From an event's arrival on this node to its last write to a socket, in microseconds.
    latency: Histogram<{ LATENCY_BOUNDS.len() }>,
    /// What waited for each client whenever one looked, in bytes.
    backlog: Histogram<{ BACKLOG_BOUNDS.len() }>,
    /// The same in frames.
    frames: Histogram<{ FRAMES_BOUNDS.len() }>,
    slow_readers: AtomicU64,
    page: LastPage,
}

impl Metrics {
    /// An event that arrived at `since` has been written.
    pub(crate) fn delivered(&self, since: Micros, now: Micros) {
        self.latency.observe(&LATENCY_BOUNDS, now.saturating_sub(since));
    }

    /// Somebody looks at a connection.
    pub(crate) fn look_at(&self, session: &Session) {
        let backlog = session.outbox().backlog();
        self.backlog.observe(&BACKLOG_BOUNDS, backlog.bytes as u64);
        self.frames.observe(&FRAMES_BOUNDS, backlog.frames as u64);
    }

    /// A client was disconnected because it did not keep up.
    pub(crate) fn dropped_slow_reader(&self) {
        self.slow_readers.fetch_add(1, Relaxed);
    }
}
