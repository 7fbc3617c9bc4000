//! Why Redis did not do as asked.

use redis::RedisError;

/// Why Redis did not do as asked: its own words, or those of the network. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct Failure {
    cause: String,
    is_denial: bool,
}

impl Failure {
    pub(crate) fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), is_denial: false }
    }

    /// The user of Redis lacks rights.
    pub(crate) fn denied(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), is_denial: true }
    }

    /// True where the user of Redis lacks a right.
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

/// True for the words that Redis and Valkey have for a missing right. Within scripts, and for the choice of a database,
/// the code that they have for it (`NOPERM`) is lost, with Redis 7.0 at least.
pub(crate) fn is_denial(error: &str) -> bool {
    ["NOPERM", "o permissions to ", "The user executing the script can't "].iter().any(|words| error.contains(words))
}
