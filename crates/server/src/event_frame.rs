//! Protocol events as WebSocket frames.

use bytes::Bytes;
use clairon_protocol::Event;
use clairon_websocket::frame;

/// Room for most of the server's own events; a published one reserves what it needs.
const USUAL_BYTES: usize = 192;

/// Writes an event as one sealed text frame, which all of its receivers share.
pub(crate) fn encode(event: &Event<'_>) -> Bytes {
    frame::text(USUAL_BYTES, |payload| event.encode(payload))
}
