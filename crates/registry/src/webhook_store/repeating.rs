//! A store that repeats a write that the database rolled back because of a deadlock.

use std::time::Duration;

use async_trait::async_trait;
use clairon_protocol::{AppId, ChannelName};
use jiff::Timestamp;

use super::{
    Announced, DeliveryAttempt, DeliveryId, Endpoint, Entry, Lease, LogQuery, LoggedAttempt, PendingEvent, Recorded,
    Replays, Retention, WebhookStore, WhichDeliveries,
};
use crate::{
    deadlock::{Repeating, repeat},
    error::RegistryError,
};

#[async_trait]
impl WebhookStore for Repeating {
    async fn record(&self, entries: &[Entry], pending_rows: u64, is_repeated: bool) -> Result<Recorded, RegistryError> {
        repeat!(self.0.record(entries, pending_rows, is_repeated))
    }

    async fn announced(&self, app: &AppId, after: Option<&str>, limit: u32) -> Result<Vec<Announced>, RegistryError> {
        self.0.announced(app, after, limit).await
    }

    async fn announced_in_channel(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<Announced>, RegistryError> {
        self.0.announced_in_channel(app, channel).await
    }

    async fn announced_apps(&self) -> Result<Vec<AppId>, RegistryError> {
        self.0.announced_apps().await
    }

    async fn forget_announced(&self, app: &AppId) -> Result<(), RegistryError> {
        repeat!(self.0.forget_announced(app))
    }

    async fn introduce(&self, endpoints: &[Endpoint]) -> Result<bool, RegistryError> {
        repeat!(self.0.introduce(endpoints))
    }

    async fn newest_version(&self) -> Result<u64, RegistryError> {
        self.0.newest_version().await
    }

    async fn unleased(&self) -> Result<Vec<Endpoint>, RegistryError> {
        self.0.unleased().await
    }

    async fn take_leases(
        &self,
        node: &str,
        endpoints: &[Endpoint],
        length: Duration,
    ) -> Result<Vec<Lease>, RegistryError> {
        repeat!(self.0.take_leases(node, endpoints, length))
    }

    async fn renew_leases(&self, node: &str, length: Duration) -> Result<Vec<Lease>, RegistryError> {
        repeat!(self.0.renew_leases(node, length))
    }

    async fn lease_holders(&self) -> Result<Vec<String>, RegistryError> {
        self.0.lease_holders().await
    }

    async fn end_leases(&self, node: &str) -> Result<(), RegistryError> {
        repeat!(self.0.end_leases(node))
    }

    async fn release_leases(&self, node: &str, endpoints: &[Endpoint]) -> Result<(), RegistryError> {
        repeat!(self.0.release_leases(node, endpoints))
    }

    async fn pending(&self, endpoint: &Endpoint, after: i64) -> Result<Vec<PendingEvent>, RegistryError> {
        self.0.pending(endpoint, after).await
    }

    async fn newest_arriving(&self, endpoint: &Endpoint) -> Result<Option<i64>, RegistryError> {
        self.0.newest_arriving(endpoint).await
    }

    async fn note_backlog(&self, node: &str, backlog: Option<(u64, Duration)>) -> Result<(), RegistryError> {
        repeat!(self.0.note_backlog(node, backlog))
    }

    async fn settle(&self, endpoint: &Endpoint, last: i64) -> Result<u64, RegistryError> {
        repeat!(self.0.settle(endpoint, last))
    }

    async fn pending_in_channel(
        &self,
        endpoint: &Endpoint,
        channel: &ChannelName,
        after: i64,
    ) -> Result<Vec<PendingEvent>, RegistryError> {
        self.0.pending_in_channel(endpoint, channel, after).await
    }

    async fn pending_of_delivery(&self, delivery: &DeliveryId) -> Result<Vec<PendingEvent>, RegistryError> {
        self.0.pending_of_delivery(delivery).await
    }

    async fn bodies(&self, events: &[i64]) -> Result<Vec<(i64, String)>, RegistryError> {
        self.0.bodies(events).await
    }

    async fn group(&self, delivery: &DeliveryId, events: &[i64]) -> Result<(), RegistryError> {
        repeat!(self.0.group(delivery, events))
    }

    async fn note_attempts(&self, attempts: &[DeliveryAttempt]) -> Result<(), RegistryError> {
        repeat!(self.0.note_attempts(attempts))
    }

    async fn give_up(
        &self,
        endpoint: &Endpoint,
        happened_before: Option<Timestamp>,
        problem: &str,
    ) -> Result<u64, RegistryError> {
        repeat!(self.0.give_up(endpoint, happened_before, problem))
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<LoggedAttempt>, RegistryError> {
        self.0.log(query).await
    }

    async fn replay(&self, which: &WhichDeliveries, after: i64) -> Result<Replays, RegistryError> {
        repeat!(self.0.replay(which, after))
    }

    async fn sweep(&self, retention: &Retention) -> Result<u64, RegistryError> {
        repeat!(self.0.sweep(retention))
    }
}
