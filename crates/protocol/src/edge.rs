//! Changes of a channel that are seen from outside of it.

use crate::UserId;

/// A change that is seen from outside of a channel. Each happens exactly once, and is returned to who caused it.
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
}
