//! What waits to be written to one socket.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use clairon_protocol::Disconnect;
use parking_lot::Mutex;

/// How many frames go to a connection at a time: as many as one vectored write takes.
const BATCH_FRAMES: usize = 64;
/// How many slots an empty queue may keep, so that an idle connection stays small.
const IDLE_SLOTS: usize = 4;

/// How much may wait for a client that reads slowly. What is over it ends the connection; a single frame never does,
/// however long: a snapshot of many members must get through to a client that keeps up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxLimits {
    /// In bytes.
    pub bytes: usize,
    /// In frames.
    pub frames: usize,
}

/// A bounded queue from everyone who has something to say to the one task that writes.
///
/// Nothing is ever dropped in silence: a queue that overflows is emptied and its connection closed with
/// [`Disconnect::SlowReader`], because a client that has missed a `member_removed` would be told a lie by what follows.
#[derive(Debug)]
pub struct Outbox {
    state: Mutex<State>,
    limits: OutboxLimits,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    disconnect: Option<Disconnect>,
    /// The task that writes, and what it waits for.
    writer: Option<Waker>,
    parked: Parked,
}

/// What the writing task wants to be woken by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Parked {
    /// Nothing: it is running.
    #[default]
    No,
    /// The end only: the socket takes no more, another frame would change nothing.
    ForClose,
    /// A frame or the end.
    ForFrames,
}

impl Outbox {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: OutboxLimits) -> Self {
        Self { state: Mutex::default(), limits }
    }

    /// Adds a frame. Once the connection is to be closed this does nothing.
    pub fn push(&self, frame: Bytes) {
        let mut state = self.state.lock();
        if state.disconnect.is_some() {
            return;
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        let waiting = state.frames.len();
        if waiting > 1 && (state.bytes > self.limits.bytes || waiting > self.limits.frames) {
            state.frames = VecDeque::new();
            state.disconnect = Some(Disconnect::SlowReader);
            state.wake();
        } else if state.parked == Parked::ForFrames {
            state.wake();
        }
    }

    /// Asks for the connection to be closed, behind what is already queued. The first reason stays.
    pub fn close(&self, reason: Disconnect) {
        let mut state = self.state.lock();
        if state.disconnect.is_none() {
            state.disconnect = Some(reason);
            state.wake();
        }
    }

    /// Moves the next frames to `batch`, which is empty. `Ready(Some)`, once there are none, tells to close.
    ///
    /// While there is nothing, the task of `cx` is remembered, and woken by the next frame, once.
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

    /// For a writer whose socket takes no more: `Ready` once the connection is to be closed, whatever is queued.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<Disconnect> {
        let mut state = self.state.lock();
        if let Some(reason) = state.disconnect {
            return Poll::Ready(reason);
        }
        state.park(cx, Parked::ForClose);
        Poll::Pending
    }
}

impl State {
    fn wake(&mut self) {
        if std::mem::take(&mut self.parked) != Parked::No
            && let Some(writer) = &self.writer
        {
            writer.wake_by_ref();
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
    fn batches_keep_the_order() {
        let (outbox, waker) = (outbox(), Arc::default());
        let frames: Vec<Bytes> = (0..100).map(|n: u32| n.to_string().into()).collect();
        frames.iter().cloned().for_each(|frame| outbox.push(frame));
        let (first, second) = (take(&outbox, &waker).1, take(&outbox, &waker).1);
        assert_eq!([first, second].concat(), frames);
        assert_eq!(outbox.state.lock().bytes, 0);
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
            assert_eq!(take(&outbox, &waker), (Poll::Ready(Some(Disconnect::SlowReader)), vec![]));
            assert_eq!(outbox.state.lock().frames.capacity(), 0);
        }
        let (outbox, waker) = (outbox(), Arc::default());
        (0..100).for_each(|_| outbox.push(Bytes::from_static(b"0123456789")));
        while take(&outbox, &waker).0 == Poll::Ready(None) {}
        outbox.push(Bytes::from(vec![b'x'; 1_001]));
        assert_eq!(take(&outbox, &waker).0, Poll::Ready(None));
    }
}
