//! Random histories: clients come and go on three nodes while things fail. At rest, the subscribers on every node and
//! the ledger see what is true.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clairon_cluster::ClusterSettings;
use clairon_protocol::{Edge, UserId};
use clairon_test_servers::{Proxy, Redis};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tokio::{task::JoinHandle, time};

use crate::support::node::{Log, Node, PATIENCE, app, brisk_settings, name, soon};

const STEPS: usize = 300;
const ROOMS: [&str; 4] = ["presence-a", "presence-b", "presence-c", "presence-d"];
const USERS: [&str; 6] = ["ada", "bob", "cem", "dan", "eve", "fay"];

/// What may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Faults {
    /// Connections of one node.
    Cuts,
    /// Connections and nodes.
    Crashes,
    /// Connections, nodes, and Redis with all its data.
    All,
}

/// A client that has joined a room on a node, or is joining.
struct Client {
    node: usize,
    room: &'static str,
    user: &'static str,
    join: JoinHandle<()>,
}

struct World {
    random: StdRng,
    server: Redis,
    proxies: Vec<Proxy>,
    nodes: Vec<Node>,
    /// The notices of all nodes, those that have crashed included.
    logs: Vec<Log>,
    /// The clients that are there at rest.
    clients: Vec<Client>,
}

/// A node with a short lease: in a history it does not matter which node is declared dead.
async fn start(proxy: &Proxy) -> Node {
    let url = format!("redis://127.0.0.1:{}", proxy.port());
    let settings = ClusterSettings { lease: Duration::from_millis(1_500), ..brisk_settings(&url, "history") };
    Node::try_start(settings).await.expect("a node")
}

impl World {
    async fn start(seed: u64) -> Self {
        let server = Redis::start();
        let proxies: Vec<Proxy> = (0..3).map(|_| Proxy::start(server.port())).collect();
        let nodes = join_all(proxies.iter().map(start)).await;
        let (random, logs) = (StdRng::seed_from_u64(seed), nodes.iter().map(Node::log).collect());
        Self { random, server, proxies, nodes, logs, clients: Vec::new() }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.random).expect("it is not empty")
    }

    async fn step(&mut self, faults: Faults) {
        match self.random.random_range(0..1_000) {
            0..480 => self.join(),
            480..900 => self.leave().await,
            900..985 => time::sleep(Duration::from_millis(self.random.random_range(0..20))).await,
            985..990 => self.proxies[self.random.random_range(0..3_usize)].hiccup(),
            990..995 => {
                // Some cuts are longer than a lease.
                let time = Duration::from_millis(self.random.random_range(0..2_500));
                self.proxies[self.random.random_range(0..3_usize)].cut_for(time);
            }
            995..997 if faults != Faults::Cuts => self.crash().await,
            997..998 if faults == Faults::All => {
                self.server.freeze();
                time::sleep(Duration::from_millis(self.random.random_range(0..2_500))).await;
                self.server.thaw();
            }
            998.. if faults == Faults::All => {
                self.server.kill();
                self.server.run();
            }
            _ => {}
        }
    }

    fn join(&mut self) {
        let (node, room, user) = (self.random.random_range(0..3), self.pick(&ROOMS), self.pick(&USERS));
        let join = self.nodes[node].cluster.join(&app(), &name(room), Node::joining(Some(user)));
        let join = tokio::spawn(async move {
            join.await.expect("room");
        });
        self.clients.push(Client { node, room, user, join });
    }

    /// A client leaves. If its join is not ready, the join is dropped.
    async fn leave(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let index = self.random.random_range(0..self.clients.len());
        let Client { node, room, user, join } = self.clients.swap_remove(index);
        join.abort();
        if join.await.is_ok() {
            self.nodes[node].leave(room, Some(user));
        }
    }

    /// A node crashes. Another one takes its place.
    async fn crash(&mut self) {
        let index = self.random.random_range(0..3);
        for client in self.clients.extract_if(.., |client| client.node == index) {
            // Its join will not be ready.
            client.join.abort();
        }
        self.proxies[index].mend();
        let new = soon("a new node", start(&self.proxies[index])).await;
        self.logs.push(new.log());
        self.nodes[index] = new;
    }

    /// Waits until the nodes and the ledger see what is true.
    async fn rest(&mut self) {
        for client in &mut self.clients {
            soon("a join", &mut client.join).await.expect("it succeeds");
        }
        for room in ROOMS {
            let here = || self.clients.iter().filter(|client| client.room == room);
            let members: Vec<&str> = here().map(|client| client.user).collect::<BTreeSet<_>>().into_iter().collect();
            for (index, node) in self.nodes.iter().enumerate() {
                if here().any(|client| client.node == index) {
                    node.wait_members(room, &members).await;
                }
                let what = format!("the ledger has {} connections of {members:?} in {room}", here().count());
                soon(&what, wait_ledger(node, room, here().count(), &members)).await;
            }
        }
    }

    /// Waits until the edges fit: each user who is there was added once more than removed, every other as often. The
    /// same holds for occupied rooms.
    async fn wait_edges(&self) {
        for room in ROOMS {
            let mut expected = BTreeMap::new();
            for client in self.clients.iter().filter(|client| client.room == room) {
                expected.extend([(client.user.to_owned(), 1), (String::new(), 1)]);
            }
            let agree = async {
                while self.balance(room) != expected {
                    time::sleep(Duration::from_millis(20)).await;
                }
            };
            let is_in_time = time::timeout(PATIENCE, agree).await.is_ok();
            assert!(is_in_time, "the edges of {room} leave {:?}, there are {expected:?}", self.balance(room));
        }
    }

    /// How many times more each user was added than removed, without zeros. The empty name is the room itself.
    fn balance(&self, room: &str) -> BTreeMap<String, i64> {
        let mut balance: BTreeMap<String, i64> = BTreeMap::new();
        for edge in self.logs.iter().flat_map(|log| log.edges(room)) {
            let (what, change) = match edge {
                Edge::MemberAdded(user) => (user.to_string(), 1),
                Edge::MemberRemoved(user) => (user.to_string(), -1),
                Edge::Occupied => (String::new(), 1),
                Edge::Vacated => (String::new(), -1),
                Edge::Counted(_) | Edge::Missed => continue,
            };
            *balance.entry(what).or_default() += change;
        }
        balance.retain(|_, balance| *balance != 0);
        balance
    }
}

async fn wait_ledger(node: &Node, room: &str, connections: usize, members: &[&str]) {
    loop {
        let infos = node.cluster.infos(&app(), &[name(room)]).await;
        let users = node.cluster.users(&app(), &name(room)).await;
        if let (Ok(infos), Ok(users)) = (infos, users) {
            let users: BTreeSet<&str> = users.iter().map(UserId::as_str).collect();
            if infos[0].connections == connections as u64 && users.iter().eq(members) {
                return;
            }
        }
        time::sleep(Duration::from_millis(20)).await;
    }
}

async fn run(seed: u64, faults: Faults) {
    let mut world = World::start(seed).await;
    for _ in 0..STEPS {
        world.step(faults).await;
    }
    world.rest().await;
    if faults == Faults::Cuts {
        world.wait_edges().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_cuts() {
    for seed in [1, 2] {
        run(seed, Faults::Cuts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_crashes() {
    for seed in [1, 2] {
        run(seed, Faults::Crashes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_everything() {
    for seed in [1, 2] {
        run(seed, Faults::All).await;
    }
}
