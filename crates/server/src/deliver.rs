//! From the bus to the sockets of this node.

use std::sync::Arc;

use clairon_cluster::{Envelope, Notice};
use clairon_hub::{Cached, Hub, Publication};

use crate::clock::Clock;

/// Takes events off the bus.
pub(crate) struct Delivery {
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Clock,
}

impl Delivery {
    /// Queues an event for everyone on this node who listens to its channel.
    pub(crate) fn deliver(&self, notice: Notice) {
        let Notice::Event(Envelope { app, channel, frame, except, cache, version: _ }) = notice else { return };
        let now = self.clock.now();
        let cached = cache.map(|entry| Cached {
            frame: frame.clone(),
            data: entry.data,
            expires_at: now + u64::from(entry.ttl_seconds) * 1_000,
            version: None,
        });
        self.hub.app(&app).publish(&channel, &Publication { frame, except, cached }, now);
    }
}
