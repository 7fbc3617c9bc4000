//! A private Redis process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use redis::FromRedisValue;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A server on a free port of the loopback, in a folder of its own. It ends when this is dropped.
pub(crate) struct RedisServer {
    port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

/// A free port. The port 10,000 above is free too: servers of a Redis Cluster use it for each other. Both are below the
/// ports that the system gives to connections, so no connection takes them while the server does not run.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let number = process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(number % 12_000).expect("it is less");
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

impl RedisServer {
    /// Starts a server that stores nothing on disk.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--save", "", "--appendonly", "no"])
    }

    /// Starts a server with these arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut server = Self {
            port: free_port(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            child: None,
        };
        server.run();
        server
    }

    /// Starts the server again after [`Self::kill`], on the same port and in the same folder.
    pub(crate) fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]).args(&self.arguments);
        self.child = Some(spawn_until(command.current_dir(self.folder.path()), "Ready to accept connections"));
    }

    /// Ends the server as a power failure does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            send_signal(&child, Signal::KILL);
            child.wait().expect("the end of redis-server");
        }
    }

    /// Stops the process without closing its connections.
    pub(crate) fn pause(&self) {
        send_signal(self.child.as_ref().expect("it runs"), Signal::STOP);
    }

    /// Continues the process after [`Self::pause`].
    pub(crate) fn resume(&self) {
        send_signal(self.child.as_ref().expect("it runs"), Signal::CONT);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends a command.
    pub(crate) fn ask<T: FromRedisValue>(&self, command: &str, arguments: &[&str]) -> T {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_connection().expect("a connection to redis-server");
        redis::cmd(command).arg(arguments).query(&mut connection).expect(command)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a process and waits until it has printed `text`.
pub(crate) fn spawn_until(command: &mut Command, text: &str) -> Child {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("redis-server is installed");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut output = String::new();
    loop {
        match lines.next() {
            Some(Ok(line)) if line.contains(text) => break,
            Some(Ok(line)) => output = output + &line + "\n",
            _ => panic!("the process ended before it was ready:\n{output}"),
        }
    }
    // The process would stop if its output were not read.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// Sends a signal to a process that has not been waited for.
pub(crate) fn send_signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("the process exists");
}

/// Writes a configuration file for a server.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("a writable folder");
    path.to_str().expect("a path in UTF-8").to_owned()
}
