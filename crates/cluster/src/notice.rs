//! What a bus and a cluster tell their node.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use clairon_protocol::{AppId, ChannelName, Edge, Member, UserId};

use crate::Publication;

/// Receives notices. Those of one channel's topic come in the order that all nodes see; others may come at the same
/// time, from other tasks. It must not block.
pub type Deliver = Box<dyn Fn(Notice) + Send + Sync>;

/// A channel of an app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose channel.
    pub app: AppId,
    /// Which.
    pub channel: ChannelName,
}

/// Something that a node must know.
///
/// Versions order the changes of one place: each is greater than the one before. A receiver drops a versioned notice at
/// or below the version that it has, and keeps one that comes before the first [`Notice::Loaded`], or between a
/// [`Notice::Gap`] and the next `Loaded` that knows of it, until that has come: what it has is not the state before
/// that change. It takes this `Loaded` and goes on from its version. Of any other it drops one below the version that
/// it has, and one from before the last gap.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event for the subscribers of a channel.
    Event(Publication),
    /// A user became a member of a presence channel.
    MemberAdded {
        /// Where.
        place: Place,
        /// The channel's version with this change.
        version: u64,
        /// Who.
        member: Member,
    },
    /// A user is a member no more.
    MemberRemoved {
        /// Where.
        place: Place,
        /// The channel's version with this change.
        version: u64,
        /// Who. Its JSON type is a string, whatever the member's own is.
        user_id: UserId,
    },
    /// How many connections subscribe to a channel on all nodes, where its app wants them told.
    Count {
        /// Where.
        place: Place,
        /// The channel's version with this change.
        version: u64,
        /// How many.
        connections: u64,
    },
    /// Whether a watched user is signed in anywhere.
    Online {
        /// Of which app.
        app: AppId,
        /// Who.
        user_id: UserId,
        /// Counts for this user alone.
        version: u64,
        /// True from their first sign-in to the end of their last connection.
        is_online: bool,
    },
    /// All connections of a user are to be closed.
    Terminate {
        /// Of which app.
        app: AppId,
        /// Whose.
        user_id: UserId,
    },
    /// All that the ledger knows of a channel with subscribers here: after the first of them, and after each gap.
    Loaded {
        /// Which.
        place: Place,
        /// What there is.
        state: State,
        /// True where members that `state` lacks have left. False where they may only not be back yet, because the
        /// ledger has lost data or this node its lease; a notice with `true` follows one lease later.
        removals: bool,
        /// How many gaps there had been when it was asked for: it makes up for them, not for later ones.
        gaps: u64,
    },
    /// Messages of any topic may have been missed. A [`Notice::Loaded`] follows for each channel with subscribers here.
    Gap {
        /// How many there have been.
        gaps: u64,
    },
    /// What became of a channel over all nodes. Each edge is told to exactly one node.
    Edges {
        /// Which.
        place: Place,
        /// In their order.
        edges: Vec<Edge>,
    },
}

/// A channel over all nodes.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The version that contains it.
    pub version: u64,
    /// How many connections subscribe.
    pub connections: u64,
    /// The members of a presence channel.
    pub members: Vec<Member>,
    /// What a cache channel remembers.
    pub cached: Option<CachedEvent>,
}

/// What a cache channel remembers.
#[derive(Clone, Debug)]
pub struct CachedEvent {
    /// The version of its publication: newer than another of a lower one.
    pub version: u64,
    /// As it went to the subscribers' sockets.
    pub frame: Bytes,
    /// Its data, as a JSON string.
    pub data: Arc<str>,
    /// How long it is still remembered.
    pub ttl: Duration,
}
