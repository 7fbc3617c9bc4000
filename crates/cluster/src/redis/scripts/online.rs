//! Reading whether a user is signed in on any node.

use redis::Value;

use super::{Request, parts, script};
use crate::{
    ledger::OnlineReply,
    notice::Place,
    redis::{
        failure::{Failure, parse},
        keys::Keys,
    },
};

/// Asks about the user of this channel.
pub(in crate::redis) fn online(keys: &Keys, place: &Place) -> Request {
    script!("online.lua").call(vec![keys.record(place)], &()).into()
}

/// Reads the answer about a user.
pub(in crate::redis) fn parse_online(answer: Value) -> Result<OnlineReply, Failure> {
    let [version, is_online] = parts(answer)?;
    Ok(OnlineReply { version: parse(version)?, is_online: parse::<u64>(is_online)? == 1 })
}
