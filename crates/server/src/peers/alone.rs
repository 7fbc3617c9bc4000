//! A node without others: its hub has the ledger in memory, and the HTTP API reads from there.

use clairon_hub::ChannelSummary;
use clairon_protocol::{AppId, ChannelName, UserId};
use clairon_webhooks::{Occupied, Truth};

use super::{deliver::Delivery, reads::Remembered};

/// The verbs of [`Peers`](super::Peers) on a lone node.
pub(crate) struct Alone {
    pub(super) delivery: Delivery,
}

impl Alone {
    pub(super) const fn new(delivery: Delivery) -> Self {
        Self { delivery }
    }

    pub(super) fn summaries(&self, app: &AppId, names: &[ChannelName]) -> Vec<ChannelSummary> {
        let hub = self.delivery.hub.app(app);
        let empty = |name: &ChannelName| ChannelSummary { name: name.clone(), subscription_count: 0, user_count: 0 };
        let summary = |name| hub.channel(name).map_or_else(|| empty(name), |channel| channel.summary());
        names.iter().map(summary).collect()
    }

    pub(super) fn members(&self, app: &AppId, name: &ChannelName) -> Vec<UserId> {
        self.delivery.hub.app(app).channel(name).map(|channel| channel.user_ids()).unwrap_or_default()
    }

    pub(super) fn remembered(&self, app: &AppId, name: &ChannelName) -> Option<Remembered> {
        let now = self.delivery.now();
        let cached = self.delivery.hub.app(app).channel(name)?.cached(now)?;
        Some(Remembered { data: cached.data, ttl: cached.expires_at - now })
    }

    pub(super) fn truth(&self, app: &AppId) -> Truth {
        let hub = self.delivery.hub.app(app);
        // All that has changed before is contained, and what changes meanwhile is newer.
        let version = self.delivery.hub.next_version();
        let occupied = |summary: ChannelSummary| {
            let members = hub.channel(&summary.name).map(|channel| channel.user_ids()).unwrap_or_default();
            Occupied { name: summary.name, version, members }
        };
        Truth { version, channels: hub.channels("").into_iter().map(occupied).collect() }
    }
}
