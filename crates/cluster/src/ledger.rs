//! The contract with the ledger: what a node asks for, and what the ledger answers.
//!
//! The ledger is the record that all nodes share: the connections and users of each node in each channel, and the
//! clients of each node by app. `redis` keeps it in Redis. The tests of `local` keep one in memory.
//!
//! - Atomic: a change is one step. Other nodes see all of it or nothing.
//! - Once: a change that is sent again with its sequence number changes nothing. It gets the same edges and refusals.
//! - Ordered: the changes of a channel have one order, which its versions tell.

use std::fmt;

use clairon_protocol::{AppId, Member, NoRoom, PresenceRoom, StampedEdge, UserId};

use crate::notice::{ChannelState, Place};

/// Length of a node's id, in letters.
const NODE_ID_CHARS: usize = 10;

/// The id of a node: random, and replaced when the node registers again. It is short because each member of each node
/// has a field with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(String);

impl NodeId {
    pub(crate) fn random() -> Self {
        let letter = || char::from(b'a' + rand::random_range(0..26_u8));
        Self((0..NODE_ID_CHARS).map(|_| letter()).collect())
    }

    /// Takes an id that a node has stored.
    pub(crate) fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A change of one node's share of a channel.
#[derive(Clone, Debug)]
pub(crate) struct ShareChange {
    pub(crate) place: Place,
    pub(crate) node: NodeId,
    /// Shares that the node may have under earlier ids. They end with this change.
    pub(crate) earlier: Vec<EarlierShare>,
    /// Number of the change. Each change of a node has a greater one than the change before.
    pub(crate) sequence: u64,
    pub(crate) basis: Basis,
    /// All connections of the node, newcomers included.
    pub(crate) connections: u64,
    pub(crate) members: MemberChanges,
    /// True if the app publishes the number of connections to its subscribers.
    pub(crate) counts: bool,
    /// True if the answer must contain the state of the channel.
    pub(crate) wants_state: bool,
    /// True if it is an edge that there is nothing in the cache for the newcomers.
    pub(crate) wants_miss: bool,
    /// Number of gaps that the node had noticed when it made the change.
    pub(crate) gaps: u64,
}

/// What a change builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The share that the ledger has of the node. Without one the ledger refuses the change.
    Share,
    /// No share: the node believes that the ledger has none. If there is one, the change applies to it.
    Nothing,
    /// Anything: the change replaces the share, if any. Members that it does not add are removed.
    Anything,
}

/// The members of a presence channel that a change adds and removes.
#[derive(Clone, Debug)]
pub(crate) struct MemberChanges {
    pub(crate) added: Vec<AddedMember>,
    pub(crate) removed: Vec<UserId>,
    /// The room of the channel, over all nodes.
    pub(crate) room: PresenceRoom,
}

/// A member that a change adds.
#[derive(Clone, Debug)]
pub(crate) struct AddedMember {
    pub(crate) member: Member,
    /// Connections of this user that the ledger drops with the member if the channel is full. With 0, the ledger
    /// admitted the user before and does not refuse it.
    pub(crate) newcomers: u64,
}

/// A member that a channel has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedMember {
    pub(crate) user: UserId,
    pub(crate) lacks: Lack,
}

/// The limit of a channel's room that a member exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    Members,
    Bytes,
}

impl Lack {
    /// The refusal, in a channel with this room.
    pub(crate) const fn no_room(self, room: PresenceRoom) -> NoRoom {
        match self {
            Self::Members => NoRoom::Members { limit: room.members },
            Self::Bytes => NoRoom::Bytes { limit: room.bytes },
        }
    }
}

/// A share under an id that the node has lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EarlierShare {
    pub(crate) node: NodeId,
    /// Sequence number of the change under this id that got no answer, if any. Its edges come with the next answer.
    pub(crate) unanswered: Option<u64>,
}

/// The answer to a [`ShareChange`].
#[derive(Debug)]
pub(crate) enum ChangeReply {
    Made(ChangeOutcome),
    /// The ledger has no share of the node to change: it was removed, or Redis has lost data.
    ShareLost,
}

/// The result of a change.
#[derive(Debug)]
pub(crate) struct ChangeOutcome {
    /// Version of the channel that contains the change.
    pub(crate) version: u64,
    /// What the change altered for all nodes.
    pub(crate) edges: Vec<StampedEdge>,
    /// Users that the channel had no room for.
    pub(crate) refused: Vec<RefusedMember>,
    /// All nodes with a share of the channel.
    pub(crate) nodes: Vec<NodeId>,
    /// The state of the channel, if the change asked for it.
    pub(crate) state: Option<ChannelState>,
}

/// The clients that a node has of one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientCount {
    pub(crate) app: AppId,
    /// All clients of the node, newcomers included.
    pub(crate) clients: u64,
    /// Clients that are admitted only if there is room.
    pub(crate) newcomers: u64,
    /// Most clients of the app, over all nodes.
    pub(crate) capacity: Option<u64>,
}

/// The answer to a [`ClientCount`].
#[derive(Debug)]
pub(crate) struct ClientCountReply {
    /// Number of admitted newcomers.
    pub(crate) admitted: u64,
    /// All nodes with clients of the app.
    pub(crate) nodes: Vec<NodeId>,
}

/// The answer to the question whether a user is signed in on any node.
#[derive(Debug)]
pub(crate) struct OnlineReply {
    /// Orders the answers about one user.
    pub(crate) version: u64,
    pub(crate) is_online: bool,
}
