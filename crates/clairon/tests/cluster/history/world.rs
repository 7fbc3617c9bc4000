//! Three nodes with their apps and clients.

use std::collections::BTreeSet;
use std::{env, fs};

use clairon_tests::app::App;
use clairon_tests::nodes::Nodes;
use clairon_tests::nodes::Proxied;
use clairon_tests::server::{Builder, Server};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::fault::Fault;
use super::guest::{Guest, Stay};

pub(crate) const NODES: usize = 3;
pub(crate) const CHANNELS: [&str; 4] = ["presence-a", "presence-b", "private-c", "public-d"];
const GUESTS: usize = 14;
/// The number of last steps that a failure prints.
const LAST_STEPS: usize = 60;

pub(crate) struct World {
    pub(crate) random: StdRng,
    pub(crate) fault: Fault,
    pub(crate) apps: [App; 2],
    pub(crate) nodes: Nodes<Proxied>,
    /// Killed nodes. Their logs are still read.
    pub(crate) dead: Vec<Server>,
    /// The first client of each app is a witness: it stays on its first channel, on a node without faults of its own.
    pub(crate) guests: Vec<Guest>,
    /// What disconnected clients have received, by app and channel.
    pub(crate) gone: Vec<(usize, &'static str, Stay)>,
    /// The node that does not run.
    pub(crate) down: Option<usize>,
    /// The nodes affected by a fault.
    pub(crate) broken: Vec<usize>,
    pub(crate) messages: usize,
    seed: u64,
    diary: Vec<String>,
}

impl World {
    pub(crate) fn start(seed: u64, fault: Fault) -> Self {
        // Both apps have the same channels and users.
        let apps = ["one", "two"].map(|name| App::new(name).with("client_messages", true));
        let mut world = Self {
            random: StdRng::seed_from_u64(seed),
            fault,
            nodes: Nodes::over(Proxied::start(NODES), 0, &apps),
            apps,
            dead: Vec::new(),
            guests: Vec::new(),
            gone: Vec::new(),
            down: None,
            broken: Vec::new(),
            messages: 0,
            seed,
            diary: Vec::new(),
        };
        world.nodes.servers = (0..NODES).map(|node| world.new_node(node).start()).collect();
        for app in 0..world.apps.len() {
            let mut witness = world.connect(app, 0, "witness".to_owned());
            witness.ask_to_join(CHANNELS[0]);
            witness.hear_until(|guest| guest.has_joined(CHANNELS[0]));
            world.guests.push(witness);
        }
        for _ in 0..GUESTS {
            world.arrive();
        }
        world
    }

    pub(crate) fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            match self.random.random_range(0..16) {
                0..6 => self.join(),
                6 => self.leave(),
                7 => self.depart(),
                8..10 => self.whisper(),
                10..14 => self.say(),
                _ => self.crowd(),
            }
        }
    }

    /// Records a step, for finding the cause of a failure.
    pub(crate) fn note(&mut self, step: String) {
        self.diary.push(step);
    }

    /// A node with time-outs for a busy machine. Apart from the end of a lease, faults here are detected without a
    /// time-out.
    pub(crate) fn new_node(&self, number: usize) -> Builder {
        let patience = [("CLAIRON_REDIS_RESPONSE_SECONDS", "4"), ("CLAIRON_CLUSTER_LEASE_SECONDS", "5")];
        patience.into_iter().fold(self.nodes.node(number), |node, (name, value)| node.env(name, value))
    }

    pub(crate) fn connect(&self, app: usize, node: usize, user: String) -> Guest {
        Guest::connect(&self.nodes.servers[node], (app, &self.apps[app]), node, user)
    }

    /// A running node. It may be cut off from Redis.
    pub(crate) fn is_sound(&self, node: usize) -> bool {
        self.down != Some(node)
    }

    /// A node that no fault affects.
    pub(crate) fn is_calm(&self, node: usize) -> bool {
        !self.broken.contains(&node)
    }

    /// The users on a presence channel, according to the connections of the clients that fulfil the condition.
    pub(crate) fn users(&self, app: usize, channel: &str, is_one: impl Fn(&Guest) -> bool) -> BTreeSet<String> {
        let is_here = |guest: &&Guest| guest.app == app && guest.channels.contains_key(channel) && is_one(guest);
        let here = self.guests.iter().filter(is_here);
        here.filter(|_| is_presence(channel)).map(|guest| guest.user.clone()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell();
        }
    }
}

impl World {
    /// Prints the last steps and the edges, and keeps the logs of the nodes.
    fn tell(&self) {
        let last = &self.diary[self.diary.len().saturating_sub(LAST_STEPS)..];
        eprintln!("{:?}, seed {}; its last steps:\n{}", self.fault, self.seed, last.join("\n"));
        for (app, channel) in (0..self.apps.len()).flat_map(|app| CHANNELS.map(|channel| (app, channel))) {
            eprintln!("edges of {}{:?}", room_name(app, channel), self.edges(app, channel));
        }
        for (node, server) in self.nodes.servers.iter().enumerate() {
            let lines: Vec<String> = server.log().lines().iter().map(Value::to_string).collect();
            let path = env::temp_dir().join(format!("clairon-history-{:?}-{}-node-{node}.log", self.fault, self.seed));
            let kept = fs::write(&path, lines.join("\n")).map(|()| path.display().to_string());
            eprintln!("the log of node {node}: {}", kept.unwrap_or_else(|error| error.to_string()));
        }
    }
}

pub(crate) fn is_presence(channel: &str) -> bool {
    channel.starts_with("presence-")
}

/// The prefix of each message on a channel.
pub(crate) fn room_name(app: usize, channel: &str) -> String {
    format!("{app}/{channel}:")
}
