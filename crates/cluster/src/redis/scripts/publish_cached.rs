//! Publishing events on cache channels.

use clairon_protocol::{CacheEntry, Publication};
use serde::Serialize;

use super::{Request, script};
use crate::{
    notice::Place,
    redis::{keys::Keys, message},
};

#[derive(Serialize)]
struct Arguments {
    publish: &'static str,
    ttl_ms: u64,
}

/// Asks to publish an event and to store it as the channel's cache entry.
pub(in crate::redis) fn publish_cached(keys: &Keys, place: &Place, event: &Publication, entry: &CacheEntry) -> Request {
    let arguments = Arguments { publish: keys.publish_command(), ttl_ms: u64::from(entry.ttl_seconds.max(1)) * 1_000 };
    let message = message::encode_cached_tail(event, &entry.data, entry.ttl_seconds);
    script!("publish_cached.lua").call(vec![keys.record(place), keys.cache(place)], &arguments).with(message).into()
}
