//! A private Redis: on a free port, in a temporary folder, gone when the test is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::DEADLINE;
use crate::nodes::Engine;

/// A running Redis, or one that is down for a while.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl Redis {
    /// Starts one that keeps nothing on disk.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// Starts one that has on disk whatever it has answered.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn durable() -> Self {
        Self::with(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Starts one with these arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut redis = Self { port: free_port(), folder: temporary_folder(), arguments, child: None };
        redis.run();
        redis
    }

    /// Starts it again where it was, with the data that it has on disk.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]).args(&self.arguments);
        self.child = Some(spawn(command.current_dir(self.folder.path()), "Ready to accept connections"));
    }

    /// Ends it as a power failure does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a process that has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Keeps it from doing anything, its connections open.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Has it change a setting.
    ///
    /// # Panics
    /// When it does not.
    pub fn set(&self, setting: &str, value: &str) {
        let answer = self.ask(&format!("CONFIG SET {setting} {value}"));
        assert!(answer.starts_with("+OK"), "{setting}: {answer}");
    }

    /// Has it change a user, by the rules of `ACL SETUSER`.
    ///
    /// # Panics
    /// When it does not.
    pub fn set_user(&self, name: &str, rules: &str) {
        let answer = self.ask(&format!("ACL SETUSER {name} {rules}"));
        assert!(answer.starts_with("+OK"), "{rules}: {answer}");
    }

    /// Has it close all connections of a kind: `pubsub` or `normal`.
    ///
    /// # Panics
    /// When it does not.
    pub fn cut(&self, kind: &str) {
        let answer = self.ask(&format!("CLIENT KILL TYPE {kind}"));
        assert!(answer.starts_with(':'), "{kind}: {answer}");
    }

    /// What it answers to a command, as it is written on the wire.
    pub(crate) fn ask(&self, line: &str) -> String {
        ask(self.port, line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// True where its answer to a command contains `sign`.
    pub(crate) fn says(&self, line: &str, sign: &str) -> bool {
        ask(self.port, line).is_ok_and(|answer| answer.contains(sign))
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().unwrap_or_else(|| panic!("Redis is down"));
        kill_process(Pid::from_child(child), signal).unwrap_or_else(|error| panic!("{signal:?}: {error}"));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Engine for Redis {
    fn url(&self, _node: usize) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

/// A port that is free, and so is the one 10,000 above, where a Redis Cluster talks to itself. Both are below those
/// that the system gives to connections, so that none takes them before the server does, or while it is down.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let number = process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(number % 12_000).unwrap_or_default();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

pub(crate) fn temporary_folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"))
}

/// Starts a server and waits until it has printed `ready`.
pub(crate) fn spawn(command: &mut Command, ready: &str) -> Child {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}, `make tools` installs it: {error}"));
    let mut lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten();
    let mut printed = String::new();
    let is_ready = lines.by_ref().map_while(Result::ok).any(|line| {
        printed = format!("{printed}{line}\n");
        line.contains(ready)
    });
    assert!(is_ready, "{command:?} ended before it was ready:\n{printed}");
    // It must not stop because nobody reads what it prints.
    thread::spawn(move || lines.for_each(drop));
    child
}

/// What the Redis or Sentinel on a port answers to a command.
///
/// # Errors
/// When it does not: it closes the connections of clients when it becomes a master.
pub(crate) fn ask(port: u16, line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    write!(stream, "{line}\r\n")?;
    // It answers, then finds that nothing more comes, and closes too.
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map(|_| answer)
}
