//! Removing the share of a dead node.

use std::time::Duration;

use clairon_protocol::StampedEdge;
use redis::Value;
use serde::Serialize;

use super::{Request, edge::read_edge, milliseconds, packed_answer::PackedAnswer, script};
use crate::{
    ledger::NodeId,
    notice::Place,
    redis::{failure::Failure, keys::Keys},
};

#[derive(Serialize)]
struct Arguments<'a> {
    publish: &'static str,
    node: &'a str,
    reaper: &'a str,
    remembered_ms: u64,
    is_user: bool,
}

/// Asks to remove a node's share. The same reaper can repeat it within the time `remembered`, for the same answer.
pub(in crate::redis) fn remove_share(
    keys: &Keys,
    node: &NodeId,
    place: &Place,
    reaper: &NodeId,
    remembered: Duration,
) -> Request {
    let arguments = Arguments {
        publish: keys.publish_command(),
        node: node.as_str(),
        reaper: reaper.as_str(),
        remembered_ms: milliseconds(remembered),
        is_user: place.channel.user_id().is_some(),
    };
    script!("record.lua", "remove_share.lua")
        .call(vec![keys.record(place), keys.last_change(place, node)], &arguments)
        .into()
}

/// Reads what a removal altered for all nodes.
pub(in crate::redis) fn parse_removal(answer: Value) -> Result<Vec<StampedEdge>, Failure> {
    PackedAnswer::of(answer)?.list(read_edge)
}
