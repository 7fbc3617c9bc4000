//! The outbox under every interleaving that loom finds: no frame is lost, and no wake-up is lost or doubled.
//!
//! It is only built with `RUSTFLAGS='--cfg loom'`, as in `make model`.
#![cfg(loom)]

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::Arc as StdArc,
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use clairon_hub::{FrameWeight, Outbox, OutboxLimits, Outboxes};
use clairon_protocol::Disconnect;
use loom::{
    future::block_on,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

fn outbox() -> Arc<Outbox> {
    Arc::new(Outbox::new(Outboxes::new(OutboxLimits { bytes: 1_000, frames: 1_000 }, None)))
}

/// Reads like a connection's task until the connection is closed. A missing wake-up would make it hang, which loom
/// reports.
fn read_to_the_end(outbox: &Outbox) -> (Vec<Bytes>, Disconnect) {
    let (mut batch, mut heard) = (VecDeque::new(), Vec::new());
    loop {
        match block_on(poll_fn(|cx| outbox.poll_take(cx, &mut batch))) {
            None => heard.extend(batch.drain(..)),
            Some(reason) => return (heard, reason),
        }
    }
}

#[test]
fn no_frame_and_no_wake_up_is_lost() {
    loom::model(|| {
        let outbox = outbox();
        let publishers = ["a", "b"].map(|frame| {
            let outbox = outbox.clone();
            thread::spawn(move || outbox.push(frame.into()))
        });
        let closer = outbox.clone();
        let reader = thread::spawn(move || read_to_the_end(&outbox));
        for publisher in publishers {
            publisher.join().expect("the publisher");
        }
        closer.close(Disconnect::Shutdown);
        let (mut heard, reason) = reader.join().expect("the reader");
        heard.sort();
        assert_eq!((heard, reason), (vec![Bytes::from("a"), Bytes::from("b")], Disconnect::Shutdown));
    });
}

#[test]
fn a_parked_task_is_woken_once() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: StdArc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    loom::model(|| {
        let outbox = outbox();
        let count = StdArc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(count.clone());
        let parked = outbox.poll_take(&mut Context::from_waker(&waker), &mut VecDeque::new());
        assert_eq!(parked, Poll::Pending);
        let publishers = ["a", "b"].map(|frame| {
            let outbox = outbox.clone();
            thread::spawn(move || outbox.push(frame.into()))
        });
        for publisher in publishers {
            publisher.join().expect("the publisher");
        }
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_frame_that_is_held_back_is_flushed_once() {
    loom::model(|| {
        let outbox = outbox();
        let publishers = ["a", "b"].map(|frame| {
            let outbox = outbox.clone();
            thread::spawn(move || {
                if outbox.push_later(frame.into(), FrameWeight::of(1)) {
                    outbox.flush();
                }
            })
        });
        let closer = outbox.clone();
        let reader = thread::spawn(move || read_to_the_end(&outbox));
        for publisher in publishers {
            publisher.join().expect("the publisher");
        }
        closer.close(Disconnect::Shutdown);
        let (mut heard, _) = reader.join().expect("the reader");
        heard.sort();
        assert_eq!(heard, [Bytes::from("a"), Bytes::from("b")]);
    });
}

#[test]
fn a_flush_never_misses_what_it_was_asked_for() {
    loom::model(|| {
        let outbox = outbox();
        let reader = thread::spawn({
            let outbox = outbox.clone();
            move || {
                let (mut batch, mut heard) = (VecDeque::new(), 0);
                // Without a wake-up for both frames this loop never ends.
                while heard < 2 {
                    assert_eq!(block_on(poll_fn(|cx| outbox.poll_take(cx, &mut batch))), None);
                    heard += batch.drain(..).count();
                }
            }
        });
        let flusher = thread::spawn({
            let outbox = outbox.clone();
            move || {
                if outbox.push_later("a".into(), FrameWeight::of(1)) {
                    outbox.flush();
                }
            }
        });
        if outbox.push_later("b".into(), FrameWeight::of(1)) {
            outbox.flush();
        }
        flusher.join().expect("the flusher");
        reader.join().expect("the reader");
    });
}

#[test]
fn what_is_written_directly_and_by_the_task_keeps_its_order() {
    loom::model(|| {
        let outbox = outbox();
        let socket = Arc::new(Mutex::new(Vec::new()));
        let direct = socket.clone();
        // A socket that accepts one byte of each frame, so that every second byte goes through the queue.
        outbox.attach(Box::new(move |bytes| {
            direct.lock().expect("the socket").push(bytes[0]);
            1
        }));
        let publisher = outbox.clone();
        let reader = thread::spawn({
            let socket = socket.clone();
            move || {
                let mut batch = VecDeque::new();
                while block_on(poll_fn(|cx| outbox.poll_take(cx, &mut batch))).is_none() {
                    let written = batch.drain(..).flatten().collect::<Vec<u8>>();
                    socket.lock().expect("the socket").extend(written);
                }
            }
        });
        publisher.push_now("12".into(), FrameWeight::of(1));
        publisher.push_now("34".into(), FrameWeight::of(1));
        publisher.close(Disconnect::Shutdown);
        reader.join().expect("the reader");
        assert_eq!(*socket.lock().expect("the socket"), b"1234");
    });
}
