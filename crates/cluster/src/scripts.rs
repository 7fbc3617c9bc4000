//! The scripts that run inside Redis, a Rust wrapper for each.
//!
//! What must be one step is a script. Each touches keys of one slot only, so all of them run in a Redis Cluster.

mod change;
mod clients;
mod fence;
mod lease;
mod online;
mod purge;
mod remember;
mod rights;

pub(crate) use change::{Change, Outcome, Reply, parse_cached};
pub(crate) use clients::{Clients, ClientsReply};
pub(crate) use fence::fence;
pub(crate) use lease::{Renewal, condemn, lease};
pub(crate) use online::{online, parse_online};
pub(crate) use purge::{parse_edges, purge};
pub(crate) use remember::remember;
pub(crate) use rights::Rights;

use redis::{Cmd, Script};

/// Something to ask of Redis.
pub(crate) enum Request {
    /// A command as it is.
    Command(Cmd),
    /// A script.
    Script(Call),
}

/// A script with its keys and arguments.
pub(crate) struct Call {
    script: &'static Script,
    source: &'static str,
    keys: Vec<String>,
    args: Vec<Vec<u8>>,
}

impl Call {
    fn new(script: &'static Script, source: &'static str, keys: Vec<String>) -> Self {
        Self { script, source, keys, args: Vec::new() }
    }

    fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.args.push(arg.into());
        self
    }

    fn number(self, number: impl std::fmt::Display) -> Self {
        self.arg(format!("{number}"))
    }

    fn request(self) -> Request {
        Request::Script(self)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.args);
        command
    }

    /// By its hash: Redis refuses it where it has not seen the script since it started.
    pub(crate) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", self.script.get_hash())
    }

    /// With its text, which Redis keeps for the next time.
    pub(crate) fn by_text(&self) -> Cmd {
        self.command("EVAL", self.source)
    }
}

/// A script's text, and its hash once it is needed.
macro_rules! script {
    ($($file:literal),+) => {{
        const SOURCE: &str = concat!($(include_str!($file)),+);
        static SCRIPT: std::sync::LazyLock<redis::Script> = std::sync::LazyLock::new(|| redis::Script::new(SOURCE));
        (&*SCRIPT, SOURCE)
    }};
}
use script;
