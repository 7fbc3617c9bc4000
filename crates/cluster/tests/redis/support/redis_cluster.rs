//! A private Redis Cluster.

use std::time::{Duration, Instant};

use super::redis_server::RedisServer;

const SLOTS: u16 = 16_384;

/// Three masters and a replica of the first.
pub(crate) struct RedisCluster {
    pub(crate) masters: Vec<RedisServer>,
    pub(crate) replica: RedisServer,
}

impl RedisCluster {
    /// Starts the servers and waits until all slots are served.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts servers with further arguments.
    pub(crate) fn start_with(further: &[&str]) -> Self {
        let arguments = [
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "1000",
            "--save",
            "",
            "--appendonly",
            "no",
            "--cluster-replica-validity-factor",
            "0",
            "--repl-diskless-sync-delay",
            "0",
        ];
        let arguments = [&arguments[..], further].concat();
        let masters: Vec<RedisServer> = (0..3).map(|_| RedisServer::start_with(&arguments)).collect();
        let replica = RedisServer::start_with(&arguments);
        for (index, master) in (0_u16..).zip(&masters) {
            let (first, end) = (SLOTS / 3 * index, if index == 2 { SLOTS } else { SLOTS / 3 * (index + 1) });
            let slots = [first.to_string(), (end - 1).to_string()];
            master.ask::<()>("CLUSTER", &["ADDSLOTSRANGE", &slots[0], &slots[1]]);
            master.ask::<()>("CLUSTER", &["SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        for other in masters[1..].iter().chain([&replica]) {
            masters[0].ask::<()>("CLUSTER", &["MEET", "127.0.0.1", &other.port().to_string()]);
        }
        let first: String = masters[0].ask("CLUSTER", &["MYID"]);
        let cluster = Self { masters, replica };
        eventually("all know each other", || {
            cluster.all().all(|server| server.ask::<String>("CLUSTER", &["INFO"]).contains("cluster_known_nodes:4"))
        });
        cluster.replica.ask::<()>("CLUSTER", &["REPLICATE", &first]);
        eventually("all slots are served and replicated", || {
            let info: String = cluster.replica.ask("INFO", &["replication"]);
            let nodes = |server: &RedisServer| server.ask::<String>("CLUSTER", &["NODES"]);
            cluster.all().all(|server| server.ask::<String>("CLUSTER", &["INFO"]).contains("cluster_state:ok"))
                && cluster.all().all(|server| nodes(server).contains("slave"))
                && info.contains("master_link_status:up")
        });
        cluster
    }

    fn all(&self) -> impl Iterator<Item = &RedisServer> {
        self.masters.iter().chain([&self.replica])
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.masters.iter().map(|master| format!("127.0.0.1:{}", master.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}

/// Waits until a condition holds. The servers learn of each other by gossip, so there is nothing to wait for.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
