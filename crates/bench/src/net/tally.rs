//! What has arrived.

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
    /// Text messages that are not events of this tool: members who come and go, most of all.
    pub(crate) notices: u64,
    /// How many of those there should be at least.
    pub(crate) expected_notices: u64,
    /// Messages `pusher:error` among them.
    pub(crate) errors: u64,
    /// Bytes read from WebSocket connections.
    pub(crate) bytes: u64,
    /// Connections that were subscribed, and how long that took from the first packet on.
    pub(crate) arrivals: Histogram,
    /// Connections that left because they were told to.
    pub(crate) departures: u64,
    /// Connections that the server ended, by the code of its close frame if it sent one.
    pub(crate) lost: BTreeMap<Option<u16>, u64>,
    /// Triggers that were answered with 200, and how long that took.
    pub(crate) answers: Histogram,
    /// Triggers that fell due while too many others waited for a free HTTP connection.
    pub(crate) skipped: u64,
    /// What each connection went through, where a scenario has begun one.
    pub(crate) journal: Option<Journal>,
}

/// Events of one kind.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    /// How many there should be.
    pub(crate) expected: u64,
    /// How long each took from the moment it was due.
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

    /// True where every event has reached everyone.
    pub(crate) fn is_complete(&self) -> bool {
        let is_heard = |events: &Deliveries| events.latency.count() >= events.expected;
        self.events.iter().all(is_heard) && self.notices >= self.expected_notices
    }

    /// A number that grows with whatever happens, to tell a pause from a stop.
    pub(crate) fn pulse(&self) -> u64 {
        let delivered: u64 = self.events.iter().map(|events| events.latency.count()).sum();
        delivered + self.notices + self.arrivals.count() + self.departures + self.answers.count()
    }
}
