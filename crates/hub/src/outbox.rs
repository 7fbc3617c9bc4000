//! The queue of frames for one socket.

use std::{
    collections::VecDeque,
    fmt,
    sync::OnceLock,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes};
use clairon_protocol::Disconnect;

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
    limits: OutboxLimits,
    direct: OnceLock<DirectWrite>,
}

#[derive(Debug, Default)]
struct OutboxState {
    frames: VecDeque<Bytes>,
    bytes: usize,
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
    /// An empty queue.
    #[must_use]
    pub fn new(limits: OutboxLimits) -> Self {
        Self { state: Mutex::default(), limits, direct: OnceLock::new() }
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
    pub fn push_now(&self, mut frame: Bytes) {
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
        self.enqueue(&mut state, frame);
        state.wake_for_frames();
    }

    /// Adds a frame. Does nothing if the connection is about to be closed.
    pub fn push(&self, frame: Bytes) {
        let mut state = self.state.lock();
        self.enqueue(&mut state, frame);
        state.wake_for_frames();
    }

    /// Adds a frame that may be written together with later ones. If it returns true, the caller must ensure that
    /// [`flush`](Self::flush) is called a moment later. Otherwise another caller does so, or the task is not parked.
    #[must_use]
    pub fn push_later(&self, frame: Bytes) -> bool {
        let mut state = self.state.lock();
        self.enqueue(&mut state, frame);
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

    /// Notes that the writing task is busy with something else and comes back by itself. Until then it needs no
    /// wake-up, and no other task may write to the socket.
    pub fn unpark(&self) {
        self.state.lock().parked = Parked::No;
    }

    fn enqueue(&self, state: &mut OutboxState, frame: Bytes) {
        if state.disconnect.is_some() {
            return;
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        let waiting = state.frames.len();
        if waiting > 1 && (state.bytes > self.limits.bytes || waiting > self.limits.frames) {
            // The first frame may be half written.
            state.frames.truncate(1);
            state.frames.shrink_to_fit();
            state.disconnect = Some(Disconnect::SlowReader);
            state.wake();
        }
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
        state.bytes > self.limits.bytes / 2 || state.frames.len() > self.limits.frames / 2
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
        if state.frames.is_empty() {
            if let Some(reason) = state.disconnect {
                return Poll::Ready(Some(reason));
            }
            state.park(cx, Parked::ForFrames);
            return Poll::Pending;
        }
        if state.frames.len() <= BATCH_FRAMES {
            std::mem::swap(&mut state.frames, batch);
            state.bytes = 0;
        } else {
            batch.extend(state.frames.drain(..BATCH_FRAMES));
            state.bytes -= batch.iter().map(Bytes::len).sum::<usize>();
        }
        Poll::Ready(None)
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
        f.debug_struct("Outbox").field("state", &self.state).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl OutboxState {
    fn wake(&mut self) {
        if std::mem::take(&mut self.parked) != Parked::No
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
