//! Whether a user is signed in anywhere.

use redis::Value;

use super::{Call, Request, script};
use crate::{Place, keys::Keys};

/// Asks for the user of this channel.
pub(crate) fn online(keys: &Keys, place: &Place) -> Request {
    let (script, source) = script!("online.lua");
    Call::new(script, source, vec![keys.record(place)]).request()
}

/// The version of the answer, and true where they are.
pub(crate) fn parse_online(value: Value) -> Option<(u64, bool)> {
    let (version, is_online): (u64, u8) = redis::from_redis_value(value).ok()?;
    Some((version, is_online == 1))
}
