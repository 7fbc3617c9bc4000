//! Counting a node's clients of an app.

use redis::Value;
use serde::Serialize;

use super::{Request, packed_answer::PackedAnswer, script};
use crate::{
    ledger::{ClientCount, ClientCountReply, NodeId},
    redis::{failure::Failure, keys::Keys},
};

#[derive(Serialize)]
struct Arguments<'a> {
    node: &'a str,
    clients: u64,
    newcomers: u64,
    capacity: Option<u64>,
}

/// Asks for a count, and for the admission of its newcomers.
pub(in crate::redis) fn count_clients(keys: &Keys, node: &NodeId, count: &ClientCount) -> Request {
    let ClientCount { app, clients, newcomers, capacity } = count;
    let arguments = Arguments { node: node.as_str(), clients: *clients, newcomers: *newcomers, capacity: *capacity };
    script!("count_clients.lua").call(vec![keys.clients(app)], &arguments).into()
}

/// Reads the answer to a count.
pub(in crate::redis) fn parse_count(answer: Value) -> Result<ClientCountReply, Failure> {
    let mut answer = PackedAnswer::of(answer)?;
    answer.begin(2)?;
    let (admitted, nodes) = (answer.number()?, answer.list(PackedAnswer::text)?);
    Ok(ClientCountReply { admitted, nodes: nodes.into_iter().map(NodeId::from_stored).collect() })
}
