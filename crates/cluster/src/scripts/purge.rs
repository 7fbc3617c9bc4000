//! The end of a dead node's share of a channel.

use std::time::Duration;

use clairon_protocol::{Edge, UserId};
use redis::Value;

use super::{Call, Request, script};
use crate::{
    Place,
    keys::{Keys, NodeId},
};

/// Drops the share of a node, and tells what that changes. For this long the same survivor can repeat it.
pub(crate) fn purge(keys: &Keys, node: &NodeId, place: &Place, survivor: &NodeId, remembered: Duration) -> Request {
    let (script, source) = script!("record.lua", "purge.lua");
    Call::new(script, source, vec![keys.record(place), keys.last(place, node)])
        .arg(keys.publish_command())
        .arg(node.as_str())
        .number(u8::from(place.channel.user_id().is_some()))
        .arg(survivor.as_str())
        .number(remembered.as_millis())
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
