//! Events on cache channels.

use super::{Call, Request, script};
use crate::{CacheEntry, Place, Publication, keys::Keys, message};

/// Publishes an event and remembers it.
pub(crate) fn remember(keys: &Keys, place: &Place, publication: &Publication, entry: &CacheEntry) -> Request {
    let (script, source) = script!("remember.lua");
    Call::new(script, source, vec![keys.record(place), keys.cache(place)])
        .arg(keys.publish_command())
        .number(u64::from(entry.ttl_seconds.max(1)) * 1_000)
        .arg(message::encode_cached_tail(publication, &entry.data, entry.ttl_seconds))
        .request()
}
