//! What the HTTP API reports about channels: from the hub on a lone node, from the ledger on one of many.

use std::sync::Arc;

use bytes::Bytes;
use clairon_cluster::{ChannelInfo, ClusterError, OccupiedChannel};
use clairon_hub::{AppHub, ChannelSummary, LogPage, LogSize};
use clairon_protocol::{AppId, ChannelName, Member, UserId};
use clairon_webhooks::{ActualState, Occupied};

use super::{Peers, many::Many};

/// The event that a cache channel remembers.
pub struct Remembered {
    /// The frame that subscribers got.
    pub frame: Bytes,
    /// The event's data, as a JSON string.
    pub data: Arc<str>,
    /// The time until it is forgotten, in milliseconds.
    pub ttl: u64,
}

impl Peers {
    /// The size of the logs that this node keeps in Redis. `None` on a lone node.
    pub(crate) fn kept_logs(&self) -> Option<LogSize> {
        match self {
            Self::Alone(_) => None,
            Self::Many(many) => Some(many.mirrors.kept_size()),
        }
    }

    /// The occupied channels whose names start with `prefix`, by name.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub(crate) async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelSummary>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(alone.delivery.hub.app(app).channels(prefix)),
            Self::Many(many) => many.channels(app, prefix).await,
        }
    }

    /// The names of the occupied channels that start with `prefix`, in no order. With other nodes a few of them may
    /// have become empty.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn channel_names(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelName>, ClusterError> {
        let is_of_user = |name: &ChannelName| name.user_id().is_some();
        match self {
            Self::Alone(alone) => Ok(alone.channel_names(app, prefix)),
            Self::Many(many) => {
                let mut names = many.cluster.channel_names(app, prefix).await?;
                names.retain(|name| !is_of_user(name));
                Ok(names)
            }
        }
    }

    /// Up to `limit` members of a presence channel, with what the backend says of them.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn member_details(
        &self,
        app: &AppId,
        name: &ChannelName,
        limit: usize,
    ) -> Result<Vec<Member>, ClusterError> {
        match self {
            Self::Alone(alone) => {
                let channel = alone.delivery.hub.app(app).channel(name);
                Ok(channel.map(|channel| channel.first_members(limit)).unwrap_or_default())
            }
            Self::Many(many) => {
                let mut members = many.cluster.members(app, name).await?;
                members.sort_by(|one, other| one.user_id.as_str().cmp(other.user_id.as_str()));
                members.truncate(limit);
                Ok(members)
            }
        }
    }

    /// The present state of channels, in the order of `names`. A channel without subscribers has counts of 0.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn summaries(&self, app: &AppId, names: &[ChannelName]) -> Result<Vec<ChannelSummary>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(alone.summaries(app, names)),
            Self::Many(many) => Ok(many.cluster.infos(app, names).await?.into_iter().map(summary).collect()),
        }
    }

    /// The ids of the members of a presence channel.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub(crate) async fn members(&self, app: &AppId, name: &ChannelName) -> Result<Vec<UserId>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(alone.members(app, name)),
            Self::Many(many) => many.cluster.users(app, name).await,
        }
    }

    /// The number of clients that are connected to all nodes.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub(crate) async fn connections(&self, hub: &AppHub) -> Result<u64, ClusterError> {
        let here = hub.traffic().connections() as u64;
        match self {
            Self::Alone(_) => Ok(here),
            Self::Many(many) => Ok(here + many.cluster.clients_elsewhere(hub.id()).await?),
        }
    }

    /// The occupied channels of an app with their members, for its endpoints. `None` while nodes may be missing in the
    /// ledger that are only not back yet.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub(crate) async fn actual_state(&self, app: &AppId) -> Result<Option<ActualState>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(Some(alone.actual_state(app))),
            Self::Many(many) => many.actual_state(app).await,
        }
    }

    /// At most `limit` events of the log of a channel after a position. `None` if there is no log.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(crate) async fn log_page(
        &self,
        app: &AppId,
        name: &ChannelName,
        since: u64,
        limit: usize,
    ) -> Result<Option<LogPage>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(alone.delivery.hub.app(app).log_page(name, since, limit, alone.delivery.now())),
            Self::Many(many) => many.mirrors.page(app, name, since, limit).await,
        }
    }

    /// The event that a cache channel remembers.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn remembered(&self, app: &AppId, name: &ChannelName) -> Result<Option<Remembered>, ClusterError> {
        match self {
            Self::Alone(alone) => Ok(alone.remembered(app, name)),
            Self::Many(many) => many.remembered(app, name).await,
        }
    }
}

impl Many {
    async fn actual_state(&self, app: &AppId) -> Result<Option<ActualState>, ClusterError> {
        let Some((version, channels)) = self.cluster.occupied(app).await? else { return Ok(None) };
        let channels = channels.into_iter().filter(|channel| channel.name.user_id().is_none());
        let occupied = |OccupiedChannel { name, version, users }| Occupied { name, version, members: users };
        Ok(Some(ActualState { version, channels: channels.map(occupied).collect() }))
    }

    async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelSummary>, ClusterError> {
        let mut channels: Vec<_> = self.cluster.channels(app, prefix).await?.into_iter().map(summary).collect();
        channels.retain(|channel| channel.name.user_id().is_none());
        channels.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(channels)
    }

    async fn remembered(&self, app: &AppId, name: &ChannelName) -> Result<Option<Remembered>, ClusterError> {
        let millis = |ttl: std::time::Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let event = self.cluster.cached(app, name).await?;
        Ok(event.map(|event| Remembered { frame: event.frame, data: event.data, ttl: millis(event.ttl) }))
    }
}

fn summary(info: ChannelInfo) -> ChannelSummary {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    ChannelSummary { name: info.name, subscription_count: count(info.connections), user_count: count(info.members) }
}
