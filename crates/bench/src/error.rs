//! What can stop a measurement.

use std::{io, net::IpAddr, time::Duration};

use clairon_protocol::error::InvalidId;

/// Why there is no measurement. A figure that rests on failed requests is worse than none, so the first failure ends it.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A credential is neither among the arguments nor in the environment.
    #[error("{option} is missing: give it, or {variable} in the environment")]
    MissingCredential {
        /// The argument.
        option: &'static str,
        /// The environment variable.
        variable: &'static str,
    },
    /// A credential has a form that no server can take.
    #[error(transparent)]
    InvalidCredential(#[from] InvalidId),
    /// `--url` cannot be read.
    #[error("--url: {reason}; expected http://HOST[:PORT][/PREFIX]")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The name of the host has no address.
    #[error("{host} has no address")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said, if it said anything.
        #[source]
        source: Option<io::Error>,
    },
    /// The target is another machine and nobody has said whose.
    #[error(
        "{address} is not this machine: load on somebody's server is an attack; add --yes-this-is-my-server if it is yours"
    )]
    NotLoopback {
        /// Where the host's name leads.
        address: IpAddr,
    },
    /// More files are needed than the hard limit allows.
    #[error("{needed} open files are needed and the hard limit is {limit}; raise it with `ulimit -Hn`")]
    FileLimit {
        /// Connections and what else the tool keeps open.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// A number is out of its range for this scenario.
    #[error("{option} is {given}: {allowed}")]
    OutOfRange {
        /// The argument.
        option: &'static str,
        /// Its value.
        given: u64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The bare server cannot do what the scenario asks for.
    #[error("{scenario} has no floor: the bare server keeps no roster, and no queue for those who do not read")]
    NoFloor {
        /// The scenario.
        scenario: &'static str,
    },
    /// A system call failed.
    #[error("{action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Something in `/proc` cannot be read or has another form than expected.
    #[error("{path}: {source}")]
    Proc {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server refused a connection or a subscription.
    #[error("the server refused {what}: {answer}")]
    Refused {
        /// What it was asked for.
        what: &'static str,
        /// Its own words, cut to a line.
        answer: String,
    },
    /// The server answered a trigger with something other than 200.
    #[error("the server answered a trigger with {status}: {body}")]
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, cut to a line.
        body: String,
    },
    /// The server sends what neither RFC 6455 nor HTTP/1.1 allows, or what this tool does not ask for.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The server no longer reads: the socket took only part of a small message.
    #[error("the server does not read: {0} bytes could not be sent")]
    Blocked(usize),
    /// Nothing happened for too long.
    #[error("no progress for {} s while {what}: {done} of {wanted}", patience.as_secs())]
    Stuck {
        /// What the tool was waiting for.
        what: &'static str,
        /// How many of them came.
        done: usize,
        /// How many were to come.
        wanted: usize,
        /// How long it waited.
        patience: Duration,
    },
}

impl BenchError {
    /// For `map_err`: names what was tried.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}

/// The most bytes of a server's answer that an error repeats.
const QUOTED: usize = 300;

/// What a server said, as one short line.
pub(crate) fn quote(answer: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(QUOTED)]);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
