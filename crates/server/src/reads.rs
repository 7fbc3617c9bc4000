//! What the HTTP API tells of channels: from the hub on a single node, from the ledger on one of many.

use std::sync::Arc;

use clairon_cluster::{ChannelInfo, ClusterError};
use clairon_hub::ChannelSummary;
use clairon_protocol::{AppId, ChannelName, UserId};

use crate::node::Node;

/// The event that a cache channel remembers.
pub(crate) struct Remembered {
    /// Its data, as a JSON string.
    pub(crate) data: Arc<str>,
    /// For how long still, in milliseconds.
    pub(crate) ttl: u64,
}

impl Node {
    /// The occupied channels whose name starts with `prefix`, by name.
    ///
    /// # Errors
    /// When the ledger cannot be asked.
    pub(crate) async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelSummary>, ClusterError> {
        let Some(cluster) = &self.cluster else { return Ok(self.hub.app(app).channels(prefix)) };
        let mut channels: Vec<_> = cluster.channels(app, prefix).await?.into_iter().map(summary).collect();
        channels.retain(|channel| channel.name.user_id().is_none());
        channels.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(channels)
    }

    /// Channels as they are now, in the order given. Those that nobody listens to have counts of 0.
    ///
    /// # Errors
    /// When the ledger cannot be asked.
    pub(crate) async fn summaries(
        &self,
        app: &AppId,
        names: &[ChannelName],
    ) -> Result<Vec<ChannelSummary>, ClusterError> {
        if let Some(cluster) = &self.cluster {
            return Ok(cluster.infos(app, names).await?.into_iter().map(summary).collect());
        }
        let hub = self.hub.app(app);
        let empty = |name: &ChannelName| ChannelSummary { name: name.clone(), subscription_count: 0, user_count: 0 };
        Ok(names
            .iter()
            .map(|name| hub.channel(name).map_or_else(|| empty(name), |channel| channel.summary()))
            .collect())
    }

    /// The ids of the members of a presence channel.
    ///
    /// # Errors
    /// When the ledger cannot be asked.
    pub(crate) async fn members(&self, app: &AppId, name: &ChannelName) -> Result<Vec<UserId>, ClusterError> {
        match &self.cluster {
            Some(cluster) => cluster.users(app, name).await,
            None => Ok(self.hub.app(app).channel(name).map(|channel| channel.user_ids()).unwrap_or_default()),
        }
    }

    /// What a cache channel remembers.
    ///
    /// # Errors
    /// When the ledger cannot be asked.
    pub(crate) async fn remembered(&self, app: &AppId, name: &ChannelName) -> Result<Option<Remembered>, ClusterError> {
        if let Some(cluster) = &self.cluster {
            let remembered = cluster.cached(app, name).await?;
            let ttl = |ttl: std::time::Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
            return Ok(remembered.map(|event| Remembered { data: event.data, ttl: ttl(event.ttl) }));
        }
        let now = self.clock.now();
        let cached = self.hub.app(app).channel(name).and_then(|channel| channel.cached(now));
        Ok(cached.map(|cached| Remembered { data: cached.data, ttl: cached.expires_at - now }))
    }
}

fn summary(info: ChannelInfo) -> ChannelSummary {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    ChannelSummary { name: info.name, subscription_count: count(info.connections), user_count: count(info.members) }
}
