//! The list of nodes, their leases, and the removal of what dead nodes have left.

use std::time::Duration;

use clairon_protocol::{AppId, ChannelName, Limits, StampedEdge};
use redis::Value;

use super::{
    client::RedisClient,
    failure::{Failure, parse},
    scripts::{self, Death, Renewal, Request},
};
use crate::{ledger::NodeId, notice::Place};

/// Some channels of a node's index.
pub(crate) struct IndexedChannels {
    /// Their names as they stand in the index.
    pub(crate) names: Vec<String>,
    /// Those of them that are names of channels.
    pub(crate) places: Vec<Place>,
}

impl RedisClient {
    /// Adds a node to the list of nodes.
    pub(crate) async fn list_node(&self, node: &NodeId) -> Result<(), Failure> {
        let mut command = redis::cmd("SADD");
        command.arg(self.keys.nodes()).arg(node.as_str());
        self.ledger.command(command).await.map(drop)
    }

    /// The list of nodes. Some of them may be dead.
    pub(crate) async fn nodes(&self) -> Result<Vec<NodeId>, Failure> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.keys.nodes());
        let names: Vec<String> = parse(self.ledger.command(command).await?)?;
        Ok(names.into_iter().map(NodeId::from_stored).collect())
    }

    /// Gives a node a lease, or renews it. The lease has the status that the node tells the others.
    pub(crate) async fn renew_lease(&self, node: &NodeId, is_new: bool, status: &str) -> Result<Renewal, Failure> {
        let generation = self.generation().number();
        let request = scripts::renew_lease(&self.keys, node, self.lease, is_new, status, generation);
        scripts::parse_renewal(self.ledger.call(request).await?)
    }

    /// The remaining time of the lease of each node, and the status in it; `None` if the lease has ended. One round
    /// trip.
    pub(crate) async fn statuses(&self, nodes: &[NodeId]) -> Result<Vec<Option<(Duration, String)>>, Failure> {
        let request = |node: &NodeId, name| {
            let mut command = redis::cmd(name);
            command.arg(self.keys.lease(node));
            Request::Command(command)
        };
        let requests: Vec<Request> =
            nodes.iter().flat_map(|node| ["PTTL", "GET"].map(|name| request(node, name))).collect();
        let mut answers = self.ledger.run(&requests).await?.into_iter();
        let mut statuses = Vec::with_capacity(nodes.len());
        while let (Some(remaining), Some(status)) = (answers.next(), answers.next()) {
            let remaining = u64::try_from(parse::<i64>(remaining?)?).ok().map(Duration::from_millis);
            statuses.push(remaining.zip(parse(status?)?));
        }
        Ok(statuses)
    }

    /// The remaining time of the lease of each node; `None` if the lease has ended. One round trip.
    pub(crate) async fn remaining_leases(&self, nodes: &[NodeId]) -> Result<Vec<Option<Duration>>, Failure> {
        let request = |node: &NodeId| {
            let mut command = redis::cmd("PTTL");
            command.arg(self.keys.lease(node));
            Request::Command(command)
        };
        let requests: Vec<Request> = nodes.iter().map(request).collect();
        let answers = self.ledger.run(&requests).await?.into_iter();
        // The answer is negative if there is no lease.
        answers.map(|answer| Ok(u64::try_from(parse::<i64>(answer?)?).ok().map(Duration::from_millis))).collect()
    }

    /// Declares a node dead. Returns false if the node has a lease.
    pub(crate) async fn declare_dead(&self, node: &NodeId) -> Result<bool, Failure> {
        let declare = async |generation| {
            scripts::parse_death(self.ledger.call(scripts::declare_dead(&self.keys, node, generation)).await?)
        };
        let mut death = declare(self.generation().number()).await?;
        if death == Death::Behind {
            // It may never have come over from the former master. Events that this one accepted from it are lost.
            self.begin_generation().await?;
            death = declare(0).await?;
        }
        Ok(death == Death::Dead)
    }

    /// Claims the removal of a dead node for the time of a lease, so that other processes do not do the same work.
    /// Returns false if another process has claimed it.
    pub(crate) async fn claim_removal(&self, node: &NodeId) -> Result<bool, Failure> {
        let mut command = redis::cmd("SET");
        let lease = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        command.arg(self.keys.reaper(node)).arg("").arg("NX").arg("PX").arg(lease);
        Ok(self.ledger.command(command).await? != Value::Nil)
    }

    /// The apps in a node's index.
    pub(crate) async fn indexed_apps(&self, node: &NodeId) -> Result<Vec<AppId>, Failure> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.keys.apps(node));
        let apps: Vec<String> = parse(self.ledger.command(command).await?)?;
        Ok(apps.iter().filter_map(|app| AppId::parse(app).ok()).collect())
    }

    /// Up to `limit` channels of an app in a node's index.
    pub(crate) async fn indexed_channels(
        &self,
        node: &NodeId,
        app: &AppId,
        limit: usize,
    ) -> Result<IndexedChannels, Failure> {
        let mut command = redis::cmd("SRANDMEMBER");
        command.arg(self.keys.index(node, app)).arg(limit);
        let names: Vec<String> = parse(self.ledger.command(command).await?)?;
        // The limits of the app were checked when a connection subscribed.
        let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
        let channels = names.iter().filter_map(|name| ChannelName::parse(name, &limits).ok());
        let places = channels.map(|channel| Place { app: app.clone(), channel }).collect();
        Ok(IndexedChannels { names, places })
    }

    /// Removes channels from a node's index, whatever their names are.
    pub(crate) async fn remove_names_from_index(
        &self,
        node: &NodeId,
        app: &AppId,
        names: &[String],
    ) -> Result<(), Failure> {
        let mut command = redis::cmd("SREM");
        command.arg(self.keys.index(node, app)).arg(names);
        self.ledger.command(command).await.map(drop)
    }

    /// Removes the shares of a dead node from channels: one round trip. Returns what each removal altered for all
    /// nodes.
    pub(crate) async fn remove_shares(
        &self,
        node: &NodeId,
        places: &[Place],
    ) -> Result<Vec<Result<Vec<StampedEdge>, Failure>>, Failure> {
        let request = |place: &Place| scripts::remove_share(&self.keys, node, place, &self.reaper, self.remembered());
        let requests: Vec<Request> = places.iter().map(request).collect();
        let answers = self.ledger.run(&requests).await?;
        Ok(answers.into_iter().map(|answer| answer.and_then(scripts::parse_removal)).collect())
    }

    /// Removes the clients of a dead node from an app.
    pub(crate) async fn remove_clients(&self, node: &NodeId, app: &AppId) -> Result<(), Failure> {
        let mut command = redis::cmd("HDEL");
        command.arg(self.keys.clients(app)).arg(node.as_str());
        self.ledger.command(command).await.map(drop)
    }

    /// Removes a node whose shares and clients are removed.
    pub(crate) async fn remove_node(&self, node: &NodeId) -> Result<(), Failure> {
        let mut keys = redis::cmd("DEL");
        keys.arg(self.keys.apps(node)).arg(self.keys.registration(node)).arg(self.keys.lease(node));
        keys.arg(self.keys.reaper(node));
        self.ledger.command(keys).await?;
        let mut entry = redis::cmd("SREM");
        entry.arg(self.keys.nodes()).arg(node.as_str());
        self.ledger.command(entry).await.map(drop)
    }
}
