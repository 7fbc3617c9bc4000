//! What happens in channels.

use clairon_protocol::{AppId, ChannelName};
use clairon_registry::{Observation, Subject};
use jiff::Timestamp;

/// Something that happened in a channel of an app with endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) app: AppId,
    pub(crate) channel: ChannelName,
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Something was observed. If it is silent, endpoints come to know it without an event.
    Observed { observation: Observation, is_silent: bool },
    /// The number of subscribers has changed.
    Counted { count: u64, version: u64 },
    /// A client has sent an event. This is its JSON text for endpoints.
    ClientEvent(Box<str>),
}

/// Why somebody is absent. It says how long that may be so before endpoints hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The client left, or its connection ended.
    Left,
    /// The client's node is gone: the client has to find another one.
    NodeGone,
}

/// What an observation is about, with the place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) app: AppId,
    pub(crate) channel: ChannelName,
    pub(crate) subject: Subject,
}

impl Happening {
    /// How much memory it takes beside its fixed size, in bytes: texts that nobody else has.
    pub(crate) fn bytes(&self) -> usize {
        match &self.what {
            What::ClientEvent(json) => json.len(),
            What::Observed { .. } | What::Counted { .. } => 0,
        }
    }
}
