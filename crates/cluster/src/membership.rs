//! This node among the others: its id, the nodes it knows, and two periods in which it must not draw conclusions.
//!
//! - Unsettled: a node that is missing may still be reconnecting, so no node is declared dead.
//! - Recovering: the ledger lost data, or this node its id. Members that the ledger lacks may only not be back yet, so
//!   they are not removed for the subscribers here.
//!
//! Both last as long as a lease, because every living node registers again within that time.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use clairon_protocol::AppId;
use parking_lot::Mutex;

use crate::{ledger::NodeId, notice::Place};

/// Something that a dead node may have left in the ledger.
#[derive(Debug)]
pub(crate) enum Suspect {
    /// Everything: the lease of the node has ended.
    Node { node: NodeId },
    /// A share of a channel. It was found by chance: the node is not in the list of nodes.
    Share { node: NodeId, place: Place },
    /// Clients of an app, found by chance too.
    Clients { node: NodeId, app: AppId },
}

/// This node's membership in the cluster.
pub(crate) struct Membership {
    lease: Duration,
    state: Mutex<MembershipState>,
}

struct MembershipState {
    /// `None` while the node is not registered.
    id: Option<NodeId>,
    /// The other nodes in the list at the last beat.
    known: HashSet<NodeId>,
    /// No node is declared dead before this instant.
    settled_at: Instant,
    /// The end of the recovery, during one.
    recovered_at: Option<Instant>,
}

impl Membership {
    /// A node that is not registered, in an unsettled period.
    pub(crate) fn new(lease: Duration, now: Instant) -> Self {
        let state = MembershipState { id: None, known: HashSet::new(), settled_at: now + lease, recovered_at: None };
        Self { lease, state: Mutex::new(state) }
    }

    /// The node's id; `None` while it is not registered.
    pub(crate) fn id(&self) -> Option<NodeId> {
        self.state.lock().id.clone()
    }

    /// The node has registered under this id.
    pub(crate) fn note_registered(&self, id: NodeId) {
        self.state.lock().id = Some(id);
    }

    /// Takes the id of a node that leaves.
    pub(crate) fn take_id(&self) -> Option<NodeId> {
        self.state.lock().id.take()
    }

    /// The node has lost this id. Returns false if it had another one already. Otherwise it is not registered any more,
    /// and both periods begin.
    pub(crate) fn lose_id(&self, lost: &NodeId, now: Instant) -> bool {
        let mut state = self.state.lock();
        let is_current = state.id.as_ref() == Some(lost);
        if is_current {
            state.id = None;
            state.settled_at = now + self.lease;
            state.recovered_at = Some(now + self.lease);
        }
        is_current
    }

    /// Begins an unsettled period: what kept this node from Redis may have kept other nodes from it too.
    pub(crate) fn unsettle(&self, now: Instant) {
        self.state.lock().settled_at = now + self.lease;
    }

    /// The rest of the unsettled period; zero if nodes may be declared dead.
    pub(crate) fn unsettled_for(&self, now: Instant) -> Duration {
        self.state.lock().settled_at.saturating_duration_since(now)
    }

    /// Begins a recovery: the ledger may have lost data.
    pub(crate) fn recover(&self, now: Instant) {
        self.state.lock().recovered_at = Some(now + self.lease);
    }

    pub(crate) fn is_recovering(&self) -> bool {
        self.state.lock().recovered_at.is_some()
    }

    /// Ends a recovery that has lasted long enough. Returns false if there is none.
    pub(crate) fn end_recovery(&self, now: Instant) -> bool {
        self.state.lock().recovered_at.take_if(|end| *end <= now).is_some()
    }

    /// The number of nodes in the list, this one included.
    pub(crate) fn nodes(&self) -> usize {
        self.state.lock().known.len() + 1
    }

    /// Sets the other nodes in the list. True if one that was there before is gone.
    pub(crate) fn set_known(&self, nodes: Vec<NodeId>) -> bool {
        let mut state = self.state.lock();
        let before = std::mem::replace(&mut state.known, nodes.into_iter().collect());
        before.iter().any(|node| !state.known.contains(node))
    }

    /// The nodes among these that are neither this node nor in the list.
    pub(crate) fn unknown(&self, nodes: Vec<NodeId>) -> Vec<NodeId> {
        let state = self.state.lock();
        let is_unknown = |node: &NodeId| state.id.as_ref() != Some(node) && !state.known.contains(node);
        nodes.into_iter().filter(is_unknown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(15);

    #[test]
    fn after_the_loss_of_its_id_a_node_waits_a_lease_before_it_draws_conclusions() {
        let start = Instant::now();
        let membership = Membership::new(LEASE, start);
        assert_eq!(membership.unsettled_for(start), LEASE);
        let [first, second] = ["a", "b"].map(NodeId::from_stored);
        membership.note_registered(first.clone());
        assert!(!membership.is_recovering() && !membership.end_recovery(start + LEASE));
        let lost = start + LEASE;
        assert!(membership.lose_id(&first, lost) && membership.id().is_none());
        assert_eq!(membership.unsettled_for(lost), LEASE);
        membership.note_registered(second.clone());
        assert!(!membership.lose_id(&first, lost), "it has a new id already");
        assert!(!membership.end_recovery(lost + LEASE / 2) && membership.is_recovering());
        assert!(membership.end_recovery(lost + LEASE) && !membership.is_recovering());
        assert_eq!((membership.unsettled_for(lost + LEASE), membership.id()), (Duration::ZERO, Some(second)));
    }

    #[test]
    fn a_node_knows_itself_and_the_list() {
        let membership = Membership::new(LEASE, Instant::now());
        let [own, listed, strange] = ["a", "b", "c"].map(NodeId::from_stored);
        membership.note_registered(own.clone());
        assert!(!membership.set_known(vec![listed.clone(), strange.clone()]));
        assert!(membership.set_known(vec![listed.clone()]), "one is gone");
        assert_eq!(membership.unknown(vec![own, listed, strange.clone()]), [strange]);
    }
}
