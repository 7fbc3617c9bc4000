//! A private Redis: on a free port, in a temporary folder, with nothing kept on disk, gone when the test is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::DEADLINE;

/// A running Redis, or one that is down for a while.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.unwrap_or_else(|error| panic!("a free port: {error}")).port();
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"));
        let mut redis = Self { port, folder, child: None };
        redis.run();
        redis
    }

    /// Starts it again where it was, without its data.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn run(&mut self) {
        let port = self.port.to_string();
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("starting redis-server: {error}"));
        let mut lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten();
        let is_ready = lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept connections")));
        self.child = Some(child);
        assert!(is_ready, "redis-server ended before it was ready");
        // It must not stop because nobody reads what it prints.
        thread::spawn(move || lines.for_each(drop));
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

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Has it change a setting.
    ///
    /// # Panics
    /// When it does not.
    pub fn set(&self, setting: &str, value: &str) {
        let answer = self.command(&format!("CONFIG SET {setting} {value}"));
        assert!(answer.starts_with("+OK"), "{setting}: {answer}");
    }

    /// Has it close all connections of a kind: `pubsub` or `normal`.
    ///
    /// # Panics
    /// When it does not.
    pub fn cut(&self, kind: &str) {
        let answer = self.command(&format!("CLIENT KILL TYPE {kind}"));
        assert!(answer.starts_with(':'), "{kind}: {answer}");
    }

    fn command(&self, line: &str) -> String {
        let answer = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(DEADLINE))?;
            write!(stream, "{line}\r\nQUIT\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        });
        answer.unwrap_or_else(|error| panic!("{line}: {error}"))
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
