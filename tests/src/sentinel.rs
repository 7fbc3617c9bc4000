//! A Redis with a replica, and three Sentinels that replace it half a second after it is gone.

use std::fs;
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::eventually;
use crate::nodes::Engine;
use crate::redis::{Redis, ask, free_port, spawn, temporary_folder};

/// All five processes.
#[derive(Debug)]
pub struct Sentinels {
    /// The first master.
    pub master: Redis,
    replica: Redis,
    watchers: Vec<Sentinel>,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl Sentinels {
    /// Starts them and waits until they know of each other.
    #[must_use]
    pub fn start() -> Self {
        let plain = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
        let master = Redis::with(&plain);
        let replica = Redis::with(&[&plain[..], &["--replicaof", &format!("127.0.0.1 {}", master.port())]].concat());
        eventually("the replica has everything", || replica.says("INFO replication", "master_link_status:up"));
        let watchers = (0..3).map(|_| Sentinel::start(&master)).collect();
        let all = Self { master, replica, watchers };
        eventually("the Sentinels know of each other", || {
            let knows_all = |answer: String| answer.contains("status=ok") && answer.contains("slaves=1,sentinels=3");
            all.watchers.iter().all(|sentinel| ask(sentinel.port, "INFO sentinel").is_ok_and(knows_all))
        });
        all
    }

    /// Ends the master; returns once the replica has its place.
    pub fn fail_over(&mut self) {
        self.master.kill();
        eventually("the replica is the master", || self.replica.says("INFO replication", "role:master"));
    }
}

impl Engine for Sentinels {
    fn url(&self, _node: usize) -> String {
        let hosts: Vec<_> = self.watchers.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}

impl Sentinel {
    fn start(master: &Redis) -> Self {
        let (port, folder) = (free_port(), temporary_folder());
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n",
            master.port()
        );
        // A Sentinel writes to its settings.
        let file = folder.path().join("sentinel.conf");
        fs::write(&file, settings).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let child = spawn(Command::new("redis-sentinel").arg(&file).current_dir(folder.path()), "+monitor");
        Self { port, child, _folder: folder }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
