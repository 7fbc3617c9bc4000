//! A ledger in memory, by the contract of [`crate::ledger`] and as the scripts in `redis/scripts` keep it.

use std::collections::{HashMap, HashSet};

use clairon_protocol::{Edge, StampedEdge, UserId};

use crate::{
    ledger::{AddedMember, Basis, ChangeOutcome, ChangeReply, Lack, NodeId, RefusedMember, ShareChange},
    notice::{ChannelState, Place},
};

#[derive(Debug, Default)]
pub(super) struct MemoryLedger {
    /// Nodes that have registered and were not declared dead.
    nodes: HashSet<NodeId>,
    /// The channels in which a node may have a share.
    index: HashMap<NodeId, HashSet<Place>>,
    records: HashMap<Place, Record>,
    last_changes: HashMap<(Place, NodeId), LastChange>,
    clock: u64,
}

/// The record of a channel: the share of each node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    version: u64,
    shares: HashMap<NodeId, RecordedShare>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordedShare {
    pub(super) connections: u64,
    pub(super) users: HashSet<UserId>,
}

/// The last change of a node: `edges` and `refused` for its repetition.
#[derive(Clone, Debug, Default)]
struct LastChange {
    sequence: Option<u64>,
    edges: Vec<StampedEdge>,
    refused: Vec<RefusedMember>,
    /// True if the share has ended: what is still on its way from the node comes too late.
    is_closed: bool,
}

impl Record {
    pub(super) fn members(&self) -> HashSet<&UserId> {
        self.shares.values().flat_map(|share| &share.users).collect()
    }

    fn connections(&self) -> u64 {
        self.shares.values().map(|share| share.connections).sum()
    }
}

impl MemoryLedger {
    pub(super) fn register(&mut self, node: &NodeId) {
        self.nodes.insert(node.clone());
    }

    pub(super) fn is_registered(&self, node: &NodeId) -> bool {
        self.nodes.contains(node)
    }

    /// After this the node gets no answer under this id. Its shares stay until [`Self::remove_share`].
    pub(super) fn declare_dead(&mut self, node: &NodeId) {
        self.nodes.remove(node);
    }

    pub(super) fn add_to_index(&mut self, node: &NodeId, place: &Place) {
        self.index.entry(node.clone()).or_default().insert(place.clone());
    }

    pub(super) fn remove_from_index(&mut self, node: &NodeId, place: &Place) {
        if let Some(places) = self.index.get_mut(node) {
            places.remove(place);
        }
    }

    pub(super) fn index(&self, node: &NodeId) -> HashSet<Place> {
        self.index.get(node).cloned().unwrap_or_default()
    }

    /// The shares of a channel by node.
    pub(super) fn shares(&self, place: &Place) -> HashMap<NodeId, RecordedShare> {
        self.records.get(place).map(|record| record.shares.clone()).unwrap_or_default()
    }

    pub(super) fn records(&self) -> impl Iterator<Item = (&Place, &Record)> {
        self.records.iter()
    }

    /// Redis has lost its data.
    pub(super) fn lose_data(&mut self) {
        *self = Self { clock: self.clock, ..Self::default() };
    }

    /// One shard of a Redis Cluster has lost its data: that of the channels.
    pub(super) fn lose_records(&mut self) {
        self.records.clear();
        self.last_changes.clear();
    }

    /// Makes a change, or repeats its answer.
    pub(super) fn change(&mut self, change: &ShareChange) -> ChangeReply {
        let key = (change.place.clone(), change.node.clone());
        let last = self.last_changes.get(&key).cloned().unwrap_or_default();
        if last.sequence == Some(change.sequence) {
            return ChangeReply::Made(self.outcome(change, last.edges, last.refused));
        }
        let has_share = self.records.get(&change.place).is_some_and(|record| record.shares.contains_key(&change.node));
        let is_late = last.is_closed || last.sequence > Some(change.sequence);
        if is_late || (change.basis == Basis::Share && !has_share) {
            return ChangeReply::ShareLost;
        }
        let mut record = self.take_record(&change.place);
        let before = record.clone();
        let refused = apply(&mut record, change);
        let mut edges = self.end_earlier(change);
        edges.extend(edges_between(&before, &record));
        self.put_record(&change.place, record);
        let sequence = Some(change.sequence);
        let made = LastChange { sequence, edges: edges.clone(), refused: refused.clone(), is_closed: false };
        self.last_changes.insert(key, made);
        ChangeReply::Made(self.outcome(change, edges, refused))
    }

    /// Closes the shares under earlier ids. Returns the edges of their unanswered changes.
    fn end_earlier(&mut self, change: &ShareChange) -> Vec<StampedEdge> {
        let mut unanswered = Vec::new();
        for earlier in &change.earlier {
            let last = self.last_changes.entry((change.place.clone(), earlier.node.clone())).or_default();
            if last.sequence.is_some() && last.sequence == earlier.unanswered {
                unanswered.append(&mut last.edges);
            }
            *last = LastChange { is_closed: true, ..LastChange::default() };
        }
        unanswered
    }

    /// Removes the share of a dead node.
    pub(super) fn remove_share(&mut self, node: &NodeId, place: &Place) -> Vec<StampedEdge> {
        self.last_changes.entry((place.clone(), node.clone())).or_default().is_closed = true;
        let mut record = self.take_record(place);
        let before = record.clone();
        record.shares.remove(node);
        let edges = edges_between(&before, &record);
        self.put_record(place, record);
        edges
    }

    fn take_record(&mut self, place: &Place) -> Record {
        self.clock += 1;
        self.records.remove(place).unwrap_or(Record { version: self.clock, ..Record::default() })
    }

    fn put_record(&mut self, place: &Place, mut record: Record) {
        record.version += 1;
        if record.connections() > 0 {
            self.records.insert(place.clone(), record);
        }
    }

    fn outcome(&self, change: &ShareChange, edges: Vec<StampedEdge>, refused: Vec<RefusedMember>) -> ChangeOutcome {
        let record = self.records.get(&change.place).cloned().unwrap_or_default();
        let state = ChannelState { version: record.version, ..ChannelState::default() };
        ChangeOutcome {
            version: record.version,
            edges,
            refused,
            nodes: record.shares.into_keys().collect(),
            state: change.wants_state.then_some(state),
        }
    }
}

/// Applies a change to a record. Returns the refused users.
fn apply(record: &mut Record, change: &ShareChange) -> Vec<RefusedMember> {
    let mut share = record.shares.remove(&change.node).unwrap_or_default();
    share.connections = change.connections;
    for user in &change.members.removed {
        share.users.remove(user);
    }
    let others: HashSet<UserId> = record.members().into_iter().cloned().collect();
    let (mut kept, mut refused) = (HashSet::new(), Vec::new());
    for AddedMember { member, newcomers } in &change.members.added {
        let user = &member.user_id;
        let is_member = others.contains(user) || share.users.contains(user);
        if !is_member && *newcomers > 0 && others.union(&share.users).count() >= change.members.room.members {
            refused.push(RefusedMember { user: user.clone(), lacks: Lack::Members });
            share.connections -= newcomers;
            continue;
        }
        share.users.insert(user.clone());
        kept.insert(user.clone());
    }
    if change.basis == Basis::Anything {
        share.users = kept;
    }
    for earlier in &change.earlier {
        record.shares.remove(&earlier.node);
    }
    if share.connections > 0 {
        record.shares.insert(change.node.clone(), share);
    }
    refused
}

/// What has changed for all nodes from one record to the next, with the version that the next one gets.
fn edges_between(before: &Record, after: &Record) -> Vec<StampedEdge> {
    let (old, new) = (before.members(), after.members());
    let added = new.difference(&old).map(|user| Edge::MemberAdded((*user).clone()));
    let removed = old.difference(&new).map(|user| Edge::MemberRemoved((*user).clone()));
    let occupied = (before.connections() == 0 && after.connections() > 0).then_some(Edge::Occupied);
    let vacated = (before.connections() > 0 && after.connections() == 0).then_some(Edge::Vacated);
    let edges = occupied.into_iter().chain(added).chain(removed).chain(vacated);
    edges.map(|edge| StampedEdge { edge, version: before.version + 1 }).collect()
}
