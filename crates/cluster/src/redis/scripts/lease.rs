//! The leases of nodes.

use std::time::Duration;

use redis::Value;
use serde::Serialize;

use super::{Request, meaning, milliseconds, script};
use crate::{
    ledger::NodeId,
    redis::{failure::Failure, keys::Keys},
};

/// The answer to [`renew_lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The lease is renewed in time, or new.
    Renewed,
    /// The lease had ended, but the node was not declared dead. It is renewed.
    Late,
    /// The node was declared dead, or Redis has lost its registration.
    Refused,
}

#[derive(Serialize)]
struct Condemnation {
    generation: u64,
}

/// The answer to [`declare_dead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The node has a lease.
    Alive,
    /// The node did not know the generation of logs at its last beat. It is not declared dead yet.
    Behind,
    /// The node is declared dead.
    Dead,
}

#[derive(Serialize)]
struct Arguments<'a> {
    lease_ms: u64,
    is_new: bool,
    status: &'a str,
    generation: u64,
}

/// Asks for a lease of this length. A new node is never refused. `generation` is what the node knows of the generation
/// of logs.
pub(in crate::redis) fn renew_lease(
    keys: &Keys,
    node: &NodeId,
    length: Duration,
    is_new: bool,
    status: &str,
    generation: u64,
) -> Request {
    let arguments = Arguments { lease_ms: milliseconds(length), is_new, status, generation };
    script!("renew_lease.lua").call(vec![keys.registration(node), keys.lease(node)], &arguments).into()
}

/// Reads the answer to [`renew_lease`].
pub(in crate::redis) fn parse_renewal(answer: Value) -> Result<Renewal, Failure> {
    meaning(answer, &[("renewed", Renewal::Renewed), ("late", Renewal::Late), ("refused", Renewal::Refused)])
}

/// Declares a node dead, if it knew this generation of logs.
pub(in crate::redis) fn declare_dead(keys: &Keys, node: &NodeId, generation: u64) -> Request {
    let arguments = Condemnation { generation };
    script!("declare_dead.lua").call(vec![keys.registration(node), keys.lease(node)], &arguments).into()
}

/// Reads the answer to [`declare_dead`].
pub(in crate::redis) fn parse_death(answer: Value) -> Result<Death, Failure> {
    meaning(answer, &[("alive", Death::Alive), ("behind", Death::Behind), ("dead", Death::Dead)])
}
