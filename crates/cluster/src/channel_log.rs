//! The logs of channels that all nodes share: questions and answers.

use std::time::Duration;

use bytes::Bytes;
use clairon_protocol::{Epoch, LogRoom, SocketId};

use crate::notice::Place;

/// A question to the log of a channel.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// The channel.
    pub place: Place,
    /// The limits of the log.
    pub room: LogRoom,
    /// True to open the log if there is none, and to keep it for its window from now on.
    pub keeps: bool,
    /// The events with greater numbers are read. None are read if earlier ones of these have left the log.
    pub since: u64,
    /// No events are read if the log is another one. `None`: it may be any.
    pub epoch: Option<Epoch>,
    /// The number of the last event that is read; later ones are left out.
    pub last: u64,
    /// Most events in the answer. The earliest ones are left out.
    pub most_events: usize,
    /// Most bytes of the events in the answer.
    pub most_bytes: usize,
}

/// The events of a log.
#[derive(Clone, Debug)]
pub struct LogRead {
    /// The log. It is another one if Redis has lost data, or may have.
    pub epoch: Epoch,
    /// The number of its last event; 0 before the first.
    pub head: u64,
    /// The number of its oldest event; one more than `head` if there is none.
    pub oldest: u64,
    /// The events that were asked for, in their order and without a gap.
    pub events: Vec<LoggedEvent>,
}

/// The size of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptLog {
    /// The number of its events. A few of them may be over the limits; they go when the log is read.
    pub events: usize,
    /// The bytes of its events, with what each needs in addition.
    pub bytes: usize,
    /// The time after which it goes, unless it is kept on.
    pub rest: Duration,
}

/// An event of a log.
#[derive(Clone, Debug)]
pub struct LoggedEvent {
    /// Its number.
    pub seq: u64,
    /// The frame that subscribers without recovery got.
    pub frame: Bytes,
    /// The connection that does not get the event.
    pub except: Option<SocketId>,
    /// Its age in milliseconds.
    pub age: u64,
}
