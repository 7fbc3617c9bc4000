//! Publishing events on cache channels.

use clairon_protocol::{CacheEntry, Publication};

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
    script!("publish_cached.lua").call_by_position(vec![keys.record(place), keys.cache(place)], arguments).into()
}
