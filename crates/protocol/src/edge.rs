//! Changes that are visible outside of a channel.

use crate::UserId;

/// A change that is visible outside of a channel. Each one is reported exactly once: it is returned to the caller whose
/// call has caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The channel has got its first subscriber.
    Occupied,
    /// The channel has lost its last subscriber.
    Vacated,
    /// The first connection of a user has subscribed.
    MemberAdded(UserId),
    /// The last connection of a user has unsubscribed.
    MemberRemoved(UserId),
}
