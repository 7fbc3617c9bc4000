//! The hub's record of a connection.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use clairon_protocol::{Disconnect, SocketId};

use crate::{Outbox, Outboxes, Traffic};

/// A time in milliseconds on the caller's clock.
pub type Millis = u64;

/// A time in microseconds on the caller's clock.
pub type Micros = u64;

/// A connection: its id, its outbox, and the times of its last signs of life.
///
/// A connection has no timer. A periodic sweep compares these times with the clock.
#[derive(Debug)]
pub struct Session {
    id: SocketId,
    outbox: Outbox,
    /// The counters for what is sent.
    traffic: Arc<Traffic>,
    opened_at: Millis,
    seen_at: AtomicU64,
    /// The time at which the socket last accepted some of the waiting bytes; 0 while none wait.
    blocked_since: AtomicU64,
    /// The publication time of the event whose delivery is being measured; 0 if there is none.
    timed_since: AtomicU64,
    is_probed: AtomicBool,
    is_authorized: AtomicBool,
    /// See [`Self::window_bits`].
    window_bits: u8,
}

impl Session {
    /// A connection that is opened now. Its outbox is one of `outboxes`.
    #[must_use]
    pub fn new(id: SocketId, outboxes: Arc<Outboxes>, traffic: Arc<Traffic>, now: Millis) -> Self {
        Self {
            id,
            outbox: Outbox::new(outboxes),
            traffic,
            opened_at: now,
            seen_at: AtomicU64::new(now),
            blocked_since: AtomicU64::new(0),
            timed_since: AtomicU64::new(0),
            is_probed: AtomicBool::new(false),
            is_authorized: AtomicBool::new(false),
            window_bits: 0,
        }
    }

    /// The same session for a connection that accepts compressed frames and inflates them with a window of
    /// 2^`window_bits` bytes.
    #[must_use]
    pub const fn with_window(mut self, window_bits: u8) -> Self {
        self.window_bits = window_bits;
        self
    }

    /// The base-2 logarithm of the window in bytes with which the connection inflates compressed frames; 0 if it
    /// accepts none.
    pub(crate) const fn window_bits(&self) -> u8 {
        self.window_bits
    }

    /// The socket id.
    #[must_use]
    pub const fn id(&self) -> SocketId {
        self.id
    }

    /// The frames that wait to be written.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The counters of its app.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Queues a frame.
    pub fn send(&self, frame: Bytes) {
        self.traffic.add_sent(1, frame.len());
        self.outbox.push(frame);
    }

    /// Queues frames in their order.
    pub fn send_all(&self, frames: Vec<Bytes>) {
        for frame in frames {
            self.send(frame);
        }
    }

    /// Starts to measure the delivery of an event that was published at `since`, unless another is being measured.
    pub(crate) fn time(&self, since: Micros) {
        let _ = self.timed_since.compare_exchange(0, since.max(1), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The publication time of the measured event, taken once all queued frames are written.
    pub fn take_timed(&self) -> Option<Micros> {
        match self.timed_since.load(Ordering::Relaxed) {
            0 => None,
            _ => Some(self.timed_since.swap(0, Ordering::Relaxed)).filter(|since| *since > 0),
        }
    }

    /// Closes the connection after the queued frames.
    pub fn close(&self, reason: Disconnect) {
        self.outbox.close(reason);
    }

    /// Notes that the client has sent something.
    pub fn saw(&self, now: Millis) {
        self.seen_at.store(now, Ordering::Relaxed);
        self.is_probed.store(false, Ordering::Relaxed);
    }

    /// The time since the client last sent something.
    #[must_use]
    pub fn silence(&self, now: Millis) -> Millis {
        now.saturating_sub(self.seen_at.load(Ordering::Relaxed))
    }

    /// The age of the connection.
    #[must_use]
    pub const fn age(&self, now: Millis) -> Millis {
        now.saturating_sub(self.opened_at)
    }

    /// Notes that the socket has not accepted all bytes. `has_moved` is true if it has accepted some.
    pub fn block(&self, now: Millis, has_moved: bool) {
        if has_moved || self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(now.max(1), Ordering::Relaxed);
        }
    }

    /// Notes that the socket has accepted all bytes.
    pub fn unblock(&self) {
        if self.blocked_since.load(Ordering::Relaxed) != 0 {
            self.blocked_since.store(0, Ordering::Relaxed);
        }
    }

    /// The time in which the socket has accepted none of the waiting bytes.
    #[must_use]
    pub fn blockage(&self, now: Millis) -> Millis {
        match self.blocked_since.load(Ordering::Relaxed) {
            0 => 0,
            since => now.saturating_sub(since),
        }
    }

    /// Shortens the silence so far to at most `longest`, after a time in which the server could not read. The client
    /// can be pinged again.
    pub fn forgive_silence(&self, now: Millis, longest: Millis) {
        let limit = now.saturating_sub(longest);
        if self.seen_at.fetch_max(limit, Ordering::Relaxed) < limit {
            self.is_probed.store(false, Ordering::Relaxed);
        }
    }

    /// Notes that the client is pinged because of its silence. False if it was pinged already.
    pub fn probe(&self) -> bool {
        !self.is_probed.swap(true, Ordering::Relaxed)
    }

    /// Notes that the app's backend has authorized this connection.
    pub fn authorize(&self) {
        self.is_authorized.store(true, Ordering::Relaxed);
    }

    /// True if the app's backend has authorized this connection: it has signed in, or is subscribed to a private
    /// channel.
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        self.is_authorized.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OutboxLimits;

    fn session() -> Session {
        let outboxes = Outboxes::new(OutboxLimits { bytes: 1_000, frames: 10 }, None);
        Session::new(SocketId::from_random(1), outboxes, Arc::default(), 100)
    }

    #[test]
    fn silence_is_forgiven_once_and_probed_again() {
        let session = session();
        assert!(session.probe() && !session.probe());
        session.forgive_silence(1_100, 2_000);
        assert_eq!((session.silence(1_100), session.probe()), (1_000, false), "it is not that long");
        session.forgive_silence(1_100, 300);
        assert_eq!((session.silence(1_100), session.silence(1_200), session.probe()), (300, 400, true));
    }

    #[test]
    fn a_socket_that_takes_something_is_not_blocked_since_before() {
        let session = session();
        session.block(200, false);
        session.block(300, false);
        assert_eq!(session.blockage(300), 100);
        session.block(400, true);
        session.block(450, false);
        assert_eq!(session.blockage(450), 50);
        session.unblock();
        assert_eq!(session.blockage(500), 0);
    }
}
