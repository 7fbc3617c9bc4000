//! Processes, with their ports and folders.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A running process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a server and waits until it has printed `ready` on its standard output.
    pub(crate) fn start(command: &mut Command, ready: &str) -> Self {
        let mut process = Self::spawn(command.stdout(Stdio::piped()));
        let mut lines = process.0.stdout.take().map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten();
        let mut printed = String::new();
        let is_ready = lines.by_ref().map_while(Result::ok).any(|line| {
            printed = format!("{printed}{line}\n");
            line.contains(ready)
        });
        assert!(is_ready, "{command:?} ended before it was ready:\n{printed}");
        // A full pipe would stop the process, so its output is read.
        thread::spawn(move || lines.for_each(drop));
        process
    }

    /// Starts a program.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| panic!("{}", cannot_run(command, &error))))
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap_or_else(|error| panic!("{signal:?}: {error}"));
    }

    /// True if the process has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to its end and returns its output.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{}", cannot_run(command, &error)));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    format!("{command:?} does not run ({error}); `make tools` installs it")
}

/// A free port of the loopback. The port 10,000 above is free too: servers of a Redis Cluster use it for each other.
/// Both are below the ports that the system gives to connections, so no connection takes them while the server is down.
#[must_use]
pub fn free_port() -> u16 {
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
