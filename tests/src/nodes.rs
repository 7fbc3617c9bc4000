//! Several servers that act as one through a Redis.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::Request;
use crate::app::App;
use crate::eventually;
use crate::redis::Redis;
use crate::server::{Builder, Server};

/// Nodes with leases of two seconds.
#[derive(Debug)]
pub struct Nodes {
    /// What holds them together.
    pub redis: Redis,
    /// The nodes; a test may replace them.
    pub servers: Vec<Server>,
    app: App,
}

impl Nodes {
    /// Starts some nodes for an app.
    #[must_use]
    pub fn start(count: usize, app: App) -> Self {
        let redis = Redis::start();
        let servers = (0..count).map(|_| Self::builder(&redis, app.clone()).start()).collect();
        Self { redis, servers, app }
    }

    /// One more node, not started.
    #[must_use]
    pub fn another(&self) -> Builder {
        Self::builder(&self.redis, self.app.clone())
    }

    fn builder(redis: &Redis, app: App) -> Builder {
        Server::builder()
            .app(app)
            .env("CLAIRON_REDIS_URL", redis.url())
            .env("CLAIRON_REDIS_RESPONSE_SECONDS", "1")
            .env("CLAIRON_CLUSTER_LEASE_SECONDS", "2")
            .env("CLAIRON_CLUSTER_BEAT_SECONDS", "1")
            .env("CLAIRON_SERVER_DRAIN_SECONDS", "1")
            .env("CLAIRON_LOG", "info,clairon_server=debug,clairon_cluster=debug")
    }

    /// The first three.
    ///
    /// # Panics
    /// When there are not three.
    #[must_use]
    pub fn three(&self) -> [&Server; 3] {
        let [one, two, three] = self.servers.as_slice() else { panic!("{} nodes", self.servers.len()) };
        [one, two, three]
    }

    /// All edges of a channel that the nodes that are here have told, sorted.
    #[must_use]
    pub fn edges(&self, channel: &str) -> Vec<String> {
        let mut edges: Vec<String> = self.servers.iter().flat_map(|server| edges(server, channel)).collect();
        edges.sort();
        edges
    }

    /// Waits until the members of a channel are these, according to every node's HTTP API.
    pub fn wait_for_members(&self, channel: &str, members: &[&str]) {
        let wanted: BTreeSet<String> = members.iter().map(|&id| id.to_owned()).collect();
        for server in &self.servers {
            eventually(&format!("{members:?} in {channel}"), || self.members(server, channel) == Some(wanted.clone()));
        }
    }

    /// The members according to one node; `None` where it cannot tell.
    #[must_use]
    pub fn members(&self, server: &Server, channel: &str) -> Option<BTreeSet<String>> {
        let answer = Request::get(&self.app, &format!("/channels/{channel}/users"), &[]).send(server);
        let users = (answer.status == 200).then(|| answer.json())?;
        Some(users["users"].as_array()?.iter().filter_map(|user| Some(user["id"].as_str()?.to_owned())).collect())
    }
}

/// The edges of a channel that one node has told, in its order.
#[must_use]
pub fn edges(server: &Server, channel: &str) -> Vec<String> {
    let is_edge = |line: &&Value| line["message"] == "channel changed" && line["channel"] == channel;
    let edge = |line: &Value| line["edge"].as_str().unwrap_or_default().to_owned();
    server.log().lines().iter().filter(is_edge).map(edge).collect()
}
