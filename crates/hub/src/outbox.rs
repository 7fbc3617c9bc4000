//! The queue of frames for one socket.

mod outboxes;

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes};
use clairon_protocol::Disconnect;

pub use self::outboxes::{FrameWeight, OUTBOX_STEP, Outboxes};
use crate::sync::Mutex;

/// The largest number of frames taken at a time: as many as one vectored write accepts.
const BATCH_FRAMES: usize = 64;
/// The largest capacity, in frames, that an empty queue keeps, so that an idle connection stays small.
const IDLE_SLOTS: usize = 4;

/// The limits of a queue for a client that reads slowly. When they are exceeded the connection is closed. A single
/// frame never exceeds them, whatever its size: a snapshot of many members must reach a client that keeps up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxLimits {
    /// The limit in bytes.
    pub bytes: usize,
    /// The limit in frames.
    pub frames: usize,
}

/// Writes to a connection's socket at once, as many bytes as it accepts without waiting. Returns their number.
pub type DirectWrite = Box<dyn Fn(&[u8]) -> usize + Send + Sync>;

/// A bounded queue with many senders and one writing task.
///
/// Frames are never dropped silently. When the queue overflows, only its first frame is kept, which may be half
/// written, and the connection is closed with [`Disconnect::SlowReader`]: a client that missed a `member_removed` would
/// misunderstand the later messages.
pub struct Outbox {
    state: Mutex<OutboxState>,
    all: Arc<Outboxes>,
    direct: OnceLock<DirectWrite>,
}

#[derive(Debug, Default)]
struct OutboxState {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// The weight of the queued frames.
    queued: u32,
    /// The weight of the frames that the task has taken. They count until they are written.
    taken: u32,
    disconnect: Option<Disconnect>,
    /// The waker of the writing task. `parked` says which events wake it.
    writer: Option<Waker>,
    parked: Parked,
}

/// The events that wake the writing task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Parked {
    /// None: the task is running.
    #[default]
    No,
    /// Only the end: the socket accepts no more bytes, so another frame makes no difference.
    ForClose,
    /// A frame or the end.
    ForFrames,
    /// The end, or [`Outbox::flush`] for the frames that are already queued.
    ForFlush,
}

impl Outbox {
    /// An empty queue, one of `all`.
    #[must_use]
    pub fn new(all: Arc<Outboxes>) -> Self {
        Self { state: Mutex::default(), all, direct: OnceLock::new() }
    }

    /// Sets the function with which [`push_now`](Self::push_now) writes to the socket. The writing task may write only
    /// frames from this outbox.
    pub fn attach(&self, direct: DirectWrite) {
        // A connection has one socket, so this is set once.
        let _ = self.direct.set(direct);
    }

    /// Writes a frame at once if the queue is empty and its task idle; otherwise adds it. A written frame wakes no
    /// task.
    ///
    /// This is meant for few receivers. With many, the caller would be late for its next event, and events in quick
    /// succession would not be written together.
    pub fn push_now(&self, mut frame: Bytes, weight: FrameWeight) {
        let mut state = self.state.lock();
        // A parked task has written everything, so the socket is free as long as this lock keeps the task parked.
        if state.parked == Parked::ForFrames
            && state.disconnect.is_none()
            && let Some(direct) = self.direct.get()
        {
            let written = direct(&frame);
            frame.advance(written);
            if frame.is_empty() {
                return;
            }
        }
        self.enqueue(&mut state, frame, weight);
        state.wake_for_frames();
    }

    /// Adds a frame for this connection alone. Does nothing if the connection is about to be closed.
    pub fn push(&self, frame: Bytes) {
        let weight = FrameWeight::of(frame.len());
        self.push_shared(frame, weight);
    }

    /// Adds a frame that other connections receive too.
    pub fn push_shared(&self, frame: Bytes, weight: FrameWeight) {
        let mut state = self.state.lock();
        self.enqueue(&mut state, frame, weight);
        state.wake_for_frames();
    }

    /// Adds a frame that may be written together with later ones. If it returns true, the caller must ensure that
    /// [`flush`](Self::flush) is called a moment later. Otherwise another caller does so, or the task is not parked.
    #[must_use]
    pub fn push_later(&self, frame: Bytes, weight: FrameWeight) -> bool {
        let mut state = self.state.lock();
        self.enqueue(&mut state, frame, weight);
        let is_first = state.parked == Parked::ForFrames && !state.frames.is_empty();
        if is_first {
            state.parked = Parked::ForFlush;
        }
        is_first
    }

    /// Wakes the task for delayed frames, unless it has already taken them.
    pub fn flush(&self) {
        let mut state = self.state.lock();
        if state.parked == Parked::ForFlush {
            state.wake();
        }
    }

    /// Wakes the writing task although there may be nothing to write: another task has a question to it.
    pub fn rouse(&self) {
        self.state.lock().wake();
    }

    /// Notes that the writing task is busy with something else and comes back by itself. Until then it needs no
    /// wake-up, and no other task may write to the socket.
    pub fn unpark(&self) {
        self.state.lock().parked = Parked::No;
    }

    fn enqueue(&self, state: &mut OutboxState, frame: Bytes, weight: FrameWeight) {
        if state.disconnect.is_some() {
            return;
        }
        let before = state.held();
        state.bytes += frame.len();
        state.queued = state.queued.saturating_add(weight.bytes());
        if state.frames.capacity() == 0 {
            // Growing from nothing would take longer.
            state.frames = VecDeque::with_capacity(IDLE_SLOTS);
        }
        state.frames.push_back(frame);
        let (waiting, limits) = (state.frames.len(), self.all.limits);
        if waiting > 1 && (state.bytes > limits.bytes || waiting > limits.frames) {
            state.give_up(Disconnect::SlowReader);
        }
        self.all.change(before, state.held());
    }

    /// Requests that the connection is closed without its queued frames, except the first, which may be half written.
    pub fn give_up(&self, reason: Disconnect) {
        let mut state = self.state.lock();
        if state.disconnect.is_none() {
            let before = state.held();
            state.give_up(reason);
            self.all.change(before, state.held());
        }
    }

    /// The memory of its frames, in bytes: those in the queue, and those that the task is writing.
    #[must_use]
    pub fn held(&self) -> u32 {
        self.state.lock().held()
    }

    /// True if all frames are written and the task waits for more.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let state = self.state.lock();
        state.parked == Parked::ForFrames && state.frames.is_empty()
    }

    /// True if the queue has reached more than half of a limit.
    #[must_use]
    pub fn is_over_half(&self) -> bool {
        let state = self.state.lock();
        state.bytes > self.all.limits.bytes / 2 || state.frames.len() > self.all.limits.frames / 2
    }

    /// True if so many more frames and bytes would fill at most half of the queue.
    pub(crate) fn has_half(&self, frames: usize, bytes: usize) -> bool {
        let state = self.state.lock();
        let limits = self.all.limits;
        state.bytes + bytes <= limits.bytes / 2 && state.frames.len() + frames <= limits.frames / 2
    }

    /// The size of the queue.
    #[must_use]
    pub fn backlog(&self) -> OutboxLimits {
        let state = self.state.lock();
        OutboxLimits { bytes: state.bytes, frames: state.frames.len() }
    }

    /// Requests that the connection is closed after the queued frames. The first reason is kept.
    pub fn close(&self, reason: Disconnect) {
        let mut state = self.state.lock();
        if state.disconnect.is_none() {
            state.disconnect = Some(reason);
            state.wake();
        }
    }

    /// Moves the next frames to `batch`, which must be empty. When the queue is empty, `Ready(Some)` is a request to
    /// close.
    ///
    /// While there is nothing to do, the task of `cx` is stored and woken once, by the next frame.
    pub fn poll_take(&self, cx: &mut Context<'_>, batch: &mut VecDeque<Bytes>) -> Poll<Option<Disconnect>> {
        let mut state = self.state.lock();
        let before = state.held();
        state.taken = 0;
        let poll = state.poll_take(cx, batch);
        self.all.change(before, state.held());
        poll
    }

    /// Moves all queued frames to the end of `batch`, when the connection ends. They count until this is dropped.
    pub fn take_rest(&self, batch: &mut VecDeque<Bytes>) {
        let mut state = self.state.lock();
        batch.append(&mut state.frames);
        state.taken = state.taken.saturating_add(mem::take(&mut state.queued));
        state.bytes = 0;
    }

    /// Drops all queued frames, when the connection ends. Those that the task has taken count until this is dropped, as
    /// far as they are in `batch`.
    pub fn drop_rest(&self, batch: &VecDeque<Bytes>) {
        let mut state = self.state.lock();
        let before = state.held();
        let left = batch.iter().map(|frame| FrameWeight::of(frame.len()).bytes()).sum::<u32>();
        *state = OutboxState { disconnect: state.disconnect, taken: state.taken.min(left), ..OutboxState::default() };
        self.all.change(before, state.held());
    }

    /// For a task whose socket accepts no more bytes: `Ready` once the connection is to be closed, even if frames are
    /// queued.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<Disconnect> {
        let mut state = self.state.lock();
        if let Some(reason) = state.disconnect {
            return Poll::Ready(reason);
        }
        state.park(cx, Parked::ForClose);
        Poll::Pending
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("state", &self.state).field("limits", &self.all.limits).finish_non_exhaustive()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.all.change(self.held(), 0);
    }
}

impl OutboxState {
    const fn held(&self) -> u32 {
        self.queued.saturating_add(self.taken)
    }

    fn poll_take(&mut self, cx: &Context<'_>, batch: &mut VecDeque<Bytes>) -> Poll<Option<Disconnect>> {
        if self.frames.is_empty() {
            if let Some(reason) = self.disconnect {
                return Poll::Ready(Some(reason));
            }
            self.park(cx, Parked::ForFrames);
            return Poll::Pending;
        }
        if self.frames.len() <= BATCH_FRAMES {
            mem::swap(&mut self.frames, batch);
            self.bytes = 0;
            self.taken = mem::take(&mut self.queued);
        } else {
            batch.extend(self.frames.drain(..BATCH_FRAMES));
            let bytes = batch.iter().map(Bytes::len).sum::<usize>();
            // Each frame's weight is not stored, so the batch has a part of the whole.
            let part = u64::from(self.queued) * bytes as u64 / self.bytes.max(1) as u64;
            self.taken = u32::try_from(part).unwrap_or(u32::MAX).min(self.queued);
            self.queued -= self.taken;
            self.bytes -= bytes;
        }
        Poll::Ready(None)
    }

    fn give_up(&mut self, reason: Disconnect) {
        self.frames.truncate(1);
        self.frames.shrink_to_fit();
        let left = self.frames.front().map_or(0, |frame| FrameWeight::of(frame.len()).bytes());
        self.queued = self.queued.min(left);
        self.disconnect = Some(reason);
        self.wake();
    }

    fn wake(&mut self) {
        if mem::take(&mut self.parked) != Parked::No
            && let Some(writer) = &self.writer
        {
            writer.wake_by_ref();
        }
    }

    fn wake_for_frames(&mut self) {
        let has_news = !self.frames.is_empty() && self.disconnect.is_none();
        if has_news && matches!(self.parked, Parked::ForFrames | Parked::ForFlush) {
            self.wake();
        }
    }

    fn park(&mut self, cx: &Context<'_>, parked: Parked) {
        if self.frames.is_empty() && self.frames.capacity() > IDLE_SLOTS {
            self.frames = VecDeque::new();
        }
        match &mut self.writer {
            Some(writer) => writer.clone_from(cx.waker()),
            None => self.writer = Some(cx.waker().clone()),
        }
        self.parked = parked;
    }
}

#[cfg(test)]
mod tests;
