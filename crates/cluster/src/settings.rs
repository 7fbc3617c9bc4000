//! How a node reaches the others.

use std::time::Duration;

use crate::{Authorities, ClusterError, RedisUrl};

/// The longest key prefix, in bytes: it is part of every key.
const PREFIX_BYTES: usize = 64;

/// Settings of a [`Cluster`](crate::Cluster).
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// Where Redis or Valkey is.
    pub url: RedisUrl,
    /// Who may vouch for it over TLS. `None`: the public authorities.
    pub authorities: Option<Authorities>,
    /// What all keys and topics begin with, so that several sites may share one Redis. It must not have braces or
    /// control characters.
    pub prefix: String,
    /// How long a node that says nothing is still believed to live.
    pub lease: Duration,
    /// How often a node says that it lives, looks after the others, and probes its connections.
    pub beat: Duration,
    /// How long Redis may take to answer before its connection counts as lost.
    pub response_timeout: Duration,
}

impl ClusterSettings {
    /// The defaults with this URL.
    #[must_use]
    pub fn new(url: RedisUrl) -> Self {
        Self {
            url,
            authorities: None,
            prefix: "clairon".to_owned(),
            lease: Duration::from_secs(15),
            beat: Duration::from_secs(5),
            response_timeout: Duration::from_secs(2),
        }
    }

    /// Checks what depends on each other.
    pub(crate) fn check(&self) -> Result<(), ClusterError> {
        let prefix = &self.prefix;
        if !(1..=PREFIX_BYTES).contains(&prefix.len()) {
            return Err(ClusterError::setting(
                "prefix",
                format!("has {} bytes, 1 to {PREFIX_BYTES} are", prefix.len()),
            ));
        }
        if let Some(position) = prefix.find(|c: char| c == '{' || c == '}' || c.is_control()) {
            return Err(ClusterError::setting(
                "prefix",
                format!("has a brace or control character at byte {position}, none is"),
            ));
        }
        let [lease, beat] = [self.lease, self.beat].map(|time| time.as_millis());
        if beat == 0 || lease < 2 * beat {
            return Err(ClusterError::setting(
                "lease",
                format!("is {lease} ms, twice the beat of {beat} ms or more is"),
            ));
        }
        if self.response_timeout.is_zero() || self.response_timeout >= self.lease {
            let timeout = self.response_timeout.as_millis();
            return Err(ClusterError::setting(
                "response timeout",
                format!("is {timeout} ms, 1 ms to less than the lease is"),
            ));
        }
        Ok(())
    }
}
