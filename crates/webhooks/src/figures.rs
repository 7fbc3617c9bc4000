//! The figures of the announcer.

use std::sync::atomic::AtomicU64;

use crate::{announce::HandoffFigures, deliver::EndpointFigures};

/// The counters of the announcer.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Events that were stored, counted once for each endpoint.
    pub(crate) written: AtomicU64,
    /// Events that the database refused.
    pub(crate) unwritable: AtomicU64,
    /// Events that were given up because their endpoint had too many pending events.
    pub(crate) overflowed: AtomicU64,
}

/// The figures of the announcer.
#[derive(Clone, Debug)]
pub struct AnnouncerFigures {
    /// The fill level of the hand-off.
    pub handoff: HandoffFigures,
    /// Events that were stored, counted once for each endpoint.
    pub written: u64,
    /// Events that the database refused.
    pub unwritable: u64,
    /// Events that were given up because their endpoint had too many pending events.
    pub overflowed: u64,
    /// True while the database accepts no events.
    pub is_database_away: bool,
    /// The endpoints to which this node has delivered.
    pub endpoints: Vec<EndpointFigures>,
}
