//! Frames of tests: the JSON of an event, without a header.

use bytes::Bytes;
use clairon_protocol::{Amendment, Event};

pub(crate) fn encode(event: &Event<'_>) -> Bytes {
    let mut out = Vec::new();
    event.encode(&mut out);
    out.into()
}

pub(crate) fn amend(frame: &Bytes, Amendment { cut, tail }: &Amendment) -> Bytes {
    [&frame[..frame.len() - cut], tail].concat().into()
}
