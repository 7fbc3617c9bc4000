//! Which connections receive a compressed frame, and how often a frame is compressed. The compressor of this test
//! removes the vowels of a frame.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use clairon_hub::{AppHub, Hub, Ledger, OutboxLimits, Outboxes, Session, SignedIn, Subscriber, Wishes};
use clairon_protocol::{
    AppId, CacheEntry, CacheRoom, ChannelName, Event, Limits, LogPlace, PresenceRoom, Publication, SocketId, UserId,
};

const LIMITS: OutboxLimits = OutboxLimits { bytes: 1 << 20, frames: 10_000 };

fn terse(event: &Event<'_>) -> Bytes {
    match event {
        Event::SubscriptionSucceeded { .. } => "succeeded",
        Event::CacheMiss { .. } => "miss",
        _ => "other",
    }
    .into()
}

/// An app, and the number of compressions so far. Frames under ten bytes are not compressed.
fn app() -> (Arc<AppHub>, Arc<AtomicUsize>) {
    let times = Arc::<AtomicUsize>::default();
    let counted = times.clone();
    let compress = move |frame: &Bytes| {
        counted.fetch_add(1, Ordering::Relaxed);
        let consonants = frame.iter().copied().filter(|byte| !b"aeiou".contains(byte));
        (frame.len() >= 10).then(|| consonants.collect())
    };
    (Hub::new(terse, Some(Arc::new(compress)), Ledger::InMemory).app(&AppId::parse("1").unwrap()), times)
}

/// A connection with a window of this many bits; 0 for none.
fn connect(app: &AppHub, number: u64, window_bits: u8) -> Arc<Session> {
    let session = Session::new(SocketId::from_random(number), Outboxes::new(LIMITS, None), app.traffic().clone(), 0);
    let session = Arc::new(session.with_window(window_bits));
    app.connect(&session, None).unwrap();
    session
}

fn name(text: &str) -> ChannelName {
    ChannelName::parse(text, &Limits::default()).unwrap()
}

fn join(app: &AppHub, channel: &str, session: &Arc<Session>) {
    let subscriber = Subscriber {
        session,
        member: None,
        room: PresenceRoom { members: 2, bytes: usize::MAX },
        max_channels: usize::MAX,
        wishes: Wishes::default(),
        recovery: None,
    };
    app.expect(&name(channel), &subscriber, 0).unwrap();
}

fn publish(app: &AppHub, channel: ChannelName, text: &'static str) {
    let cache = channel.is_cache().then(|| CacheEntry {
        data: "\"\"".into(),
        ttl_seconds: 60,
        room: CacheRoom::UNLIMITED,
        ends_miss: false,
    });
    let frame = text.into();
    app.publish(
        &Publication {
            app: AppId::parse("1").unwrap(),
            channel,
            frame,
            except: None,
            log: None,
            place: LogPlace::None,
            cache,
            version: None,
        },
        0,
    );
}

/// All frames queued since the last call.
fn heard(session: &Session) -> Vec<Bytes> {
    let (mut batch, mut heard) = (VecDeque::new(), Vec::new());
    while let Poll::Ready(None) = session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch) {
        heard.extend(batch.drain(..));
    }
    heard
}

#[test]
fn an_event_is_compressed_once_for_all_that_take_it_so() {
    let (app, times) = app();
    let plain = [1, 2].map(|number| connect(&app, number, 0));
    let compressed = [3, 4, 5].map(|number| connect(&app, number, 15));
    for session in plain.iter().chain(&compressed) {
        join(&app, "news", session);
        assert_eq!(heard(session), ["succeeded"]);
    }
    let sent = app.traffic().sent().bytes;
    publish(&app, name("news"), "one event for all");
    assert_eq!(times.load(Ordering::Relaxed), 1);
    let frames: Vec<Bytes> = compressed.iter().flat_map(|session| heard(session)).collect();
    assert_eq!(frames, ["n vnt fr ll"; 3]);
    assert!(frames.iter().all(|frame| frame.as_ptr() == frames[0].as_ptr()), "they share one buffer");
    assert_eq!(plain.map(|session| heard(&session)).concat(), ["one event for all"; 2]);
    assert_eq!(app.traffic().sent().bytes - sent, 2 * 17 + 3 * 11, "what goes to the sockets is counted");
}

#[test]
fn nothing_is_compressed_that_nobody_takes_so() {
    let (app, times) = app();
    let plain = connect(&app, 1, 0);
    join(&app, "cache-news", &plain);
    publish(&app, name("cache-news"), "one event for all");
    publish(&app, name("nobody"), "one event for all");
    assert_eq!(heard(&plain), ["succeeded", "miss", "one event for all"]);
    assert_eq!(times.load(Ordering::Relaxed), 0);
}

#[test]
fn what_gets_no_shorter_goes_as_it_is() {
    let (app, times) = app();
    let sessions = [1, 2].map(|number| connect(&app, number, 15));
    for session in &sessions {
        join(&app, "news", session);
    }
    publish(&app, name("news"), "short");
    assert_eq!(sessions.map(|session| heard(&session)), [["succeeded", "short"]; 2]);
    assert_eq!(times.load(Ordering::Relaxed), 1, "it was tried once");
}

#[test]
fn a_frame_that_is_longer_than_the_window_goes_as_it_is() {
    let (app, _) = app();
    let [short, long] = [(1, 8), (2, 15)].map(|(number, bits)| connect(&app, number, bits));
    join(&app, "news", &short);
    join(&app, "news", &long);
    let [fits, exceeds] = [256, 257].map(|size| &*"a".repeat(size).leak());
    publish(&app, name("news"), fits);
    publish(&app, name("news"), exceeds);
    assert_eq!(heard(&short), ["succeeded", "", exceeds]);
    assert_eq!(heard(&long), ["succeeded", "", ""]);
}

#[test]
fn a_remembered_event_is_compressed_once_for_all_who_come() {
    let (app, times) = app();
    publish(&app, name("cache-news"), "one event for all");
    assert_eq!(times.load(Ordering::Relaxed), 0);
    for number in 1..4 {
        let session = connect(&app, number, 15);
        join(&app, "cache-news", &session);
        assert_eq!(heard(&session), ["succeeded", "n vnt fr ll"]);
    }
    assert_eq!(times.load(Ordering::Relaxed), 1);
    // The connection that was subscribed at the time of the publication caused the compression. Later ones share its
    // result.
    publish(&app, name("cache-news"), "another event");
    assert_eq!(times.load(Ordering::Relaxed), 2);
    let session = connect(&app, 4, 15);
    join(&app, "cache-news", &session);
    assert_eq!(heard(&session), ["succeeded", "nthr vnt"]);
    assert_eq!(times.load(Ordering::Relaxed), 2);
}

#[test]
fn an_event_for_a_user_is_compressed_once_for_all_connections() {
    let (app, times) = app();
    let sessions = [(1, 0), (2, 15), (3, 15)].map(|(number, bits)| connect(&app, number, bits));
    for session in &sessions {
        app.sign_in(session, &SignedIn { user_id: "ada".into(), watchlist: Vec::new() });
    }
    publish(&app, ChannelName::of_user(&UserId::from("ada")), "one event for all");
    let heard = sessions.map(|session| heard(&session)).concat();
    assert_eq!(heard, ["one event for all", "n vnt fr ll", "n vnt fr ll"]);
    assert_eq!(times.load(Ordering::Relaxed), 1);
}
