//! Pending events.

use super::delivery_id::DeliveryId;
use clairon_protocol::ChannelName;
use jiff::Timestamp;

/// The longest body that is in memory with the event.
pub(super) const SHORT_BODY: usize = 4_096;

/// An event that was not delivered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEvent {
    /// Its position in the order of all events.
    pub id: i64,
    /// The channel.
    pub channel: ChannelName,
    /// The event as a JSON object. `None` if it is longer than about 4,096 characters: then it is read when it is sent.
    pub body: Option<String>,
    /// When it happened, or when it was replayed.
    pub happened_at: Timestamp,
    /// The delivery that contains it.
    pub delivery: DeliveryId,
    /// The number of events in that delivery, in its first event; otherwise 0. `None` until it is decided which events
    /// share one.
    pub delivery_events: Option<u32>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The earlier delivery, if this one is a replay.
    pub replay_of: Option<DeliveryId>,
}
