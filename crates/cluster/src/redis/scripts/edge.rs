//! Edges, as the scripts write them.

use clairon_protocol::{Edge, UserId};
use serde::Deserialize;

/// An edge: a letter, followed by the user's id if a member was added or removed.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct WrittenEdge(Edge);

impl TryFrom<String> for WrittenEdge {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let edge = match (text.get(..1), text.get(1..)) {
            (Some("O"), Some("")) => Edge::Occupied,
            (Some("V"), Some("")) => Edge::Vacated,
            (Some("A"), Some(user)) => Edge::MemberAdded(UserId::from(user)),
            (Some("R"), Some(user)) => Edge::MemberRemoved(UserId::from(user)),
            _ => return Err("an edge is O, V, A and a user's id, or R and a user's id"),
        };
        Ok(Self(edge))
    }
}

pub(super) fn into_edges(written: Vec<WrittenEdge>) -> Vec<Edge> {
    written.into_iter().map(|WrittenEdge(edge)| edge).collect()
}
