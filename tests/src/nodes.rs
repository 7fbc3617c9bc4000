//! Several servers that act as one through a Redis.

use std::collections::BTreeSet;

use clairon_test_servers::{Proxy, Redis, RedisCluster, Sentinels, until};
use serde_json::Value;

use crate::admin;
use crate::api::Request;
use crate::app::App;
use crate::log::Log;
use crate::server::{Builder, Server};

/// Something through which nodes can act as one.
pub trait Engine {
    /// The URL for a node, by its number.
    fn url_of(&self, node: usize) -> String;
}

impl Engine for Redis {
    fn url_of(&self, _node: usize) -> String {
        self.url()
    }
}

impl Engine for Sentinels {
    fn url_of(&self, _node: usize) -> String {
        self.url()
    }
}

impl Engine for RedisCluster {
    fn url_of(&self, _node: usize) -> String {
        self.url()
    }
}

/// A Redis with a proxy for each node.
#[derive(Debug)]
pub struct Proxied {
    /// The server behind the proxies.
    pub redis: Redis,
    /// One proxy for each node.
    pub proxies: Vec<Proxy>,
}

impl Proxied {
    /// Starts a Redis and its proxies.
    #[must_use]
    pub fn start(nodes: usize) -> Self {
        let redis = Redis::start();
        let proxies = (0..nodes).map(|_| Proxy::start(redis.port())).collect();
        Self { redis, proxies }
    }
}

impl Engine for Proxied {
    fn url_of(&self, node: usize) -> String {
        format!("redis://127.0.0.1:{}", self.proxies[node].port())
    }
}

/// Nodes with leases of ten seconds, which outlast the pauses of a busy machine, or brisk nodes with shorter ones.
#[derive(Debug)]
pub struct Nodes<E = Redis> {
    /// The Redis that connects them.
    pub redis: E,
    /// The nodes. A test may replace them.
    pub servers: Vec<Server>,
    apps: Vec<App>,
}

impl Nodes {
    /// Starts `count` nodes for an app on a Redis.
    #[must_use]
    pub fn start(count: usize, app: App) -> Self {
        Self::over(Redis::start(), count, &[app])
    }

    /// Starts `count` [brisk](Self::brisk_node) nodes for an app on a Redis.
    #[must_use]
    pub fn brisk(count: usize, app: App) -> Self {
        Self::brisk_over(Redis::start(), count, &[app])
    }
}

impl<E: Engine> Nodes<E> {
    /// Starts `count` nodes for these apps.
    #[must_use]
    pub fn over(redis: E, count: usize, apps: &[App]) -> Self {
        Self::with(redis, count, apps, Self::node)
    }

    /// Starts `count` [brisk](Self::brisk_node) nodes for these apps.
    #[must_use]
    pub fn brisk_over(redis: E, count: usize, apps: &[App]) -> Self {
        Self::with(redis, count, apps, Self::brisk_node)
    }

    fn with(redis: E, count: usize, apps: &[App], node: fn(&Self, usize) -> Builder) -> Self {
        let mut nodes = Self { redis, servers: Vec::new(), apps: apps.to_vec() };
        nodes.servers = (0..count).map(|number| node(&nodes, number).start()).collect();
        nodes
    }

    /// The node with this number, not yet started.
    #[must_use]
    pub fn node(&self, node: usize) -> Builder {
        let builder = self.apps.iter().cloned().fold(Server::builder(), Builder::app);
        builder
            .env("CLAIRON_ADMIN_TOKEN", admin::TOKEN)
            .env("CLAIRON_REDIS_URL", self.redis.url_of(node))
            .env("CLAIRON_REDIS_RESPONSE_SECONDS", "3")
            .env("CLAIRON_CLUSTER_LEASE_SECONDS", "10")
            .env("CLAIRON_CLUSTER_BEAT_SECONDS", "1")
            .env("CLAIRON_SERVER_DRAIN_SECONDS", "1")
            .env("CLAIRON_LOG", "info,clairon_server=debug,clairon_cluster=debug")
    }

    /// The same for a test in which a node dies or Redis is silent: both are noticed within a few seconds.
    #[must_use]
    pub fn brisk_node(&self, node: usize) -> Builder {
        self.node(node).env("CLAIRON_REDIS_RESPONSE_SECONDS", "1").env("CLAIRON_CLUSTER_LEASE_SECONDS", "4")
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

    /// All edges of a channel of the first app that the present nodes have logged, sorted.
    #[must_use]
    pub fn edges(&self, channel: &str) -> Vec<String> {
        let told = self.servers.iter().flat_map(|server| edges(server, &self.apps[0], channel));
        let mut edges: Vec<String> = told.collect();
        edges.sort();
        edges
    }

    /// Waits until the present nodes have logged exactly these edges of a channel of the first app. A node logs an edge
    /// after the change of the ledger is answered, so clients may have seen it before.
    ///
    /// # Panics
    /// When they have not in time.
    pub fn wait_for_edges(&self, channel: &str, sorted: &[String]) {
        let what = format!("the edges of {channel} are {sorted:?}");
        let edges = until(&what, || self.edges(channel), |edges| edges.len() >= sorted.len());
        assert_eq!(edges, sorted, "{channel}");
    }

    /// Waits until every node's HTTP API has these members of a channel of the first app.
    pub fn wait_for_members(&self, channel: &str, members: &[&str]) {
        let wanted: BTreeSet<String> = members.iter().map(|&id| id.to_owned()).collect();
        for server in &self.servers {
            wait_for_members(server, &self.apps[0], channel, &wanted);
        }
    }
}

/// Waits until a node has noticed that its connection to Redis is lost. Before that it may say that it is ready.
pub fn wait_for_gap(server: &Server) {
    let is_deaf = |line: &Value| line["message"] == "cannot work with Redis" && line["kind"] == "Deaf";
    let _ = server.wait_for_log("the loss of Redis", is_deaf);
}

/// Waits until a node's HTTP API has these members of a channel.
///
/// # Panics
/// When it does not in time.
pub fn wait_for_members(server: &Server, app: &App, channel: &str, wanted: &BTreeSet<String>) {
    let what = format!("the members of {channel} of app {} are {wanted:?}", app.id);
    until(&what, || members(server, app, channel), |members| members.as_ref() == Some(wanted));
}

/// The members of a channel according to one node; `None` if the node does not answer.
#[must_use]
pub fn members(server: &Server, app: &App, channel: &str) -> Option<BTreeSet<String>> {
    let answer = Request::get(app, &format!("/channels/{channel}/users"), &[]).send(server);
    let users = (answer.status == 200).then(|| answer.json())?;
    Some(users["users"].as_array()?.iter().filter_map(|user| Some(user["id"].as_str()?.to_owned())).collect())
}

/// The edges of a channel in the log of one node, in order.
#[must_use]
pub fn edges(server: &Server, app: &App, channel: &str) -> Vec<String> {
    logged_edges(server.log(), app, channel)
}

/// The same from the log of a node that may have ended.
#[must_use]
pub fn logged_edges(log: &Log, app: &App, channel: &str) -> Vec<String> {
    let is_edge = |line: &&Value| {
        line["message"] == "channel changed" && line["app"] == app.id.as_str() && line["channel"] == channel
    };
    let edge = |line: &Value| {
        let edge = line["edge"].as_str().unwrap_or_default();
        line["user"].as_str().map_or_else(|| edge.to_owned(), |user| format!("{edge} {user}"))
    };
    log.lines().iter().filter(is_edge).map(edge).collect()
}
