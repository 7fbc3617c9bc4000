//! How many clients of an app a node has.

use clairon_protocol::AppId;
use redis::Value;

use super::{Call, Request, script};
use crate::keys::{Keys, NodeId};

/// A node's clients of an app, as they shall stand in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clients {
    pub(crate) app: AppId,
    /// All that the node has, newcomers included.
    pub(crate) count: u64,
    /// Those that are let in only where there is room.
    pub(crate) newcomers: u64,
    /// The most that all nodes together may have.
    pub(crate) capacity: Option<u64>,
}

/// What the ledger says to it.
#[derive(Debug)]
pub(crate) struct ClientsReply {
    /// How many newcomers were let in.
    pub(crate) admitted: u64,
    /// Who has clients of the app.
    pub(crate) nodes: Vec<NodeId>,
}

impl Clients {
    pub(crate) fn request(&self, keys: &Keys, node: &NodeId) -> Request {
        let (script, source) = script!("clients.lua");
        let call = Call::new(script, source, vec![keys.app(&self.app)]).arg(node.as_str());
        let call = call.number(self.count).number(self.newcomers);
        match self.capacity {
            Some(capacity) => call.number(capacity).request(),
            None => call.number(-1).request(),
        }
    }
}

impl ClientsReply {
    pub(crate) fn parse(value: Value) -> Option<Self> {
        let (admitted, nodes): (u64, Vec<String>) = redis::from_redis_value(value).ok()?;
        Some(Self { admitted, nodes: nodes.into_iter().map(NodeId::from_stored).collect() })
    }
}
