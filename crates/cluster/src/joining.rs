//! Joining a channel or an app: the request, and the answers of the ledger.

use clairon_protocol::{Member, PresenceRoom};

/// A connection that joins a channel.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The member that this connection adds; presence channels only.
    pub member: Option<Member>,
    /// The room of a presence channel, over all nodes.
    pub room: PresenceRoom,
    /// True if the app publishes the number of connections to its subscribers.
    pub counts: bool,
    /// True if the receiver of notices has no state of the channel. The first connection of this node always loads the
    /// state. A later one has to ask for it if the receiver dropped its state because the earlier ones are leaving.
    pub wants_state: bool,
    /// True if it is an edge that the newcomer finds nothing in the cache.
    pub wants_miss: bool,
}

/// The ledger has the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Version of the channel that contains the newcomer. A receiver with this version has seen everything up to the
    /// join. Notices with lower versions may still be on their way, except
    /// [`Notice::Loaded`](crate::Notice::Loaded) for a first connection: it is delivered before.
    pub version: u64,
}

/// An app has the most clients that it may have, over all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverCapacity {
    /// Most clients of the app.
    pub limit: u64,
}
