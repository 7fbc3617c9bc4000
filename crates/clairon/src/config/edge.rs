//! The limits in `[edge]`.

use std::num::NonZeroU32;

use clairon_server::{EdgeSettings, PaceLimits};

use super::fields::Fields;

pub(super) fn read(fields: &mut Fields<'_>) -> Option<EdgeSettings> {
    let messages = limit(fields, "edge.messages_per_connection_per_second");
    let bytes = limit(fields, "edge.bytes_per_connection_per_second");
    let fanout = limit(fields, "edge.fanout_per_connection_per_second");
    let [messages, bytes, fanout] = [messages?, bytes?, fanout?].map(NonZeroU32::new);
    Some(EdgeSettings { pace: PaceLimits { messages, bytes, fanout } })
}

/// A number; 0 for no limit.
fn limit(fields: &mut Fields<'_>, name: &str) -> Option<u32> {
    fields.number(name, 0..=1_000_000_000)
}
