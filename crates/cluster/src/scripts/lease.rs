//! Who lives.

use std::time::Duration;

use redis::Value;

use super::{Call, Request, script};
use crate::keys::{Keys, NodeId};

/// What became of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It goes on.
    Done,
    /// It goes on, and had ended: nobody has noticed, or nobody could.
    Late,
    /// The node has been [condemned](condemn), or Redis has lost it.
    Refused,
}

impl Renewal {
    /// Reads the answer to [`lease`].
    pub(crate) fn parse(answer: &Value) -> Option<Self> {
        let Value::BulkString(word) = answer else { return None };
        match word.as_slice() {
            b"OK" => Some(Self::Done),
            b"LATE" => Some(Self::Late),
            b"DEAD" => Some(Self::Refused),
            _ => None,
        }
    }
}

/// Gives a node a lease; [`Renewal::parse`] reads the answer. One that is new is not refused.
pub(crate) fn lease(keys: &Keys, node: &NodeId, time: Duration, is_new: bool) -> Request {
    let (script, source) = script!("lease.lua");
    Call::new(script, source, vec![keys.registration(node), keys.lease(node)])
        .number(time.as_millis())
        .number(u8::from(is_new))
        .request()
}

/// Takes a node for dead. From then on it gets no lease. Answers 1, or 0 where it has one.
pub(crate) fn condemn(keys: &Keys, node: &NodeId) -> Request {
    let (script, source) = script!("condemn.lua");
    Call::new(script, source, vec![keys.registration(node), keys.lease(node)]).request()
}
