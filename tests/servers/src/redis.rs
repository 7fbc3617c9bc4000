//! A private Redis.

use std::process::Command;

use redis::{Client, FromRedisValue, RedisResult, Value};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    process::{Process, free_port, temporary_folder},
    wait::DEADLINE,
};

/// A Redis on a free port of the loopback. It is down after [`Self::kill`].
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl Redis {
    /// Starts a server that stores nothing on disk.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// Starts a server that writes each change to disk before it answers.
    #[must_use]
    pub fn durable() -> Self {
        Self::with(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Starts a server with these arguments.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut redis = Self { port: free_port(), folder: temporary_folder(), arguments, process: None };
        redis.run();
        redis
    }

    /// Starts the server again after [`Self::kill`], on the same port, with its data on disk.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]).args(&self.arguments);
        self.process = Some(Process::start(command.current_dir(self.folder.path()), "Ready to accept connections"));
    }

    /// Kills the server, like a power failure.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops the process without closing its connections.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Continues the process after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Changes a setting.
    ///
    /// # Panics
    /// When Redis refuses it.
    pub fn set(&self, setting: &str, value: &str) {
        self.execute(&format!("CONFIG SET {setting} {value}"));
    }

    /// Changes a user by the rules of `ACL SETUSER`.
    ///
    /// # Panics
    /// When Redis refuses them.
    pub fn set_user(&self, name: &str, rules: &str) {
        self.execute(&format!("ACL SETUSER {name} {rules}"));
    }

    /// Closes all connections of a kind: `pubsub` or `normal`.
    ///
    /// # Panics
    /// When Redis refuses it.
    pub fn cut(&self, kind: &str) {
        self.execute(&format!("CLIENT KILL TYPE {kind}"));
    }

    /// Sends a command and ignores the answer. The words of the command are separated by one space.
    ///
    /// # Panics
    /// When the answer is an error.
    pub fn execute(&self, command: &str) {
        let _: Value = self.ask(command);
    }

    /// The answer to a command. The words of the command are separated by one space.
    ///
    /// # Panics
    /// When it is an error, or of another type.
    #[must_use]
    pub fn ask<T: FromRedisValue>(&self, command: &str) -> T {
        ask(self.port, command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// True if the answer to a command contains `sign`. False if the server cannot be reached.
    pub(crate) fn says(&self, command: &str, sign: &str) -> bool {
        says(self.port, command, sign)
    }

    fn signal(&self, signal: Signal) {
        self.process.as_ref().unwrap_or_else(|| panic!("Redis is down")).signal(signal);
    }
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

/// True if the text answer of a Redis or a Sentinel contains `sign`. False if there is no answer, because a server
/// closes the connections of clients when it becomes a master.
pub(crate) fn says(port: u16, command: &str, sign: &str) -> bool {
    ask(port, command).is_ok_and(|answer: String| answer.contains(sign))
}

pub(crate) fn ask<T: FromRedisValue>(port: u16, command: &str) -> RedisResult<T> {
    let mut connection = Client::open(url(port))?.get_connection_with_timeout(DEADLINE)?;
    connection.set_read_timeout(Some(DEADLINE))?;
    let mut words = command.split(' ');
    let name = words.next().unwrap_or_default();
    redis::cmd(name).arg(words.collect::<Vec<_>>()).query(&mut connection)
}
