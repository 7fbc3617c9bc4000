//! The counters of the server other than the traffic of apps, and the page for Prometheus.

mod collect;
mod page;
mod process;
mod text;
mod webhooks;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_hub::{Histogram, Session};

use self::page::LastPage;
pub(crate) use self::page::{Access, page};
use crate::recoveries::Recoveries;

/// The bounds for the size of an outbox, in bytes.
const BACKLOG_BOUNDS: [u64; 9] = [0, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// The bounds for the size of an outbox, in frames.
const FRAMES_BOUNDS: [u64; 8] = [0, 1, 4, 16, 64, 256, 1_024, 4_096];

/// The counters of a node, for all apps together.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// The size of outboxes at the time of each sweep, in bytes.
    backlog: Histogram<{ BACKLOG_BOUNDS.len() }>,
    /// The same in frames.
    frames: Histogram<{ FRAMES_BOUNDS.len() }>,
    slow_readers: AtomicU64,
    pub(crate) recoveries: Recoveries,
    page: LastPage,
}

impl Metrics {
    /// Observes the outbox of a connection.
    pub(crate) fn look_at(&self, session: &Session) {
        let backlog = session.outbox().backlog();
        self.backlog.observe(&BACKLOG_BOUNDS, backlog.bytes as u64);
        self.frames.observe(&FRAMES_BOUNDS, backlog.frames as u64);
    }

    /// Counts a client that was disconnected because it was too slow.
    pub(crate) fn dropped_slow_reader(&self) {
        self.slow_readers.fetch_add(1, Relaxed);
    }
}
