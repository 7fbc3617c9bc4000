//! Rate limits of the requests and events that an app's backend sends to this node.

use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};

use clairon_protocol::AppId;
use clairon_registry::App;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use parking_lot::RwLock;

/// The limiters of all apps. An app's limiters are created with its first request.
#[derive(Default)]
pub(crate) struct AppRates(RwLock<HashMap<AppId, Arc<Limiters>>>);

/// The limiters of one app.
struct Limiters {
    requests: Option<Limiter>,
    events: Option<Limiter>,
}

/// A limit per second. The number of one second may come in a burst.
struct Limiter {
    limit: NonZeroU32,
    bucket: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

/// A rate limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The app's limit of {limit} {what} in one second ({name}) is used up")]
pub(crate) struct TooFast {
    limit: NonZeroU32,
    what: &'static str,
    name: &'static str,
    /// The time after which a retry may succeed.
    pub(crate) wait: Duration,
}

impl AppRates {
    /// Counts a request.
    ///
    /// # Errors
    /// The rate limit is exceeded.
    pub(crate) fn take_request(&self, app: &App) -> Result<(), TooFast> {
        if app.limits.requests_per_second.is_none() {
            return Ok(());
        }
        let limiters = self.limiters(app);
        let Some(limiter) = &limiters.requests else { return Ok(()) };
        limiter.take(NonZeroU32::MIN).map_err(|wait| TooFast {
            limit: limiter.limit,
            what: "requests",
            name: "requests_per_second",
            wait,
        })
    }

    /// Counts the events of one request. A batch with more events than the limit counts as a full second.
    ///
    /// # Errors
    /// The rate limit is exceeded.
    pub(crate) fn take_events(&self, app: &App, events: usize) -> Result<(), TooFast> {
        let events = u32::try_from(events).ok().and_then(NonZeroU32::new);
        let (Some(events), Some(_)) = (events, app.limits.events_per_second) else { return Ok(()) };
        let limiters = self.limiters(app);
        let Some(limiter) = &limiters.events else { return Ok(()) };
        limiter.take(events).map_err(|wait| TooFast {
            limit: limiter.limit,
            what: "events",
            name: "events_per_second",
            wait,
        })
    }

    /// Drops the limiters of a removed app.
    pub(crate) fn forget(&self, app: &AppId) {
        self.0.write().remove(app);
    }

    /// The limiters of an app. They are replaced when its limits change.
    fn limiters(&self, app: &App) -> Arc<Limiters> {
        if let Some(limiters) = self.0.read().get(&app.id).filter(|limiters| limiters.are_of(app)) {
            return limiters.clone();
        }
        let mut apps = self.0.write();
        let limiters = apps.entry(app.id.clone()).or_insert_with(|| Arc::new(Limiters::new(app)));
        if !limiters.are_of(app) {
            *limiters = Arc::new(Limiters::new(app));
        }
        limiters.clone()
    }
}

impl Limiters {
    fn new(app: &App) -> Self {
        let limits = &app.limits;
        Self {
            requests: limits.requests_per_second.map(Limiter::new),
            events: limits.events_per_second.map(Limiter::new),
        }
    }

    fn are_of(&self, app: &App) -> bool {
        let limit = |limiter: &Option<Limiter>| limiter.as_ref().map(|limiter| limiter.limit);
        (limit(&self.requests), limit(&self.events)) == (app.limits.requests_per_second, app.limits.events_per_second)
    }
}

impl Limiter {
    fn new(limit: NonZeroU32) -> Self {
        Self { limit, bucket: RateLimiter::direct(Quota::per_second(limit)), clock: DefaultClock::default() }
    }

    /// Takes `count` from the limiter, or returns the time to wait.
    fn take(&self, count: NonZeroU32) -> Result<(), Duration> {
        match self.bucket.check_n(count.min(self.limit)) {
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(self.clock.now())),
            // The count is never larger than the limiter's capacity.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    fn app(requests: u32, events: u32) -> App {
        let limits = Limits {
            requests_per_second: NonZeroU32::new(requests),
            events_per_second: NonZeroU32::new(events),
            ..Limits::default()
        };
        App { id: AppId::parse("1").unwrap(), limits, ..App::random() }
    }

    #[test]
    fn a_second_has_its_limit() {
        let rates = AppRates::default();
        let taken = (0..100).filter(|_| rates.take_request(&app(2, 0)).is_ok()).count();
        assert!((2..90).contains(&taken), "{taken} of 100");
        let too_fast = (0..100).find_map(|_| rates.take_request(&app(2, 0)).err()).unwrap();
        assert_eq!(
            too_fast.to_string(),
            "The app's limit of 2 requests in one second (requests_per_second) is used up"
        );
        assert!(too_fast.wait <= Duration::from_millis(500), "{:?}", too_fast.wait);
    }

    #[test]
    fn a_large_batch_waits_for_a_full_second() {
        let rates = AppRates::default();
        assert_eq!(rates.take_events(&app(0, 10), 1_000), Ok(()));
        assert!((0..100).any(|_| rates.take_events(&app(0, 10), 1_000).is_err()));
    }

    #[test]
    fn a_limit_that_changes_is_taken_up_and_none_is_none() {
        let rates = AppRates::default();
        while rates.take_request(&app(1, 0)).is_ok() {}
        assert_eq!(rates.take_request(&app(2, 0)), Ok(()));
        assert!((0..1_000).all(|_| rates.take_request(&app(0, 0)).is_ok() && rates.take_events(&app(0, 0), 9).is_ok()));
        rates.forget(&app(1, 0).id);
        assert!(rates.0.read().is_empty());
    }
}
