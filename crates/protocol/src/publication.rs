//! An event on its way to the subscribers of one channel.

use std::sync::Arc;

use bytes::Bytes;

use crate::{AppId, CacheRoom, ChannelName, Epoch, LogRoom, SocketId};

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
    /// The limits of the channel's log, for an event of a backend of an app with recovery: if the channel has a log,
    /// the event belongs there. `None` for other events.
    pub log: Option<LogRoom>,
    /// The event's place in a log that several nodes share.
    pub place: LogPlace,
    /// What a cache channel remembers of the event; `None` if it does not remember it.
    pub cache: Option<CacheEntry>,
    /// The channel's version that contains this event. It is set only for a remembered event of a channel that several
    /// nodes share.
    pub version: Option<u64>,
}

/// The place of an event in a log that several nodes share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogPlace {
    /// It belongs in no log that several nodes share.
    #[default]
    None,
    /// It belongs in the log of its channel, which has none. If a node has one, that is lost.
    NoLog,
    /// It is in the log.
    At(LogPosition),
}

/// The number of an event in the log of its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The log.
    pub epoch: Epoch,
    /// The number of the event.
    pub seq: u64,
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
