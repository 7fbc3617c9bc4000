//! The bus of a single node.

use async_trait::async_trait;

use crate::{Bus, BusError, Deliver, Envelope, Notice};

/// Delivers to the node itself, at once: an event is queued for all its receivers when `publish` returns.
pub struct LocalBus {
    deliver: Deliver,
}

impl LocalBus {
    /// A bus that ends in `deliver`.
    #[must_use]
    pub fn new(deliver: Deliver) -> Self {
        Self { deliver }
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, events: Vec<Envelope>) -> Result<(), BusError> {
        for event in events {
            (self.deliver)(Notice::Event(event));
        }
        Ok(())
    }
}
