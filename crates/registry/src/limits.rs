//! The ranges that an app's limits may be set to.

use clairon_protocol::Limits;

use crate::error::RegistryError;

/// One limit of an app and the values that it may take. The least is always 1: a feature is turned off by its switch.
#[derive(Clone, Copy, Debug)]
pub struct LimitRange {
    /// Its name: the setting, the column and the field alike.
    pub name: &'static str,
    /// What it limits, for people.
    pub meaning: &'static str,
    /// The largest value, chosen so that one message, batch or roster stays within what a small machine can hold.
    pub max: u32,
    /// Reads it.
    pub get: fn(&Limits) -> u32,
}

impl LimitRange {
    const fn new(name: &'static str, meaning: &'static str, max: u32, get: fn(&Limits) -> u32) -> Self {
        Self { name, meaning, max, get }
    }

    /// Takes `value` if it is in range. Wider than a limit, so that an error can report what a database holds.
    pub(crate) fn check(&self, value: i64) -> Result<u32, RegistryError> {
        check_range(self.name, value, self.max)
    }
}

/// Every limit, in the order of [`Limits`].
pub const LIMITS: [LimitRange; 12] = [
    LimitRange::new("channel_name_bytes", "The longest channel name, in bytes", 1_000, |limits| {
        limits.channel_name_bytes
    }),
    LimitRange::new("event_name_bytes", "The longest event name, in bytes", 1_000, |limits| limits.event_name_bytes),
    LimitRange::new("event_data_bytes", "The longest data of an event, in bytes", 10 * 1024 * 1024, |limits| {
        limits.event_data_bytes
    }),
    LimitRange::new("channels_per_event", "How many channels one event may be published to", 10_000, |limits| {
        limits.channels_per_event
    }),
    LimitRange::new("events_per_batch", "How many events one batch may hold", 1_000, |limits| limits.events_per_batch),
    LimitRange::new("presence_members", "How many users a presence channel may hold", 10_000, |limits| {
        limits.presence_members
    }),
    LimitRange::new("user_id_chars", "The longest id of a user, in characters", 1_000, |limits| limits.user_id_chars),
    LimitRange::new("user_info_bytes", "The longest user_info of a presence member, in bytes", 65_536, |limits| {
        limits.user_info_bytes
    }),
    LimitRange::new("watchlist_users", "How many users one signed-in user may watch", 10_000, |limits| {
        limits.watchlist_users
    }),
    LimitRange::new(
        "client_events_per_second",
        "How many client events a connection may send in one second",
        10_000,
        |limits| limits.client_events_per_second,
    ),
    LimitRange::new(
        "subscriptions_per_connection",
        "How many channels a connection may be subscribed to at once",
        100_000,
        |limits| limits.subscriptions_per_connection,
    ),
    LimitRange::new(
        "cache_ttl_seconds",
        "How long a cache channel remembers its last event, in seconds",
        86_400,
        |limits| limits.cache_ttl_seconds,
    ),
];

/// Takes `value` as the limit called `name`, which is one of [`LIMITS`].
#[expect(clippy::expect_used, reason = "the callers name columns, which are called as the limits")]
pub(crate) fn limit(name: &'static str, value: i64) -> Result<u32, RegistryError> {
    LIMITS.iter().find(|range| range.name == name).expect("the name of a limit").check(value)
}

/// Takes `value` as the number called `field` if it is from 1 to `max`.
pub(crate) fn check_range(field: &'static str, value: i64, max: u32) -> Result<u32, RegistryError> {
    match u32::try_from(value) {
        Ok(value) if (1..=max).contains(&value) => Ok(value),
        _ => Err(RegistryError::Range { field, value, max }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_checked_by_its_name() {
        for LimitRange { name, max, .. } in LIMITS {
            let max = i64::from(max);
            assert!(limit(name, 1).is_ok() && limit(name, max).is_ok(), "{name}");
            assert!(limit(name, 0).is_err() && limit(name, max + 1).is_err(), "{name}");
        }
        let error = limit("cache_ttl_seconds", i64::MAX).unwrap_err().to_string();
        assert_eq!(error, "cache_ttl_seconds is 9223372036854775807, allowed are 1 to 86400");
    }

    #[test]
    fn every_default_is_in_range() {
        for range in &LIMITS {
            range.check((range.get)(&Limits::default()).into()).unwrap();
        }
    }
}
