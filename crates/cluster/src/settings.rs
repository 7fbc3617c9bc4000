//! Settings of a cluster.

use std::time::Duration;

use clairon_tls::Authorities;

use crate::{error::ClusterError, redis::url::RedisUrl};

/// Longest key prefix, in bytes: it is part of every key.
const PREFIX_BYTES: usize = 64;

/// Settings of a [`Cluster`](crate::Cluster).
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// The URL of Redis or Valkey.
    pub url: RedisUrl,
    /// The authorities whose certificates are trusted over TLS. `None`: the public authorities.
    pub authorities: Option<Authorities>,
    /// Beginning of all keys and topics, so that several sites can share one Redis. It has 1 to 64 bytes, without
    /// braces and control characters.
    pub prefix: String,
    /// How long a node without a beat is taken to be alive. At least twice `beat`.
    pub lease: Duration,
    /// Time between two beats: the node renews its lease, looks for dead nodes, and checks its connections.
    pub beat: Duration,
    /// How long Redis may take to answer. After that its connection counts as lost. Less than `lease`; in a Redis
    /// Cluster less than half of it, because a request may take twice this time there.
    pub response_timeout: Duration,
}

impl ClusterSettings {
    /// The default settings with this URL.
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

    /// Checks the ranges of the settings.
    pub(crate) fn check(&self) -> Result<(), ClusterError> {
        let prefix = &self.prefix;
        if !(1..=PREFIX_BYTES).contains(&prefix.len()) {
            let problem = format!("has {} bytes; it must have 1 to {PREFIX_BYTES}", prefix.len());
            return Err(ClusterError::setting("prefix", problem));
        }
        if let Some(position) = prefix.find(|c: char| c == '{' || c == '}' || c.is_control()) {
            let problem = format!("has a brace or a control character at byte {position}; remove it");
            return Err(ClusterError::setting("prefix", problem));
        }
        let [lease, beat, timeout] = [self.lease, self.beat, self.response_timeout].map(|time| time.as_millis());
        if beat == 0 {
            return Err(ClusterError::setting("beat", "is 0 ms; it must be 1 ms or more".to_owned()));
        }
        if lease < 2 * beat {
            let twice = 2 * beat;
            let problem =
                format!("is {lease} ms; it must be at least twice the beat ({beat} ms), so {twice} ms or more");
            return Err(ClusterError::setting("lease", problem));
        }
        if timeout == 0 || timeout >= lease {
            let problem = format!("is {timeout} ms; it must be 1 ms or more and less than the lease ({lease} ms)");
            return Err(ClusterError::setting("response_timeout", problem));
        }
        if self.url.is_sharded() && 2 * timeout >= lease {
            let problem = format!(
                "is {timeout} ms; with a Redis Cluster it must be less than half of the lease ({lease} ms), because a \
                 request may take twice this time"
            );
            return Err(ClusterError::setting("response_timeout", problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_setting_its_value_and_what_is_allowed() {
        let refusal = |change: fn(&mut ClusterSettings)| {
            let mut settings = ClusterSettings::new("redis://localhost".parse().unwrap());
            assert!(settings.check().is_ok());
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|settings| settings.prefix.clear()),
            "cluster setting prefix has 0 bytes; it must have 1 to 64"
        );
        assert_eq!(
            refusal(|settings| settings.prefix = "a{b".to_owned()),
            "cluster setting prefix has a brace or a control character at byte 1; remove it"
        );
        assert_eq!(
            refusal(|settings| settings.lease = Duration::from_secs(3)),
            "cluster setting lease is 3000 ms; it must be at least twice the beat (5000 ms), so 10000 ms or more"
        );
        assert_eq!(
            refusal(|settings| settings.beat = Duration::ZERO),
            "cluster setting beat is 0 ms; it must be 1 ms or more"
        );
        assert_eq!(
            refusal(|settings| settings.response_timeout = settings.lease),
            "cluster setting response_timeout is 15000 ms; it must be 1 ms or more and less than the lease (15000 ms)"
        );
        assert_eq!(
            refusal(|settings| {
                settings.url = "redis+cluster://localhost".parse().unwrap();
                settings.response_timeout = settings.lease / 2;
            }),
            "cluster setting response_timeout is 7500 ms; with a Redis Cluster it must be less than half of the lease \
             (15000 ms), because a request may take twice this time"
        );
    }
}
