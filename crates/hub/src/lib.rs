//! The subscriptions, members and connections of this node.
//!
//! Everything here is synchronous and never awaits. Each app has its own [`AppHub`], so no look-up can reach a channel
//! of another app. The messages and their receivers are decided under the lock of the channel, so all subscribers of a
//! channel see the same order. The caller provides the encoding, [`Encode`].

mod admission;
mod app_hub;
mod app_logs;
mod channel;
mod channel_log;
mod dispatch;
mod edges;
mod frame;
mod histogram;
mod hub;
mod ledger;
mod listing;
mod log;
mod log_lives;
mod logs;
mod mirror;
mod outbox;
mod pending_flushes;
mod recorder;
mod recovery;
mod remembered;
mod replica;
mod session;
mod shards;
mod shared_logs;
mod subscribers;
mod sync;
mod traffic;
mod user_logs;
mod users;

pub use admission::{Expected, Parted, WithAudience};
pub use app_hub::{AppHub, Occupancy};
pub use channel::{Cached, Channel, ChannelSummary, Sent, Subscriber};
pub use clairon_protocol::{Edge, StampedEdge};
pub use edges::Wishes;
pub use frame::{Compress, Frame};
pub use histogram::Histogram;
pub use hub::Hub;
pub use ledger::Ledger;
pub use logs::{Amend, LogSettings, LogSize};
pub use outbox::{DirectWrite, FrameWeight, OUTBOX_STEP, Outbox, OutboxLimits, Outboxes};
pub use recovery::{LogPage, Recovery, RecoveryRequest, ReportRecovery, SavedEvent, SavedLog};
pub use remembered::RememberedEvent;
pub use replica::{ChannelChange, LedgerState, Version};
pub use session::{Micros, Millis, Session};
pub use shared_logs::{LogHold, LogLoaded, LogNeed, SharedLog};
pub use traffic::{DELIVERY_BOUNDS, FlowCount, Traffic};
pub use users::SignedIn;

/// Encodes an event as the bytes for a socket. All receivers share them.
pub type Encode = fn(&clairon_protocol::Event<'_>) -> bytes::Bytes;
