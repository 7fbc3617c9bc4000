//! Protocol events as WebSocket frames.

use std::sync::Arc;

use bytes::Bytes;
use clairon_hub::Compress;
use clairon_protocol::{Amendment, Event, EventData};
use clairon_websocket::frame;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::settings::CompressionSettings;

/// The expected size of the server's own events. A published one reserves the size that it needs.
const USUAL_BYTES: usize = 192;

/// The parts of a published event.
pub struct PublishedFrame {
    /// The name of the event.
    pub event: String,
    /// The data, as text.
    pub(crate) data: String,
    /// The user that sent it, if a member of a presence channel did.
    pub(crate) user_id: Option<String>,
}

/// Encodes an event as one sealed text frame, which all of its receivers share.
#[must_use]
pub fn encode(event: &Event<'_>) -> Bytes {
    frame::text(USUAL_BYTES, |payload| event.encode(payload))
}

/// A copy of a frame with another end of its text.
pub(crate) fn amend(frame: &Bytes, Amendment { cut, tail }: &Amendment) -> Bytes {
    frame::with_end(frame, *cut, tail)
}

/// Decodes the uncompressed frame of a published event.
pub fn published(frame: &Bytes) -> Option<PublishedFrame> {
    #[derive(Deserialize)]
    struct Payload {
        event: String,
        data: Box<RawValue>,
        user_id: Option<String>,
    }
    let Payload { event, data, user_id } = serde_json::from_slice(frame::payload(frame)).ok()?;
    Some(PublishedFrame { event, data: EventData::new(&data).text(), user_id })
}

/// A function that compresses frames with these settings.
pub(crate) fn compressor(settings: CompressionSettings) -> Compress {
    let CompressionSettings { min_bytes, level } = settings;
    Arc::new(move |frame: &Bytes| if frame.len() < min_bytes { None } else { frame::compressed(frame, level) })
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{ChannelName, Limits};

    use super::*;

    #[test]
    fn a_published_event_is_read_from_its_frame() {
        let channel = &ChannelName::parse("a", &Limits::default()).unwrap();
        for (data, user_id) in [("x".repeat(70_000), None), ("{\"a\":1}".to_owned(), Some("1")), (String::new(), None)]
        {
            let event = Event::Published { event: "e", channel, data: &EventData::from_text(&data), user_id };
            let read = published(&encode(&event)).unwrap();
            assert_eq!((read.event.as_str(), read.data, read.user_id.as_deref()), ("e", data, user_id));
        }
        assert!(published(&Bytes::from_static(b"{}")).is_none());
    }
}
