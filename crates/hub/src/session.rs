//! The hub's record of a connection.

use std::{
    net::Ipv6Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use clairon_protocol::{Disconnect, SocketId};

use crate::{FrameWeight, Outbox, Outboxes, Traffic};

/// A time in milliseconds on the caller's clock.
pub type Millis = u64;

/// A time in microseconds on the caller's clock.
pub type Micros = u64;

/// The most KiB of replays in a minute, so that subscribing again and again does not amplify a client's traffic.
const REPLAYED_KIB_PER_MINUTE: u32 = 8 << 10;
/// The bits of the number of replayed KiB in `replayed`.
const KIB_BITS: u32 = 14;

/// A connection: its id, its outbox, and the times of its last signs of life.
///
/// A connection has no timer. A periodic sweep compares these times with the clock.
#[derive(Debug)]
pub struct Session {
    id: SocketId,
    outbox: Outbox,
    /// The counters for what is sent.
    traffic: Arc<Traffic>,
    /// In whole seconds on the caller's clock, rounded up: a session has no room for more.
    opened_at: u32,
    seen_at: AtomicU64,
    /// The time at which the socket last accepted some of the waiting bytes, the lower half of it; 0 while none wait.
    blocked_since: AtomicU32,
    /// The publication time of the event whose delivery is being measured; 0 if there is none.
    timed_since: AtomicU64,
    /// The KiB that were replayed in the current minute, in the lower `KIB_BITS`, and above them the lower bits of the
    /// minute. It has 32 bits because a session has room for so many beside its flags.
    replayed: AtomicU32,
    is_probed: AtomicBool,
    is_authorized: AtomicBool,
    /// True while frames of a replay wait to be written.
    is_replaying: AtomicBool,
    /// See [`Self::window_bits`].
    window_bits: u8,
    /// See [`Self::address`].
    address: Ipv6Addr,
}

impl Session {
    /// A connection that is opened now. Its outbox is one of `outboxes`.
    #[must_use]
    pub fn new(id: SocketId, outboxes: Arc<Outboxes>, traffic: Arc<Traffic>, now: Millis) -> Self {
        Self {
            id,
            outbox: Outbox::new(outboxes),
            traffic,
            opened_at: u32::try_from(now.div_ceil(1_000)).unwrap_or(u32::MAX),
            seen_at: AtomicU64::new(now),
            blocked_since: AtomicU32::new(0),
            timed_since: AtomicU64::new(0),
            replayed: AtomicU32::new(0),
            is_probed: AtomicBool::new(false),
            is_authorized: AtomicBool::new(false),
            is_replaying: AtomicBool::new(false),
            window_bits: 0,
            address: Ipv6Addr::UNSPECIFIED,
        }
    }

    /// The same session for a connection that accepts compressed frames and inflates them with a window of
    /// 2^`window_bits` bytes.
    #[must_use]
    pub const fn with_window(mut self, window_bits: u8) -> Self {
        self.window_bits = window_bits;
        self
    }

    /// The same session for a connection from this address.
    #[must_use]
    pub const fn with_address(mut self, address: Ipv6Addr) -> Self {
        self.address = address;
        self
    }

    /// The address of the connection's other end. IPv4 addresses are mapped to IPv6. It is unspecified if it is
    /// unknown.
    #[must_use]
    pub const fn address(&self) -> Ipv6Addr {
        self.address
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

    /// Notes a replay of missed events. False if it is too large: it would fill more than half of the outbox, or the
    /// connection asked for too many such bytes in this minute. One that is too large counts too, because the work for
    /// it is done.
    pub(crate) fn takes_replay(&self, frames: usize, bytes: usize, now: Millis) -> bool {
        if frames == 0 {
            return true;
        }
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let (minute, before) = self.replayed_in_minute(now);
        let after = before.saturating_add(kib);
        self.replayed.store(minute << KIB_BITS | after.min((1 << KIB_BITS) - 1), Ordering::Relaxed);
        let is_taken = after <= REPLAYED_KIB_PER_MINUTE && self.outbox.has_half(frames, bytes);
        self.is_replaying.fetch_or(is_taken, Ordering::Relaxed);
        is_taken
    }

    /// False if the connection asked for as many missed events in this minute as it may.
    pub(crate) fn may_replay(&self, now: Millis) -> bool {
        self.replayed_in_minute(now).1 < REPLAYED_KIB_PER_MINUTE
    }

    /// The lower bits of the minute, and the KiB that count in it. In half a year the bits repeat. Then a replay may be
    /// refused that was not too much.
    fn replayed_in_minute(&self, now: Millis) -> (u32, u32) {
        let minute = u32::try_from((now / 60_000) % (1 << (u32::BITS - KIB_BITS))).unwrap_or_default();
        let replayed = self.replayed.load(Ordering::Relaxed);
        let is_present = replayed >> KIB_BITS == minute;
        (minute, if is_present { replayed & ((1 << KIB_BITS) - 1) } else { 0 })
    }

    /// Queues the frames of a replay. The log has them in memory, so they weigh nothing in the total of all outboxes.
    pub(crate) fn send_replay(&self, frames: Vec<Bytes>) {
        for frame in frames {
            self.traffic.add_sent(1, frame.len());
            self.outbox.push_shared(frame, FrameWeight::of(0));
        }
    }

    /// True while frames of a replay wait. Meanwhile no message of the client should be read: the next may ask for
    /// another replay, and there may be no room for both.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        self.is_replaying.load(Ordering::Relaxed)
    }

    /// Notes that all frames are written.
    pub fn note_written(&self) {
        if self.is_replaying() {
            self.is_replaying.store(false, Ordering::Relaxed);
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

    /// The age of the connection, at most a second too short.
    #[must_use]
    pub fn age(&self, now: Millis) -> Millis {
        now.saturating_sub(Millis::from(self.opened_at) * 1_000)
    }

    /// Notes that the socket has not accepted all bytes. `has_moved` is true if it has accepted some.
    pub fn block(&self, now: Millis, has_moved: bool) {
        if has_moved || self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(lower_half(now).max(1), Ordering::Relaxed);
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
            // A time that another thread has read a little later counts as none.
            since => lower_half(now).wrapping_sub(since).cast_signed().try_into().unwrap_or_default(),
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

/// The lower half of a time, which starts again after 49 days.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn lower_half(time: Millis) -> u32 {
    time as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OutboxLimits;

    fn session() -> Session {
        let outboxes = Outboxes::new(OutboxLimits { bytes: 1_000, frames: 10 }, None);
        Session::new(SocketId::from_random(1), outboxes, Arc::default(), 100)
    }

    /// Every connection has one. With its two counters it has 192 bytes, which is a size class of the allocator.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<Session>() <= 176, "{} bytes", size_of::<Session>());
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
    fn replays_have_a_limit_at_a_time_and_one_in_a_minute() {
        let limits = OutboxLimits { bytes: 16 << 20, frames: 10 };
        let session = Session::new(SocketId::from_random(1), Outboxes::new(limits, None), Arc::default(), 0);
        assert!(session.takes_replay(0, 0, 0) && !session.is_replaying());
        assert!(!session.takes_replay(6, 6, 0) && !session.takes_replay(1, 8 << 20, 0), "the first one counts");
        assert!(!session.may_replay(59_999) && session.may_replay(60_000));
        assert!(session.takes_replay(5, 8 << 20, 119_999) && session.is_replaying());
        assert!(!session.takes_replay(1, 1, 119_999) && session.takes_replay(1, 8 << 20, 120_000));
        session.note_written();
        assert!(!session.is_replaying());
        (0..3).for_each(|_| session.send("waits".into()));
        assert!(session.takes_replay(2, 2, 180_000) && !session.takes_replay(3, 3, 180_000));
    }

    #[test]
    fn a_blockage_is_measured_over_the_end_of_its_clock() {
        let session = session();
        let end = 3 << 32;
        session.block(end - 100, false);
        assert_eq!([end - 101, end - 100, end + 200].map(|now| session.blockage(now)), [0, 0, 300]);
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
