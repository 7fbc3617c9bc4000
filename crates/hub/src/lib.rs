//! Who listens to what on this node.
//!
//! Everything here is synchronous and never awaits. Each app has an [`AppHub`] of its own, so that no look-up can reach
//! another app's channels. What is said, and to whom, is decided here under the channel's lock, which is what gives all
//! subscribers of a channel one order; how it is put on the wire is the caller's [`Encode`].

mod channel;
mod hub;
mod outbox;
mod pending_flushes;
mod replica;
mod roster;
mod session;
mod shards;
mod sync;
mod traffic;
mod users;

pub use channel::{Cached, Channel, ChannelFull, ChannelSummary, Join, Sent, Subscriber};
pub use clairon_protocol::Edge;
pub use hub::{AppHub, Hub, Occupancy};
pub use outbox::{DirectWrite, Outbox, OutboxLimits};
pub use replica::{ChannelChange, Expected, LedgerState, Parted, Version};
pub use session::{Micros, Millis, Session};
pub use traffic::{FlowCount, Traffic};
pub use users::SignedIn;

/// Writes an event as the bytes that go to a socket, ready to be shared by all its receivers.
pub type Encode = fn(&clairon_protocol::Event<'_>) -> bytes::Bytes;
