//! An event on its way to the subscribers of one channel.

use std::sync::Arc;

use bytes::Bytes;

use crate::{AppId, CacheRoom, ChannelName, SocketId};

/// An event for one channel, encoded once: all receivers get the same bytes.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The app that the channel belongs to.
    pub app: AppId,
    /// The channel.
    pub channel: ChannelName,
    /// The WebSocket frame for each subscriber.
    pub frame: Bytes,
    /// The connection that does not get the event, on any node: the `socket_id` of a trigger, or the sender of a client
    /// event.
    pub except: Option<SocketId>,
    /// True for an event of a backend of an app with recovery: if the channel has a log, it belongs there.
    pub is_logged: bool,
    /// What a cache channel remembers of the event; `None` if it does not remember it.
    pub cache: Option<CacheEntry>,
    /// The channel's version that contains this event. It is set only for a remembered event of a channel that several
    /// nodes share.
    pub version: Option<u64>,
}

/// The part of an event that a cache channel remembers in addition to its frame.
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// The event's data, as a JSON string.
    pub data: Arc<str>,
    /// How long the event is remembered, in seconds.
    pub ttl_seconds: u32,
    /// The limits of remembered events.
    pub room: CacheRoom,
    /// True if the app wants to know of cache misses: those after this event are other ones than those before.
    pub ends_miss: bool,
}
