//! Counts of what has arrived.

use std::collections::BTreeMap;

use super::journal::Journal;
use crate::{
    clock::Nanos,
    histogram::Histogram,
    stamp::{KINDS, Kind},
};

/// Everything counted since a measurement began.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Events by kind.
    events: [Deliveries; KINDS],
    /// Text messages other than events of this tool, mostly `member_added` and `member_removed`.
    pub(crate) notices: u64,
    /// The smallest expected number of notices.
    pub(crate) expected_notices: u64,
    /// The notices that are `pusher:error`.
    pub(crate) errors: u64,
    /// Bytes read from WebSocket connections.
    pub(crate) bytes: u64,
    /// The times from the first packet to the subscription, one for each connection.
    pub(crate) arrivals: Histogram,
    /// The connections that the client closed.
    pub(crate) departures: u64,
    /// The connections that the server ended, by the code of the close frame if there was one.
    pub(crate) lost: BTreeMap<Option<u16>, u64>,
    /// The times to an answer of 200, one for each trigger.
    pub(crate) answers: Histogram,
    /// The triggers that were left out because too many others waited for a free HTTP connection.
    pub(crate) skipped: u64,
    /// The journal, if the scenario needs one.
    pub(crate) journal: Option<Journal>,
}

/// Events of one kind.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    /// The expected number.
    pub(crate) expected: u64,
    /// The times from the moment each event was due to its arrival.
    pub(crate) latency: Histogram,
}

impl Tally {
    pub(crate) const fn events(&self, kind: Kind) -> &Deliveries {
        &self.events[kind as usize]
    }

    pub(crate) const fn expect(&mut self, kind: Kind, receivers: usize) {
        self.events[kind as usize].expected += receivers as u64;
    }

    pub(super) fn deliver(&mut self, kind: Kind, sent: Nanos, now: Nanos) {
        self.events[kind as usize].latency.record(now.saturating_sub(sent));
    }

    pub(super) fn lose(&mut self, code: Option<u16>) {
        *self.lost.entry(code).or_default() += 1;
    }

    /// True if every event has reached every receiver.
    pub(crate) fn is_complete(&self) -> bool {
        let is_heard = |events: &Deliveries| events.latency.count() >= events.expected;
        self.events.iter().all(is_heard) && self.notices >= self.expected_notices
    }

    /// A number that grows with every occurrence. If it stays the same, nothing happens any more.
    pub(crate) fn pulse(&self) -> u64 {
        let delivered: u64 = self.events.iter().map(|events| events.latency.count()).sum();
        delivered + self.notices + self.arrivals.count() + self.departures + self.answers.count()
    }
}
