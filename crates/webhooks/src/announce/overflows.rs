//! The log of endpoints with too many pending events.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use clairon_registry::Endpoint;
use parking_lot::Mutex;
use tracing::warn;

/// The interval between log lines about an endpoint. Such an endpoint loses its oldest events with each batch, up to 40
/// times a second.
const INTERVAL: Duration = Duration::from_mins(1);

/// The numbers of events that were given up since the last log line, for each endpoint.
#[derive(Debug, Default)]
pub(crate) struct Overflows(Mutex<HashMap<Endpoint, Overflow>>);

#[derive(Debug, Default)]
struct Overflow {
    count: u64,
    logged_at: Option<Instant>,
}

impl Overflows {
    /// Counts events that were given up because their endpoint had too many.
    pub(crate) fn note(&self, endpoint: &Endpoint, count: u64) {
        self.0.lock().entry(endpoint.clone()).or_default().count += count;
    }

    /// Logs the endpoints that are due. `limit` is the largest number of pending events.
    pub(crate) fn log(&self, now: Instant, limit: u64) {
        for (endpoint, count) in self.take(now) {
            let Some((app, webhook)) = endpoint.name() else { continue };
            warn!(%app, %webhook, count, limit, "a webhook endpoint has too many pending events: the oldest were given up");
        }
    }

    /// Takes the endpoints that are due for a log line, with their numbers.
    fn take(&self, now: Instant) -> Vec<(Endpoint, u64)> {
        let mut overflows = self.0.lock();
        let is_recent =
            |overflow: &Overflow| overflow.logged_at.is_some_and(|at| now.saturating_duration_since(at) < INTERVAL);
        overflows.retain(|_, overflow| overflow.count > 0 || is_recent(overflow));
        let due = overflows.iter_mut().filter(|(_, overflow)| overflow.count > 0 && !is_recent(overflow));
        let take = |(endpoint, overflow): (&Endpoint, &mut Overflow)| {
            overflow.logged_at = Some(now);
            (endpoint.clone(), std::mem::take(&mut overflow.count))
        };
        due.map(take).collect()
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::AppId;
    use clairon_registry::WebhookId;

    use super::*;

    #[test]
    fn an_endpoint_is_logged_once_a_minute_with_all_that_it_has_lost() {
        let endpoint =
            |digit: &str| Endpoint::new(AppId::parse("1").unwrap(), WebhookId::parse(&digit.repeat(12)).unwrap());
        let (overflows, one, other, now) = (Overflows::default(), endpoint("1"), endpoint("2"), Instant::now());
        assert_eq!(overflows.take(now), []);
        overflows.note(&one, 2);
        overflows.note(&one, 3);
        assert_eq!(overflows.take(now), [(one.clone(), 5)]);
        overflows.note(&one, 7);
        overflows.note(&other, 1);
        assert_eq!(overflows.take(now + INTERVAL / 2), [(other, 1)]);
        assert_eq!(overflows.take(now + INTERVAL), [(one, 7)]);
        assert_eq!(overflows.take(now + 3 * INTERVAL), []);
        assert!(overflows.0.lock().is_empty());
    }
}
