//! The contract of the store of webhook events: what endpoints know, what is pending for them, what came of it.

mod announced;
mod attempt;
mod delivery_id;
mod endpoint;
mod entry;
mod event;
mod log;
mod ordered;
mod queue;
mod record;
mod repeating;
mod replay;
mod rows;
mod shown;
mod sql;
mod statements;
mod sweep;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

pub(crate) use self::statements::{Upsert, upsert_announced};
pub use self::{
    announced::Announced,
    attempt::{Attempt, AttemptOutcome},
    delivery_id::DeliveryId,
    endpoint::{Endpoint, Lease},
    entry::{Entry, EventCopy, NewEvent, Observation, Recorded, Subject},
    event::PendingEvent,
    log::{LogQuery, LoggedAttempt, LoggedEvent},
    replay::{ReplayedDelivery, Replays, WhichDeliveries},
    shown::ShownAttempt,
    sweep::Retention,
};
use crate::error::RegistryError;
use clairon_protocol::{AppId, ChannelName};
use jiff::Timestamp;

/// Where the events for the endpoints of apps are kept. Any number of nodes may share one.
///
/// - Atomic: each write is one transaction, and writes of all nodes happen one after the other. A write that has
///   returned is seen by every later read of every node, and outlives the process.
/// - Ordered: the ids of events grow in the order in which they were written, also over several nodes. The same holds
///   for the ids of attempts.
/// - Times are kept in milliseconds. Leases are by the clock of the database.
#[async_trait]
pub trait WebhookStore: Send + Sync + Debug {
    /// Writes entries in their order. An observation changes what is announced only if it is newer, and its event is
    /// written only if that is news. So an entry that comes twice, or late, changes nothing.
    ///
    /// An endpoint has at most `pending_rows` pending events. The oldest over that are given up.
    ///
    /// # Errors
    /// When the database fails. Then nothing is written.
    async fn record(&self, entries: &[Entry], pending_rows: u64) -> Result<Recorded, RegistryError>;

    /// The occupied channels and the members that the endpoints of an app know of, in the order of their cursors: those
    /// after the cursor `after`, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    async fn announced(&self, app: &AppId, after: Option<&str>, limit: u32) -> Result<Vec<Announced>, RegistryError>;

    /// Those of one channel.
    ///
    /// # Errors
    /// When the database fails.
    async fn announced_in_channel(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<Announced>, RegistryError>;

    /// The apps whose endpoints know anything.
    ///
    /// # Errors
    /// When the database fails.
    async fn announced_apps(&self) -> Result<Vec<AppId>, RegistryError>;

    /// Forgets what the endpoints of an app know: it has none any more.
    ///
    /// # Errors
    /// When the database fails.
    async fn forget_announced(&self, app: &AppId) -> Result<(), RegistryError>;

    /// The newest version of all observations; 0 if there are none.
    ///
    /// # Errors
    /// When the database fails.
    async fn newest_version(&self) -> Result<u64, RegistryError>;

    /// The endpoints with pending events that no node has a lease of. [`Endpoint::housekeeping`] is among them if no
    /// node has that lease.
    ///
    /// # Errors
    /// When the database fails.
    async fn unleased(&self) -> Result<Vec<Endpoint>, RegistryError>;

    /// Takes the leases of those of these endpoints that no node has, for the time `length`. Returns those it has
    /// taken. An endpoint that never had an event has no lease to take.
    ///
    /// # Errors
    /// When the database fails. Leases may have been taken then.
    async fn take_leases(
        &self,
        node: &str,
        endpoints: &[Endpoint],
        length: Duration,
    ) -> Result<Vec<Lease>, RegistryError>;

    /// Renews the leases of a node that have not ended, and returns them. They end after the time `length` from now.
    ///
    /// # Errors
    /// When the database fails. Leases may have been renewed then.
    async fn renew_leases(&self, node: &str, length: Duration) -> Result<Vec<Lease>, RegistryError>;

    /// The nodes that have leases.
    ///
    /// # Errors
    /// When the database fails.
    async fn lease_holders(&self) -> Result<Vec<String>, RegistryError>;

    /// Ends all leases of a node that does not run any more.
    ///
    /// # Errors
    /// When the database fails. They end by themselves then.
    async fn end_leases(&self, node: &str) -> Result<(), RegistryError>;

    /// Gives back leases that the node has.
    ///
    /// # Errors
    /// When the database fails. They end by themselves then.
    async fn release_leases(&self, node: &str, endpoints: &[Endpoint]) -> Result<(), RegistryError>;

    /// The pending events of an endpoint by id: those after the id `after`, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    async fn pending(&self, endpoint: &Endpoint, after: i64, limit: u32) -> Result<Vec<PendingEvent>, RegistryError>;

    /// Those of one channel.
    ///
    /// # Errors
    /// When the database fails.
    async fn pending_in_channel(
        &self,
        endpoint: &Endpoint,
        channel: &ChannelName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<PendingEvent>, RegistryError>;

    /// The pending events of a delivery, by id.
    ///
    /// # Errors
    /// When the database fails.
    async fn pending_of_delivery(&self, delivery: &DeliveryId) -> Result<Vec<PendingEvent>, RegistryError>;

    /// The bodies of those of these events that are pending, with their ids, by id.
    ///
    /// # Errors
    /// When the database fails.
    async fn bodies(&self, events: &[i64]) -> Result<Vec<(i64, String)>, RegistryError>;

    /// Makes pending events, given by id and in their order, one delivery.
    ///
    /// # Errors
    /// When the database fails. Then they are none.
    async fn group(&self, delivery: &DeliveryId, events: &[i64]) -> Result<(), RegistryError>;

    /// Writes down what came of requests. A delivery that is pending no more stays as it is, but one that was given up
    /// may still turn out to be delivered.
    ///
    /// # Errors
    /// When the database fails. Then nothing is written.
    async fn note_attempts(&self, attempts: &[Attempt]) -> Result<(), RegistryError>;

    /// Gives up pending events of an endpoint: all of them, or those that happened before a time. Returns how many.
    /// Each of their deliveries gets an attempt with this `problem` in the log.
    ///
    /// # Errors
    /// When the database fails. Some may have been given up then.
    async fn give_up(
        &self,
        endpoint: &Endpoint,
        happened_before: Option<Timestamp>,
        problem: &str,
    ) -> Result<u64, RegistryError>;

    /// The log of attempts.
    ///
    /// # Errors
    /// When the database fails.
    async fn log(&self, query: &LogQuery) -> Result<Vec<LoggedAttempt>, RegistryError>;

    /// Makes new deliveries of ones that have ended, and returns at most some hundred of them with a cursor. The rest
    /// comes with the next call, which is given that cursor.
    ///
    /// # Errors
    /// When the database fails. Then none is made.
    async fn replay(&self, which: &WhichDeliveries, after: i64) -> Result<Replays, RegistryError>;

    /// Removes what is old. Returns how many rows that was.
    ///
    /// # Errors
    /// When the database fails. Some may have been removed then.
    async fn sweep(&self, retention: &Retention) -> Result<u64, RegistryError>;
}

/// A time as it is stored.
pub(crate) fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time.
pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}
