//! Edges, as the scripts write them.

use clairon_protocol::{Edge, StampedEdge, UserId};

use super::packed_answer::PackedAnswer;
use crate::redis::failure::Failure;

/// Reads an edge of an answer.
pub(super) fn read_edge(answer: &mut PackedAnswer) -> Result<StampedEdge, Failure> {
    parse_edge(&answer.text()?).ok_or_else(|| Failure::new(UNEXPECTED))
}

const UNEXPECTED: &str = "a script gave an unexpected answer: an edge is O, V or M and a version, or A, R or C, \
                          a version, a space, and a user's id or a number";

/// Reads an edge: a letter and the version; then, after a space, the user's id if a member was added or removed, or
/// the number of connections.
fn parse_edge(text: &str) -> Option<StampedEdge> {
    let head = text.split(' ').next()?;
    let rest = text.get(head.len() + 1..);
    let version = head.get(1..)?.parse().ok()?;
    let edge = match (head.get(..1)?, rest) {
        ("O", None) => Edge::Occupied,
        ("V", None) => Edge::Vacated,
        ("M", None) => Edge::Missed,
        ("A", Some(user)) => Edge::MemberAdded(UserId::from(user)),
        ("R", Some(user)) => Edge::MemberRemoved(UserId::from(user)),
        ("C", Some(count)) => Edge::Counted(count.parse().ok()?),
        _ => return None,
    };
    Some(StampedEdge { edge, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_read() {
        for (text, edge) in [
            ("O5", Edge::Occupied),
            ("V5", Edge::Vacated),
            ("M5", Edge::Missed),
            ("A5 ada b", Edge::MemberAdded("ada b".into())),
            ("R5  ", Edge::MemberRemoved(" ".into())),
            ("C5 12", Edge::Counted(12)),
        ] {
            assert_eq!(parse_edge(text), Some(StampedEdge { edge, version: 5 }));
        }
        for text in ["", "O", "X5", "A5", "O5 x", "C5 x", "Ax ada", "é5"] {
            assert!(parse_edge(text).is_none(), "{text}");
        }
    }
}
