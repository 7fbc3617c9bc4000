//! Logs that other nodes share: following their events, catching up, and losses.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod frames;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use clairon_hub::{
    AppHub, ChannelChange, Expected, Hub, Ledger, LedgerState, LogHold, LogLoaded, LogNeed, LogSettings, OutboxLimits,
    Outboxes, Recovery, RecoveryRequest, ReportRecovery, SavedEvent, Session, SharedLog, SignedIn, Subscriber, Version,
    Wishes,
};
use clairon_protocol::{
    AppId, CacheEntry, CacheRoom, ChannelName, Epoch, Event, EventData, Limits, LogPlace, LogPosition, LogRoom,
    LossReason, PresenceRoom, Publication, RecoveryKey, RecoveryToken, Resume, SocketId,
};
use parking_lot::Mutex;
use serde_json::Value;

use crate::frames::{amend, encode};

const ROOM: LogRoom = LogRoom { events: 10, bytes: 1 << 20, window: 1_000, life: 0 };

fn frame(channel: &ChannelName, event: &str) -> Bytes {
    let data = &EventData::from_text("{}");
    encode(&Event::Published { event, channel, data, user_id: None })
}

/// One of many nodes, with one channel.
struct Node {
    hub: Hub,
    app: Arc<AppHub>,
    name: ChannelName,
    /// Of the subscriptions that are not entered yet.
    holds: Mutex<HashMap<SocketId, LogHold>>,
    room: Mutex<LogRoom>,
}

type Reported = Arc<Mutex<Option<Recovery>>>;

impl Node {
    fn new(channel: &str, bytes: usize) -> Self {
        let settings = LogSettings { amend, key: RecoveryKey::parse("key").unwrap(), bytes };
        let hub = Hub::new(encode, None, Ledger::Shared).with_logs(settings);
        let name = ChannelName::parse(channel, &Limits::default()).unwrap();
        Self { app: hub.app(&AppId::parse("1").unwrap()), hub, name, holds: Mutex::default(), room: Mutex::new(ROOM) }
    }

    fn session(&self, number: u64) -> Arc<Session> {
        let outboxes = Outboxes::new(OutboxLimits { bytes: 1 << 20, frames: 100 }, None);
        let session = Arc::new(Session::new(SocketId::from_random(number), outboxes, Arc::default(), 0));
        self.app.connect(&session, None).unwrap();
        session
    }

    /// Subscribes a connection that asks, as far as the ledger's answer. Returns what must be read of the log.
    fn need(&self, session: &Arc<Session>, resume: Option<&Resume>) -> Option<LogNeed> {
        let app = AppId::parse("1").unwrap();
        let recovery = Some(RecoveryRequest { app: &app, resume, room: ROOM, epoch: Epoch::from_random(0) });
        let (room, wishes) = (PresenceRoom::UNLIMITED, Wishes::default());
        let subscriber = Subscriber { session, member: None, room, max_channels: 9, wishes, recovery };
        assert!(matches!(self.app.expect(&self.name, &subscriber, 0).unwrap().1.outcome, Expected::Newcomer { .. }));
        let members = Vec::new();
        let state = LedgerState { version: 1, connections: 1, members, cached: None, is_complete: true, gaps: 0 };
        self.app.load(&self.name, state, 0);
        let (need, hold) = self.app.expect_log(&self.name, session, *self.room.lock(), resume, false, 0);
        self.holds.lock().insert(session.id(), hold);
        need
    }

    /// Does the same. True if the log must be read.
    fn expect(&self, session: &Arc<Session>, resume: Option<&Resume>) -> bool {
        self.need(session, resume).is_some()
    }

    /// A position with a genuine token of the log with this epoch.
    fn position(&self, epoch: u64, seq: u64) -> Resume {
        let token = RecoveryToken { epoch: Epoch::from_random(epoch), bound: 0 };
        let token = token.sign(&RecoveryKey::parse("key").unwrap(), self.app.id(), &self.name);
        Resume { token, seq, sockets: Vec::new() }
    }

    fn admit(&self, session: &Session) -> Option<Recovery> {
        let result = self.admit_since(session, 1);
        self.holds.lock().remove(&session.id());
        *result.lock()
    }

    /// The ledger has a connection since this version, which this node may not have applied.
    fn admit_since(&self, session: &Session, version: Version) -> Reported {
        let channel = self.app.channel(&self.name).unwrap();
        let result = Reported::default();
        let report = {
            let result = result.clone();
            ReportRecovery::new(move |recovery| *result.lock() = Some(recovery))
        };
        assert!(self.app.admit(&channel, session.id(), version, Some(report), 0));
        result
    }

    fn part(&self, session: &Session) {
        let channel = self.app.channel(&self.name).unwrap();
        let _ = self.app.part(&channel, session.id(), None, Wishes::default(), 0);
    }

    fn load(&self, epoch: u64, head: u64, events: &[&str]) -> Option<LogLoaded> {
        let since = head - events.len() as u64;
        self.load_since(since, since + 1, epoch, head, events)
    }

    /// Loads the answer of a log to the question for the events after `since`.
    fn load_since(&self, since: u64, oldest: u64, epoch: u64, head: u64, events: &[&str]) -> Option<LogLoaded> {
        let saved = |event: &&str| SavedEvent { frame: frame(&self.name, event), except: None, age: 0 };
        let events = events.iter().map(saved).collect();
        let (life, need) = (self.room.lock().life, LogNeed { since, epoch: None });
        let shared = SharedLog { need, oldest, life, epoch: Epoch::from_random(epoch), head, events };
        self.app.load_log(&self.name, shared, 0)
    }

    /// An event of the log arrives. True if the log must be read.
    fn arrive(&self, epoch: u64, seq: u64, event: &str, version: Option<u64>) -> bool {
        self.arrive_at(LogPlace::At(LogPosition { epoch: Epoch::from_random(epoch), seq }), event, version)
    }

    fn arrive_at(&self, place: LogPlace, event: &str, version: Option<u64>) -> bool {
        let cache = version.map(|_| CacheEntry {
            data: "{}".into(),
            ttl_seconds: 60,
            room: CacheRoom::UNLIMITED,
            ends_miss: false,
        });
        let publication = Publication {
            app: AppId::parse("1").unwrap(),
            channel: self.name.clone(),
            frame: frame(&self.name, event),
            except: None,
            log: None,
            place,
            cache,
            version,
        };
        self.app.publish(&publication, 0).is_behind
    }

    /// A subscriber that has begun with an empty log of epoch 1.
    fn asker(&self, number: u64) -> Arc<Session> {
        let session = self.session(number);
        assert!(self.expect(&session, None));
        assert_eq!(self.load(1, 0, &[]), Some(LogLoaded::default()));
        assert_eq!(self.admit(&session), Some(Recovery::Begun));
        hear(&session);
        session
    }
}

/// What a connection gets, in short.
fn hear(session: &Session) -> Vec<String> {
    let (mut batch, mut heard) = (VecDeque::new(), Vec::new());
    while let Poll::Ready(None) = session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch) {
        for frame in batch.drain(..) {
            let json: Value = serde_json::from_slice(&frame).unwrap();
            let data: Value = json["data"].as_str().map_or(Value::Null, |data| serde_json::from_str(data).unwrap());
            let event = json["event"].as_str().unwrap().trim_start_matches("pusher_internal:").to_owned();
            let reason = data["reason"].as_str().map(|reason| format!(" {reason} {}", data["seq"]));
            let seq = json["seq"].as_u64().map(|seq| format!(" {seq}"));
            heard.push(event + &reason.or(seq).unwrap_or_default());
        }
    }
    session.note_written();
    heard
}

#[test]
fn events_are_followed_and_those_before_a_missing_one_wait() {
    let node = Node::new("c", 1 << 20);
    let session = node.asker(1);
    assert!(!node.arrive(1, 1, "a", None));
    assert!(!node.arrive(1, 1, "a", None), "it is known");
    assert!(node.arrive(1, 3, "c", None), "one is missing");
    assert!(!node.arrive(1, 4, "d", None), "it is being read");
    assert_eq!(hear(&session), ["a 1"]);
    assert_eq!(node.app.log_head(&node.name), Some(1));
    assert_eq!(node.load(1, 3, &["b", "c"]), Some(LogLoaded::default()));
    assert_eq!(hear(&session), ["b 2", "c 3", "d 4"]);
    assert!(!node.arrive(1, 5, "e", None) && node.arrive(1, 7, "g", None), "it is read again");
    assert_eq!(node.load(1, 5, &["e"]), Some(LogLoaded { is_behind: true, lost: None }));
    assert_eq!(node.load(1, 7, &["f", "g"]), Some(LogLoaded::default()));
    assert_eq!(hear(&session), ["e 5", "f 6", "g 7"]);
}

#[test]
fn events_that_come_before_the_log_is_loaded_are_not_lost() {
    let node = Node::new("c", 1 << 20);
    let session = node.session(1);
    assert!(node.expect(&session, None));
    assert!(!node.arrive(1, 8, "h", None) && !node.arrive(1, 9, "i", None));
    assert_eq!(node.load(1, 8, &["h"]), Some(LogLoaded::default()));
    assert_eq!(node.admit(&session), Some(Recovery::Begun));
    assert_eq!((hear(&session).len(), node.app.log_head(&node.name)), (1, Some(9)));
    // The next subscriber needs no reading, unless it has got more than this node.
    let needs = [7, 9, 10, 6].map(|seq| node.expect(&node.session(100 + seq), Some(&node.position(1, seq))));
    assert_eq!(needs, [false, false, true, true]);
}

#[test]
fn a_log_is_read_only_for_a_position_that_the_client_has_and_from_there_on() {
    let node = Node::new("c", 1 << 20);
    let (first, number) = (node.session(1), std::cell::Cell::new(1));
    let need = |resume: Resume| {
        number.set(number.get() + 1);
        node.need(&node.session(number.get()), Some(&resume))
    };
    let forged = |seq| Resume { token: "x".to_owned(), ..node.position(1, seq) };
    let of_log = |since| Some(LogNeed { since, epoch: Some(Epoch::from_random(1)) });
    let any = |since| Some(LogNeed { since, epoch: None });
    // Nothing is known of the log.
    assert_eq!([need(forged(0)), need(node.position(1, 5))], [any(u64::MAX), of_log(5)]);
    assert!(node.expect(&first, None));
    node.load(1, 9, &["h", "i"]);
    node.admit(&first);
    assert_eq!([8, 9, 5].map(|seq| need(forged(seq))), [None; 3]);
    assert_eq!([7, 8, 9].map(|seq| need(node.position(1, seq))), [None; 3]);
    assert_eq!([5, 3, 10].map(|seq| need(node.position(1, seq))), [of_log(5), of_log(3), any(9)]);
    assert_eq!(need(node.position(2, 5)), any(9), "the log may be another one now");
    // Events up to 4 have left the log.
    assert_eq!(node.load_since(3, 5, 1, 9, &[]), Some(LogLoaded::default()));
    assert_eq!([3, 4].map(|seq| need(node.position(1, seq))), [None, of_log(4)]);
    assert_eq!(node.load_since(4, 5, 1, 9, &["e", "f", "g", "h", "i"]), Some(LogLoaded::default()));
    assert_eq!([3, 4, 5].map(|seq| need(node.position(1, seq))), [None; 3]);
}

#[test]
fn another_log_and_a_log_that_has_lost_the_next_event_are_losses() {
    let node = Node::new("c", 1 << 20);
    let session = node.asker(1);
    node.arrive(1, 1, "a", None);
    hear(&session);
    assert!(node.arrive_at(LogPlace::NoLog, "unnumbered", None), "the log is lost");
    assert!(!node.arrive(2, 1, "b", None), "it is another one");
    let lost = |reason| Some(LogLoaded { is_behind: false, lost: Some((1, reason)) });
    assert_eq!(node.load(2, 1, &["b"]), lost(LossReason::Epoch));
    assert_eq!(hear(&session), ["recovery epoch 1"]);
    assert!(!node.arrive(2, 2, "c", None) && node.arrive(2, 9, "x", None));
    assert_eq!(node.load(2, 9, &["w", "x"]), lost(LossReason::Gap));
    assert_eq!(hear(&session), ["c 2", "recovery gap 9"]);
    // One of the earlier log is late.
    assert!(node.arrive(1, 2, "late", None));
    assert_eq!(node.load(2, 9, &[]), Some(LogLoaded { is_behind: true, lost: None }));
    assert_eq!(node.load(2, 9, &[]), Some(LogLoaded::default()));
    assert_eq!(hear(&session), Vec::<String>::new());
}

#[test]
fn after_the_life_of_the_logs_has_changed_a_mirror_is_read_again() {
    let node = Node::new("c", 1 << 20);
    let session = node.asker(1);
    node.arrive(1, 1, "a", None);
    hear(&session);
    node.room.lock().life = 1;
    assert_eq!(node.app.logs_of_earlier_lives(1), std::slice::from_ref(&node.name));
    assert_eq!(node.app.renew_log(&node.name, *node.room.lock(), Epoch::from_random(9)), 0, "it is elsewhere");
    assert!(node.expect(&node.session(2), None), "it may have begun anew");
    let lost = Some((1, LossReason::Epoch));
    assert_eq!(node.load(2, 0, &[]), Some(LogLoaded { is_behind: false, lost }));
    assert_eq!(hear(&session), ["recovery epoch 0"]);
    assert!(!node.expect(&node.session(3), None));
    assert_eq!(node.app.logs_of_earlier_lives(1), []);
    // Once recovery is off, other nodes may have published what is in no log.
    assert_eq!(node.app.end_logs(0), [(node.name.clone(), 1)]);
    assert_eq!(hear(&session), ["recovery epoch 0"]);
    assert_eq!(node.app.end_logs(0), []);
}

#[test]
fn what_is_too_much_for_an_outbox_is_a_loss_of_one_subscriber() {
    let node = Node::new("c", 1 << 20);
    let (slow, quick) = (node.asker(1), node.session(2));
    assert!(!node.expect(&quick, None));
    node.admit(&quick);
    hear(&quick);
    (0..50).for_each(|_| slow.send(encode(&Event::Pong)));
    node.arrive(1, 3, "c", None);
    node.load(1, 3, &["a", "b", "c"]);
    assert_eq!(hear(&quick), ["a 1", "b 2", "c 3"]);
    assert_eq!(hear(&slow)[50..], ["recovery limit 3"]);
}

#[test]
fn an_event_that_a_cache_channel_shows_after_a_gap_comes_once() {
    let node = Node::new("cache-c", 1 << 20);
    let session = node.asker(1);
    node.arrive(1, 1, "a", Some(2));
    assert_eq!(hear(&session), ["a 1"]);
    node.hub.note_gap(1);
    let frame = frame(&node.name, "b").into();
    let cached = Some((3, clairon_hub::Cached { frame, data: "{}".into(), expires_at: 60_000 }));
    let members = Vec::new();
    node.app.load(
        &node.name,
        LedgerState { version: 3, connections: 1, members, cached, is_complete: true, gaps: 1 },
        0,
    );
    assert_eq!(hear(&session), Vec::<String>::new(), "it comes from the log");
    assert!(!node.arrive(1, 2, "b", Some(3)), "the version is known, the number is not");
    assert_eq!(hear(&session), ["b 2"]);
}

#[test]
fn events_of_a_user_are_followed() {
    let node = Node::new("#server-to-user-ada", 1 << 20);
    let session = node.session(1);
    let stay = SignedIn { user_id: "ada".into(), watchlist: Vec::new() };
    node.app.sign_in(&session, &stay);
    let (need, hold) = node.app.expect_log(&node.name, &session, ROOM, None, false, 0);
    assert!(need.is_some());
    node.load(1, 0, &[]);
    let app = AppId::parse("1").unwrap();
    let request = RecoveryRequest { app: &app, resume: None, room: ROOM, epoch: Epoch::from_random(0) };
    let enter = |request| node.app.subscribe_to_user(&session, &node.name, request, 0);
    node.app.expect_at_user(session.id(), &request);
    node.app.unsubscribe_from_user(session.id(), "ada", 0);
    assert_eq!(enter(&request), None, "the subscription has ended");
    let later = RecoveryRequest { epoch: Epoch::from_random(1), ..request.clone() };
    node.app.expect_at_user(session.id(), &request);
    node.app.expect_at_user(session.id(), &later);
    assert_eq!((enter(&request), enter(&later)), (None, Some(Recovery::Begun)), "the last request counts");
    drop(hold);
    assert!(!node.arrive(1, 1, "a", None) && node.arrive(1, 3, "c", None));
    node.load(1, 3, &["b", "c"]);
    assert_eq!(hear(&session), ["subscription_succeeded", "a 1", "b 2", "c 3"]);
    node.app.sign_out(session.id(), &stay, 0);
    assert_eq!(node.hub.log_size().logs, 0, "the log is elsewhere");
    assert_eq!(enter(&request), None);
}

#[test]
fn a_mirror_stays_current_for_a_subscription_that_waits_for_the_ledger() {
    let node = Node::new("c", 1 << 20);
    let (early, late) = (node.asker(1), node.session(2));
    let resume = node.position(1, 0);
    assert!(!node.expect(&late, Some(&resume)));
    let result = node.admit_since(&late, 2);
    node.part(&early);
    node.hub.prune_logs(0);
    assert!(!node.arrive(1, 1, "a", None) && node.arrive(1, 3, "c", None));
    assert_eq!(node.app.log_head(&node.name), Some(1), "it is read although nothing is entered");
    assert_eq!(node.load(1, 3, &["b", "c"]), Some(LogLoaded::default()));
    node.app.follow(&node.name, 2, ChannelChange::Count(1), 0);
    assert_eq!(*result.lock(), Some(Recovery::Recovered(3)));
    assert_eq!(hear(&late), ["subscription_succeeded", "a 1", "b 2", "c 3"]);
}

#[test]
fn a_mirror_ends_with_its_last_subscriber_and_gives_its_memory_back_before() {
    let node = Node::new("c", 700);
    let session = node.asker(1);
    for seq in 1..=3 {
        node.arrive(1, seq, "e", None);
        node.hub.relieve_logs(0);
    }
    let size = node.hub.log_size();
    assert!(size.logs == 1 && size.events < 3 && size.bytes <= 700, "{size:?}");
    assert_eq!(hear(&session), ["e 1", "e 2", "e 3"]);
    let resume = node.position(1, 0);
    let late = node.session(2);
    assert!(node.expect(&late, Some(&resume)), "the first events are elsewhere only");
    for session in [&late, &session] {
        node.part(session);
    }
    assert_eq!(node.hub.log_size().logs, 1, "the subscription that has left still holds it");
    node.holds.lock().clear();
    node.hub.prune_logs(0);
    assert_eq!(node.hub.log_size().logs, 0);
    assert!(node.app.channel(&node.name).is_none());
}

#[test]
fn without_memory_for_another_log_a_subscription_is_an_ordinary_one() {
    let node = Node::new("c", 100);
    let session = node.session(1);
    assert!(!node.expect(&session, None));
    assert_eq!(node.admit(&session), Some(Recovery::Declined));
    assert_eq!(hear(&session), ["subscription_succeeded"]);
}
