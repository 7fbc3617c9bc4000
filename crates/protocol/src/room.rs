//! Limits with a shared total: of a presence channel's members, of an app's remembered events, of a channel's log.

/// The limits of one presence channel, over all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceRoom {
    /// The most distinct users.
    pub members: usize,
    /// The most bytes of all members together, where each counts with the length of its JSON
    /// ([`Member::to_json`](crate::Member::to_json)).
    pub bytes: usize,
}

/// The limits of the events that the cache channels of one app remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheRoom {
    /// The most bytes of all events together. Beyond it the oldest are forgotten.
    pub bytes: usize,
    /// The most channels of the app on a node. Beyond it an event for a channel without subscribers is not remembered.
    pub channels: usize,
}

/// The limits of the log of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRoom {
    /// The most events.
    pub events: usize,
    /// The most bytes of all events together.
    pub bytes: usize,
    /// The age at which an event leaves the log, and the time for which a log without subscribers is kept, in
    /// milliseconds.
    pub window: u64,
    /// The life of all logs of the app. It grows when recovery is switched on, and when the app is created again: a log
    /// of an earlier life begins anew.
    pub life: u64,
}

impl CacheRoom {
    /// No limits.
    pub const UNLIMITED: Self = Self { bytes: usize::MAX, channels: usize::MAX };
}

/// A limit leaves no room for a subscription or a remembered event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The presence channel has the maximum number of members.
    #[error("the presence channel has {limit} members, which is the limit (presence_members)")]
    Members {
        /// The maximum number of members.
        limit: usize,
    },
    /// The members of the presence channel would exceed the maximum number of bytes.
    #[error("with this member the presence channel would have more than {limit} bytes of members (snapshot_bytes)")]
    Bytes {
        /// The maximum number of bytes.
        limit: usize,
    },
    /// The app has the maximum number of channels.
    #[error("the app has {limit} channels, which is the limit (channels)")]
    Channels {
        /// The maximum number of channels.
        limit: usize,
    },
}

impl PresenceRoom {
    /// No limits.
    pub const UNLIMITED: Self = Self { members: usize::MAX, bytes: usize::MAX };

    /// Checks that a channel with `members` members of `bytes` bytes has room for another member of `added` bytes.
    ///
    /// # Errors
    /// It has no room.
    pub const fn check(self, members: usize, bytes: usize, added: usize) -> Result<(), NoRoom> {
        if members >= self.members {
            Err(NoRoom::Members { limit: self.members })
        } else if bytes.saturating_add(added) > self.bytes {
            Err(NoRoom::Bytes { limit: self.bytes })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_bytes_have_a_limit_each() {
        let room = PresenceRoom { members: 2, bytes: 100 };
        assert_eq!(room.check(1, 60, 40), Ok(()));
        assert_eq!(room.check(1, 60, 41), Err(NoRoom::Bytes { limit: 100 }));
        assert_eq!(room.check(2, 0, 1), Err(NoRoom::Members { limit: 2 }));
        assert_eq!(PresenceRoom::UNLIMITED.check(usize::MAX - 1, usize::MAX, 9), Ok(()));
    }
}
