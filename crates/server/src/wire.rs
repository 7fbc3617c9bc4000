//! Protocol events as WebSocket frames.

use bytes::Bytes;
use clairon_protocol::Event;
use clairon_websocket::frame;

/// Most events of the server's own fit, and the published ones reserve what they need.
const USUAL_BYTES: usize = 192;

/// Writes an event as one sealed text frame, which all of its receivers share.
pub(crate) fn encode(event: &Event<'_>) -> Bytes {
    frame::text(USUAL_BYTES, |payload| event.encode(payload))
}
