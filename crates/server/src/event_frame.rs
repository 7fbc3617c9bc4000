//! Protocol events as WebSocket frames.

use std::sync::Arc;

use bytes::Bytes;
use clairon_hub::Compress;
use clairon_protocol::{Amendment, Event};
use clairon_websocket::frame;
use serde::Deserialize;

use crate::settings::CompressionSettings;

/// The expected size of the server's own events. A published one reserves the size that it needs.
const USUAL_BYTES: usize = 192;

/// The name in the frame of a published event.
#[derive(Deserialize)]
struct Named {
    event: String,
}

/// Encodes an event as one sealed text frame, which all of its receivers share.
pub(crate) fn encode(event: &Event<'_>) -> Bytes {
    frame::text(USUAL_BYTES, |payload| event.encode(payload))
}

/// A copy of a frame with another end of its text.
pub(crate) fn amend(frame: &Bytes, Amendment { cut, tail }: &Amendment) -> Bytes {
    frame::with_end(frame, *cut, tail)
}

/// The name of the event in an uncompressed frame of [`encode`].
pub(crate) fn event_name(frame: &Bytes) -> Option<String> {
    serde_json::from_slice(frame::payload(frame)).ok().map(|Named { event }| event)
}

/// A function that compresses frames with these settings.
pub(crate) fn compressor(settings: CompressionSettings) -> Compress {
    let CompressionSettings { min_bytes, level } = settings;
    Arc::new(move |frame: &Bytes| if frame.len() < min_bytes { None } else { frame::compressed(frame, level) })
}
