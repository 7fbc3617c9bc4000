//! What a node tells the others of itself, with each renewal of its lease.

use std::time::Duration;

use clairon_cluster::NodeState;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::{figures::NodeCounters, node::Node, peer_text::start_of};

/// The time that Redis has to list the other nodes.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest length of a trouble in the status, in characters. Longer ones are cut.
const TROUBLE_CHARS: usize = 200;

/// The status of a node, as the other nodes read it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The version of its server.
    pub version: String,
    /// The number of its clients.
    pub connections: usize,
    /// Why it accepts no new clients.
    pub trouble: Option<String>,
    /// Its counters; `None` from a node whose operators cannot see figures.
    pub(crate) counters: Option<NodeCounters>,
}

/// Another node.
#[derive(Debug)]
pub struct OtherNode {
    /// Its id.
    pub id: String,
    /// The time since its last sign of life; `None` if its lease has ended.
    pub seen: Option<Duration>,
    /// `None` from a node that tells it in another form.
    pub status: Option<NodeStatus>,
}

/// The other nodes by their ids. Their counters are added to the figures. If Redis does not answer, there are none.
pub async fn others(node: &Node) -> Vec<OtherNode> {
    let Ok(Ok(states)) = timeout(PATIENCE, node.peers.other_nodes()).await else {
        let unknown = node.peers.node_id().unwrap_or_default();
        node.figures.note_others(vec![(unknown, None)]);
        return Vec::new();
    };
    let mut nodes: Vec<OtherNode> = states
        .into_iter()
        .map(|NodeState { id, seen, status }| OtherNode { id, seen, status: NodeStatus::parse(&status) })
        .collect();
    nodes.sort_by(|one, other| one.id.cmp(&other.id));
    let living = nodes.iter_mut().filter(|other| other.seen.is_some());
    let counters = living.map(|other| (other.id.clone(), other.status.as_mut().and_then(|it| it.counters.take())));
    node.figures.note_others(counters.collect());
    nodes
}

impl NodeStatus {
    /// The status of this node.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connections: node.connection_count(),
            trouble: node.obstacle().map(|obstacle| start_of(&obstacle, TROUBLE_CHARS).to_owned()),
            counters: node.operators.can_sign_in().then(|| NodeCounters::of(&node.hub.apps())),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text for the other nodes.
    pub(crate) fn text(&self) -> String {
        // Texts and numbers can always be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }
}
