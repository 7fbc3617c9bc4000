//! What subscriptions ask of recovery, what they get, and logs outside of the hub.

use std::fmt;

use bytes::Bytes;
use clairon_protocol::{AppId, ChannelName, Epoch, LogRoom, LossReason, Resume, SocketId};

use crate::Millis;

/// A subscription's request for recovery.
#[derive(Clone, Debug)]
pub struct RecoveryRequest<'a> {
    /// The app of the channel.
    pub app: &'a AppId,
    /// The state of a client that continues; `None` for one that begins.
    pub resume: Option<&'a Resume>,
    /// The limits of the log.
    pub room: LogRoom,
    /// The name of the log, if it begins with this subscription.
    pub epoch: Epoch,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub(crate) struct KeptRequest {
    app: AppId,
    resume: Option<Resume>,
    room: LogRoom,
    epoch: Epoch,
}

impl RecoveryRequest<'_> {
    pub(crate) fn keep(&self) -> KeptRequest {
        let Self { app, resume, room, epoch } = *self;
        KeptRequest { app: app.clone(), resume: resume.cloned(), room, epoch }
    }
}

impl KeptRequest {
    pub(crate) const fn request(&self) -> RecoveryRequest<'_> {
        RecoveryRequest { app: &self.app, resume: self.resume.as_ref(), room: self.room, epoch: self.epoch }
    }
}

/// Gets the result of a request for recovery once it is known.
pub struct ReportRecovery(Box<dyn FnOnce(Recovery) + Send>);

impl ReportRecovery {
    /// `report` is called under the lock of a channel: it must be quick and must not call the hub.
    #[must_use]
    pub fn new(report: impl FnOnce(Recovery) + Send + 'static) -> Self {
        Self(Box::new(report))
    }

    pub(crate) fn send(self, recovery: Recovery) {
        (self.0)(recovery);
    }
}

impl fmt::Debug for ReportRecovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportRecovery")
    }
}

/// The result of a request for recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// There is no memory for a log. The client got the usual success.
    Declined,
    /// The next events are logged.
    Begun,
    /// The client gets all events since its position: so many of them.
    Recovered(usize),
    /// Events are lost, and the client knows. The next events are logged.
    Lost(LossReason),
}

/// The events of a log after a position.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// The log.
    pub epoch: Epoch,
    /// The number of its last event; 0 before the first.
    pub head: u64,
    /// The frames of the events with their numbers. `Err` with the number of the oldest event if the next one after the
    /// position has left the log.
    pub events: Result<Vec<(u64, Bytes)>, u64>,
}

/// A log outside of the hub, while the node restarts.
#[derive(Clone, Debug)]
pub struct SavedLog {
    /// The channel.
    pub channel: ChannelName,
    /// The [life](LogRoom::life) of the app's logs.
    pub life: u64,
    /// The log.
    pub epoch: Epoch,
    /// The number of its last event.
    pub head: u64,
    /// The time since its last subscriber has left, in milliseconds.
    pub unused_for: Millis,
    /// The events, the last one with the number `head`.
    pub events: Vec<SavedEvent>,
}

/// An event of a saved log.
#[derive(Clone, Debug)]
pub struct SavedEvent {
    /// The frame with the number.
    pub frame: Bytes,
    /// The connection that does not get the event.
    pub except: Option<SocketId>,
    /// The age in milliseconds.
    pub age: Millis,
}
