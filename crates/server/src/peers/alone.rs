//! A node without others: its hub has the ledger in memory, and the HTTP API reads from there.

use std::sync::Arc;

use clairon_hub::{AppHub, Channel, ChannelSummary, Recovery, RecoveryRequest, Session};
use clairon_protocol::{AppId, ChannelName, Publication, UserId};
use clairon_registry::App;
use clairon_webhooks::{ActualState, Occupied};
use parking_lot::RwLock;

use super::{PublishError, deliver::Delivery, reads::Remembered};

/// The verbs of [`Peers`](super::Peers) on a lone node.
pub struct Alone {
    pub(super) delivery: Delivery,
    /// True once the logs of channels are saved. It is read while events are added to logs.
    refuses_events: RwLock<bool>,
}

impl Alone {
    pub(super) const fn new(delivery: Delivery) -> Self {
        Self { delivery, refuses_events: RwLock::new(false) }
    }

    /// Queues events for their receivers. Events of an app with recovery are published all or not at all.
    pub(super) fn publish(
        &self,
        app: &App,
        publications: impl Iterator<Item = Publication>,
    ) -> Result<(), PublishError> {
        let refuses = app.recovery.then(|| self.refuses_events.read());
        if refuses.as_deref() == Some(&true) {
            return Err(PublishError::Stopping);
        }
        for publication in publications {
            self.delivery.publish(&publication);
        }
        Ok(())
    }

    pub(super) fn refuse_events(&self) {
        *self.refuses_events.write() = true;
    }

    pub(super) fn summaries(&self, app: &AppId, names: &[ChannelName]) -> Vec<ChannelSummary> {
        let hub = self.delivery.hub.app(app);
        let empty = |name: &ChannelName| ChannelSummary { name: name.clone(), subscription_count: 0, user_count: 0 };
        let summary = |name| hub.channel(name).map_or_else(|| empty(name), |channel| channel.summary());
        names.iter().map(summary).collect()
    }

    pub(super) fn channel_names(&self, app: &AppId, prefix: &str) -> Vec<ChannelName> {
        let channels = self.delivery.hub.app(app).present_channels();
        let is_wanted = |channel: &Arc<Channel>| {
            channel.name().as_str().starts_with(prefix) && channel.summary().subscription_count > 0
        };
        channels.iter().filter(|channel| is_wanted(channel)).map(|channel| channel.name().clone()).collect()
    }

    pub(super) fn members(&self, app: &AppId, name: &ChannelName) -> Vec<UserId> {
        self.delivery.hub.app(app).channel(name).map(|channel| channel.user_ids()).unwrap_or_default()
    }

    pub(super) fn remembered(&self, app: &AppId, name: &ChannelName) -> Option<Remembered> {
        let now = self.delivery.now();
        let cached = self.delivery.hub.app(app).channel(name)?.cached(now)?;
        Some(Remembered { frame: cached.frame.plain().clone(), data: cached.data, ttl: cached.expires_at - now })
    }

    pub(super) fn subscribe_to_user(
        &self,
        hub: &AppHub,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
    ) -> Option<Recovery> {
        let now = self.delivery.now();
        let recovery = hub.subscribe_to_user(session, channel, request, now);
        self.delivery.hub.relieve_logs(now);
        recovery
    }

    pub(super) fn actual_state(&self, app: &AppId) -> ActualState {
        let hub = self.delivery.hub.app(app);
        // All that has changed before is contained, and what changes meanwhile is newer.
        let version = self.delivery.hub.next_version();
        let occupied = |summary: ChannelSummary| {
            let members = hub.channel(&summary.name).map(|channel| channel.user_ids()).unwrap_or_default();
            Occupied { name: summary.name, version, members }
        };
        ActualState { version, channels: hub.channels("").into_iter().map(occupied).collect() }
    }
}
