//! The messages that subscribers get, and their order. The encoder writes plain JSON, so that the expected values are
//! readable.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use clairon_hub::{
    AppHub, Channel, Edge, Expected, Hub, Ledger, OutboxLimits, Outboxes, Parted, Session, SignedIn, StampedEdge,
    Subscriber, Wishes,
};
use clairon_protocol::{
    AppId, CacheEntry, CacheRoom, ChannelName, Disconnect, Event, Limits, LogPlace, Member, NoRoom, PresenceRoom,
    Publication, SocketId,
};

const LIMITS: OutboxLimits = OutboxLimits { bytes: 1 << 20, frames: 10_000 };

const COUNTS: Wishes = Wishes { counts: true, count_edges: false, miss_edges: false };

/// Edges without their versions, which differ.
fn unstamped(edges: Vec<StampedEdge>) -> Vec<Edge> {
    assert!(edges.iter().all(|edge| edge.version > 0));
    edges.into_iter().map(|stamped| stamped.edge).collect()
}

fn json(event: &Event<'_>) -> Bytes {
    let mut out = Vec::new();
    event.encode(&mut out);
    out.into()
}

fn app() -> Arc<AppHub> {
    Hub::new(json, None, Ledger::InMemory).app(&AppId::parse("1").unwrap())
}

fn connect(app: &AppHub, number: u64) -> Arc<Session> {
    let session = Arc::new(Session::new(SocketId::from_random(number), Outboxes::new(LIMITS, None), Arc::default(), 0));
    app.connect(&session, None).unwrap();
    session
}

fn name(text: &str) -> ChannelName {
    ChannelName::parse(text, &Limits::default()).unwrap()
}

fn member(id: &str) -> Member {
    Member::parse(&format!(r#"{{"user_id":"{id}"}}"#), &Limits::default()).unwrap()
}

/// Subscribes a connection. Returns the edges, or `None` if it was subscribed already.
fn join(app: &AppHub, channel: &str, session: &Arc<Session>, member: Option<Member>) -> Option<Vec<Edge>> {
    let subscriber = Subscriber {
        session,
        member,
        room: PresenceRoom { members: 2, bytes: usize::MAX },
        max_channels: usize::MAX,
        wishes: Wishes::default(),
        recovery: None,
    };
    match app.expect(&name(channel), &subscriber, 0).unwrap().1.outcome {
        Expected::Admitted { edges, .. } => Some(unstamped(edges)),
        Expected::Already { .. } => None,
        Expected::Newcomer { .. } | Expected::Asks => panic!("the ledger is in memory"),
    }
}

fn leave(app: &AppHub, channel: &str, session: &Session, member: Option<&Member>) -> Vec<Edge> {
    let Some(channel) = app.channel(&name(channel)) else { return Vec::new() };
    let user_id = member.map(|member| &member.user_id);
    match app.part(&channel, session.id(), user_id, Wishes::default(), 0).outcome {
        Parted::Admitted(edges) => unstamped(edges),
        Parted::Stranger => Vec::new(),
        Parted::Waiting => panic!("the ledger is in memory"),
    }
}

/// Ends the subscription of a connection that is no member. Returns the edges with their versions.
fn part(app: &AppHub, channel: &Arc<Channel>, session: &Session, wishes: Wishes) -> Vec<StampedEdge> {
    match app.part(channel, session.id(), None, wishes, 0).outcome {
        Parted::Admitted(edges) => edges,
        other => panic!("{other:?}"),
    }
}

fn publish(app: &AppHub, channel: &str, text: &'static str, except: Option<SocketId>) {
    app.publish(&Publication { except, ..event(channel, text) }, 0);
}

fn event(channel: &str, text: &'static str) -> Publication {
    let app = AppId::parse("1").unwrap();
    Publication {
        app,
        channel: name(channel),
        frame: text.into(),
        except: None,
        log: None,
        place: LogPlace::None,
        cache: None,
        version: None,
    }
}

/// All frames since the last call, shortened to the parts that distinguish events.
fn heard(session: &Session) -> Vec<String> {
    let (mut batch, mut heard) = (VecDeque::new(), Vec::new());
    while let Poll::Ready(end) = session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch) {
        heard.extend(batch.drain(..).map(|frame| String::from_utf8(frame.to_vec()).unwrap()));
        if let Some(reason) = end {
            heard.push(format!("closed {}", reason.code()));
            break;
        }
    }
    let short = |text: &String| {
        let text = text.replace("pusher_internal:", "").replace("\\\"", "'");
        text.strip_prefix(r#"{"event":"#).map_or(text.clone(), |rest| rest.trim_end_matches('}').to_owned())
    };
    heard.iter().map(short).collect()
}

#[test]
fn presence_is_told_by_user_and_never_to_the_joiner() {
    let app = app();
    let [a, b, a2] = [1, 2, 3].map(|number| connect(&app, number));
    let (ada, bob) = (member("ada").user_id, member("bob").user_id);
    assert_eq!(
        join(&app, "presence-x", &a, Some(member("ada"))),
        Some(vec![Edge::Occupied, Edge::MemberAdded(ada.clone())])
    );
    assert_eq!(join(&app, "presence-x", &b, Some(member("bob"))), Some(vec![Edge::MemberAdded(bob.clone())]));
    // A second connection of a user causes no event and fits into a full channel. A third user does not fit.
    assert_eq!(join(&app, "presence-x", &a2, Some(member("ada"))), Some(vec![]));
    let c = connect(&app, 4);
    let third = Subscriber {
        session: &c,
        member: Some(member("cy")),
        room: PresenceRoom { members: 2, bytes: usize::MAX },
        max_channels: usize::MAX,
        wishes: Wishes::default(),
        recovery: None,
    };
    assert_eq!(app.expect(&name("presence-x"), &third, 0).unwrap_err(), NoRoom::Members { limit: 2 });
    assert_eq!(leave(&app, "presence-x", &a, Some(&member("ada"))), vec![]);
    assert_eq!(leave(&app, "presence-x", &a2, Some(&member("ada"))), vec![Edge::MemberRemoved(ada)]);
    assert_eq!(leave(&app, "presence-x", &a2, Some(&member("ada"))), vec![]);
    insta::assert_snapshot!(heard(&a).join("\n"), @r#"
    "subscription_succeeded","channel":"presence-x","data":"{'presence':{'ids':['ada'],'hash':{'ada':null},'count':1}}"
    "member_added","channel":"presence-x","data":"{'user_id':'bob','user_info':null}"
    "#);
    insta::assert_snapshot!(heard(&b).join("\n"), @r#"
    "subscription_succeeded","channel":"presence-x","data":"{'presence':{'ids':['ada','bob'],'hash':{'ada':null,'bob':null},'count':2}}"
    "member_removed","channel":"presence-x","data":"{'user_id':'ada'}"
    "#);
    assert_eq!(heard(&c), Vec::<String>::new());
    assert_eq!(leave(&app, "presence-x", &b, Some(&member("bob"))), vec![Edge::MemberRemoved(bob), Edge::Vacated]);
    assert!(app.channel(&name("presence-x")).is_none());
}

#[test]
fn an_event_reaches_all_subscribers_of_its_channel_but_one() {
    let app = app();
    let [a, b, c] = [1, 2, 3].map(|number| connect(&app, number));
    for session in [&a, &b] {
        join(&app, "news", session, None);
    }
    join(&app, "other", &c, None);
    assert_eq!(join(&app, "news", &a, None), None);
    publish(&app, "news", "to all", None);
    publish(&app, "news", "to others", Some(a.id()));
    assert_eq!(heard(&a)[2..], ["to all"]);
    assert_eq!(heard(&b)[1..], ["to all", "to others"]);
    assert_eq!(heard(&c).len(), 1);
}

#[test]
fn a_cache_channel_outlives_its_subscribers_until_its_event_expires() {
    let app = app();
    let [a, b] = [1, 2].map(|number| connect(&app, number));
    let channel = name("cache-x");
    let cache = Some(CacheEntry { data: "kept".into(), ttl_seconds: 1, room: CacheRoom::UNLIMITED, ends_miss: true });
    app.publish(&Publication { cache, ..event("cache-x", "kept") }, 0);
    assert!(app.channels("").is_empty(), "an empty channel is not occupied");
    join(&app, "cache-x", &a, None);
    assert_eq!(heard(&a)[1], "kept");
    leave(&app, "cache-x", &a, None);
    app.forget_expired(999);
    assert!(app.channel(&channel).is_some());
    app.forget_expired(1_000);
    assert!(app.channel(&channel).is_none());
    join(&app, "cache-x", &b, None);
    assert_eq!(heard(&b)[1], r#""pusher:cache_miss","channel":"cache-x""#);
}

#[test]
fn counts_are_told_at_once_to_few_and_late_to_many() {
    let app = app();
    let sessions: Vec<_> = (0..101).map(|number| connect(&app, number)).collect();
    for session in &sessions {
        let subscriber = Subscriber {
            session,
            member: None,
            room: PresenceRoom { members: 2, bytes: usize::MAX },
            max_channels: usize::MAX,
            wishes: COUNTS,
            recovery: None,
        };
        app.expect(&name("news"), &subscriber, 0).unwrap();
    }
    let counts = |session: &Session| {
        let heard = heard(session);
        let counts = heard.iter().filter_map(|text| text.split("'subscription_count':").nth(1));
        counts.map(|rest| rest.trim_end_matches(['}', '"']).to_owned()).collect::<Vec<_>>()
    };
    let told: Vec<String> = (1..=100).map(|count| count.to_string()).collect();
    assert_eq!(counts(&sessions[0]), told);
    app.tell_counts(0);
    app.tell_counts(0);
    assert_eq!(counts(&sessions[0]), ["101"]);
    let channel = app.channel(&name("news")).unwrap();
    part(&app, &channel, &sessions[1], COUNTS);
    assert_eq!(counts(&sessions[0]), ["100"]);
}

#[test]
fn an_app_hears_of_counts_and_misses_if_it_wants_to() {
    let app = app();
    let [a, b] = [1, 2].map(|number| connect(&app, number));
    let wishes = Wishes { counts: true, count_edges: true, miss_edges: true };
    let join = |session| {
        let subscriber = Subscriber {
            session,
            member: None,
            room: PresenceRoom::UNLIMITED,
            max_channels: 9,
            wishes,
            recovery: None,
        };
        let (channel, expected) = app.expect(&name("cache-x"), &subscriber, 0).unwrap();
        match expected.outcome {
            Expected::Admitted { edges, .. } => (channel, edges),
            other => panic!("{other:?}"),
        }
    };
    let (_, first) = join(&a);
    let (channel, second) = join(&b);
    let edges = |edges: &[StampedEdge]| unstamped(edges.to_vec());
    assert_eq!(edges(&first), [Edge::Occupied, Edge::Missed, Edge::Counted(1)]);
    assert_eq!(edges(&second), [Edge::Missed, Edge::Counted(2)]);
    assert_eq!(first[1].version, second[0].version, "it is one miss");
    let left = part(&app, &channel, &a, wishes);
    let gone = part(&app, &channel, &b, wishes);
    assert_eq!((edges(&left), edges(&gone)), (vec![Edge::Counted(1)], vec![Edge::Vacated]));
    assert!(app.channel(&name("cache-x")).is_none());
    // It goes on with greater versions, and the miss is still that one.
    let (channel, again) = join(&a);
    assert!(again[0].version > gone[0].version && again[2].version > left[0].version);
    assert_eq!(again[1].version, first[1].version);
    publish(&app, "cache-x", "plain", None);
    part(&app, &channel, &a, wishes);
    assert_eq!(join(&a).1[1].version, first[1].version, "an event that is not remembered fills nothing");
    let cached = CacheEntry { data: "{}".into(), ttl_seconds: 1, room: CacheRoom::UNLIMITED, ends_miss: true };
    app.publish(&Publication { cache: Some(cached), ..event("cache-x", "cached") }, 0);
    assert_eq!(edges(&join(&b).1), [Edge::Counted(2)]);
    part(&app, &app.channel(&name("cache-x")).unwrap(), &b, wishes);
    let subscriber = Subscriber {
        session: &b,
        member: None,
        room: PresenceRoom::UNLIMITED,
        max_channels: 9,
        wishes,
        recovery: None,
    };
    let (_, expected) = app.expect(&name("cache-x"), &subscriber, 1_000).unwrap();
    let Expected::Admitted { edges: expired, .. } = expected.outcome else { panic!("joined") };
    assert!(expired[0].edge == Edge::Missed && expired[0].version > again[2].version, "another miss: {expired:?}");
}

#[test]
fn capacity_counts_connections() {
    let app = app();
    let [a, b] = [1, 2].map(|number| {
        Arc::new(Session::new(SocketId::from_random(number), Outboxes::new(LIMITS, None), Arc::default(), 0))
    });
    assert_eq!(app.connect(&a, Some(1)), Ok(()));
    assert_eq!(app.connect(&b, Some(1)), Err(Disconnect::OverQuota));
    app.disconnect(b.id());
    assert_eq!(app.traffic().connections(), 1);
    app.disconnect(a.id());
    app.disconnect(a.id());
    assert_eq!((app.traffic().connections(), app.connect(&b, Some(1))), (0, Ok(())));
}

#[test]
fn a_user_is_online_from_the_first_to_the_last_connection() {
    let app = app();
    let [watcher, one, two] = [1, 2, 3].map(|number| connect(&app, number));
    let watching = SignedIn { user_id: "w".into(), watchlist: vec!["u".into(), "x".into()] };
    let stay = SignedIn { user_id: "u".into(), watchlist: vec![] };
    app.sign_in(&watcher, &watching);
    app.sign_in(&one, &stay);
    app.sign_in(&two, &stay);
    publish(&app, "#server-to-user-u", "for u", Some(two.id()));
    app.sign_out(one.id(), &stay, 0);
    assert_eq!(app.terminate("u"), 1);
    app.sign_out(two.id(), &stay, 0);
    assert_eq!(app.terminate("u"), 0);
    assert_eq!(heard(&one), ["for u"]);
    assert_eq!(heard(&two), ["closed 4009"]);
    insta::assert_snapshot!(heard(&watcher).join("\n"), @r#"
    "watchlist_events","data":"{'events':[{'name':'offline','user_ids':['u','x']}]}"
    "watchlist_events","data":"{'events':[{'name':'online','user_ids':['u']}]}"
    "watchlist_events","data":"{'events':[{'name':'offline','user_ids':['u']}]}"
    "#);
}

#[test]
fn no_join_is_lost_when_a_channel_empties_at_the_same_time() {
    let app = app();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let app = &app;
            scope.spawn(move || {
                let session = connect(app, thread);
                for _ in 0..2_000 {
                    join(app, "news", &session, None).unwrap();
                    // A subscribed connection gets the event, even if other connections have left in between.
                    publish(app, "news", "ping", None);
                    assert!(heard(&session).contains(&"ping".to_owned()));
                    assert!(leave(app, "news", &session, None).len() <= 1);
                    heard(&session);
                }
            });
        }
    });
    assert!(app.channel(&name("news")).is_none());
}

fn remember(app: &AppHub, channel: &str, room: CacheRoom) {
    let cache = Some(CacheEntry { data: "kept".into(), ttl_seconds: 60, room, ends_miss: false });
    app.publish(&Publication { cache, ..event(channel, "event") }, 0);
}

fn is_remembered(app: &AppHub, channel: &str) -> bool {
    app.channel(&name(channel)).is_some_and(|channel| channel.cached(1).is_some())
}

#[test]
fn the_oldest_event_goes_when_there_is_no_room_for_all() {
    let app = app();
    let session = connect(&app, 1);
    join(&app, "cache-a", &session, None);
    // Two of them fit.
    let room = CacheRoom { bytes: 1_100, ..CacheRoom::UNLIMITED };
    for channel in ["cache-a", "cache-b", "cache-c"] {
        remember(&app, channel, room);
    }
    assert_eq!(["cache-a", "cache-b", "cache-c"].map(|channel| is_remembered(&app, channel)), [false, true, true]);
    assert_eq!((app.traffic().forgotten(), app.remembered_bytes() <= 1_100), (1, true));
    remember(&app, "cache-d", room);
    assert!(app.channel(&name("cache-b")).is_none(), "a channel without subscribers goes with its event");
    assert!(app.channel(&name("cache-a")).is_some());
    app.forget_expired(60_000);
    assert_eq!(app.remembered_bytes(), 0);
}

#[test]
fn an_app_has_so_many_channels() {
    let app = app();
    let session = connect(&app, 1);
    let subscriber = |channel: &str, max_channels| {
        let room = PresenceRoom::UNLIMITED;
        let subscriber = Subscriber {
            session: &session,
            member: None,
            room,
            max_channels,
            wishes: Wishes::default(),
            recovery: None,
        };
        app.expect(&name(channel), &subscriber, 0).map(drop)
    };
    let room = CacheRoom { channels: 2, ..CacheRoom::UNLIMITED };
    assert_eq!([subscriber("a", 2), subscriber("b", 2), subscriber("a", 2)], [Ok(()); 3]);
    let full = Err(NoRoom::Channels { limit: 2 });
    assert_eq!(subscriber("c", 2), full);
    assert_eq!(app.check_room([name("cache-c")].iter(), 2, 0), full);
    assert_eq!(
        app.check_room([name("c"), name("b")].iter(), 2, 0),
        Ok(()),
        "an event that is not remembered makes none"
    );
    remember(&app, "cache-c", room);
    assert!(app.channel(&name("cache-c")).is_none());
    leave(&app, "b", &session, None);
    assert_eq!(app.check_room([name("cache-c")].iter(), 2, 0), Ok(()));
    assert_eq!(app.check_room([name("cache-c"), name("cache-d")].iter(), 2, 0), full);
    remember(&app, "cache-c", room);
    assert_eq!(subscriber("cache-c", 2), Ok(()), "a channel that is there takes subscribers");
    assert_eq!(subscriber("d", 2), full);
}

#[test]
fn a_refused_member_leaves_no_channel_behind() {
    let app = app();
    let session = connect(&app, 1);
    let room = PresenceRoom { members: 9, bytes: 10 };
    let subscriber = Subscriber {
        session: &session,
        member: Some(member("ada")),
        room,
        max_channels: 9,
        wishes: Wishes::default(),
        recovery: None,
    };
    assert_eq!(app.expect(&name("presence-x"), &subscriber, 0).unwrap_err(), NoRoom::Bytes { limit: 10 });
    assert!(app.channel(&name("presence-x")).is_none());
}
