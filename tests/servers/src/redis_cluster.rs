//! A private Redis Cluster.

use crate::{redis::Redis, wait::eventually};

const SLOTS: u16 = 16_384;

/// How long a server may be silent, in milliseconds, while it is to stay. A busy machine delays its answers.
const PATIENT: &str = "60000";
/// The same while the servers form the cluster, and once a master is killed.
const IMPATIENT: &str = "1000";

const ARGUMENTS: [&str; 12] = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    IMPATIENT,
    "--cluster-replica-validity-factor",
    "0",
    "--repl-diskless-sync-delay",
    "0",
    "--appendonly",
    "no",
    "--save",
    "",
];

/// Three masters and a replica of the first.
#[derive(Debug)]
pub struct RedisCluster {
    /// The initial masters.
    pub masters: Vec<Redis>,
    /// The replica of the first master.
    pub replica: Redis,
}

impl RedisCluster {
    /// Starts the servers and waits until all slots are served, and those of the first master are replicated.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts servers with further arguments.
    ///
    /// # Panics
    /// When they do not form a cluster in time.
    #[must_use]
    pub fn with(further: &[&str]) -> Self {
        let arguments = [&ARGUMENTS[..], further].concat();
        let masters: Vec<Redis> = (0..3).map(|_| Redis::with(&arguments)).collect();
        let cluster = Self { masters, replica: Redis::with(&arguments) };
        for (index, master) in (0..3).zip(&cluster.masters) {
            let (first, end) = (SLOTS / 3 * index, if index == 2 { SLOTS } else { SLOTS / 3 * (index + 1) });
            master.execute(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
            master.execute(&format!("CLUSTER SET-CONFIG-EPOCH {}", index + 1));
        }
        for other in cluster.servers().skip(1) {
            cluster.masters[0].execute(&format!("CLUSTER MEET 127.0.0.1 {}", other.port()));
        }
        let is_everywhere = |question: &str, sign: &str| cluster.servers().all(|redis| redis.says(question, sign));
        eventually("all know each other", || is_everywhere("CLUSTER INFO", "cluster_known_nodes:4"));
        let id: String = cluster.masters[0].ask("CLUSTER MYID");
        cluster.replica.execute(&format!("CLUSTER REPLICATE {id}"));
        eventually("all slots are served and replicated", || {
            is_everywhere("CLUSTER INFO", "cluster_state:ok")
                && is_everywhere("CLUSTER NODES", "slave")
                && cluster.replica.says("INFO replication", "master_link_status:up")
        });
        cluster.set_patience(PATIENT);
        cluster
    }

    fn set_patience(&self, milliseconds: &str) {
        self.servers().for_each(|server| server.set("cluster-node-timeout", milliseconds));
    }

    /// Kills the first master. Its replica replaces it soon.
    pub fn kill_master(&mut self) {
        self.set_patience(IMPATIENT);
        self.masters[0].kill();
    }

    /// Kills the first master, and returns once its replica has replaced it.
    pub fn fail_over(&mut self) {
        self.kill_master();
        eventually("the replica is a master", || {
            self.replica.says("INFO replication", "role:master")
                && self.replica.says("CLUSTER INFO", "cluster_state:ok")
        });
    }

    /// All servers, the replica last.
    pub fn servers(&self) -> impl Iterator<Item = &Redis> {
        self.masters.iter().chain([&self.replica])
    }

    /// The URL for a node of Clairon: the addresses of the masters.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.masters.iter().map(|master| format!("127.0.0.1:{}", master.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}
