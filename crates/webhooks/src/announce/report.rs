//! What the hot path reports about channels to the writer.

use clairon_protocol::{AppId, ChannelName};
use clairon_registry::{Observation, Subject};
use jiff::Timestamp;

/// Something that happened in a channel of an app with endpoints: an edge, a count or a client event.
#[derive(Clone, Debug)]
pub(crate) struct ChannelReport {
    pub(crate) app: AppId,
    pub(crate) channel: ChannelName,
    pub(crate) at: Timestamp,
    /// Its place among the reports of all nodes: a time in microseconds by the clock that they share. `None` if there
    /// are no other nodes.
    pub(crate) place: Option<u64>,
    pub(crate) content: ReportContent,
}

/// The part of a report that differs by kind.
#[derive(Clone, Debug)]
pub(crate) enum ReportContent {
    /// A channel, a member or a cache miss was observed. A silent observation changes the announced state without an
    /// event.
    Observed { observation: Observation, is_silent: bool },
    /// The number of subscribers has changed.
    Counted { count: u64, version: u64 },
    /// A client has sent an event. This is the event's JSON text for endpoints.
    ClientEvent(Box<str>),
}

/// The cause of an absence. It determines how long the absence lingers before it is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The client left, or its connection ended.
    Left,
    /// The client's node is gone, so the client has to connect to another one.
    NodeGone,
}

/// The subject of an observation, with its app and channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) app: AppId,
    pub(crate) channel: ChannelName,
    pub(crate) subject: Subject,
}

impl ReportContent {
    /// The version of an edge or a count.
    pub(crate) const fn version(&self) -> Option<u64> {
        match self {
            Self::Observed { observation, .. } => Some(observation.version),
            Self::Counted { version, .. } => Some(*version),
            Self::ClientEvent(_) => None,
        }
    }
}

impl ChannelReport {
    /// The memory that it owns beside its fixed size, in bytes. Shared texts do not count.
    pub(crate) fn bytes(&self) -> usize {
        match &self.content {
            ReportContent::ClientEvent(json) => json.len(),
            ReportContent::Observed { .. } | ReportContent::Counted { .. } => 0,
        }
    }
}
