//! Answers the question of why a page did not get an event.
//!
//! The answer follows from what was asked, the present state of the connections, and what the flight recorder has. All
//! of that is collected first; [`judge`] is a pure function of it.

mod answer;
mod evidence;
mod judge;
mod membership;
mod names;
mod story;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use clairon_protocol::SocketId;
use clairon_server::live_feed::Activity;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::{
    answer::Answer,
    evidence::{Evidence, Wanted},
    judge::judge,
};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    /// The name of the event; `None` for any event.
    pub(crate) event: Option<String>,
    /// The channel; `None` for any channel.
    pub(crate) channel: Option<String>,
    /// The id of one recorded event; `None` for the latest that fits.
    pub(crate) activity: Option<u64>,
    /// The receiver that is asked about.
    pub(crate) receiver: Receiver,
}

/// The receiver that is asked about.
#[derive(Clone, Debug, Default)]
pub(crate) enum Receiver {
    /// Any subscriber of the channel.
    #[default]
    Anyone,
    /// A connection.
    Connection(Subject),
    /// The connections of a user, open or recorded.
    User(String, Vec<Subject>),
}

/// A connection that is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) socket_id: SocketId,
    pub(crate) state: SubjectState,
}

/// The present state of a connection.
#[derive(Clone, Debug)]
pub(crate) enum SubjectState {
    /// It is open.
    Open(OpenSubject),
    /// It is open, and of another app, with this id.
    OfOtherApp(String),
    /// It is not open on this node.
    Gone,
}

/// The present state of an open connection.
#[derive(Clone, Debug)]
pub(crate) struct OpenSubject {
    /// The time of its start, up to a second too late.
    pub(crate) connected_at: Timestamp,
    /// The channels in question that it is subscribed to.
    pub(crate) subscribed: BTreeSet<String>,
    /// The channels whose subscription waits for the other nodes.
    pub(crate) waiting: BTreeSet<String>,
    /// The user that it is signed in as.
    pub(crate) user_id: Option<String>,
    /// The frames that wait to be written.
    pub(crate) queued_frames: usize,
    /// The time since which it has taken no bytes although some wait.
    pub(crate) blocked_since: Option<Timestamp>,
}

/// What has become of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The event was sent to the connection.
    Delivered,
    /// The connection was not subscribed to the channel.
    NotSubscribed,
    /// The connection was not subscribed because the subscription was refused.
    SubscriptionRefused,
    /// The event was not for this connection: its backend or its sender has excluded it.
    ExcludedByToOthers,
    /// The event, or the connection, is one of another app.
    OtherApp,
    /// The connection began after the event.
    ConnectedAfter,
    /// The connection had ended before the event.
    DisconnectedBefore,
    /// The connection did not read fast enough.
    TooSlow,
    /// An event with a similar name has arrived.
    NameDiffers,
    /// The event has arrived on another channel.
    ChannelDiffers,
    /// No such event has arrived at this node.
    NeverArrived,
    /// Nothing is recorded that could tell.
    NoRecording,
    /// The connection is neither open nor recorded on this node.
    UnknownConnection,
}

/// What was recorded, each list in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    /// Since when everything of the app is recorded; `None` if nothing is.
    pub(crate) since: Option<Timestamp>,
    /// The events of the app that may be meant.
    pub(crate) events: Vec<Arc<Activity>>,
    /// What is recorded of the connections in question.
    pub(crate) connections: Vec<Arc<Activity>>,
    /// The event in other apps.
    pub(crate) elsewhere: Vec<Arc<Activity>>,
    /// Refused requests of the app's backend.
    pub(crate) refused_requests: Vec<Arc<Activity>>,
    /// True if other nodes may have what this one has not.
    pub(crate) has_peers: bool,
}
