//! The errors of a measurement.

use std::{io, net::IpAddr, time::Duration};

use clairon_bench_args::Unfit;
use clairon_protocol::error::InvalidId;

/// Why there is no measurement. The first failure ends it, because figures with failed requests are misleading.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An argument is missing or wrong. The text names the argument and what is allowed.
    #[error("{0}")]
    Argument(String),
    /// The arguments do not fit together.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A credential is malformed.
    #[error(transparent)]
    InvalidCredential(#[from] InvalidId),
    /// The target is another machine, and `--yes-this-is-my-server` is missing.
    #[error(
        "{0} is not this machine: load on the server of somebody else is an attack; add --yes-this-is-my-server if it is yours"
    )]
    NotLoopback(IpAddr),
    /// The scenario needs more open files than the hard limit allows.
    #[error("{needed} open files are needed and the hard limit is {limit}; raise it with `ulimit -Hn`")]
    FileLimit {
        /// The number of needed files.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// A system call failed, or a file in `/proc` cannot be read. The first field names the action or the file.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The server refused a request. The second field has its words.
    #[error("the server refused {0}: {1}")]
    Refused(&'static str, String),
    /// The server does not recover events on this channel.
    #[error(
        "the server does not recover the events of a channel (--recovery): the app needs the switch `recovery`, and \
         the logs of all channels have to fit recovery.bytes_total"
    )]
    NoRecovery,
    /// The server answered a request with another status than 200. The second field is the body.
    #[error("the server answered a request with {0}: {1}")]
    Answer(u16, String),
    /// The server broke RFC 6455 or HTTP/1.1, or sent something that this tool does not ask for.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The server does not read: the socket took only part of a small message.
    #[error("the server does not read: {0} bytes could not be sent")]
    Blocked(usize),
    /// The server made this number of faults. The report lists them.
    #[error("faults: {0}")]
    Faults(usize),
    /// Nothing happened for too long.
    #[error("no progress for {} s while {what}: {done} of {wanted}", patience.as_secs())]
    Stuck {
        /// What the tool waited for.
        what: &'static str,
        /// The number that came.
        done: usize,
        /// The expected number.
        wanted: usize,
        /// The time of the wait.
        patience: Duration,
    },
}

impl BenchError {
    /// An error constructor for `map_err`. `action` names what failed.
    pub(crate) fn io<E: Into<io::Error>>(action: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |error| Self::Io(action.into(), error.into())
    }

    /// True if the command line is wrong. Nothing was sent then.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::Unfit(_) | Self::InvalidCredential(_) | Self::NotLoopback(_))
    }

    /// The error for a refusal of `what`. The answer is cut to one short line.
    pub(crate) fn refused(what: &'static str, answer: &[u8]) -> Self {
        Self::Refused(what, quote(answer))
    }
}

/// The longest part of a server's answer in an error, in bytes.
const QUOTED: usize = 300;

/// A server's text as one short line.
pub(crate) fn quote(answer: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(QUOTED)]);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
