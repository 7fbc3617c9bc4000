//! The ranges that an app's limits may be set to.

use clairon_protocol::Limits;

use crate::error::RegistryError;

/// One limit of an app and the values that it may take. The least is always 1: a feature is turned off by its switch.
#[derive(Clone, Copy, Debug)]
pub struct LimitRange {
    /// Its name: the setting, the column and the field alike.
    pub name: &'static str,
    /// The largest value, chosen so that one message, batch or roster stays within what a small machine can hold.
    pub max: u32,
    /// Reads it.
    pub get: fn(&Limits) -> u32,
}

impl LimitRange {
    const fn new(name: &'static str, max: u32, get: fn(&Limits) -> u32) -> Self {
        Self { name, max, get }
    }

    /// Takes `value` if it is in range. Wide, so that it can report what came from a file or a database as it was.
    pub(crate) fn check(&self, value: i128) -> Result<u32, RegistryError> {
        check_range(self.name, value, self.max)
    }
}

/// Every limit, in the order of [`Limits`].
pub const LIMITS: [LimitRange; 12] = [
    LimitRange::new("channel_name_bytes", 1_000, |limits| limits.channel_name_bytes),
    LimitRange::new("event_name_bytes", 1_000, |limits| limits.event_name_bytes),
    LimitRange::new("event_data_bytes", 10 * 1024 * 1024, |limits| limits.event_data_bytes),
    LimitRange::new("channels_per_event", 10_000, |limits| limits.channels_per_event),
    LimitRange::new("events_per_batch", 1_000, |limits| limits.events_per_batch),
    LimitRange::new("presence_members", 10_000, |limits| limits.presence_members),
    LimitRange::new("user_id_chars", 1_000, |limits| limits.user_id_chars),
    LimitRange::new("user_info_bytes", 65_536, |limits| limits.user_info_bytes),
    LimitRange::new("watchlist_users", 10_000, |limits| limits.watchlist_users),
    LimitRange::new("client_events_per_second", 10_000, |limits| limits.client_events_per_second),
    LimitRange::new("subscriptions_per_connection", 100_000, |limits| limits.subscriptions_per_connection),
    LimitRange::new("cache_ttl_seconds", 86_400, |limits| limits.cache_ttl_seconds),
];

/// Checks a value that the limit called `name` is about to be set to.
///
/// # Errors
/// When there is no such limit, or the value is outside of its range.
pub fn check_limit(name: &str, value: u64) -> Result<(), RegistryError> {
    limit(name, value.into()).map(drop)
}

/// Takes `value` as the limit called `name`.
pub(crate) fn limit(name: &str, value: i128) -> Result<u32, RegistryError> {
    LIMITS
        .iter()
        .find(|range| range.name == name)
        .ok_or_else(|| RegistryError::UnknownLimit { name: name.to_owned() })?
        .check(value)
}

/// Takes `value` as the number called `field` if it is from 1 to `max`.
pub(crate) fn check_range(field: &'static str, value: i128, max: u32) -> Result<u32, RegistryError> {
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
        for range in &LIMITS {
            let max = u64::from(range.max);
            assert!(check_limit(range.name, 1).is_ok() && check_limit(range.name, max).is_ok(), "{}", range.name);
            assert!(check_limit(range.name, 0).is_err() && check_limit(range.name, max + 1).is_err(), "{}", range.name);
        }
        let error = check_limit("cache_ttl_seconds", u64::MAX).unwrap_err().to_string();
        assert_eq!(error, "cache_ttl_seconds is 18446744073709551615, allowed are 1 to 86400");
        assert_eq!(check_limit("speed", 1).unwrap_err().to_string(), "there is no limit called \"speed\"");
    }

    #[test]
    fn every_default_is_in_range() {
        for range in &LIMITS {
            range.check((range.get)(&Limits::default()).into()).unwrap();
        }
    }
}
