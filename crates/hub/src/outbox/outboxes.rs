//! What all outboxes of a node hold together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

use super::OutboxLimits;

/// The total is counted in steps of so many bytes for each outbox. So an outbox whose frames are soon written touches
/// no counter.
pub const OUTBOX_STEP: u32 = 8 * 1024;

/// The limits of the outboxes of a node, and the bytes that they hold together.
///
/// A frame that several connections receive is in memory once, so each outbox has a part of its size.
#[derive(Debug)]
pub struct Outboxes {
    pub(super) limits: OutboxLimits,
    /// The limit of the total, in bytes.
    total: usize,
    held: Held,
    /// The waker of the task that watches the total.
    watcher: Mutex<Option<Waker>>,
}

/// The total, on a cache line without the limits, which are read for each frame.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Held(AtomicUsize);

/// The memory that a frame takes for one connection, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameWeight(u32);

/// What a frame takes besides its bytes.
const SLOT: usize = 64;

impl FrameWeight {
    /// A frame of `bytes` for one connection.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self::shared(bytes, 1)
    }

    /// A frame of `bytes` that several connections receive.
    #[must_use]
    pub fn shared(bytes: usize, receivers: usize) -> Self {
        Self(u32::try_from(bytes / receivers.max(1) + SLOT).unwrap_or(u32::MAX))
    }

    pub(super) const fn bytes(self) -> u32 {
        self.0
    }
}

impl Outboxes {
    /// The outboxes of a new node. `total` limits the bytes of all together; `None` is no limit.
    #[must_use]
    pub fn new(limits: OutboxLimits, total: Option<usize>) -> Arc<Self> {
        let total = total.unwrap_or(usize::MAX);
        Arc::new(Self { limits, total, held: Held::default(), watcher: Mutex::default() })
    }

    /// The bytes that all outboxes hold.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.0.load(Relaxed)
    }

    /// The bytes that have to go if the total is over its limit: more than what is over it, so that not every frame
    /// closes a connection.
    #[must_use]
    pub fn excess(&self) -> Option<usize> {
        let held = self.held();
        (held > self.total).then(|| held - self.total / 8 * 7)
    }

    /// Ready while the total is over its limit. One task may wait for it.
    pub fn poll_overfull(&self, cx: &Context<'_>) -> Poll<()> {
        *self.watcher.lock() = Some(cx.waker().clone());
        if self.held() > self.total { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Notes that an outbox holds other bytes than before.
    pub(super) fn change(&self, before: u32, after: u32) {
        let [before, after] = [before, after].map(|held| (held - held % OUTBOX_STEP) as usize);
        if before > after {
            self.held.0.fetch_sub(before - after, Relaxed);
        } else if after > before {
            let held = self.held.0.fetch_add(after - before, Relaxed) + after - before;
            if held > self.total
                && let Some(watcher) = self.watcher.lock().take()
            {
                watcher.wake();
            }
        }
    }
}
