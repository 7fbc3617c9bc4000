//! Reading whether a user is signed in on any node.

use redis::Value;
use serde::Deserialize;

use super::{Request, decode, script};
use crate::{
    ledger::OnlineReply,
    notice::Place,
    redis::{failure::Failure, keys::Keys},
};

#[derive(Deserialize)]
struct Reply {
    version: u64,
    is_online: bool,
}

/// Asks about the user of this channel.
pub(in crate::redis) fn online(keys: &Keys, place: &Place) -> Request {
    script!("online.lua").call(vec![keys.record(place)], &()).into()
}

/// Reads the answer about a user.
pub(in crate::redis) fn parse_online(answer: Value) -> Result<OnlineReply, Failure> {
    let Reply { version, is_online } = decode(answer)?;
    Ok(OnlineReply { version, is_online })
}
