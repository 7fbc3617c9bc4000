//! A private master with a replica and a Sentinel.

use std::process::{Child, Command};

use rustix::process::Signal;
use tempfile::TempDir;

use super::redis_server::{RedisServer, free_port, send_signal, spawn_until, write};

/// A master that is replaced half a second after it has ended.
pub(crate) struct Sentinel {
    pub(crate) master: RedisServer,
    _replica: RedisServer,
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl Sentinel {
    pub(crate) fn start() -> Self {
        let plain = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
        let master = RedisServer::start_with(&plain);
        let port_of_master = master.port().to_string();
        let replica = RedisServer::start_with(&[&plain[..], &["--replicaof", "127.0.0.1", &port_of_master]].concat());
        while !replica.ask::<String>("INFO", &["replication"]).contains("master_link_status:up") {
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let text = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {port_of_master} 1\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n"
        );
        let file = write(folder.path(), "sentinel.conf", &text);
        let child = spawn_until(Command::new("redis-sentinel").arg(file).current_dir(folder.path()), "+monitor");
        let sentinel = Self { master, _replica: replica, port, child, _folder: folder };
        while !sentinel.knows_replica() {
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        sentinel
    }

    fn knows_replica(&self) -> bool {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).expect("a URL");
        let mut connection = client.get_connection().expect("a connection to the Sentinel");
        let replicas: redis::Value =
            redis::cmd("SENTINEL").arg("REPLICAS").arg("main").query(&mut connection).expect("its replicas");
        matches!(replicas, redis::Value::Array(replicas) if !replicas.is_empty())
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/main", self.port)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        send_signal(&self.child, Signal::KILL);
        self.child.wait().expect("the end of redis-sentinel");
    }
}
