//! The counters of an app, read at one time.

use std::ops::{AddAssign, Sub};

use clairon_hub::{DELIVERY_BOUNDS, Traffic};
use serde::{Deserialize, Serialize};

/// Delivery times by their bounds; the last are those above all bounds.
const BUCKETS: usize = DELIVERY_BOUNDS.len() + 1;

/// The counters of an app, or of all apps together. All but the connections only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub(crate) struct Counters {
    pub(crate) connections: u64,
    /// Messages to and from clients.
    pub(crate) messages: u64,
    /// Requests of backends that were carried out.
    pub(crate) api_calls: u64,
    pub(crate) refusals: u64,
    /// The number of deliveries up to each bound.
    pub(super) deliveries: [u64; BUCKETS],
}

/// The short form for other nodes: connections, messages, API calls, refusals, and deliveries.
type Row = (u64, u64, u64, u64, [u64; BUCKETS]);

impl From<Row> for Counters {
    fn from((connections, messages, api_calls, refusals, deliveries): Row) -> Self {
        Self { connections, messages, api_calls, refusals, deliveries }
    }
}

impl From<Counters> for Row {
    fn from(Counters { connections, messages, api_calls, refusals, deliveries }: Counters) -> Self {
        (connections, messages, api_calls, refusals, deliveries)
    }
}

impl Counters {
    pub(crate) fn of(traffic: &Traffic) -> Self {
        let (cumulative, total) = traffic.deliveries().cumulative();
        let mut deliveries = [total; BUCKETS];
        deliveries[..DELIVERY_BOUNDS.len()].copy_from_slice(&cumulative);
        Self {
            connections: traffic.connections() as u64,
            messages: traffic.sent().messages + traffic.received().messages,
            api_calls: traffic.requests().messages,
            refusals: traffic.refused(),
            deliveries,
        }
    }

    /// The bound below which 99 of 100 deliveries are, in microseconds; `None` without deliveries. Above all bounds it
    /// is the last one.
    pub(crate) fn delivery_p99(&self) -> Option<u64> {
        let total = *self.deliveries.last()?;
        let place = self.deliveries.iter().position(|count| count * 100 >= total * 99)?;
        let bound = DELIVERY_BOUNDS.get(place).or(DELIVERY_BOUNDS.last())?;
        (total > 0).then_some(*bound)
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.messages += other.messages;
        self.api_calls += other.api_calls;
        self.refusals += other.refusals;
        for (count, other) in self.deliveries.iter_mut().zip(other.deliveries) {
            *count += other;
        }
    }
}

impl Sub for Counters {
    type Output = Self;

    /// What was counted since `earlier`; the connections are those of now.
    fn sub(self, earlier: Self) -> Self {
        Self {
            connections: self.connections,
            messages: self.messages.saturating_sub(earlier.messages),
            api_calls: self.api_calls.saturating_sub(earlier.api_calls),
            refusals: self.refusals.saturating_sub(earlier.refusals),
            deliveries: std::array::from_fn(|place| self.deliveries[place].saturating_sub(earlier.deliveries[place])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_a_period() {
        let traffic = Traffic::default();
        assert_eq!(Counters::of(&traffic).delivery_p99(), None);
        for _ in 0..99 {
            traffic.add_delivery(80);
        }
        traffic.add_delivery(40_000);
        let first = Counters::of(&traffic);
        assert_eq!(first.delivery_p99(), Some(100));
        traffic.add_delivery(40_000);
        assert_eq!(Counters::of(&traffic).delivery_p99(), Some(50_000));
        traffic.add_request(1, 1);
        traffic.add_received(1);
        traffic.add_refused();
        traffic.add_delivery(9_000_000);
        let later = Counters::of(&traffic) - first;
        assert_eq!((later.messages, later.api_calls, later.refusals), (1, 1, 1));
        assert_eq!(later.delivery_p99(), Some(1_000_000));
        let mut sum = first;
        sum += later;
        assert_eq!(sum, Counters::of(&traffic));
    }
}
