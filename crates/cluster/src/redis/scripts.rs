//! The scripts that run inside Redis, and a Rust function for each.
//!
//! Everything that must be one step is a script. A script touches keys of one slot only, so it runs in a Redis Cluster.
//!
//! A script gets its arguments by name, as one `MessagePack` map. `MessagePack` and not JSON, because Redis decodes it
//! in half the time, texts need no escapes, and versions keep all their digits. (Numbers in Lua are doubles. A version
//! is in microseconds since 1970, which is less than 2^53 until the year 2255. JSON in Redis has 14 digits.) The
//! scripts that run for each event of a channel get their arguments by position instead, because decoding a map would
//! be a tenth of its time.
//!
//! A script answers a text or a number, as commands of Redis do. A list is packed in `MessagePack`, because reading
//! its parts one by one from the connection takes longer. It has the parts of the answer in a fixed order, with
//! `false` for those that are missing.

mod add_to_index;
mod change_share;
mod count_clients;
mod edge;
mod generation;
mod lease;
mod log;
mod online;
mod packed_answer;
mod publish_cached;
mod remove_share;
mod rights;

pub(super) use self::{
    add_to_index::{add_to_index, parse_addition},
    change_share::{change_share, parse_cached, parse_change},
    count_clients::{count_clients, parse_count},
    generation::{Arrival, meet_generation, parse_generation},
    lease::{declare_dead, parse_death, parse_renewal, renew_lease},
    log::{parse_log, publish_logged, read_log},
    online::{online, parse_online},
    publish_cached::{forget_cached, parse_version, publish_cached, publish_timed},
    remove_share::{parse_removal, remove_share},
    rights::{FailedCommand, parse_failed, try_commands},
};

pub(crate) use self::{
    lease::{Death, Renewal},
    log::kept_for,
};

use redis::{Cmd, Value};
use serde::Serialize;
use sha1::{Digest, Sha1};

use super::failure::{Failure, parse};

/// Something to ask of Redis.
pub(crate) enum Request {
    Command(Cmd),
    Script(ScriptCall),
}

/// A script.
struct Script {
    text: &'static str,
    /// The name by which Redis knows a script that it has seen.
    hash: String,
}

/// A script with its keys and arguments.
pub(crate) struct ScriptCall {
    script: &'static Script,
    keys: Vec<String>,
    /// The map, or what the script takes by position.
    arguments: Vec<Vec<u8>>,
    /// The life of the app's logs, for a script that uses one. Its last argument follows from this when it is sent.
    life: Option<u64>,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, hash: hex::encode(Sha1::digest(text)) }
    }

    fn call(&'static self, keys: Vec<String>, arguments: &impl Serialize) -> ScriptCall {
        self.call_by_position(keys, vec![encode(arguments)])
    }

    fn call_by_position(&'static self, keys: Vec<String>, arguments: Vec<Vec<u8>>) -> ScriptCall {
        ScriptCall { script: self, keys, arguments, life: None }
    }
}

impl From<ScriptCall> for Request {
    fn from(call: ScriptCall) -> Self {
        Self::Script(call)
    }
}

impl ScriptCall {
    /// The same call of a script that uses a log of an app, in this life of its logs.
    fn with_log(self, life: u64) -> Self {
        Self { life: Some(life), ..self }
    }

    fn command(&self, name: &str, script: &str, owner: impl Fn(u64) -> String) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        if let Some(life) = self.life {
            command.arg(owner(life));
        }
        command
    }

    /// The call by the script's hash. Redis refuses it if it has not seen the script since it started. `owner` makes
    /// the last argument of a script that uses a log.
    pub(super) fn by_hash(&self, owner: impl Fn(u64) -> String) -> Cmd {
        self.command("EVALSHA", &self.script.hash, owner)
    }

    /// The call with the script's text, which Redis keeps for later calls.
    pub(super) fn by_text(&self, owner: impl Fn(u64) -> String) -> Cmd {
        self.command("EVAL", self.script.text, owner)
    }
}

fn encode(arguments: &impl Serialize) -> Vec<u8> {
    // Texts, numbers and lists can always be encoded. Redis would refuse empty arguments, and say so.
    rmp_serde::to_vec_named(arguments).unwrap_or_default()
}

/// A text that a script answered, with a meaning of this program.
fn meaning<T: Copy>(answer: Value, meanings: &[(&str, T)]) -> Result<T, Failure> {
    let text: String = parse(answer)?;
    let found = meanings.iter().find(|(known, _)| *known == text).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| Failure::new("a script gave an unexpected answer: an unknown text"))
}

/// A script of one or more files, which become one text.
macro_rules! script {
    ($($file:literal),+) => {{
        static SCRIPT: std::sync::LazyLock<super::Script> =
            std::sync::LazyLock::new(|| super::Script::new(concat!($(include_str!($file)),+)));
        &*SCRIPT
    }};
}
use script;

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
