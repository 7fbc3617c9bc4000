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
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn outbox() -> Outbox {
        Outbox::new(OutboxLimits { bytes: 1_000, frames: 100 })
    }

    fn take(outbox: &Outbox, waker: &Arc<Count>) -> (Poll<Option<Disconnect>>, Vec<Bytes>) {
        let mut batch = VecDeque::new();
        let poll = outbox.poll_take(&mut Context::from_waker(&waker.clone().into()), &mut batch);
        (poll, batch.into())
    }

    #[test]
    fn a_parked_writer_is_woken_once() {
        let (outbox, waker) = (outbox(), Arc::default());
        outbox.push("unseen".into());
        assert_eq!(take(&outbox, &waker), (Poll::Ready(None), vec!["unseen".into()]));
        assert_eq!(take(&outbox, &waker), (Poll::Pending, vec![]));
        outbox.push("a".into());
        outbox.push("b".into());
        assert_eq!(waker.0.load(Ordering::Relaxed), 1);
        assert_eq!(take(&outbox, &waker), (Poll::Ready(None), vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_blocked_writer_is_woken_by_the_end_alone() {
        let (outbox, waker) = (outbox(), Arc::<Count>::default());
        let closed = || outbox.poll_closed(&mut Context::from_waker(&waker.clone().into()));
        assert_eq!(closed(), Poll::Pending);
        outbox.push("a".into());
        assert_eq!(waker.0.load(Ordering::Relaxed), 0);
        outbox.close(Disconnect::NoPong);
        assert_eq!((waker.0.load(Ordering::Relaxed), closed()), (1, Poll::Ready(Disconnect::NoPong)));
    }

    #[test]
    fn an_idle_socket_is_written_to_at_once() {
        let (outbox, waker) = (outbox(), Arc::<Count>::default());
        let written = Arc::new(Mutex::new(Vec::new()));
        let socket = written.clone();
        // This socket accepts four bytes at a time.
        outbox.attach(Box::new(move |bytes| {
            let taken = &bytes[..bytes.len().min(4)];
            socket.lock().extend_from_slice(taken);
            taken.len()
        }));
        outbox.push_now("1".into());
        assert_eq!(take(&outbox, &waker).1, ["1"], "a task that is not parked writes for itself");
        assert_eq!(take(&outbox, &waker).0, Poll::Pending);
        outbox.push_now("23".into());
        assert_eq!(waker.0.load(Ordering::Relaxed), 0);
        outbox.push_now("456789".into());
        outbox.push_now("0".into());
        assert_eq!((written.lock().as_slice(), waker.0.load(Ordering::Relaxed)), (&b"234567"[..], 1));
        assert_eq!(take(&outbox, &waker).1, ["89", "0"]);
        assert_eq!(take(&outbox, &waker).0, Poll::Pending);
        outbox.unpark();
        outbox.push_now("x".into());
        assert_eq!((take(&outbox, &waker).1, waker.0.load(Ordering::Relaxed)), (vec!["x".into()], 1));
    }

    #[test]
    fn frames_that_are_held_back_are_written_together() {
        let (outbox, waker) = (outbox(), Arc::<Count>::default());
        let woken = || waker.0.load(Ordering::Relaxed);
        assert!(!outbox.push_later("0".into()), "a task that is not parked comes by itself");
        assert_eq!(take(&outbox, &waker).1, ["0"]);
        assert_eq!(take(&outbox, &waker).0, Poll::Pending);
        assert!(outbox.push_later("1".into()));
        assert!(!outbox.push_later("2".into()));
        assert_eq!(woken(), 0);
        outbox.flush();
        outbox.flush();
        assert_eq!((woken(), take(&outbox, &waker).1), (1, vec!["1".into(), "2".into()]));
        assert_eq!(take(&outbox, &waker).0, Poll::Pending);
        outbox.flush();
        assert_eq!(woken(), 1);
        // A frame that must not be delayed wakes the task for the delayed ones too, and so does the end.
        assert!(outbox.push_later("3".into()));
        outbox.push_now("4".into());
        assert_eq!((woken(), take(&outbox, &waker).1), (2, vec!["3".into(), "4".into()]));
        assert_eq!(take(&outbox, &waker).0, Poll::Pending);
        assert!(outbox.push_later("5".into()));
        outbox.close(Disconnect::Shutdown);
        assert_eq!((woken(), take(&outbox, &waker).1), (3, vec!["5".into()]));
    }

    #[test]
    fn batches_keep_the_order() {
        let (outbox, waker) = (outbox(), Arc::default());
        let frames: Vec<Bytes> = (0..100).map(|n: u32| n.to_string().into()).collect();
        frames.iter().cloned().for_each(|frame| outbox.push(frame));
        let (first, second) = (take(&outbox, &waker).1, take(&outbox, &waker).1);
        assert_eq!([first, second].concat(), frames);
        assert_eq!(outbox.state.lock().bytes, 0);
    }

    #[test]
    fn half_full_is_half_of_the_bytes_or_of_the_frames() {
        for (half, size) in [(50, 1), (2, 250)] {
            let (outbox, waker) = (outbox(), Arc::default());
            let push = || outbox.push(Bytes::from(vec![b'x'; size]));
            (0..half).for_each(|_| push());
            assert!(!outbox.is_over_half());
            push();
            assert!(outbox.is_over_half());
            while take(&outbox, &waker).0 == Poll::Ready(None) {}
            assert!(!outbox.is_over_half());
        }
    }

    #[test]
    fn what_is_queued_goes_before_the_close() {
        let (outbox, waker) = (outbox(), Arc::default());
        outbox.push("last".into());
        outbox.close(Disconnect::Terminated);
        outbox.close(Disconnect::Shutdown);
        outbox.push("too late".into());
        assert_eq!(take(&outbox, &waker), (Poll::Ready(None), vec!["last".into()]));
        assert_eq!(take(&outbox, &waker).0, Poll::Ready(Some(Disconnect::Terminated)));
    }

    #[test]
    fn an_overflow_frees_the_queue_and_closes() {
        for (frames, size) in [(101, 1), (2, 501)] {
            let (outbox, waker) = (outbox(), Arc::default());
            (0..frames).for_each(|_| outbox.push(Bytes::from(vec![b'x'; size])));
            assert!(outbox.state.lock().frames.capacity() <= IDLE_SLOTS);
            assert_eq!(take(&outbox, &waker), (Poll::Ready(None), vec![Bytes::from(vec![b'x'; size])]));
            assert_eq!(take(&outbox, &waker), (Poll::Ready(Some(Disconnect::SlowReader)), vec![]));
        }
        let (outbox, waker) = (outbox(), Arc::default());
        (0..100).for_each(|_| outbox.push(Bytes::from_static(b"0123456789")));
        while take(&outbox, &waker).0 == Poll::Ready(None) {}
        outbox.push(Bytes::from(vec![b'x'; 1_001]));
        assert_eq!(take(&outbox, &waker).0, Poll::Ready(None));
    }
}
