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
    Outbox::new(Outboxes::new(OutboxLimits { bytes: 1_000, frames: 100 }, None))
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
    outbox.push_now("1".into(), FrameWeight::of(1));
    assert_eq!(take(&outbox, &waker).1, ["1"], "a task that is not parked writes for itself");
    assert_eq!(take(&outbox, &waker).0, Poll::Pending);
    outbox.push_now("23".into(), FrameWeight::of(1));
    assert_eq!(waker.0.load(Ordering::Relaxed), 0);
    outbox.push_now("456789".into(), FrameWeight::of(1));
    outbox.push_now("0".into(), FrameWeight::of(1));
    assert_eq!((written.lock().as_slice(), waker.0.load(Ordering::Relaxed)), (&b"234567"[..], 1));
    assert_eq!(take(&outbox, &waker).1, ["89", "0"]);
    assert_eq!(take(&outbox, &waker).0, Poll::Pending);
    outbox.unpark();
    outbox.push_now("x".into(), FrameWeight::of(1));
    assert_eq!((take(&outbox, &waker).1, waker.0.load(Ordering::Relaxed)), (vec!["x".into()], 1));
}

#[test]
fn frames_that_are_held_back_are_written_together() {
    let (outbox, waker) = (outbox(), Arc::<Count>::default());
    let woken = || waker.0.load(Ordering::Relaxed);
    assert!(!outbox.push_later("0".into(), FrameWeight::of(1)), "a task that is not parked comes by itself");
    assert_eq!(take(&outbox, &waker).1, ["0"]);
    assert_eq!(take(&outbox, &waker).0, Poll::Pending);
    assert!(outbox.push_later("1".into(), FrameWeight::of(1)));
    assert!(!outbox.push_later("2".into(), FrameWeight::of(1)));
    assert_eq!(woken(), 0);
    outbox.flush();
    outbox.flush();
    assert_eq!((woken(), take(&outbox, &waker).1), (1, vec!["1".into(), "2".into()]));
    assert_eq!(take(&outbox, &waker).0, Poll::Pending);
    outbox.flush();
    assert_eq!(woken(), 1);
    // A frame that must not be delayed wakes the task for the delayed ones too, and so does the end.
    assert!(outbox.push_later("3".into(), FrameWeight::of(1)));
    outbox.push_now("4".into(), FrameWeight::of(1));
    assert_eq!((woken(), take(&outbox, &waker).1), (2, vec!["3".into(), "4".into()]));
    assert_eq!(take(&outbox, &waker).0, Poll::Pending);
    assert!(outbox.push_later("5".into(), FrameWeight::of(1)));
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

/// Two outboxes with a total of four steps.
fn two() -> (Arc<Outboxes>, [Outbox; 2]) {
    let limits = OutboxLimits { bytes: 1 << 20, frames: 1_000 };
    let all = Outboxes::new(limits, Some(4 * OUTBOX_STEP as usize));
    (all.clone(), [all.clone(), all.clone()].map(Outbox::new))
}

/// A frame that takes a step.
fn step() -> Bytes {
    vec![0; OUTBOX_STEP as usize].into()
}

#[test]
fn what_all_outboxes_hold_counts_until_it_is_written() {
    let (all, [one, other]) = two();
    let waker = Arc::<Count>::default();
    for _ in 0..2 {
        one.push(step());
        other.push(step());
    }
    assert_eq!((all.held(), all.excess()), (4 * OUTBOX_STEP as usize, None));
    // Taken, but not written.
    let _ = take(&one, &waker);
    assert_eq!(all.held(), 4 * OUTBOX_STEP as usize);
    assert_eq!(take(&one, &waker), (Poll::Pending, vec![]));
    assert_eq!(all.held(), 2 * OUTBOX_STEP as usize);
    drop(other);
    assert_eq!(all.held(), 0);
}

#[test]
fn the_watcher_of_the_total_is_woken_when_it_is_exceeded() {
    let (all, [one, other]) = two();
    let waker = Arc::<Count>::default();
    let poll = || all.poll_overfull(&Context::from_waker(&waker.clone().into()));
    assert_eq!(poll(), Poll::Pending);
    for _ in 0..4 {
        one.push(step());
    }
    assert_eq!((waker.0.load(Ordering::Relaxed), poll()), (0, Poll::Pending));
    other.push(step());
    assert_eq!((waker.0.load(Ordering::Relaxed), poll()), (1, Poll::Ready(())));
    assert!(all.excess().is_some_and(|excess| excess > OUTBOX_STEP as usize && excess < 2 * OUTBOX_STEP as usize));
    one.give_up(Disconnect::OutboxesFull);
    assert_eq!((all.held(), all.excess(), poll()), (2 * OUTBOX_STEP as usize, None, Poll::Pending));
    assert_eq!(take(&one, &waker).1.len(), 1, "the first frame may be half written");
    one.drop_rest(&VecDeque::new());
    assert_eq!(all.held(), OUTBOX_STEP as usize);
}

#[test]
fn a_shared_frame_counts_once_and_small_ones_are_not_counted_one_by_one() {
    let (all, [one, other]) = two();
    for outbox in [&one, &other] {
        outbox.push_shared(step(), FrameWeight::shared(step().len(), 1_000));
    }
    assert_eq!(all.held(), 0);
    (0..200).for_each(|_| one.push_shared("x".into(), FrameWeight::shared(1, 1_000)));
    assert_eq!(all.held(), OUTBOX_STEP as usize);
}

#[test]
fn a_batch_of_many_frames_has_its_part_of_the_weight() {
    let (all, [one, _]) = two();
    let waker = Arc::<Count>::default();
    (0..256).for_each(|_| one.push(vec![0; 64].into()));
    assert_eq!(all.held(), 4 * OUTBOX_STEP as usize);
    for left in [4, 3, 2, 1] {
        assert_eq!(take(&one, &waker).1.len(), 64);
        assert_eq!(all.held(), left * OUTBOX_STEP as usize);
    }
    let mut rest = VecDeque::new();
    one.take_rest(&mut rest);
    assert_eq!((rest.len(), all.held()), (0, OUTBOX_STEP as usize), "the last batch is not written yet");
    drop(one);
    assert_eq!(all.held(), 0);
}
