//! What a write of entries has done.

use super::{endpoint::Endpoint, event::PendingEvent};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The endpoints with new events.
    pub added: Vec<AddedEvents>,
    /// The endpoints that had too many, and how many each has lost.
    pub given_up: Vec<(Endpoint, u64)>,
}

/// The new events of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedEvents {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Their number.
    pub count: u64,
    /// The events themselves, if they are pending, and all others that became pending after the endpoint's last events
    /// of an earlier write of entries by this process. Otherwise `None`: the pending events have to be read.
    pub events: Option<Vec<PendingEvent>>,
}
