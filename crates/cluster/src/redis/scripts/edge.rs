//! Edges, as the scripts write them.

use clairon_protocol::{Edge, StampedEdge, UserId};
use serde::Deserialize;

/// An edge: a letter and the version; then, after a space, the user's id if a member was added or removed, or the
/// number of connections.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct WrittenEdge(StampedEdge);

impl TryFrom<String> for WrittenEdge {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let head = text.split(' ').next().unwrap_or_default();
        let rest = text.get(head.len() + 1..);
        let version = head.get(1..).and_then(|version| version.parse().ok());
        let edge = match (head.get(..1), rest) {
            (Some("O"), None) => Some(Edge::Occupied),
            (Some("V"), None) => Some(Edge::Vacated),
            (Some("M"), None) => Some(Edge::Missed),
            (Some("A"), Some(user)) => Some(Edge::MemberAdded(UserId::from(user))),
            (Some("R"), Some(user)) => Some(Edge::MemberRemoved(UserId::from(user))),
            (Some("C"), Some(count)) => count.parse().ok().map(Edge::Counted),
            _ => None,
        };
        edge.zip(version)
            .map(|(edge, version)| Self(StampedEdge { edge, version }))
            .ok_or("an edge is O, V or M and a version, or A, R or C, a version, a space, and a user's id or a number")
    }
}

pub(super) fn into_edges(written: Vec<WrittenEdge>) -> Vec<StampedEdge> {
    written.into_iter().map(|WrittenEdge(edge)| edge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_read() {
        let read = |text: &str| WrittenEdge::try_from(text.to_owned()).map(|WrittenEdge(edge)| edge);
        for (text, edge) in [
            ("O5", Edge::Occupied),
            ("V5", Edge::Vacated),
            ("M5", Edge::Missed),
            ("A5 ada b", Edge::MemberAdded("ada b".into())),
            ("R5  ", Edge::MemberRemoved(" ".into())),
            ("C5 12", Edge::Counted(12)),
        ] {
            assert_eq!(read(text), Ok(StampedEdge { edge, version: 5 }));
        }
        for text in ["", "O", "X5", "A5", "O5 x", "C5 x", "Ax ada", "é5"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
