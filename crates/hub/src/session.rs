//! One connection, as the hub knows it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use clairon_protocol::{Disconnect, SocketId};

use crate::{Outbox, OutboxLimits};

/// A moment, in milliseconds on the caller's clock.
pub type Millis = u64;

/// One connection: its id, what waits to be written to it, and its signs of life.
///
/// There is no timer per connection: whoever sweeps over all of them compares these figures with the time.
#[derive(Debug)]
pub struct Session {
    id: SocketId,
    outbox: Outbox,
    opened_at: Millis,
    seen_at: AtomicU64,
    /// Since when its socket takes nothing; 0 while it does.
    blocked_since: AtomicU64,
    is_probed: AtomicBool,
    is_authorized: AtomicBool,
}

impl Session {
    /// A connection that opens now.
    #[must_use]
    pub fn new(id: SocketId, limits: OutboxLimits, now: Millis) -> Self {
        Self {
            id,
            outbox: Outbox::new(limits),
            opened_at: now,
            seen_at: AtomicU64::new(now),
            blocked_since: AtomicU64::new(0),
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

    /// Sends a frame.
    pub fn send(&self, frame: Bytes) {
        self.outbox.push(frame);
    }

    /// Sends frames in their order.
    pub fn send_all(&self, frames: Vec<Bytes>) {
        for frame in frames {
            self.send(frame);
        }
    }

    /// Sends a frame, without a detour over the connection's task where that is possible.
    pub fn send_now(&self, frame: Bytes) {
        self.outbox.push_now(frame);
    }

    /// Sends a frame that may wait for others. True where the caller must see to it that the outbox is flushed.
    pub(crate) fn send_later(&self, frame: Bytes) -> bool {
        self.outbox.push_later(frame)
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

    /// Notes that the socket takes nothing.
    pub fn block(&self, now: Millis) {
        if self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(now.max(1), Ordering::Relaxed);
        }
    }

    /// Notes that the socket has taken everything.
    pub fn unblock(&self) {
        if self.blocked_since.load(Ordering::Relaxed) != 0 {
            self.blocked_since.store(0, Ordering::Relaxed);
        }
    }

    /// For how long the socket has taken nothing.
    #[must_use]
    pub fn blockage(&self, now: Millis) -> Millis {
        match self.blocked_since.load(Ordering::Relaxed) {
            0 => 0,
            since => now.saturating_sub(since),
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
