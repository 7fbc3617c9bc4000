//! Changes of a channel that are seen from outside of it.

use crate::UserId;

/// A change that is seen from outside of a channel. Each happens exactly once, and is returned to its cause.
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
    /// The number of subscribers has changed to this, which is not 0. Only where the app wants to know it; never in a
    /// presence channel.
    Counted(u64),
    /// A subscriber has found nothing in a cache channel. Only where the app wants to know it. Those between two events
    /// of the channel have one version: it is one miss.
    Missed,
}

/// An edge with its place in the order of all edges of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedEdge {
    /// The edge.
    pub edge: Edge,
    /// Greater than that of any earlier edge about the same: the channel, a member, the number of subscribers. It grows
    /// over the life of the channel, of the node and of the ledger.
    pub version: u64,
}
