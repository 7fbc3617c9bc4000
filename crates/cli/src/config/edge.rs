//! The limits in `[edge]`.

use std::num::{NonZeroU32, NonZeroUsize};

use clairon_server::{AddressLimit, AddressSettings, EdgeSettings, PaceLimits};

use super::{
    fields::{Fields, Table, Value},
    file::File,
    problem::Problems,
};

pub(super) fn read(fields: &mut Fields<'_>) -> Option<EdgeSettings> {
    let pace = read_pace(fields);
    let addresses = read_addresses(fields);
    let pending_handshakes = limit(fields, "edge.pending_handshakes");
    let outbox_bytes_total = total(fields, "edge.outbox_bytes_total");
    let partial_bytes_total = total(fields, "edge.partial_bytes_total");
    Some(EdgeSettings {
        pace: pace?,
        addresses: addresses?,
        pending_handshakes: pending_handshakes?,
        outbox_bytes_total: outbox_bytes_total?,
        partial_bytes_total: partial_bytes_total?,
    })
}

fn read_pace(fields: &mut Fields<'_>) -> Option<PaceLimits> {
    let messages = limit(fields, "edge.messages_per_connection_per_second");
    let bytes = limit(fields, "edge.bytes_per_connection_per_second");
    let fanout = limit(fields, "edge.fanout_per_connection_per_second");
    Some(PaceLimits { messages: messages?, bytes: bytes?, fanout: fanout? })
}

fn read_addresses(fields: &mut Fields<'_>) -> Option<AddressSettings> {
    let defaults = File::defaults(&mut Problems::default()).settings;
    let mut limit = |name| {
        let limit = limit(fields, name)?;
        Some(AddressLimit { limit, is_set: is_set(fields, &defaults, name) })
    };
    let connections = limit("edge.connections_per_address");
    let new_connections = limit("edge.new_connections_per_address_per_second");
    let pending_handshakes = limit("edge.pending_handshakes_per_address");
    let refusals = limit("edge.refusals_per_address_per_second");
    Some(AddressSettings {
        connections: connections?,
        new_connections_per_second: new_connections?,
        pending_handshakes: pending_handshakes?,
        refusals_per_second: refusals?,
    })
}

/// A number; 0 for no limit.
#[expect(clippy::option_option, reason = "the outer one is for an invalid setting, as in all fields")]
fn limit(fields: &mut Fields<'_>, name: &str) -> Option<Option<NonZeroU32>> {
    fields.number(name, 0..=1_000_000_000).map(NonZeroU32::new)
}

/// A number of bytes; 0 for no limit.
#[expect(clippy::option_option, reason = "the outer one is for an invalid setting, as in all fields")]
fn total(fields: &mut Fields<'_>, name: &str) -> Option<Option<NonZeroUsize>> {
    fields.number(name, 0..=1_usize << 40).map(NonZeroUsize::new)
}

/// True for a variable, and for a value in a file that is not the default: a copy of the file with the defaults sets
/// nothing.
fn is_set(fields: &Fields<'_>, defaults: &Table, name: &str) -> bool {
    match fields.value(name) {
        Some(Value::Text(_)) => true,
        Some(value) => defaults.get(name).is_some_and(|default| default.value.to_string() != value.to_string()),
        None => false,
    }
}
