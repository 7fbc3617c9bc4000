//! What a node tells the others of itself, with each renewal of its lease.

use serde::{Deserialize, Serialize};

use crate::{node::Node, peer_text::start_of};

/// The largest length of a trouble in the status, in characters. Longer ones are cut.
const TROUBLE_CHARS: usize = 200;

/// The status of a node, as the other nodes read it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct NodeStatus {
    pub(crate) version: String,
    /// The number of its clients.
    pub(crate) connections: usize,
    /// Why it accepts no new clients.
    pub(crate) trouble: Option<String>,
}

impl NodeStatus {
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connections: node.connection_count(),
            trouble: node.obstacle().map(|obstacle| start_of(&obstacle, TROUBLE_CHARS).to_owned()),
        }
    }

    /// The status of another node; `None` from a node that tells it in another form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text for the other nodes.
    pub(crate) fn text(&self) -> String {
        // Texts and numbers can always be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }
}
