//! Publish and subscribe between nodes.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use clairon_protocol::{AppId, ChannelName, SocketId};

/// One event for one channel, complete: who receives it has nothing left to encode.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Whose channel.
    pub app: AppId,
    /// Which.
    pub channel: ChannelName,
    /// What its subscribers get, as it goes to their sockets.
    pub frame: Bytes,
    /// The connection that shall not get it, on whichever node it is.
    pub except: Option<SocketId>,
    /// What a cache channel shall remember.
    pub cache: Option<CacheEntry>,
    /// The channel's version with this event, where the event is remembered: set by the bus, and only by one that
    /// spans nodes. See [`Notice`](crate::Notice).
    pub version: Option<u64>,
}

/// The part of an event that a cache channel remembers beside its frame.
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// Its data, as a JSON string.
    pub data: Arc<str>,
    /// For how long, in seconds.
    pub ttl_seconds: u32,
}

/// Carries events to every node that has subscribers for them.
///
/// Delivery: at most once to each node, the publishing one included, through its [`Deliver`](crate::Deliver). Order: all nodes see the
/// events of a channel in the same order. When `publish` has returned, the events have their place in it.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes events in their order.
    ///
    /// # Errors
    /// Where the bus cannot be reached; events that were not accepted are not delivered anywhere.
    async fn publish(&self, events: Vec<Envelope>) -> Result<(), BusError>;
}

/// Why an event could not be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// There is no connection to the other nodes.
    #[error("the bus between the nodes cannot be reached")]
    Unavailable,
}
