//! The generation of logs.

use std::time::Duration;

use redis::Value;
use serde::Serialize;

use super::{Request, milliseconds, script};
use crate::redis::failure::{Failure, parse};

/// Stands for a time that never was: numbers in Lua are exact up to here.
const NEVER: u64 = 1 << 53;

/// What a node says when it comes to a master, and at each beat.
pub(in crate::redis) struct Arrival {
    /// The ids of the masters.
    pub(in crate::redis) servers: Vec<String>,
    /// True to begin another generation.
    pub(in crate::redis) begins: bool,
    /// True for a node that comes from other masters.
    pub(in crate::redis) is_new: bool,
    /// The time since one of those answered, if any has.
    pub(in crate::redis) unheard: Option<Duration>,
    /// The greatest generation that the node knows.
    pub(in crate::redis) known: u64,
}

#[derive(Serialize)]
struct Arguments {
    servers: String,
    begins: bool,
    is_new: bool,
    unheard_ms: u64,
    known: u64,
}

/// Asks for the generation of logs. A node that comes to new masters may begin one.
pub(in crate::redis) fn meet_generation(key: &str, arrival: &Arrival) -> Request {
    let Arrival { servers, begins, is_new, unheard, known } = arrival;
    let arguments = Arguments {
        servers: servers.join(" "),
        begins: *begins,
        is_new: *is_new,
        unheard_ms: unheard.map_or(NEVER, milliseconds),
        known: *known,
    };
    script!("generation.lua").call(vec![key.to_owned()], &arguments).into()
}

/// Reads the answer: the generation.
pub(in crate::redis) fn parse_generation(answer: Value) -> Result<u64, Failure> {
    parse(answer)
}
