//! The counters of an app's traffic.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::{histogram::Histogram, session::Micros};

/// The bounds for delivery times, in microseconds.
pub const DELIVERY_BOUNDS: [u64; 14] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/// The traffic of an app since the start of this node, over its connections and the HTTP API.
///
/// Counting orders no other memory accesses. Each figure is correct by itself; two figures that are read one after the
/// other may differ slightly in time.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicUsize,
    peak: AtomicUsize,
    opened: AtomicU64,
    sent: Flow,
    received: Flow,
    requests: Flow,
    answers: Flow,
    triggered: AtomicU64,
    forgotten: AtomicU64,
    refused: AtomicU64,
    deliveries: Histogram<{ DELIVERY_BOUNDS.len() }>,
}

/// The traffic in one direction.
#[derive(Debug, Default)]
struct Flow {
    messages: AtomicU64,
    bytes: AtomicU64,
}

/// A count of the traffic in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowCount {
    /// The number of messages, requests or answers.
    pub messages: u64,
    /// The number of their bytes.
    pub bytes: u64,
}

impl Traffic {
    /// The number of connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// The number of connections opened so far.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened.load(Relaxed)
    }

    /// The largest number of connections since the last call.
    pub fn take_peak(&self) -> usize {
        self.peak.swap(self.connections(), Relaxed).max(self.connections())
    }

    /// The messages queued for clients, counted for each receiver. Bytes include the headers of frames.
    #[must_use]
    pub fn sent(&self) -> FlowCount {
        self.sent.count()
    }

    /// The messages of clients. Bytes exclude the headers of frames.
    #[must_use]
    pub fn received(&self) -> FlowCount {
        self.received.count()
    }

    /// Counts a message of a client.
    pub fn add_received(&self, bytes: usize) {
        self.received.add(1, bytes);
    }

    /// The requests of the backend that were carried out.
    #[must_use]
    pub fn requests(&self) -> FlowCount {
        self.requests.count()
    }

    /// The answers to the backend.
    #[must_use]
    pub fn answers(&self) -> FlowCount {
        self.answers.count()
    }

    /// The number of events that the backend has triggered. Each event of a batch counts.
    #[must_use]
    pub fn triggered(&self) -> u64 {
        self.triggered.load(Relaxed)
    }

    /// True if there was a connection, or a request of the backend that was carried out. Refusals do not count, because
    /// anyone can cause them.
    #[must_use]
    pub fn has_any(&self) -> bool {
        (self.opened(), self.requests().messages, self.triggered()) != (0, 0, 0)
    }

    /// Counts a request that was carried out. The bytes are those of the bodies.
    pub fn add_request(&self, request_bytes: usize, answer_bytes: usize) {
        self.requests.add(1, request_bytes);
        self.answers.add(1, answer_bytes);
    }

    /// Counts events triggered by the backend.
    pub fn add_triggered(&self, events: usize) {
        self.triggered.fetch_add(events as u64, Relaxed);
    }

    /// The number of refused connections, subscriptions, messages and requests.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Counts a refusal.
    pub fn add_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// The times from an event's arrival on this node to its last write to a socket, in microseconds, by
    /// [`DELIVERY_BOUNDS`].
    #[must_use]
    pub const fn deliveries(&self) -> &Histogram<{ DELIVERY_BOUNDS.len() }> {
        &self.deliveries
    }

    /// Counts the delivery of an event that took this long.
    pub fn add_delivery(&self, took: Micros) {
        self.deliveries.observe(&DELIVERY_BOUNDS, took);
    }

    /// The number of remembered events that were forgotten early, because all together had more bytes than the app's
    /// limit.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten.load(Relaxed)
    }

    /// Counts remembered events that are forgotten early.
    pub(crate) fn add_forgotten(&self, events: usize) {
        if events > 0 {
            self.forgotten.fetch_add(events as u64, Relaxed);
        }
    }

    /// Counts a frame for `receivers` connections, with the bytes of all of them together.
    pub(crate) fn add_sent(&self, receivers: usize, bytes: usize) {
        self.sent.add(receivers, bytes);
    }

    /// Counts a connection, unless there are already `limit` of them.
    pub(crate) fn open(&self, limit: usize) -> bool {
        let counted = self.connections.fetch_update(Relaxed, Relaxed, |count| (count < limit).then_some(count + 1));
        let Ok(before) = counted else { return false };
        self.peak.fetch_max(before + 1, Relaxed);
        self.opened.fetch_add(1, Relaxed);
        true
    }

    pub(crate) fn close(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }
}

impl Flow {
    fn add(&self, messages: usize, bytes: usize) {
        self.messages.fetch_add(messages as u64, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    fn count(&self) -> FlowCount {
        FlowCount { messages: self.messages.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_that_of_its_period() {
        let traffic = Traffic::default();
        assert!(traffic.open(2) && traffic.open(2) && !traffic.open(2));
        traffic.close();
        assert_eq!((traffic.connections(), traffic.opened(), traffic.take_peak()), (1, 2, 2));
        assert_eq!(traffic.take_peak(), 1, "the connection that stays is the peak of the next period");
        traffic.close();
        assert_eq!((traffic.take_peak(), traffic.take_peak()), (1, 0));
    }

    #[test]
    fn a_connection_or_a_request_is_traffic() {
        let traffic = Traffic::default();
        traffic.add_refused();
        assert!(!traffic.open(0) && !traffic.has_any());
        traffic.open(1);
        traffic.close();
        assert!(traffic.has_any());
        let traffic = Traffic::default();
        traffic.add_request(0, 0);
        assert!(traffic.has_any());
    }

    #[test]
    fn an_event_counts_for_each_receiver() {
        let traffic = Traffic::default();
        traffic.add_sent(3, 30);
        traffic.add_sent(0, 0);
        traffic.add_received(7);
        assert_eq!(traffic.sent(), FlowCount { messages: 3, bytes: 30 });
        assert_eq!(traffic.received(), FlowCount { messages: 1, bytes: 7 });
    }
}
