//! Failed requests.

use redis::{FromRedisValue, RedisError, Value};

use crate::error::ClusterError;

/// The reason why Redis did not do what was asked, in the words of Redis, the network or this program. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct Failure {
    cause: String,
    is_denial: bool,
}

/// The answer of Redis to one request.
pub(crate) type Answer = Result<Value, Failure>;

impl Failure {
    pub(crate) fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), is_denial: false }
    }

    /// The user of Redis lacks rights.
    pub(super) fn denied(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), is_denial: true }
    }

    /// True if the user of Redis lacks a right.
    pub(crate) const fn is_denial(&self) -> bool {
        self.is_denial
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let cause = error.to_string();
        Self { is_denial: is_denial(&cause), cause }
    }
}

impl From<Failure> for ClusterError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { problem: failure.to_string() }
    }
}

/// True for the words of Redis and Valkey about a missing right. Their code for it is `NOPERM`, but Redis 7.0 leaves it
/// out in scripts and when a database is selected.
pub(super) fn is_denial(error: &str) -> bool {
    ["NOPERM", "o permissions to ", "The user executing the script can't "].iter().any(|words| error.contains(words))
}

/// Reads the answer to a command.
pub(super) fn parse<T: FromRedisValue>(value: Value) -> Result<T, Failure> {
    redis::from_redis_value(value).map_err(|error| Failure::new(format!("Redis gave an unexpected answer: {error}")))
}
