//! Pending events.

use super::delivery_id::DeliveryId;
use clairon_protocol::ChannelName;
use jiff::Timestamp;

/// An event that was not delivered yet. Its body is read when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEvent {
    /// Its position in the order of all events.
    pub id: i64,
    /// The channel.
    pub channel: ChannelName,
    /// When it happened, or when it was replayed.
    pub happened_at: Timestamp,
    /// The delivery that contains it. `None` until it is assigned to one.
    pub delivery: Option<DeliveryId>,
    /// The number of events in that delivery, in its first event; otherwise 0.
    pub delivery_events: u32,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The earlier delivery, if this one is a replay.
    pub replay_of: Option<DeliveryId>,
}
