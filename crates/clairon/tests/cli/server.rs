//! A server that runs until it gets a signal.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::place::Run;

/// A running `clairon serve`. It is killed on drop.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: BufReader<ChildStderr>,
    /// The lines of its log before it was ready.
    pub(crate) starting: Vec<Value>,
    /// The line of its log with the message `ready`.
    pub(crate) ready: Value,
}

impl Server {
    pub(crate) fn wait_until_ready(mut child: Child) -> Self {
        let log = BufReader::new(child.stderr.take().unwrap());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, stdout, log, starting: Vec::new(), ready: Value::Null };
        let mut line = String::new();
        while server.ready["message"] != "ready" {
            line.clear();
            assert_ne!(server.log.read_line(&mut line).unwrap(), 0, "the server ended before it was ready");
            let read = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
            server.starting.push(std::mem::replace(&mut server.ready, read));
        }
        server
    }

    /// The host and the port on which it listens.
    pub(crate) fn address(&self) -> String {
        self.ready["http"].as_str().unwrap().trim_start_matches("http://").to_owned()
    }

    /// The first field of this name in the lines of JSON that it has printed.
    pub(crate) fn printed(&mut self, field: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "no field {field}");
            let read: Value = serde_json::from_str(&line).unwrap();
            if let Some(text) = read[field].as_str() {
                return text.to_owned();
            }
        }
    }

    /// Sends the signal. Returns the exit code, the rest of stdout, and the log since the server was ready.
    pub(crate) fn stop(mut self, signal: Signal) -> Run {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.log.read_to_string(&mut stderr).unwrap();
        Run { code: self.child.wait().unwrap().code().unwrap(), stdout, stderr }
    }
}

/// Starts a server, and returns lines of its output from the first that begins with `start` on. Kills it then.
pub(crate) fn first_lines(command: &mut Command, start: &str, count: usize) -> Vec<String> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let found = lines.skip_while(|line| !line.starts_with(start)).take(count).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
