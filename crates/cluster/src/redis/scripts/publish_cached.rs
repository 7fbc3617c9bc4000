//! Publishing events on cache channels, forgetting them, and publishing events whose time is wanted.

use clairon_protocol::{CacheEntry, Publication};
use redis::Value;

use super::{Request, script};
use crate::{
    notice::Place,
    redis::{keys::Keys, message},
};

/// Asks to publish an event and to store it as the channel's cache entry.
pub(in crate::redis) fn publish_cached(keys: &Keys, place: &Place, event: &Publication, entry: &CacheEntry) -> Request {
    let ttl_ms = u64::from(entry.ttl_seconds.max(1)) * 1_000;
    let message = message::encode_cached_tail(event, &entry.data, entry.ttl_seconds);
    let arguments = vec![keys.publish_command().into(), ttl_ms.to_string().into_bytes(), message];
    let mut names = vec![keys.record(place), keys.cache(place)];
    if entry.ends_miss {
        names.push(keys.miss(place));
    }
    script!("publish_cached.lua").call_by_position(names, arguments).into()
}

/// Asks to publish an event and to tell its time.
pub(in crate::redis) fn publish_timed(keys: &Keys, place: &Place, event: &Publication) -> Request {
    let arguments = vec![keys.publish_command().into(), message::encode_event(event)];
    script!("publish_timed.lua").call_by_position(vec![keys.record(place)], arguments).into()
}

/// The version or the time of an event, in the answer to [`publish_cached`] or [`publish_timed`]. `None` for the answer
/// to another request.
pub(in crate::redis) fn parse_version(answer: &Value) -> Option<u64> {
    match answer {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

/// Asks to forget the event with this version.
pub(in crate::redis) fn forget_cached(keys: &Keys, place: &Place, version: u64) -> Request {
    let arguments = vec![keys.publish_command().into(), version.to_string().into_bytes()];
    script!("forget_cached.lua").call_by_position(vec![keys.record(place), keys.cache(place)], arguments).into()
}
