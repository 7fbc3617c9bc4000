//! What a bus and a cluster deliver to their node.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use clairon_protocol::{AppId, ChannelName, Member, Publication, StampedEdge, UserId};

/// Receives notices. The messages of one topic come in the order that all nodes see. Other notices may come at the same
/// time, from other tasks. It must not block.
pub type Deliver = Box<dyn Fn(Notice) + Send + Sync>;

/// A channel of an app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The app.
    pub app: AppId,
    /// The channel.
    pub channel: ChannelName,
}

/// Something that a node must know.
///
/// # Versions
///
/// Each change of a channel has a greater version than the change before. A receiver keeps the state of a channel with
/// its version:
///
/// - It has no state before the first [`Notice::Loaded`], and after a [`Notice::Gap`] until a `Loaded` that makes up
///   for this gap. Meanwhile it keeps notices with a version. Then it takes the loaded state, and applies what it kept.
/// - It drops every notice with a version that is not greater than that of its state.
/// - It drops every other `Loaded` with a lower version than that of its state, or from before the last gap.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event for the subscribers of a channel.
    Event(Publication),
    /// A user became a member of a presence channel.
    MemberAdded {
        /// The channel.
        place: Place,
        /// The version that contains the change.
        version: u64,
        /// The new member.
        member: Member,
    },
    /// A user is not a member any more.
    MemberRemoved {
        /// The channel.
        place: Place,
        /// The version that contains the change.
        version: u64,
        /// The user. The id is a JSON string here, even if the member's id is a JSON number.
        user_id: UserId,
    },
    /// The number of a channel's connections on all nodes has changed. Only for apps that publish it.
    Count {
        /// The channel.
        place: Place,
        /// The version that contains the change.
        version: u64,
        /// Number of connections.
        connections: u64,
    },
    /// The event that a cache channel remembered is forgotten before its time.
    Forgotten {
        /// The channel.
        place: Place,
        /// The version that contains the change.
        version: u64,
    },
    /// A watched user has signed in or out.
    Online {
        /// The app.
        app: AppId,
        /// The user.
        user_id: UserId,
        /// Orders the notices about this user. It is not the version of a channel.
        version: u64,
        /// True from the user's first sign-in on any node until the end of the last signed-in connection.
        is_online: bool,
    },
    /// All connections of a user are to be closed.
    Terminate {
        /// The app.
        app: AppId,
        /// The user.
        user_id: UserId,
    },
    /// The state of a channel with subscribers on this node: for the first of them, and after each gap.
    Loaded {
        /// The channel.
        place: Place,
        /// The state.
        state: ChannelState,
        /// True if a member absent from `state` has left. False if it may only not be back yet, because the ledger has
        /// lost data or this node its id. A notice with true then follows one lease later.
        is_complete: bool,
        /// Number of gaps when the state was asked for. The state makes up for these, not for later ones.
        gaps: u64,
    },
    /// Messages of all topics may have been missed. A [`Notice::Loaded`] follows for each channel with subscribers
    /// here.
    Gap {
        /// Number of gaps so far.
        gaps: u64,
    },
    /// A channel has changed for all nodes. Each edge is delivered on exactly one node.
    Edges {
        /// The channel.
        place: Place,
        /// The edges in their order.
        edges: Vec<StampedEdge>,
        /// True if they are what a dead node has left, or a node that left the others: its clients may be on their way
        /// to other nodes.
        is_left_behind: bool,
    },
    /// Logs of channels begin anew: another master has taken over from the one that numbered their events.
    LogsBegin,
    /// A node that was there at the last beat is gone. What it knew alone is lost.
    NodeGone,
}

/// The state of a channel over all nodes.
#[derive(Clone, Debug, Default)]
pub struct ChannelState {
    /// Version of the state.
    pub version: u64,
    /// Number of connections.
    pub connections: u64,
    /// The members of a presence channel.
    pub members: Vec<Member>,
    /// The event that a cache channel caches.
    pub cached: Option<CachedEvent>,
}

/// The event that a cache channel caches.
#[derive(Clone, Debug)]
pub struct CachedEvent {
    /// Version of the channel that contains the event. A later event has a greater one.
    pub version: u64,
    /// The WebSocket frame that the subscribers got.
    pub frame: Bytes,
    /// The event's data, as a JSON string.
    pub data: Arc<str>,
    /// Remaining time in the cache.
    pub ttl: Duration,
}
