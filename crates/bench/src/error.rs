//! What can stop a measurement.

use std::{io, net::IpAddr, time::Duration};

use clairon_protocol::error::InvalidId;

/// Why there is no measurement. A figure that rests on failed requests is worse than none, so the first failure ends
/// it.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An argument is missing or wrong; the text names it and what is allowed.
    #[error("{0}")]
    Argument(String),
    /// A credential has a form that no server can take.
    #[error(transparent)]
    InvalidCredential(#[from] InvalidId),
    /// The target is another machine and nobody has said whose.
    #[error(
        "{0} is not this machine: load on somebody's server is an attack; add --yes-this-is-my-server if it is yours"
    )]
    NotLoopback(IpAddr),
    /// More files are needed than the hard limit allows.
    #[error("{needed} open files are needed and the hard limit is {limit}; raise it with `ulimit -Hn`")]
    FileLimit {
        /// Connections and what else the tool keeps open.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// A system call failed, or a file in `/proc` cannot be read: what was tried, and what the system said.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The server refused what it was asked for, in its own words.
    #[error("the server refused {0}: {1}")]
    Refused(&'static str, String),
    /// The server answered a request with another status than 200, and this body.
    #[error("the server answered a request with {0}: {1}")]
    Answer(u16, String),
    /// The server sends what neither RFC 6455 nor HTTP/1.1 allows, or what this tool does not ask for.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The server no longer reads: the socket took only part of a small message.
    #[error("the server does not read: {0} bytes could not be sent")]
    Blocked(usize),
    /// The server did something else than it must, so many times. What it was stands in the report.
    #[error("faults: {0}")]
    Faults(usize),
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
    pub(crate) fn io<E: Into<io::Error>>(action: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |error| Self::Io(action.into(), error.into())
    }

    /// True where the command line is wrong and nothing was sent.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::InvalidCredential(_) | Self::NotLoopback(_))
    }

    /// The server refused `what`. Its answer is cut to one short line.
    pub(crate) fn refused(what: &'static str, answer: &[u8]) -> Self {
        Self::Refused(what, quote(answer))
    }
}

/// The most bytes of a server's answer that an error repeats.
const QUOTED: usize = 300;

/// What a server said, as one short line.
pub(crate) fn quote(answer: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(QUOTED)]);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
