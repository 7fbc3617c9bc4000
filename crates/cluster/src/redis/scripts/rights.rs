//! Trying commands, to find out what the user of Redis may do.

use redis::Value;
use serde::{Deserialize, Serialize};

use super::{ScriptCall, decode, script};
use crate::redis::failure::Failure;

#[derive(Serialize)]
struct Arguments<'a> {
    commands: Vec<Vec<&'a str>>,
}

/// A command that failed.
#[derive(Deserialize)]
pub(in crate::redis) struct FailedCommand {
    /// Its number in the list of commands, beginning with 1.
    pub(in crate::redis) command: usize,
    /// The error.
    pub(in crate::redis) error: String,
}

/// Tries commands, each a list of words.
pub(in crate::redis) fn try_commands(commands: Vec<Vec<&str>>) -> ScriptCall {
    script!("rights.lua").call(Vec::new(), &Arguments { commands })
}

/// Reads the answer: the commands that failed.
pub(in crate::redis) fn parse_failed(answer: Value) -> Result<Vec<FailedCommand>, Failure> {
    decode(answer)
}
