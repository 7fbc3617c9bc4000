//! The end of a dead node's share of a channel.

use clairon_protocol::{Edge, UserId};
use redis::Value;

use super::{Call, Request, script};
use crate::{
    Place,
    keys::{Keys, NodeId},
};

/// Drops the share of a node, and tells what that changes.
pub(crate) fn purge(keys: &Keys, node: &NodeId, place: &Place) -> Request {
    let (script, source) = script!("record.lua", "purge.lua");
    Call::new(script, source, vec![keys.record(place)])
        .arg(keys.publish_command())
        .arg(node.as_str())
        .number(u8::from(place.channel.user_id().is_some()))
        .request()
}

/// What became of the channel.
pub(crate) fn parse_edges(value: Value) -> Option<Vec<Edge>> {
    let edges: Vec<String> = redis::from_redis_value(value).ok()?;
    edges.iter().map(|edge| parse_edge(edge)).collect()
}

/// An edge as the scripts write it: a letter, and the user's id behind it.
pub(super) fn parse_edge(text: &str) -> Option<Edge> {
    match (text.get(..1)?, &text[1..]) {
        ("O", "") => Some(Edge::Occupied),
        ("V", "") => Some(Edge::Vacated),
        ("A", user) => Some(Edge::MemberAdded(UserId::from(user))),
        ("R", user) => Some(Edge::MemberRemoved(UserId::from(user))),
        _ => None,
    }
}
