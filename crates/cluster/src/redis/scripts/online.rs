//! Reading whether a user is signed in on any node.

use redis::Value;

use super::{Request, packed_answer::PackedAnswer, script};
use crate::{
    ledger::OnlineReply,
    notice::Place,
    redis::{failure::Failure, keys::Keys},
};

/// Asks about the user of this channel.
pub(in crate::redis) fn online(keys: &Keys, place: &Place) -> Request {
    script!("online.lua").call(vec![keys.record(place)], &()).into()
}

/// Reads the answer about a user.
pub(in crate::redis) fn parse_online(answer: Value) -> Result<OnlineReply, Failure> {
    let mut answer = PackedAnswer::of(answer)?;
    answer.begin(2)?;
    Ok(OnlineReply { version: answer.number()?, is_online: answer.number()? == 1 })
}
