//! Channels and users that are shared with other nodes: the messages that subscribers get when the ledger changes.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Waker},
};

use bytes::Bytes;
use clairon_hub::{
    AppHub, Cached, Channel, ChannelChange, Expected, Hub, Ledger, LedgerState, OutboxLimits, Outboxes, Parted,
    Session, SignedIn, Subscriber, Wishes,
};
use clairon_protocol::{
    AppId, CacheEntry, CacheRoom, ChannelName, Event, Limits, LogPlace, Member, PresenceRoom, Publication, SocketId,
};

const LIMITS: OutboxLimits = OutboxLimits { bytes: 1 << 20, frames: 10_000 };

/// One line for each event, with everything that these tests compare.
fn terse(event: &Event<'_>) -> Bytes {
    let ids = |members: &[&Member]| members.iter().map(|member| member.user_id.as_str()).collect::<Vec<_>>().join(",");
    match event {
        Event::SubscriptionSucceeded { members, .. } => format!("ok({})", members.map(ids).unwrap_or_default()),
        Event::MemberAdded { member, .. } => format!("+{}", member.user_id.as_str()),
        Event::MemberRemoved { user_id, .. } => format!("-{}", user_id.as_str()),
        Event::SubscriptionCount { count, .. } => format!("#{count}"),
        Event::CacheMiss { .. } => "miss".to_owned(),
        Event::Watchlist { online, offline } => format!("on({}) off({})", online.join(","), offline.join(",")),
        other => panic!("{other:?}"),
    }
    .into()
}

struct Node {
    hub: Hub,
    app: Arc<AppHub>,
    name: ChannelName,
}

impl Node {
    fn new(channel: &str) -> Self {
        let name = ChannelName::parse(channel, &Limits::default()).unwrap();
        let hub = Hub::new(terse, None, Ledger::Shared);
        Self { app: hub.app(&AppId::parse("1").unwrap()), hub, name }
    }

    fn connect(&self, number: u64) -> Arc<Session> {
        let session =
            Arc::new(Session::new(SocketId::from_random(number), Outboxes::new(LIMITS, None), Arc::default(), 0));
        self.app.connect(&session, None).unwrap();
        session
    }

    fn expect(&self, session: &Arc<Session>, counts: bool) -> (Arc<Channel>, Expected) {
        let room = PresenceRoom::UNLIMITED;
        let wishes = Wishes { counts, ..Wishes::default() };
        let subscriber = Subscriber { session, member: None, room, max_channels: usize::MAX, wishes, recovery: None };
        let (channel, expected) = self.app.expect(&self.name, &subscriber, 0).unwrap();
        (channel, expected.outcome)
    }

    /// Registers a waiting connection and admits it with a version that is yet to come.
    fn join(&self, session: &Arc<Session>, since: u64) -> Arc<Channel> {
        let (channel, expected) = self.expect(session, false);
        assert!(matches!(expected, Expected::Newcomer { .. }));
        assert!(self.app.admit(&channel, session.id(), since, None, 0));
        channel
    }

    fn part(&self, channel: &Arc<Channel>, session: &Session) -> Parted {
        self.app.part(channel, session.id(), None, Wishes::default(), 0).outcome
    }

    fn follow(&self, version: u64, change: ChannelChange) {
        self.app.follow(&self.name, version, change, 0);
    }

    fn load(&self, version: u64, members: &[&str], is_complete: bool) {
        self.load_after(0, version, members, is_complete);
    }

    fn load_after(&self, gaps: u64, version: u64, members: &[&str], is_complete: bool) {
        let members = members.iter().map(|id| member(id)).collect();
        self.app.load(&self.name, LedgerState { version, connections: 1, members, cached: None, is_complete, gaps }, 0);
    }

    fn publish(&self, text: &'static str, version: Option<u64>) {
        let app = AppId::parse("1").unwrap();
        let cache = version.map(|_| CacheEntry {
            data: text.into(),
            ttl_seconds: 60,
            room: CacheRoom::UNLIMITED,
            ends_miss: true,
        });
        let event = Publication {
            app,
            channel: self.name.clone(),
            frame: text.into(),
            except: None,
            log: None,
            place: LogPlace::None,
            cache,
            version,
        };
        self.app.publish(&event, 0);
    }
}

fn cached(text: &'static str) -> Cached {
    Cached { frame: Bytes::from(text).into(), data: text.into(), expires_at: 60_000 }
}

fn member(id: &str) -> Member {
    Member::parse(&format!(r#"{{"user_id":"{id}"}}"#), &Limits::default()).unwrap()
}

fn added(id: &str) -> ChannelChange {
    ChannelChange::MemberAdded(member(id))
}

fn removed(id: &str) -> ChannelChange {
    ChannelChange::MemberRemoved(member(id).user_id)
}

fn heard(session: &Session) -> String {
    let mut batch = VecDeque::new();
    let _ = session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch);
    batch.iter().map(|frame| str::from_utf8(frame).unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_newcomer_hears_nothing_before_its_own_change_has_come() {
    let node = Node::new("presence-x");
    let [a, b] = [1, 2].map(|number| node.connect(number));
    node.join(&a, 5);
    node.publish("early", None);
    node.load(4, &["z"], true);
    assert_eq!(heard(&a), "");
    node.follow(5, added("ada"));
    assert_eq!(heard(&a), "ok(z,ada)");
    node.join(&b, 7);
    node.follow(6, added("cy"));
    node.publish("one", None);
    node.follow(7, added("bob"));
    node.publish("two", None);
    assert_eq!(heard(&a), "+cy one +bob two");
    assert_eq!(heard(&b), "ok(z,ada,cy,bob) two");
}

#[test]
fn changes_around_the_state_are_made_once() {
    let node = Node::new("presence-x");
    let a = node.connect(1);
    node.join(&a, 10);
    // The state contains change 10 but not 11. Both arrive before it.
    node.follow(10, added("ada"));
    node.follow(11, removed("old"));
    node.load(10, &["old", "ada"], true);
    assert_eq!(heard(&a), "ok(ada)");
    node.follow(11, removed("old"));
    node.follow(11, added("late"));
    node.load(9, &["ghost"], true);
    assert_eq!(heard(&a), "");
}

#[test]
fn what_was_missed_is_told_as_the_difference() {
    let node = Node::new("presence-x");
    let a = node.connect(1);
    node.join(&a, 1);
    node.load(1, &["ada", "bob"], true);
    assert_eq!(heard(&a), "ok(ada,bob)");
    node.load(8, &["ada", "cy"], true);
    assert_eq!(heard(&a), "-bob +cy");
    // The ledger has lost its data: a missing member may still be re-registering.
    node.load(20, &["dora"], false);
    node.follow(21, added("ada"));
    assert_eq!(heard(&a), "+dora");
    node.load(22, &["dora", "ada"], true);
    assert_eq!(heard(&a), "-cy");
}

/// The state loaded after a gap may arrive after changes that it does not contain.
#[test]
fn what_was_missed_in_a_gap_is_not_lost_behind_what_comes_after_it() {
    let node = Node::new("presence-x");
    let [a, b] = [1, 2].map(|number| node.connect(number));
    node.join(&a, 1);
    node.load(1, &["ada"], true);
    assert_eq!(heard(&a), "ok(ada)");
    // Change 2, the arrival of bob, is missed.
    node.hub.note_gap(1);
    node.follow(4, added("dora"));
    node.load_after(0, 1, &["ada"], true);
    assert_eq!(heard(&a), "", "a state from before the gap does not make up for it");
    assert_eq!(node.expect(&b, false).1, Expected::Newcomer { is_loaded: false });
    node.load_after(1, 3, &["ada", "bob", "cy"], true);
    assert_eq!(heard(&a), "+bob +cy +dora");
    node.follow(4, added("dora"));
    node.follow(5, removed("bob"));
    assert_eq!(heard(&a), "-bob");
}

#[test]
fn a_channel_that_is_new_after_a_gap_knows_of_it() {
    let node = Node::new("presence-x");
    let a = node.connect(1);
    node.hub.note_gap(3);
    node.join(&a, 1);
    node.load_after(2, 9, &["ghost"], true);
    assert_eq!(heard(&a), "");
    node.load_after(3, 9, &["ada"], true);
    assert_eq!(heard(&a), "ok(ada)");
}

#[test]
fn one_who_leaves_while_waiting_is_never_subscribed() {
    let node = Node::new("public");
    let [a, b] = [1, 2].map(|number| node.connect(number));
    let (channel, _) = node.expect(&a, false);
    assert_eq!(node.expect(&a, false).1, Expected::Already { recovery: None });
    node.join(&b, 1);
    assert_eq!(node.part(&channel, &a), Parted::Waiting);
    assert_eq!(node.part(&channel, &a), Parted::Stranger);
    assert!(!node.app.admit(&channel, a.id(), 1, None, 0));
    node.load(1, &[], true);
    node.publish("text", None);
    assert_eq!(heard(&a), "");
    assert_eq!(heard(&b), "ok() text");
    assert_eq!(node.expect(&b, false).1, Expected::Already { recovery: None });
    assert_eq!(heard(&b), "ok()");
    assert_eq!(node.part(&channel, &b), Parted::Admitted(vec![]));
    assert!(node.app.channel(&node.name).is_none());
}

#[test]
fn counts_are_those_of_all_nodes() {
    let node = Node::new("public");
    let a = node.connect(1);
    let (channel, _) = node.expect(&a, true);
    assert!(node.app.admit(&channel, a.id(), 3, None, 0));
    node.load(2, &[], true);
    node.follow(3, ChannelChange::Count(7));
    assert_eq!(heard(&a), "ok() #7");
    node.follow(4, ChannelChange::Count(8));
    assert_eq!(heard(&a), "#8");
}

#[test]
fn a_remembered_event_stays_while_anyone_is_here() {
    let node = Node::new("cache-x");
    let [a, b, c] = [1, 2, 3].map(|number| node.connect(number));
    let channel = node.join(&a, 1);
    node.load(1, &[], true);
    node.publish("kept", Some(2));
    assert_eq!(heard(&a), "ok() miss kept");
    // The first connection leaves while the second waits for the ledger.
    let (_, expected) = node.expect(&b, false);
    assert_eq!(expected, Expected::Newcomer { is_loaded: true });
    assert_eq!(node.part(&channel, &a), Parted::Admitted(vec![]));
    assert!(node.app.admit(&channel, b.id(), 2, None, 0));
    assert_eq!(heard(&b), "ok() kept");
    node.app.forget_expired(59_999);
    node.join(&c, 2);
    assert_eq!(heard(&c), "ok() kept");
}

#[test]
fn a_remembered_event_is_heard_once_whichever_way_it_comes() {
    let node = Node::new("cache-x");
    let [a, b] = [1, 2].map(|number| node.connect(number));
    let state = |version, event| {
        let cached = Some((version, cached(event)));
        LedgerState { version, connections: 1, members: Vec::new(), cached, is_complete: true, gaps: 0 }
    };
    node.join(&a, 1);
    node.app.load(&node.name, state(5, "five"), 0);
    assert_eq!(heard(&a), "ok() five");
    node.publish("five", Some(5));
    node.publish("six", Some(6));
    assert_eq!(heard(&a), "six");
    node.join(&b, 7);
    assert_eq!(heard(&b), "", "the event of version 7 is on its way");
    node.publish("seven", Some(7));
    assert_eq!((heard(&a).as_str(), heard(&b).as_str()), ("seven", "ok() seven"));
    // Change 8 was missed.
    node.app.load(&node.name, state(8, "eight"), 0);
    assert_eq!(heard(&a), "eight");
}

#[test]
fn a_watchlist_is_told_when_all_of_it_is_known() {
    let node = Node::new("any");
    let a = node.connect(1);
    let stay = SignedIn { user_id: "ada".into(), watchlist: vec!["bob".into(), "cy".into()] };
    node.app.tell_watchlist(&a, &stay);
    node.app.sign_in(&a, &stay);
    node.app.note_online("bob", 2, true);
    node.app.tell_watchlist(&a, &stay);
    node.app.note_online("bob", 3, false);
    assert_eq!(heard(&a), "");
    node.app.note_online("cy", 1, true);
    assert_eq!(heard(&a), "on(cy) off(bob)");
    node.app.note_online("cy", 1, false);
    node.app.note_online("cy", 4, true);
    node.app.note_online("bob", 4, true);
    assert_eq!(heard(&a), "on(bob) off()");
    node.app.sign_out(a.id(), &stay, 0);
    node.app.note_online("bob", 5, false);
    assert_eq!(heard(&a), "");
}
