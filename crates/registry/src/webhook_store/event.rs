//! Events that are pending.

use super::delivery_id::DeliveryId;
use clairon_protocol::ChannelName;
use jiff::Timestamp;

/// An event that an endpoint has yet to get. Its body is read when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEvent {
    /// Its place in the order of all events.
    pub id: i64,
    /// The channel.
    pub channel: ChannelName,
    /// When it happened, or an operator had it repeated.
    pub happened_at: Timestamp,
    /// The delivery that carries it. `None`: it is not decided yet which events share one.
    pub delivery: Option<DeliveryId>,
    /// How many events that delivery has, in its first event; otherwise 0.
    pub delivery_events: u32,
    /// How often it was sent.
    pub attempts: u32,
    /// The delivery that an operator wanted to be repeated.
    pub replay_of: Option<DeliveryId>,
}
