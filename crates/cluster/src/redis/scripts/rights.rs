//! Trying commands, to find out what the user of Redis may do.

use redis::Value;
use serde::Serialize;

use super::{ScriptCall, packed_answer::PackedAnswer, script};
use crate::redis::failure::Failure;

#[derive(Serialize)]
struct Arguments<'a> {
    commands: Vec<Vec<&'a str>>,
}

/// A command that failed.
pub(in crate::redis) struct FailedCommand {
    /// Its number in the list of commands, beginning with 1.
    pub(in crate::redis) command: u64,
    /// The error.
    pub(in crate::redis) error: String,
}

/// Tries commands, each a list of words.
pub(in crate::redis) fn try_commands(commands: Vec<Vec<&str>>) -> ScriptCall {
    script!("rights.lua").call(Vec::new(), &Arguments { commands })
}

/// Reads the answer: the commands that failed.
pub(in crate::redis) fn parse_failed(answer: Value) -> Result<Vec<FailedCommand>, Failure> {
    PackedAnswer::of(answer)?.list(|answer| {
        answer.begin(2)?;
        Ok(FailedCommand { command: answer.number()?, error: answer.text()? })
    })
}
