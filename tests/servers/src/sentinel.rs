//! A master with a replica, and the Sentinels that watch it.

use std::{fs, process::Command};

use tempfile::TempDir;

use crate::{
    process::{Process, free_port, temporary_folder},
    redis::{Redis, ask, says},
    wait::eventually,
};

/// How long a master may be silent, in milliseconds, while it is to stay. A busy machine delays its answers.
const PATIENT: u32 = 60_000;
/// The same once the master is killed. The replica must not seem to be down too.
const IMPATIENT: u32 = 1_500;

/// A Redis with a replica, and three Sentinels that replace a killed master within some seconds.
#[derive(Debug)]
pub struct Sentinels {
    /// The initial master.
    pub master: Redis,
    replica: Redis,
    watchers: Vec<Sentinel>,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    _process: Process,
    _folder: TempDir,
}

impl Sentinels {
    /// Starts all processes and waits until they know each other.
    ///
    /// # Panics
    /// When they do not in time.
    #[must_use]
    pub fn start() -> Self {
        let plain = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
        let master = Redis::with(&plain);
        let replica = Redis::with(&[&plain[..], &["--replicaof", &format!("127.0.0.1 {}", master.port())]].concat());
        eventually("the replica has everything", || replica.says("INFO replication", "master_link_status:up"));
        let watchers = (0..3).map(|_| Sentinel::start(&master)).collect();
        let all = Self { master, replica, watchers };
        eventually("the Sentinels know of each other", || {
            all.watchers.iter().all(|sentinel| says(sentinel.port, "INFO sentinel", "status=ok"))
                && all.watchers.iter().all(|sentinel| says(sentinel.port, "INFO sentinel", "slaves=1,sentinels=3"))
        });
        all
    }

    /// Kills the master. The replica replaces it soon.
    ///
    /// # Panics
    /// When a Sentinel does not answer.
    pub fn kill_master(&mut self) {
        for Sentinel { port, .. } in &self.watchers {
            let command = format!("SENTINEL SET main down-after-milliseconds {IMPATIENT}");
            assert!(says(*port, &command, "OK"), "a Sentinel does not take {command}");
        }
        self.master.kill();
    }

    /// Kills the master, and returns once the replica has replaced it.
    pub fn fail_over(&mut self) {
        self.kill_master();
        eventually("the replica is the master", || self.replica.says("INFO replication", "role:master"));
    }

    /// Lets the replica become the master too. Both accept writes from then on, and a node that asks gets the new one.
    /// Call this once.
    ///
    /// # Panics
    /// When the Sentinels do not do so in time.
    pub fn split(&self) {
        let port = |Sentinel { port, .. }: &Sentinel| *port;
        eventually("a Sentinel begins", || says(port(&self.watchers[0]), "SENTINEL FAILOVER main", "OK"));
        eventually("the Sentinels know of the change", || {
            self.watchers.iter().map(port).all(|port| {
                let address: Vec<String> = ask(port, "SENTINEL GET-MASTER-ADDR-BY-NAME main").unwrap_or_default();
                address.get(1).is_some_and(|port| *port == self.replica.port().to_string())
            })
        });
        // After four of these periods they would make the former master a replica.
        for Sentinel { port, .. } in &self.watchers {
            assert!(says(*port, "SENTINEL DEBUG publish-period 600000", "OK"), "a Sentinel does not wait");
        }
    }

    /// The former master's connections of a user of Redis end.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn move_over(&self, user: &str) {
        self.master.execute(&format!("CLIENT KILL USER {user}"));
    }

    /// Makes a user with all rights on both servers.
    ///
    /// # Panics
    /// When one refuses it.
    pub fn add_user(&self, user: &str) {
        for redis in [&self.master, &self.replica] {
            redis.set_user(user, "on nopass ~* &* +@all");
        }
    }

    /// The URL for a node of Clairon: the addresses of the Sentinels, and the name of the master.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.watchers.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}

impl Sentinel {
    fn start(master: &Redis) -> Self {
        let (port, folder) = (free_port(), temporary_folder());
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds main {PATIENT}\nsentinel failover-timeout main 2000\n",
            master.port()
        );
        // A Sentinel writes to its settings file.
        let file = folder.path().join("sentinel.conf");
        fs::write(&file, settings).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut command = Command::new("redis-sentinel");
        let process = Process::start(command.arg(&file).current_dir(folder.path()), "+monitor");
        // A Sentinel that was not run for two seconds, on a busy machine, replaces no master for half a minute.
        assert!(says(port, "SENTINEL DEBUG tilt-trigger 60000", "OK"), "a Sentinel does not take its settings");
        Self { port, _process: process, _folder: folder }
    }
}
