//! This node's shares: what it has of each channel, what the ledger has of that, and the changes from one to the other.
//!
//! Pure: no clock, no connection. Joins and leaves are noted at once. A change brings the ledger to what is true here
//! at that moment, so an outage loses nothing, and a join and a leave within it cancel out.
//!
//! # States of a share
//!
//! ```text
//!           join           topic subscribed to           taken into a batch
//! absent ─────────► waiting ──────────────────► due ─────────────────────────► sent
//!    ▲                 ▲                        ▲ ▲                             │ │
//!    │                 │                        │ └── no answer, share lost ────┘ │ answer
//!    │                 │                        │                                 ▼
//!    │                 │                        └── join, leave, resend ────── settled
//!    │                 │                                                        │ │
//!    │                 └───────────── gap (also from due and sent) ─────────────┘ │
//!    └─────────────── no connection here, no share in the ledger ─────────────────┘
//! ```
//!
//! | state | in a `Share` |
//! |---|---|
//! | waiting | it has connections, and `is_subscribed` is false |
//! | due | `is_due`: it stands in one of the two queues |
//! | sent | `unanswered` is set, and it stands in no queue |
//! | settled | `here` and `recorded` are equal |
//!
//! Without connections a share waits for no topic: it goes from waiting to due at once. Joins and leaves while a change
//! is sent are noted, and make the share due after the answer.

#[cfg(test)]
mod histories;
#[cfg(test)]
mod memory_ledger;
mod share;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque, hash_map};

use clairon_protocol::{NoRoom, StampedEdge, UserId};
use tokio::sync::oneshot;

use self::share::{Indexed, Queue, Respond, Share};
use crate::{
    joining::{JoinRequest, Joined},
    ledger::{ChangeOutcome, NodeId, ShareChange},
    notice::{ChannelState, Place},
};

/// All shares of this node.
#[derive(Default)]
pub(crate) struct Shares {
    channels: HashMap<Place, Share>,
    /// Shares that a join waits for. They are taken first.
    urgent: VecDeque<Place>,
    /// The other shares with something to send.
    idle: VecDeque<Place>,
    /// Number of the last change.
    sequence: u64,
    /// Number of gaps so far.
    gaps: u64,
    /// Channels to be removed from the node's index.
    unindexed: Vec<Place>,
}

/// What follows from the answer to a change. It is carried out after the lock is released.
#[derive(Default)]
pub(crate) struct Settled {
    /// What the change altered for all nodes.
    pub(crate) edges: Vec<StampedEdge>,
    /// The state of the channel, if the change asked for it.
    pub(crate) state: Option<ChannelState>,
    /// Number of gaps when the change was made.
    pub(crate) gaps: u64,
    /// True if the node has no connection in the channel: the ledger refused the only ones.
    pub(crate) is_empty: bool,
    version: u64,
    joined: Vec<Respond>,
}

impl Settled {
    /// Answers the joins in the change. Call it after the state is delivered.
    pub(crate) fn resolve(self) {
        for respond in self.joined {
            // If the join was dropped, its drop removes the connection.
            let _ = respond.send(Ok(Joined { version: self.version }));
        }
    }
}

impl Shares {
    /// Adds a connection. The answer comes when the ledger has it.
    pub(crate) fn join(&mut self, place: &Place, request: JoinRequest) -> oneshot::Receiver<Result<Joined, NoRoom>> {
        let (respond, answer) = oneshot::channel();
        self.channels.entry(place.clone()).or_default().join(request, respond);
        self.enqueue(place);
        answer
    }

    /// Removes a connection. Returns true if it was the last of this node.
    pub(crate) fn leave(&mut self, place: &Place, user: Option<&UserId>, counts: bool) -> bool {
        let Some(share) = self.channels.get_mut(place).filter(|share| share.connections() > 0) else { return false };
        share.set_counts(counts);
        share.leave(user);
        let is_empty = share.connections() == 0;
        self.enqueue(place);
        self.forget_if_done(place);
        is_empty
    }

    /// The topic of a channel is subscribed to.
    pub(crate) fn note_subscribed(&mut self, place: &Place) {
        if let Some(share) = self.channels.get_mut(place) {
            share.is_subscribed = true;
            self.enqueue(place);
        }
    }

    /// A gap: no topic is subscribed to any more. Returns the number of gaps so far.
    pub(crate) fn note_gap(&mut self) -> u64 {
        self.gaps += 1;
        for share in self.channels.values_mut() {
            share.is_subscribed = false;
        }
        self.gaps
    }

    /// Every share is sent in full: the ledger may have lost what it had, or the node has a new id.
    pub(crate) fn resend_all(&mut self) {
        self.channels.values_mut().for_each(Share::want_replacement);
        self.enqueue_all();
    }

    /// The state of every channel is read again.
    pub(crate) fn reload_all(&mut self) {
        self.channels.values_mut().for_each(Share::want_state);
        self.enqueue_all();
    }

    /// Takes the changes to send now, of `limit` channels at most. Return each of them by [`Self::settle`],
    /// [`Self::share_lost`] or [`Self::unanswered`] before taking the next ones.
    pub(crate) fn take(&mut self, node: &NodeId, limit: usize) -> Vec<ShareChange> {
        // A part of each batch is for changes that nothing waits for, so that joins cannot postpone them for ever.
        let reserved = limit / 4;
        let mut changes = Vec::new();
        self.take_from(Queue::Urgent, node, limit - reserved, &mut changes);
        self.take_from(Queue::Idle, node, limit, &mut changes);
        self.take_from(Queue::Urgent, node, limit, &mut changes);
        changes
    }

    fn take_from(&mut self, queue: Queue, node: &NodeId, limit: usize, changes: &mut Vec<ShareChange>) {
        while changes.len() < limit {
            let places = match queue {
                Queue::Urgent => &mut self.urgent,
                Queue::Idle => &mut self.idle,
            };
            let Some(place) = places.pop_front() else { return };
            let Some(share) = self.channels.get_mut(&place).filter(|share| share.queued == Some(queue)) else {
                continue;
            };
            share.queued = None;
            if share.is_due() {
                changes.push(share.change(&place, node, &mut self.sequence, self.gaps));
            }
        }
    }

    /// The channels of these changes that have to be added to the node's index first.
    pub(crate) fn not_indexed<'a>(&self, changes: &'a [ShareChange]) -> Vec<&'a Place> {
        let is_missing = |place: &&Place| self.channels.get(place).is_some_and(|share| share.indexed != Indexed::Yes);
        changes.iter().filter(|change| change.connections > 0).map(|change| &change.place).filter(is_missing).collect()
    }

    /// Channels were added to the node's index.
    pub(crate) fn note_indexed(&mut self, places: &[&Place]) {
        for place in places {
            if let Some(share) = self.channels.get_mut(place) {
                share.indexed = Indexed::Yes;
            }
        }
    }

    /// Takes the channels to be removed from the node's index.
    pub(crate) fn take_unindexed(&mut self) -> Vec<Place> {
        let mut places = std::mem::take(&mut self.unindexed);
        places.retain(|place| self.channels.get(place).is_none_or(|share| share.indexed == Indexed::No));
        places
    }

    /// The ledger made a change.
    pub(crate) fn settle(&mut self, change: &ShareChange, outcome: ChangeOutcome) -> Settled {
        let Some(share) = self.channels.get_mut(&change.place) else { return Settled::default() };
        let joined = share.settle(change, &outcome.refused);
        let is_empty = share.connections() == 0;
        if !share.is_recorded() && std::mem::take(&mut share.indexed) != Indexed::No {
            self.unindexed.push(change.place.clone());
        }
        self.enqueue(&change.place);
        self.forget_if_done(&change.place);
        let ChangeOutcome { edges, state, version, .. } = outcome;
        Settled { edges, state, gaps: change.gaps, is_empty, version, joined }
    }

    /// The ledger has no share of the node to change. Returns true if the only cause can be that the node was declared
    /// dead; false if the share is about to be replaced anyway, because the ledger may have lost data.
    pub(crate) fn share_lost(&mut self, change: &ShareChange) -> bool {
        let Some(share) = self.channels.get_mut(&change.place) else { return false };
        let is_expected = share.wants_replacement();
        if is_expected {
            share.forget_change();
        }
        self.enqueue(&change.place);
        !is_expected
    }

    /// A change got no answer. It is sent again as it was.
    pub(crate) fn unanswered(&mut self, change: &ShareChange) {
        self.enqueue(&change.place);
    }

    /// Number of connections that this node has in a channel.
    pub(crate) fn connections(&self, place: &Place) -> u64 {
        self.channels.get(place).map_or(0, Share::connections)
    }

    fn enqueue_all(&mut self) {
        let places: Vec<Place> = self.channels.keys().cloned().collect();
        for place in &places {
            self.enqueue(place);
        }
    }

    fn enqueue(&mut self, place: &Place) {
        let Some(share) = self.channels.get_mut(place).filter(|share| share.is_due()) else { return };
        let queue = if share.is_awaited() { Queue::Urgent } else { Queue::Idle };
        // A share that has become urgent stays in the idle queue too. There it is skipped.
        if share.queued.is_none() || (share.queued, queue) == (Some(Queue::Idle), Queue::Urgent) {
            share.queued = Some(queue);
            match queue {
                Queue::Urgent => self.urgent.push_back(place.clone()),
                Queue::Idle => self.idle.push_back(place.clone()),
            }
        }
    }

    fn forget_if_done(&mut self, place: &Place) {
        if let hash_map::Entry::Occupied(entry) = self.channels.entry(place.clone())
            && entry.get().is_done()
        {
            entry.remove();
        }
    }
}
