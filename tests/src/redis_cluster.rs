//! A Redis Cluster of three masters; the first has a replica.

use crate::eventually;
use crate::nodes::Engine;
use crate::redis::Redis;

const SLOTS: u16 = 16_384;

/// All four processes.
#[derive(Debug)]
pub struct RedisCluster {
    masters: Vec<Redis>,
    replica: Redis,
}

impl RedisCluster {
    /// Starts them and waits until all slots are served, and those of the first master replicated.
    ///
    /// # Panics
    /// When they do not come together in time.
    #[must_use]
    pub fn start() -> Self {
        let arguments = "--cluster-enabled yes --cluster-node-timeout 1000 --cluster-replica-validity-factor 0 \
                         --repl-diskless-sync-delay 0 --appendonly no --save"
            .split_whitespace()
            .chain([""])
            .collect::<Vec<_>>();
        let masters: Vec<Redis> = (0..3).map(|_| Redis::with(&arguments)).collect();
        let cluster = Self { masters, replica: Redis::with(&arguments) };
        for (index, master) in (0..3).zip(&cluster.masters) {
            let (first, end) = (SLOTS / 3 * index, if index == 2 { SLOTS } else { SLOTS / 3 * (index + 1) });
            command(master, &format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
            command(master, &format!("CLUSTER SET-CONFIG-EPOCH {}", index + 1));
        }
        for other in cluster.all().skip(1) {
            command(&cluster.masters[0], &format!("CLUSTER MEET 127.0.0.1 {}", other.port()));
        }
        let is_everywhere = |question: &str, sign: &str| cluster.all().all(|redis| redis.says(question, sign));
        eventually("all know each other", || is_everywhere("CLUSTER INFO", "cluster_known_nodes:4"));
        let id = cluster.masters[0].ask("CLUSTER MYID");
        let id = id.lines().nth(1).unwrap_or_else(|| panic!("no id in {id:?}"));
        command(&cluster.replica, &format!("CLUSTER REPLICATE {id}"));
        eventually("all slots are served, and some replicated", || {
            is_everywhere("CLUSTER INFO", "cluster_state:ok")
                && is_everywhere("CLUSTER NODES", "slave")
                && cluster.replica.says("INFO replication", "master_link_status:up")
        });
        cluster
    }

    /// Ends the first master; returns once its replica has its place.
    pub fn fail_over(&mut self) {
        self.masters[0].kill();
        eventually("the replica is a master", || {
            self.replica.says("INFO replication", "role:master")
                && self.replica.says("CLUSTER INFO", "cluster_state:ok")
        });
    }

    fn all(&self) -> impl Iterator<Item = &Redis> {
        self.masters.iter().chain([&self.replica])
    }
}

impl Engine for RedisCluster {
    fn url(&self, _node: usize) -> String {
        let hosts: Vec<_> = self.masters.iter().map(|master| format!("127.0.0.1:{}", master.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}

fn command(redis: &Redis, line: &str) {
    let answer = redis.ask(line);
    assert!(answer.starts_with("+OK"), "{line}: {answer}");
}
