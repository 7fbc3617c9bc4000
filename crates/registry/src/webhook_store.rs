//! The contract of the webhook store: the announced state of channels, the pending events, and the log of attempts.

mod announced;
mod arrivals;
mod attempt;
mod delivery_id;
mod endpoint;
mod entry;
mod event;
mod knowledge;
mod log;
mod ordered;
mod own_writes;
mod queue;
mod record;
mod recorded;
mod repeating;
mod replay;
mod rows;
mod shown;
mod sql;
mod statements;
mod sweep;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

pub use self::{
    announced::Announced,
    attempt::{Attempt, AttemptOutcome, DeliveryAttempt},
    delivery_id::DeliveryId,
    endpoint::{Endpoint, Lease},
    entry::{Entry, EventCopy, NewEvent, Observation, Subject},
    event::PendingEvent,
    log::{LogQuery, LoggedAttempt, LoggedEvent},
    recorded::{AddedEvents, Recorded},
    replay::{ReplayedDelivery, Replays, WhichDeliveries},
    shown::ShownAttempt,
    sweep::Retention,
};
pub(crate) use self::{
    own_writes::OwnWrites,
    statements::{Upsert, upsert_announced},
};
use crate::error::RegistryError;
use clairon_protocol::{AppId, ChannelName};
use jiff::Timestamp;

/// The number of pending events that are read at once.
pub const PENDING_PAGE: usize = 512;
/// The number of pending events of one channel that are read at once.
pub const CHANNEL_PAGE: usize = 256;

/// The events for the endpoints of apps. Any number of nodes may share one store.
///
/// - Atomic: each write is one transaction, and the writes of all nodes are serialized. A completed write is visible to
///   every later read of every node, and survives the process.
/// - Ordered: the ids of events grow in the order in which they are sent. That is the order of the writes, across all
///   nodes; events with a [place](Entry::place) get it from [`settle`](Self::settle). The ids of attempts grow in the
///   order of the writes.
/// - Times are stored in milliseconds. Leases use the clock of the database.
#[async_trait]
pub trait WebhookStore: Send + Sync + Debug {
    /// Writes entries in their order. An observation changes the announced state only if it is newer, and its event is
    /// written only if the state changes. A repeated or late entry therefore changes nothing.
    ///
    /// An endpoint has at most `pending_rows` pending events. The oldest ones beyond that are given up.
    ///
    /// With `is_repeated`, it is not known whether these entries were written before: those that were are left out.
    ///
    /// # Errors
    /// The database fails. Nothing is written then, unless only the answer was lost.
    async fn record(&self, entries: &[Entry], pending_rows: u64, is_repeated: bool) -> Result<Recorded, RegistryError>;

    /// The announced channels and members of an app, ordered by their cursors: at most `limit` of those after the
    /// cursor `after`.
    ///
    /// # Errors
    /// The database fails.
    async fn announced(&self, app: &AppId, after: Option<&str>, limit: u32) -> Result<Vec<Announced>, RegistryError>;

    /// The announced state of one channel.
    ///
    /// # Errors
    /// The database fails.
    async fn announced_in_channel(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<Announced>, RegistryError>;

    /// The apps that have announced state.
    ///
    /// # Errors
    /// The database fails.
    async fn announced_apps(&self) -> Result<Vec<AppId>, RegistryError>;

    /// Removes the announced state of an app, which has no endpoints any more.
    ///
    /// # Errors
    /// The database fails.
    async fn forget_announced(&self, app: &AppId) -> Result<(), RegistryError>;

    /// Notes the endpoints of an app. True if one of them is new: it had no event, and was never noted.
    ///
    /// # Errors
    /// The database fails.
    async fn introduce(&self, endpoints: &[Endpoint]) -> Result<bool, RegistryError>;

    /// The newest version of all observations; 0 if there are none.
    ///
    /// # Errors
    /// The database fails.
    async fn newest_version(&self) -> Result<u64, RegistryError>;

    /// The endpoints with pending events whose lease no node holds. [`Endpoint::housekeeping`] is among them if no node
    /// holds that lease.
    ///
    /// # Errors
    /// The database fails.
    async fn unleased(&self) -> Result<Vec<Endpoint>, RegistryError>;

    /// Acquires the free leases among those of these endpoints, for the time `length`. Returns the acquired ones. An
    /// endpoint that never had an event has no lease.
    ///
    /// # Errors
    /// The database fails. Some leases may have been acquired.
    async fn take_leases(
        &self,
        node: &str,
        endpoints: &[Endpoint],
        length: Duration,
    ) -> Result<Vec<Lease>, RegistryError>;

    /// Renews the unexpired leases of a node, and returns them. They expire `length` from now.
    ///
    /// # Errors
    /// The database fails. Some leases may have been renewed.
    async fn renew_leases(&self, node: &str, length: Duration) -> Result<Vec<Lease>, RegistryError>;

    /// The nodes that hold leases.
    ///
    /// # Errors
    /// The database fails.
    async fn lease_holders(&self) -> Result<Vec<String>, RegistryError>;

    /// Ends all leases of a node that has stopped.
    ///
    /// # Errors
    /// The database fails. The leases then expire.
    async fn end_leases(&self, node: &str) -> Result<(), RegistryError>;

    /// Releases leases that the node holds.
    ///
    /// # Errors
    /// The database fails. The leases then expire.
    async fn release_leases(&self, node: &str, endpoints: &[Endpoint]) -> Result<(), RegistryError>;

    /// The pending events of an endpoint, ordered by id: at most [`PENDING_PAGE`] of those after the id `after`.
    ///
    /// # Errors
    /// The database fails.
    async fn pending(&self, endpoint: &Endpoint, after: i64) -> Result<Vec<PendingEvent>, RegistryError>;

    /// The newest event of an endpoint that is not [settled](Self::settle). `None` if there is none.
    ///
    /// # Errors
    /// The database fails.
    async fn newest_arriving(&self, endpoint: &Endpoint) -> Result<Option<i64>, RegistryError>;

    /// Notes that a node writes entries late, beginning with one at this [place](Entry::place): until it notes `None`,
    /// but at most for this time. What comes later is not [settled](Self::settle) meanwhile.
    ///
    /// # Errors
    /// The database fails.
    async fn note_backlog(&self, node: &str, backlog: Option<(u64, Duration)>) -> Result<(), RegistryError>;

    /// Orders the events of an endpoint by their places: those that were written before the event `last` or with it,
    /// and those with earlier places than these, unless a node has a [backlog](Self::note_backlog) of earlier ones.
    /// They are pending from now on. Returns their number.
    ///
    /// # Errors
    /// The database fails. Nothing is ordered then.
    async fn settle(&self, endpoint: &Endpoint, last: i64) -> Result<u64, RegistryError>;

    /// The pending events of one channel: at most [`CHANNEL_PAGE`].
    ///
    /// # Errors
    /// The database fails.
    async fn pending_in_channel(
        &self,
        endpoint: &Endpoint,
        channel: &ChannelName,
        after: i64,
    ) -> Result<Vec<PendingEvent>, RegistryError>;

    /// The pending events of a delivery, ordered by id.
    ///
    /// # Errors
    /// The database fails.
    async fn pending_of_delivery(&self, delivery: &DeliveryId) -> Result<Vec<PendingEvent>, RegistryError>;

    /// The ids and bodies of those of these events that are pending, ordered by id.
    ///
    /// # Errors
    /// The database fails.
    async fn bodies(&self, events: &[i64]) -> Result<Vec<(i64, String)>, RegistryError>;

    /// Groups pending events into one delivery. `events` holds their ids in ascending order.
    ///
    /// # Errors
    /// The database fails. Nothing is grouped then.
    async fn group(&self, delivery: &DeliveryId, events: &[i64]) -> Result<(), RegistryError>;

    /// Records the results of attempts. A delivery that has ended stays as it is, except that one that was given up may
    /// still become delivered.
    ///
    /// # Errors
    /// The database fails. Nothing is written then.
    async fn note_attempts(&self, attempts: &[DeliveryAttempt]) -> Result<(), RegistryError>;

    /// Gives up pending events of an endpoint: all of them, or those that happened before a time. All are settled
    /// first. Returns their number.
    /// Each of their deliveries gets an attempt with this `problem` in the log.
    ///
    /// # Errors
    /// The database fails. Some events may have been given up.
    async fn give_up(
        &self,
        endpoint: &Endpoint,
        happened_before: Option<Timestamp>,
        problem: &str,
    ) -> Result<u64, RegistryError>;

    /// Reads the log of attempts.
    ///
    /// # Errors
    /// The database fails.
    async fn log(&self, query: &LogQuery) -> Result<Vec<LoggedAttempt>, RegistryError>;

    /// Makes new deliveries of ones that have ended. One call makes a few hundred at most, and returns a cursor for the
    /// next call.
    ///
    /// # Errors
    /// The database fails. No delivery is made then.
    async fn replay(&self, which: &WhichDeliveries, after: i64) -> Result<Replays, RegistryError>;

    /// Removes old rows. Returns their number.
    ///
    /// # Errors
    /// The database fails. Some rows may have been removed.
    async fn sweep(&self, retention: &Retention) -> Result<u64, RegistryError>;
}

/// A time in the form in which it is stored.
pub(crate) fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time.
pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}
