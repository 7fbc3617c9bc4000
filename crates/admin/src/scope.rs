//! The nodes that an answer covers.

use clairon_server::node::Node;
use serde::Serialize;
use utoipa::ToSchema;

/// The nodes that an answer covers: `{"nodes": "all"}`, or `{"node": "ID"}` for one of several nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// All nodes.
    Nodes(AllNodes),
    /// Only the node that answers, by its id.
    Node(String),
}

/// All nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AllNodes {
    /// All of them.
    All,
}

impl Scope {
    /// All nodes.
    pub(crate) const ALL: Self = Self::Nodes(AllNodes::All);

    /// What this node knows alone. On a lone node that is everything.
    pub(crate) fn here(node: &Node) -> Self {
        if !node.peers.can_take_over() {
            return Self::ALL;
        }
        Self::Node(node.peers.node_id().unwrap_or_else(|| "unregistered".to_owned()))
    }

    /// The nodes that [`clairon_server::figures`] cover now.
    pub(crate) fn of_figures(node: &Node) -> Self {
        if node.figures.cover_others() { Self::ALL } else { Self::here(node) }
    }

    /// Where the other nodes are not asked, in words; empty on a lone node.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Nodes(_) => String::new(),
            Self::Node(id) => format!(" of this node, {id}; the other nodes are not asked"),
        }
    }
}
