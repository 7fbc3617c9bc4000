//! Edges: the changes of a channel that webhooks report.

use crate::UserId;

/// A change of a channel that is visible from outside. Each is returned exactly once, to the caller that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first subscriber has come.
    Occupied,
    /// The last subscriber has left.
    Vacated,
    /// A user's first connection has joined.
    MemberAdded(UserId),
    /// A user's last connection has left.
    MemberRemoved(UserId),
    /// The number of subscribers has changed to this value, which is not 0. Only if the app wants counts, and never in
    /// a presence channel.
    Counted(u64),
    /// A subscriber has found no event in a cache channel. Only if the app wants misses. All misses between two events
    /// of the channel have the same version, because they count as one.
    Missed,
}

/// An edge with its position in the order of all edges of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedEdge {
    /// The edge.
    pub edge: Edge,
    /// The version. It is greater than that of every earlier edge about the same subject: the channel, a member or the
    /// number of subscribers. It grows over restarts of the channel, the node and the ledger. With several nodes it is
    /// a time in microseconds by the clock of Redis.
    pub version: u64,
}
