//! What this node has of each channel, what the ledger knows of that, and the changes that lead from one to the other.
//!
//! Pure: no clock, no connection. Whatever happens here is noted at once; what the ledger is asked for is always the
//! whole way to what is true now. So an outage loses nothing, and what comes and goes within it costs nothing.

mod share;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque, hash_map};

use clairon_protocol::{Edge, UserId};
use tokio::sync::oneshot;

use self::share::{Queue, Share, Waiter, Wants};
use crate::{
    Full, Joined, Joining, Place, State,
    keys::NodeId,
    scripts::{Change, Outcome},
};

/// This node's shares.
#[derive(Default)]
pub(crate) struct Shares {
    channels: HashMap<Place, Share>,
    /// Channels with someone who waits; they go first.
    urgent: VecDeque<Place>,
    idle: VecDeque<Place>,
    sequence: u64,
    /// How many times something may have been missed.
    gaps: u64,
    /// Channels in the node's index that it has no share of any more.
    unindexed: Vec<Place>,
}

/// What is to be done after the ledger has answered, without the lock.
#[derive(Default)]
pub(crate) struct Settled {
    /// What became of the channel.
    pub(crate) edges: Vec<Edge>,
    /// The channel, where it was asked for.
    pub(crate) state: Option<State>,
    /// How many gaps there had been by then.
    pub(crate) gaps: u64,
    /// Whom to tell that they have joined, once the state is delivered.
    joined: Vec<oneshot::Sender<Result<Joined, Full>>>,
    version: u64,
    /// Nobody is left here: whoever was refused was the only one.
    pub(crate) is_empty: bool,
}

impl Settled {
    /// Tells those who have joined.
    pub(crate) fn resolve(self) {
        for waiter in self.joined {
            // Who does not listen any more leaves by itself.
            let _ = waiter.send(Ok(Joined { version: self.version }));
        }
    }
}

impl Shares {
    /// Adds a connection. The answer comes when the ledger has it.
    pub(crate) fn join(&mut self, place: &Place, joining: Joining) -> oneshot::Receiver<Result<Joined, Full>> {
        let (respond, answer) = oneshot::channel();
        let user = joining.member.as_ref().map(|member| member.user_id.clone());
        let share = self.channels.entry(place.clone()).or_default();
        share.join(joining);
        share.waiting.push(Waiter { user, respond });
        self.enqueue(place);
        answer
    }

    /// Removes a connection; true where it was the last.
    pub(crate) fn leave(&mut self, place: &Place, user: Option<&UserId>, counts: bool) -> bool {
        let Some(share) = self.channels.get_mut(place).filter(|share| share.connections > 0) else { return false };
        share.counts = counts;
        share.leave(user);
        let is_empty = share.connections == 0;
        self.enqueue(place);
        self.forget_if_done(place);
        is_empty
    }

    /// The channel's topic is subscribed to.
    pub(crate) fn ready(&mut self, place: &Place) {
        if let Some(share) = self.channels.get_mut(place) {
            share.is_ready = true;
            self.enqueue(place);
        }
    }

    /// No topic is subscribed to any more. Returns how many times that has happened.
    pub(crate) fn unready(&mut self) -> u64 {
        self.gaps += 1;
        for share in self.channels.values_mut() {
            share.is_ready = false;
        }
        self.gaps
    }

    /// The ledger is told all of every channel again, once its topic is there: it may have lost that, or the node has a
    /// new id.
    pub(crate) fn register_again(&mut self) {
        for share in self.channels.values_mut() {
            share.wants = Wants::Whole;
            share.is_indexed = false;
        }
        self.enqueue_all();
    }

    /// Asks for the state of all channels.
    pub(crate) fn reload(&mut self) {
        for share in self.channels.values_mut() {
            share.wants = share.wants.max(Wants::State);
        }
        self.enqueue_all();
    }

    /// The next changes to ask of the ledger, of as many channels at most. Each must be given back to
    /// [`Self::settle`], [`Self::lose`] or [`Self::fail`] before the next are taken.
    pub(crate) fn take(&mut self, node: &NodeId, limit: usize) -> Vec<Change> {
        // Those that nobody waits for get a part of each batch, so that they are not put off for ever.
        let reserved = limit / 4;
        let mut changes = Vec::new();
        self.take_from(Queue::Urgent, node, limit - reserved, &mut changes);
        self.take_from(Queue::Idle, node, limit, &mut changes);
        self.take_from(Queue::Urgent, node, limit, &mut changes);
        changes
    }

    fn take_from(&mut self, queue: Queue, node: &NodeId, limit: usize, changes: &mut Vec<Change>) {
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

    /// The places among those of `changes` that are not in the node's index yet.
    pub(crate) fn unfenced<'a>(&self, changes: &'a [Change]) -> Vec<&'a Place> {
        let is_unfenced = |place: &&Place| self.channels.get(place).is_some_and(|share| !share.is_indexed);
        changes.iter().filter(|change| change.connections > 0).map(|change| &change.place).filter(is_unfenced).collect()
    }

    /// Notes that places are in the node's index.
    pub(crate) fn fenced(&mut self, places: &[&Place]) {
        for place in places {
            if let Some(share) = self.channels.get_mut(place) {
                share.is_indexed = true;
            }
        }
    }

    /// Places to be taken out of the node's index.
    pub(crate) fn take_unindexed(&mut self) -> Vec<Place> {
        let mut places = std::mem::take(&mut self.unindexed);
        places.retain(|place| self.channels.get(place).is_none_or(|share| !share.is_indexed));
        places
    }

    /// The ledger has made a change.
    pub(crate) fn settle(&mut self, change: &Change, outcome: Outcome) -> Settled {
        let Some(share) = self.channels.get_mut(&change.place) else { return Settled::default() };
        let joined = share.settle(change, &outcome.refused);
        let is_empty = share.connections == 0;
        if share.node.is_none() && std::mem::take(&mut share.is_indexed) {
            self.unindexed.push(change.place.clone());
        }
        self.enqueue(&change.place);
        self.forget_if_done(&change.place);
        let Outcome { edges, state, version, .. } = outcome;
        Settled { edges, state, gaps: change.gaps, joined, version, is_empty }
    }

    /// The ledger has no share of the node for a change to change. True where that cannot be but by the loss of the
    /// node's lease.
    pub(crate) fn lose(&mut self, change: &Change) -> bool {
        let Some(share) = self.channels.get_mut(&change.place) else { return false };
        let is_expected = share.wants == Wants::Whole;
        if is_expected {
            share.forget_change();
        }
        self.enqueue(&change.place);
        !is_expected
    }

    /// What became of a change is not known: it will be sent again as it was.
    pub(crate) fn fail(&mut self, change: &Change) {
        self.enqueue(&change.place);
    }

    /// How many connections this node has in a channel.
    pub(crate) fn connections(&self, place: &Place) -> u64 {
        self.channels.get(place).map_or(0, |share| share.connections)
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
        // A place that has become urgent stays in the other queue too, where it is passed over.
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
