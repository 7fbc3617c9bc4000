//! This node's share of one channel.

use std::collections::{HashMap, HashSet};

use clairon_protocol::{Member, UserId};
use tokio::sync::oneshot;

use crate::{Full, Joined, Joining, Place, keys::NodeId, scripts::Change};

/// Someone whose join the ledger does not have yet.
pub(super) struct Waiter {
    pub(super) user: Option<UserId>,
    pub(super) respond: oneshot::Sender<Result<Joined, Full>>,
}

/// How soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    Urgent,
    Idle,
}

/// What the next change is for, besides what has changed here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wants {
    #[default]
    Nothing,
    /// To read the channel.
    State,
    /// To read it, and to tell the ledger all that is here, whatever it believes.
    Whole,
}

#[derive(Default)]
pub(super) struct Share {
    pub(super) connections: u64,
    users: HashMap<UserId, Local>,
    max_members: usize,
    pub(super) counts: bool,
    /// Joins that are in no change yet, and those that are in the one without an answer.
    pub(super) waiting: Vec<Waiter>,
    sent: Vec<Waiter>,
    /// The id under which the ledger has a share of this node; `None` where it has none.
    pub(super) node: Option<NodeId>,
    /// What that share is, as far as it was answered.
    told_connections: u64,
    told_users: HashSet<UserId>,
    /// Users who may be here and not in the ledger, or the other way round.
    changed_users: HashSet<UserId>,
    /// The change without an answer.
    unanswered: Option<Box<Change>>,
    pub(super) wants: Wants,
    /// The topic is subscribed to.
    pub(super) is_ready: bool,
    /// The place is in the node's index.
    pub(super) is_indexed: bool,
    pub(super) queued: Option<Queue>,
}

struct Local {
    member: Member,
    connections: u64,
}

impl Share {
    pub(super) fn join(&mut self, joining: Joining) {
        let Joining { member, max_members, counts, wants_state } = joining;
        if self.connections == 0 || wants_state {
            self.wants = self.wants.max(Wants::State);
        }
        self.connections += 1;
        self.counts = counts;
        self.max_members = max_members;
        if let Some(member) = member {
            let user_id = member.user_id.clone();
            self.users.entry(user_id.clone()).or_insert(Local { member, connections: 0 }).connections += 1;
            self.note(&user_id);
        }
    }

    pub(super) fn leave(&mut self, user: Option<&UserId>) {
        self.connections = self.connections.saturating_sub(1);
        let Some(user) = user else { return };
        if let Some(local) = self.users.get_mut(user) {
            local.connections -= 1;
            if local.connections == 0 {
                self.users.remove(user);
            }
            self.note(user);
        }
    }

    /// Notes whether a user is to be told of; what a change without an answer has done to them is not known.
    fn note(&mut self, user: &UserId) {
        let is_told = self.told_users.contains(user);
        if self.unanswered.is_none() && self.users.contains_key(user) == is_told {
            self.changed_users.remove(user);
        } else {
            self.changed_users.insert(user.clone());
        }
    }

    /// True where the ledger has something to do now. Nothing is told of a channel with subscribers before its topic is
    /// there, so that they miss no event.
    pub(super) fn is_due(&self) -> bool {
        let is_wanted = self.wants > Wants::Nothing && (self.connections > 0 || self.node.is_some());
        let has_work = self.unanswered.is_some() || is_wanted || !self.waiting.is_empty() || self.differs();
        has_work && (self.is_ready || self.connections == 0)
    }

    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.is_empty() || !self.sent.is_empty()
    }

    fn differs(&self) -> bool {
        self.connections != self.told_connections || !self.changed_users.is_empty()
    }

    /// True where neither side knows anything.
    pub(super) fn is_done(&self) -> bool {
        self.connections == 0
            && self.node.is_none()
            && self.unanswered.is_none()
            && !self.is_awaited()
            && !self.differs()
    }

    /// The next change: that without an answer as it was, else all that has changed.
    pub(super) fn change(&mut self, place: &Place, node: &NodeId, sequence: &mut u64, gaps: u64) -> Change {
        if let Some(change) = self.unanswered.as_ref().filter(|change| change.node == *node) {
            return (**change).clone();
        }
        *sequence += 1;
        let mut earlier = Vec::new();
        match (&self.unanswered, &self.node) {
            (Some(change), _) => {
                earlier.clone_from(&change.earlier);
                earlier.push((change.node.clone(), change.sequence));
            }
            (None, Some(id)) if id != node => earlier.push((id.clone(), 0)),
            _ => {}
        }
        let is_whole = self.wants == Wants::Whole || !earlier.is_empty();
        let (added, removed) = if is_whole { (self.all_users(), Vec::new()) } else { self.changed() };
        let change = Change {
            place: place.clone(),
            node: node.clone(),
            earlier,
            sequence: *sequence,
            connections: self.connections,
            added,
            removed,
            max_members: self.max_members,
            is_first: is_whole || self.node.is_none(),
            is_whole,
            counts: self.counts,
            wants_state: self.connections > 0 && (is_whole || self.wants == Wants::State),
            gaps,
        };
        self.wants = Wants::Nothing;
        self.changed_users.clear();
        self.sent.append(&mut self.waiting);
        self.unanswered = Some(Box::new(change.clone()));
        change
    }

    fn all_users(&self) -> Vec<(Member, u64)> {
        self.users.values().map(|local| self.addition(local)).collect()
    }

    fn changed(&self) -> (Vec<(Member, u64)>, Vec<UserId>) {
        let is_new = |user: &&UserId| !self.told_users.contains(*user);
        let added = self.changed_users.iter().filter(is_new).filter_map(|user| self.users.get(user));
        let removed = self.told_users.intersection(&self.changed_users).filter(|user| !self.users.contains_key(*user));
        (added.map(|local| self.addition(local)).collect(), removed.cloned().collect())
    }

    /// A member, and how many connections fall with it where it is refused.
    fn addition(&self, local: &Local) -> (Member, u64) {
        let is_told = self.told_users.contains(&local.member.user_id);
        (local.member.clone(), if is_told { 0 } else { local.connections })
    }

    /// Notes that the change was made but for the users refused. Those who wait for them are told; the others who were
    /// waiting are returned.
    pub(super) fn settle(&mut self, change: &Change, refused: &[UserId]) -> Vec<oneshot::Sender<Result<Joined, Full>>> {
        self.unanswered = None;
        if change.is_whole {
            self.told_users.clear();
        }
        for user in &change.removed {
            self.told_users.remove(user);
        }
        self.told_connections = change.connections;
        for (member, newcomers) in &change.added {
            if refused.contains(&member.user_id) {
                self.told_connections -= newcomers;
                self.changed_users.insert(member.user_id.clone());
            } else {
                self.told_users.insert(member.user_id.clone());
            }
        }
        self.node = (self.told_connections > 0).then(|| change.node.clone());
        let is_refused = |waiter: &Waiter| waiter.user.as_ref().is_some_and(|user| refused.contains(user));
        let (refused, joined): (Vec<_>, Vec<_>) = std::mem::take(&mut self.sent).into_iter().partition(is_refused);
        for waiter in refused {
            // Who does not listen any more leaves by itself.
            if waiter.respond.send(Err(Full { limit: change.max_members })).is_ok() {
                self.leave(waiter.user.as_ref());
            }
        }
        self.changed_users.retain(|user| self.users.contains_key(user) != self.told_users.contains(user));
        joined.into_iter().map(|waiter| waiter.respond).collect()
    }

    /// Drops the change without an answer, because all is to be told anew.
    pub(super) fn forget_change(&mut self) {
        self.unanswered = None;
        self.waiting.append(&mut self.sent);
    }
}
