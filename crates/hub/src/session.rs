//! One connection, as the hub knows it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use clairon_protocol::{Disconnect, SocketId};

use crate::{Outbox, OutboxLimits, Traffic};

/// A moment, in milliseconds on the caller's clock.
pub type Millis = u64;

/// A moment, in microseconds on the caller's clock.
pub type Micros = u64;

/// One connection: its id, what waits to be written to it, and its signs of life.
///
/// There is no timer per connection: whoever sweeps over all of them compares these figures with the time.
#[derive(Debug)]
pub struct Session {
    id: SocketId,
    outbox: Outbox,
    /// Where what is sent is counted.
    traffic: Arc<Traffic>,
    opened_at: Millis,
    seen_at: AtomicU64,
    /// When its socket last took something of what waits; 0 while nothing waits.
    blocked_since: AtomicU64,
    /// When the event was published whose way to the socket is timed; 0 while none is.
    timed_since: AtomicU64,
    is_probed: AtomicBool,
    is_authorized: AtomicBool,
}

impl Session {
    /// A connection that opens now.
    #[must_use]
    pub fn new(id: SocketId, limits: OutboxLimits, traffic: Arc<Traffic>, now: Millis) -> Self {
        Self {
            id,
            outbox: Outbox::new(limits),
            traffic,
            opened_at: now,
            seen_at: AtomicU64::new(now),
            blocked_since: AtomicU64::new(0),
            timed_since: AtomicU64::new(0),
            is_probed: AtomicBool::new(false),
            is_authorized: AtomicBool::new(false),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SocketId {
        self.id
    }

    /// What waits to be written to it.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The figures of its app.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends a frame.
    pub fn send(&self, frame: Bytes) {
        self.traffic.add_sent(1, frame.len());
        self.outbox.push(frame);
    }

    /// Sends frames in their order.
    pub fn send_all(&self, frames: Vec<Bytes>) {
        for frame in frames {
            self.send(frame);
        }
    }

    /// Begins to time the way of an event that was published at `since`, unless another is on its way.
    pub(crate) fn time(&self, since: Micros) {
        let _ = self.timed_since.compare_exchange(0, since.max(1), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Once all that was queued is written: when the event was published whose way was timed.
    pub fn take_timed(&self) -> Option<Micros> {
        match self.timed_since.load(Ordering::Relaxed) {
            0 => None,
            _ => Some(self.timed_since.swap(0, Ordering::Relaxed)).filter(|since| *since > 0),
        }
    }

    /// Ends the connection, behind what was sent before.
    pub fn close(&self, reason: Disconnect) {
        self.outbox.close(reason);
    }

    /// Notes that the client has said something, of whatever kind.
    pub fn saw(&self, now: Millis) {
        self.seen_at.store(now, Ordering::Relaxed);
        self.is_probed.store(false, Ordering::Relaxed);
    }

    /// For how long nothing was heard.
    #[must_use]
    pub fn silence(&self, now: Millis) -> Millis {
        now.saturating_sub(self.seen_at.load(Ordering::Relaxed))
    }

    /// For how long it is open.
    #[must_use]
    pub const fn age(&self, now: Millis) -> Millis {
        now.saturating_sub(self.opened_at)
    }

    /// Notes that the socket has not taken everything; `has_moved` if it has taken something.
    pub fn block(&self, now: Millis, has_moved: bool) {
        if has_moved || self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(now.max(1), Ordering::Relaxed);
        }
    }

    /// Notes that the socket has taken everything.
    pub fn unblock(&self) {
        if self.blocked_since.load(Ordering::Relaxed) != 0 {
            self.blocked_since.store(0, Ordering::Relaxed);
        }
    }

    /// For how long the socket has taken nothing of what waits.
    #[must_use]
    pub fn blockage(&self, now: Millis) -> Millis {
        match self.blocked_since.load(Ordering::Relaxed) {
            0 => 0,
            since => now.saturating_sub(since),
        }
    }

    /// Counts at most `longest` of the silence so far, after a time in which nothing could be heard. The silence can be
    /// probed again.
    pub fn forgive_silence(&self, now: Millis, longest: Millis) {
        let limit = now.saturating_sub(longest);
        if self.seen_at.fetch_max(limit, Ordering::Relaxed) < limit {
            self.is_probed.store(false, Ordering::Relaxed);
        }
    }

    /// Notes that the present silence is being probed. False where it already was.
    pub fn probe(&self) -> bool {
        !self.is_probed.swap(true, Ordering::Relaxed)
    }

    /// Notes that the app's backend has vouched for this client.
    pub fn authorize(&self) {
        self.is_authorized.store(true, Ordering::Relaxed);
    }

    /// True once the app's backend has vouched for this client: it signed in, or is on a private channel.
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        self.is_authorized.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let limits = OutboxLimits { bytes: 1_000, frames: 10 };
        Session::new(SocketId::from_random(1), limits, Arc::default(), 100)
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
