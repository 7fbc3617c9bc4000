//! This node's share of one channel. Its states are in the documentation of [`super`].

use std::collections::{HashMap, HashSet};

use clairon_protocol::{Member, NoRoom, PresenceRoom, UserId};
use tokio::sync::oneshot;

use crate::{
    joining::{JoinRequest, Joined},
    ledger::{AddedMember, Basis, EarlierShare, MemberChanges, NodeId, RefusedMember, ShareChange},
    notice::Place,
};

/// The channel through which a join gets its answer.
pub(super) type Respond = oneshot::Sender<Result<Joined, NoRoom>>;

/// The queues of shares with something to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// A join waits for the answer.
    Urgent,
    /// Nothing waits for the answer.
    Idle,
}

/// What the next change must do besides sending what has changed here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Wants {
    #[default]
    Nothing,
    /// Read the state of the channel.
    State,
    /// Read the state, and replace the share that the ledger has: what the ledger has is not known.
    Replacement,
}

/// True if the channel is in the node's index, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Indexed {
    #[default]
    No,
    /// It was. The ledger may have lost it since, or the node has a new id.
    Unknown,
    Yes,
}

/// One node's share of one channel.
#[derive(Default)]
pub(super) struct Share {
    here: Here,
    recorded: Recorded,
    /// Users that may be in one of `here` and `recorded` and not in the other.
    changed_users: HashSet<UserId>,
    /// Joins that no change contains yet.
    waiting: Vec<Waiter>,
    /// Joins in the unanswered change.
    sent: Vec<Waiter>,
    /// The change that was sent and has no answer.
    unanswered: Option<Box<ShareChange>>,
    wants: Wants,
    /// True if the channel's topic is subscribed to.
    pub(super) is_subscribed: bool,
    pub(super) indexed: Indexed,
    pub(super) queued: Option<Queue>,
}

/// What this node has of a channel.
struct Here {
    connections: u64,
    users: HashMap<UserId, LocalMember>,
    room: PresenceRoom,
    counts: bool,
    wants_misses: bool,
}

impl Default for Here {
    fn default() -> Self {
        Self {
            connections: 0,
            users: HashMap::new(),
            room: PresenceRoom::UNLIMITED,
            counts: false,
            wants_misses: false,
        }
    }
}

struct LocalMember {
    member: Member,
    connections: u64,
}

/// What the ledger has of this node, as far as it has answered.
#[derive(Default)]
struct Recorded {
    /// The id under which the ledger has the share; `None` if it has none.
    node: Option<NodeId>,
    connections: u64,
    users: HashSet<UserId>,
}

/// A join without an answer.
struct Waiter {
    user: Option<UserId>,
    respond: Respond,
}

impl Share {
    /// Adds a connection.
    pub(super) fn join(&mut self, request: JoinRequest, respond: Respond) {
        let JoinRequest { member, room, counts, wants_state, wants_miss } = request;
        if self.here.connections == 0 || wants_state {
            self.want_state();
        }
        self.here.connections += 1;
        self.here.counts = counts;
        self.here.room = room;
        self.here.wants_misses = wants_miss;
        let user = member.as_ref().map(|member| member.user_id.clone());
        if let Some(member) = member {
            let user_id = member.user_id.clone();
            let local = self.here.users.entry(user_id.clone()).or_insert(LocalMember { member, connections: 0 });
            local.connections += 1;
            self.note_user(&user_id);
        }
        self.waiting.push(Waiter { user, respond });
    }

    /// Removes a connection.
    pub(super) fn leave(&mut self, user: Option<&UserId>) {
        self.here.connections = self.here.connections.saturating_sub(1);
        let Some(user) = user else { return };
        if let Some(local) = self.here.users.get_mut(user) {
            local.connections -= 1;
            if local.connections == 0 {
                self.here.users.remove(user);
            }
            self.note_user(user);
        }
    }

    /// Sets whether the app publishes the number of connections.
    pub(super) fn set_counts(&mut self, counts: bool) {
        self.here.counts = counts;
    }

    /// Notes whether a user has changed. While a change has no answer, the ledger may or may not have the users in it.
    fn note_user(&mut self, user: &UserId) {
        let is_recorded = self.recorded.users.contains(user);
        if self.unanswered.is_none() && self.here.users.contains_key(user) == is_recorded {
            self.changed_users.remove(user);
        } else {
            self.changed_users.insert(user.clone());
        }
    }

    /// The next change has to read the state of the channel.
    pub(super) fn want_state(&mut self) {
        self.wants = self.wants.max(Wants::State);
    }

    /// The next change has to replace the share that the ledger has.
    pub(super) fn want_replacement(&mut self) {
        self.wants = Wants::Replacement;
        if self.indexed == Indexed::Yes {
            self.indexed = Indexed::Unknown;
        }
    }

    /// True if the next change replaces the share that the ledger has.
    pub(super) fn wants_replacement(&self) -> bool {
        self.wants == Wants::Replacement
    }

    pub(super) fn connections(&self) -> u64 {
        self.here.connections
    }

    /// True if the ledger has a share of this node, as far as it has answered.
    pub(super) fn is_recorded(&self) -> bool {
        self.recorded.node.is_some()
    }

    /// True if there is a change to send now. A channel with connections is not sent before its topic is subscribed to,
    /// so that no event after the join is missed.
    pub(super) fn is_due(&self) -> bool {
        let is_wanted = self.wants > Wants::Nothing && (self.here.connections > 0 || self.recorded.node.is_some());
        let has_work = self.unanswered.is_some() || is_wanted || !self.waiting.is_empty() || self.differs();
        has_work && (self.is_subscribed || self.here.connections == 0)
    }

    /// The connections and users that the ledger has of this node.
    #[cfg(test)]
    pub(super) fn recorded(&self) -> (u64, HashSet<UserId>) {
        (self.recorded.connections, self.recorded.users.clone())
    }

    /// True if a join waits for an answer.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.is_empty() || !self.sent.is_empty()
    }

    fn differs(&self) -> bool {
        self.here.connections != self.recorded.connections || !self.changed_users.is_empty()
    }

    /// True if neither this node nor the ledger has anything of this share.
    pub(super) fn is_done(&self) -> bool {
        self.here.connections == 0
            && self.recorded.node.is_none()
            && self.unanswered.is_none()
            && !self.is_awaited()
            && !self.differs()
    }

    /// The next change: the unanswered one as it was, or else all that has changed.
    pub(super) fn change(&mut self, place: &Place, node: &NodeId, sequence: &mut u64, gaps: u64) -> ShareChange {
        if let Some(change) = self.unanswered.as_ref().filter(|change| change.node == *node) {
            return (**change).clone();
        }
        *sequence += 1;
        let earlier = self.earlier(node);
        let basis = if self.wants_replacement() || !earlier.is_empty() {
            Basis::Anything
        } else if self.is_recorded() {
            Basis::Share
        } else {
            Basis::Nothing
        };
        let (added, removed) =
            if basis == Basis::Anything { (self.all_members(), Vec::new()) } else { self.changed_members() };
        self.sent.append(&mut self.waiting);
        let change = ShareChange {
            place: place.clone(),
            node: node.clone(),
            earlier,
            sequence: *sequence,
            basis,
            connections: self.here.connections,
            members: MemberChanges { added, removed, room: self.here.room },
            counts: self.here.counts,
            wants_state: self.here.connections > 0 && (basis == Basis::Anything || self.wants == Wants::State),
            wants_miss: self.here.wants_misses && !self.sent.is_empty(),
            gaps,
        };
        self.wants = Wants::Nothing;
        self.changed_users.clear();
        self.unanswered = Some(Box::new(change.clone()));
        change
    }

    /// The shares that the ledger may have under other ids than this one.
    fn earlier(&self, node: &NodeId) -> Vec<EarlierShare> {
        match (&self.unanswered, &self.recorded.node) {
            (Some(change), _) => {
                let last = EarlierShare { node: change.node.clone(), unanswered: Some(change.sequence) };
                change.earlier.iter().cloned().chain([last]).collect()
            }
            (None, Some(id)) if id != node => vec![EarlierShare { node: id.clone(), unanswered: None }],
            _ => Vec::new(),
        }
    }

    fn all_members(&self) -> Vec<AddedMember> {
        self.here.users.values().map(|local| self.addition(local)).collect()
    }

    fn changed_members(&self) -> (Vec<AddedMember>, Vec<UserId>) {
        let (here, recorded) = (&self.here.users, &self.recorded.users);
        let added =
            self.changed_users.iter().filter(|user| !recorded.contains(*user)).filter_map(|user| here.get(user));
        let removed = recorded.intersection(&self.changed_users).filter(|user| !here.contains_key(*user));
        (added.map(|local| self.addition(local)).collect(), removed.cloned().collect())
    }

    fn addition(&self, local: &LocalMember) -> AddedMember {
        let is_recorded = self.recorded.users.contains(&local.member.user_id);
        AddedMember { member: local.member.clone(), newcomers: if is_recorded { 0 } else { local.connections } }
    }

    /// Notes that the ledger made the change, except for the refused users. Joins of these users get their refusal
    /// here; the other joins in the change are returned.
    pub(super) fn settle(&mut self, change: &ShareChange, refused: &[RefusedMember]) -> Vec<Respond> {
        let refusal_of = |user: &UserId| {
            let refusal = refused.iter().find(|refusal| refusal.user == *user)?;
            Some(refusal.lacks.no_room(change.members.room))
        };
        self.unanswered = None;
        if change.basis == Basis::Anything {
            self.recorded.users.clear();
        }
        for user in &change.members.removed {
            self.recorded.users.remove(user);
        }
        self.recorded.connections = change.connections;
        for AddedMember { member, newcomers } in &change.members.added {
            if refusal_of(&member.user_id).is_some() {
                self.recorded.connections -= newcomers;
                self.changed_users.insert(member.user_id.clone());
            } else {
                self.recorded.users.insert(member.user_id.clone());
            }
        }
        self.recorded.node = (self.recorded.connections > 0).then(|| change.node.clone());
        let mut joined = Vec::new();
        for waiter in std::mem::take(&mut self.sent) {
            let Some(no_room) = waiter.user.as_ref().and_then(refusal_of) else {
                joined.push(waiter.respond);
                continue;
            };
            // If the join was dropped, its drop removes the connection.
            if waiter.respond.send(Err(no_room)).is_ok() {
                self.leave(waiter.user.as_ref());
            }
        }
        self.changed_users.retain(|user| self.here.users.contains_key(user) != self.recorded.users.contains(user));
        joined
    }

    /// Forgets the unanswered change: the next one sends everything anew.
    pub(super) fn forget_change(&mut self) {
        self.unanswered = None;
        self.waiting.append(&mut self.sent);
    }
}
