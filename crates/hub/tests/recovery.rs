//! Recovery: which subscribers get the numbers of events, what a subscription that continues gets, which logs are kept.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod frames;

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use clairon_hub::{
    AppHub, Expected, Hub, Ledger, LogSettings, LogSize, Millis, OutboxLimits, Outboxes, Recovery, RecoveryRequest,
    Session, SignedIn, Subscriber, Wishes,
};
use clairon_protocol::{
    Amendment, AppId, CacheEntry, CacheRoom, ChannelName, Disconnect, Epoch, Event, EventData, Limits, LogPlace,
    LogRoom, LossReason, Member, PresenceRoom, Publication, RecoveryKey, Resume, SocketId,
};
use serde_json::{Value, json};

use crate::frames::{amend, encode};

const LIMITS: OutboxLimits = OutboxLimits { bytes: 1 << 20, frames: 100 };
const ROOM: LogRoom = LogRoom { events: 10, bytes: 1 << 20, window: 1_000, life: 0 };

/// A hub with one app, whose time stands still until a test moves it.
struct Node {
    hub: Hub,
    app: Arc<AppHub>,
    id: AppId,
    now: Millis,
    epochs: u64,
    room: LogRoom,
}

/// A client that asks for recovery, or does not.
struct Client {
    session: Arc<Session>,
    token: String,
    seq: u64,
    sockets: Vec<SocketId>,
}

fn name(text: &str) -> ChannelName {
    ChannelName::parse(text, &Limits::default()).unwrap()
}

impl Node {
    fn new(bytes: usize) -> Self {
        let settings = LogSettings { amend, key: RecoveryKey::parse("key").unwrap(), bytes };
        let (hub, id) = (Hub::new(encode, None, Ledger::InMemory).with_logs(settings), AppId::parse("1").unwrap());
        Self { app: hub.app(&id), hub, id, now: 10_000, epochs: 0, room: ROOM }
    }

    fn client(&self, number: u64) -> Client {
        let session =
            Arc::new(Session::new(SocketId::from_random(number), Outboxes::new(LIMITS, None), Arc::default(), 0));
        self.app.connect(&session, None).unwrap();
        Client { session, token: String::new(), seq: 0, sockets: Vec::new() }
    }

    fn publish(&self, channel: &str, event: &str, except: Option<SocketId>) {
        let (channel, data) = (name(channel), EventData::from_text("{}"));
        let frame = encode(&Event::Published { event, channel: &channel, data: &data, user_id: None });
        let cache = channel.is_cache().then(|| CacheEntry {
            data: data.json().into(),
            ttl_seconds: 60,
            room: CacheRoom::UNLIMITED,
            ends_miss: false,
        });
        let publication = Publication {
            app: self.id.clone(),
            channel,
            frame,
            except,
            log: Some(self.room),
            place: LogPlace::None,
            cache,
            version: None,
        };
        self.app.publish(&publication, self.now * 1_000);
        self.hub.relieve_logs(self.now);
    }

    fn request<'a>(&'a mut self, resume: Option<&'a Resume>) -> RecoveryRequest<'a> {
        self.epochs += 1;
        RecoveryRequest { app: &self.id, resume, room: self.room, epoch: Epoch::from_random(self.epochs) }
    }

    fn subscribe(&mut self, client: &Client, channel: &str, resume: Option<&Resume>) -> Option<Recovery> {
        let (app, now) = (self.app.clone(), self.now);
        let member = channel
            .starts_with("presence-")
            .then(|| Member::parse(r#"{"user_id":"ada"}"#, &Limits::default()).unwrap());
        let subscriber = Subscriber {
            session: &client.session,
            member,
            room: PresenceRoom::UNLIMITED,
            max_channels: 99,
            wishes: Wishes::default(),
            recovery: Some(self.request(resume)),
        };
        let recovery = match app.expect(&name(channel), &subscriber, now).unwrap().1.outcome {
            Expected::Admitted { recovery, .. } | Expected::Already { recovery } => recovery,
            Expected::Newcomer { .. } | Expected::Asks => panic!("the ledger is in memory"),
        };
        self.hub.relieve_logs(now);
        recovery
    }

    /// Subscribes a client that begins.
    fn begin(&mut self, client: &mut Client, channel: &str) -> Recovery {
        let recovery = self.subscribe(client, channel, None).unwrap();
        client.hear();
        recovery
    }

    /// Subscribes the client anew, as its next connection does, and returns what it gets.
    fn come_back(&mut self, client: &mut Client, number: u64, channel: &str) -> (Recovery, Vec<String>) {
        self.leave(client, channel);
        let resume = client.resume();
        client.sockets.push(client.session.id());
        client.session = self.client(number).session;
        let recovery = self.subscribe(client, channel, Some(&resume)).unwrap();
        (recovery, client.hear())
    }

    fn leave(&self, client: &Client, channel: &str) {
        let channel = self.app.channel(&name(channel)).unwrap();
        let user_id = channel.user_ids().first().cloned();
        let _ = self.app.part(&channel, client.session.id(), user_id.as_ref(), Wishes::default(), self.now);
    }

    fn subscribe_plainly(&self, client: &Client, channel: &str) {
        let subscriber = Subscriber {
            session: &client.session,
            member: None,
            room: PresenceRoom::UNLIMITED,
            max_channels: 99,
            wishes: Wishes::default(),
            recovery: None,
        };
        self.app.expect(&name(channel), &subscriber, self.now).unwrap();
    }
}

impl Client {
    fn resume(&self) -> Resume {
        let mut sockets = self.sockets.clone();
        sockets.push(self.session.id());
        Resume { token: self.token.clone(), seq: self.seq, sockets }
    }

    fn frames(&self) -> Vec<String> {
        let (mut batch, mut frames) = (VecDeque::new(), Vec::new());
        while let Poll::Ready(None) =
            self.session.outbox().poll_take(&mut Context::from_waker(Waker::noop()), &mut batch)
        {
            frames.extend(batch.drain(..).map(|frame| String::from_utf8(frame.to_vec()).unwrap()));
        }
        self.session.note_written();
        frames
    }

    /// Takes what was sent as the client of the specification does. Returns it in short: names of events with their
    /// numbers.
    fn hear(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        for frame in self.frames() {
            let json: Value = serde_json::from_str(&frame).unwrap();
            let event = json["event"].as_str().unwrap();
            let data: Value = json["data"].as_str().map_or(Value::Null, |data| serde_json::from_str(data).unwrap());
            let event = event.trim_start_matches("pusher_internal:");
            if let Some(recovery) = data.get("recovery") {
                recovery["token"].as_str().unwrap().clone_into(&mut self.token);
                if recovery["recovered"] != json!(true) {
                    self.seq = recovery["seq"].as_u64().unwrap();
                }
            }
            match json["seq"].as_u64() {
                Some(seq) => {
                    assert_eq!(seq, self.seq + 1, "numbers have no gap: {frame}");
                    self.seq = seq;
                    heard.push(format!("{event} {seq}"));
                }
                None => heard.push(event.to_owned()),
            }
        }
        heard
    }
}

#[test]
fn only_subscribers_that_asked_get_numbers() {
    let mut node = Node::new(1 << 20);
    let (mut asker, plain) = (node.client(1), node.client(2));
    node.subscribe_plainly(&plain, "c");
    node.publish("c", "early", None);
    assert_eq!(node.begin(&mut asker, "c"), Recovery::Begun);
    node.publish("c", "a", None);
    node.publish("c", "b", Some(asker.session.id()));
    node.publish("c", "c", Some(plain.session.id()));
    assert_eq!(asker.hear(), ["a 1", "recovery 2", "c 3"]);
    let line = |event| format!(r#"{{"event":"{event}","channel":"c","data":"{{}}"}}"#);
    let success = r#"{"event":"pusher_internal:subscription_succeeded","channel":"c","data":"{}"}"#;
    assert_eq!(plain.frames(), [success.to_owned(), line("early"), line("a"), line("b")]);
}

#[test]
fn a_channel_without_a_log_has_one_frame_for_each_event() {
    let never = |_: &Bytes, _: &Amendment| -> Bytes { panic!("a second frame") };
    let settings = LogSettings { amend: never, key: RecoveryKey::parse("key").unwrap(), bytes: 1 << 20 };
    let mut node = Node::new(1 << 20);
    node.hub = Hub::new(encode, None, Ledger::InMemory).with_logs(settings);
    node.app = node.hub.app(&node.id);
    let plain = node.client(1);
    node.subscribe_plainly(&plain, "c");
    node.publish("c", "a", None);
    assert_eq!((plain.frames().len(), node.hub.log_size()), (2, LogSize::default()));
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "c");
    node.publish("c", "a", None);
    assert_eq!(client.hear(), ["a 1"]);
    node.leave(&client, "c");
    let first = client.session.id();
    node.subscribe(&client, "c", None);
    client.frames();
    for (event, except) in [("b", None), ("own", Some(first)), ("c", None), ("d", Some(SocketId::from_random(9)))] {
        node.publish("c", event, except);
    }
    client.frames();
    let (recovery, heard) = node.come_back(&mut client, 2, "c");
    assert_eq!(recovery, Recovery::Recovered(3));
    assert_eq!(heard, ["subscription_succeeded", "b 2", "recovery 3", "c 4", "d 5"]);
    // A trigger that left before the break still names the old connection.
    node.publish("c", "own", Some(first));
    node.publish("c", "e", None);
    assert_eq!(client.hear(), ["recovery 6", "e 7"]);
    let (recovery, heard) = node.come_back(&mut client, 3, "c");
    assert_eq!((recovery, heard), (Recovery::Recovered(0), vec!["subscription_succeeded".to_owned()]));
}

#[test]
fn a_replay_that_is_cut_begins_again_where_it_began() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "c");
    node.leave(&client, "c");
    for event in ["a", "b", "c"] {
        node.publish("c", event, None);
    }
    // The success arrives, and no event.
    let resume = client.resume();
    client.session = node.client(2).session;
    node.subscribe(&client, "c", Some(&resume));
    let success: Value = serde_json::from_str(&client.frames()[0]).unwrap();
    let data: Value = serde_json::from_str(success["data"].as_str().unwrap()).unwrap();
    data["recovery"]["token"].as_str().unwrap().clone_into(&mut client.token);
    assert_eq!(data["recovery"]["seq"], 3);
    let (recovery, heard) = node.come_back(&mut client, 3, "c");
    assert_eq!((recovery, heard.len()), (Recovery::Recovered(3), 4));
}

#[test]
fn what_cannot_be_recovered_has_its_reason() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "c");
    let early = client.resume();
    let lost = |node: &mut Node, resume: &Resume| {
        let client = node.client(7);
        let recovery = node.subscribe(&client, "c", Some(resume)).unwrap();
        assert_eq!(client.frames().len(), 1);
        assert!(!client.session.is_replaying());
        recovery
    };
    for _ in 0..11 {
        node.publish("c", "e", None);
    }
    assert_eq!(lost(&mut node, &early), Recovery::Lost(LossReason::Expired));
    client.hear();
    assert_eq!(node.come_back(&mut client, 2, "c").0, Recovery::Recovered(0));
    let now = client.resume();
    // The new token begins at event 11.
    let lowered = Resume { seq: 10, ..now.clone() };
    assert_eq!(lost(&mut node, &lowered), Recovery::Lost(LossReason::Token));
    assert_eq!(lost(&mut node, &Resume { seq: 12, ..now.clone() }), Recovery::Lost(LossReason::Token));
    assert_eq!(lost(&mut node, &Resume { token: "x".to_owned(), ..now.clone() }), Recovery::Lost(LossReason::Token));
    let mut other = Node::new(1 << 20);
    other.epochs = 77;
    assert_eq!(lost(&mut other, &now), Recovery::Lost(LossReason::Epoch));
}

#[test]
fn a_replay_fits_half_of_the_outbox() {
    let mut node = Node::new(1 << 20);
    let mut clients = [node.client(1), node.client(2)];
    for (client, channel) in clients.iter_mut().zip(["c", "d"]) {
        node.begin(client, channel);
    }
    for _ in 0..9 {
        node.publish("c", "e", None);
        node.publish("d", "e", None);
    }
    let late = node.client(3);
    (0..41).for_each(|_| late.session.send("waits".into()));
    let [c, d] = clients.map(|client| client.resume());
    assert_eq!(node.subscribe(&late, "c", Some(&c)), Some(Recovery::Recovered(9)));
    assert_eq!(node.subscribe(&late, "d", Some(&d)), Some(Recovery::Lost(LossReason::Limit)));
    assert!(late.session.is_replaying());
    assert_eq!(late.frames().len(), 41 + 1 + 9 + 1);
    assert_eq!(late.session.outbox().poll_closed(&mut Context::from_waker(Waker::noop())), Poll::<Disconnect>::Pending);
}

#[test]
fn a_repeated_subscription_counts() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "c");
    let at_start = client.resume();
    node.publish("c", "a", None);
    client.frames();
    client.seq = 0;
    assert_eq!(node.subscribe(&client, "c", Some(&at_start)), Some(Recovery::Recovered(1)));
    assert_eq!(client.hear(), ["subscription_succeeded", "a 1"]);
    node.subscribe_plainly(&client, "c");
    node.publish("c", "b", None);
    assert_eq!(client.hear(), ["subscription_succeeded", "b"]);
    assert_eq!(node.app.channel(&name("c")).unwrap().summary().subscription_count, 1);
}

#[test]
fn a_cached_event_is_not_sent_beside_a_replay() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.subscribe(&client, "cache-c", None);
    assert_eq!(client.hear(), ["subscription_succeeded", "pusher:cache_miss"]);
    node.publish("cache-c", "a", None);
    assert_eq!(client.hear(), ["a 1"]);
    let heard = node.come_back(&mut client, 2, "cache-c").1;
    assert_eq!(heard, ["subscription_succeeded"]);
    "bad".clone_into(&mut client.token);
    assert_eq!(node.come_back(&mut client, 3, "cache-c").1, ["subscription_succeeded", "a"]);
}

#[test]
fn members_are_shown_as_they_are_and_not_replayed() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "presence-c");
    node.publish("presence-c", "a", None);
    node.leave(&client, "presence-c");
    let resume = client.resume();
    client.session = node.client(2).session;
    node.subscribe(&client, "presence-c", Some(&resume));
    let frames = client.frames();
    let success: Value = serde_json::from_str(&frames[0]).unwrap();
    let data: Value = serde_json::from_str(success["data"].as_str().unwrap()).unwrap();
    assert_eq!((&data["presence"]["ids"], &data["recovery"]["replayed"]), (&json!(["ada"]), &json!(1)));
    assert_eq!(frames.len(), 2);
}

#[test]
fn events_of_a_user_are_logged_for_the_subscription() {
    let mut node = Node::new(1 << 20);
    let channel = name("#server-to-user-ada");
    let stay = SignedIn { user_id: "ada".into(), watchlist: Vec::new() };
    let (mut asker, mut other) = (node.client(1), node.client(2));
    for client in [&asker, &other] {
        node.app.sign_in(&client.session, &stay);
    }
    let app = node.app.clone();
    app.subscribe_to_user(&asker.session, &channel, &node.request(None), 0).unwrap();
    node.publish("#server-to-user-ada", "a", None);
    assert_eq!(
        (asker.hear(), other.hear()),
        (vec!["subscription_succeeded".to_owned(), "a 1".to_owned()], vec!["a".to_owned()])
    );
    node.app.sign_out(asker.session.id(), &stay, node.now);
    node.publish("#server-to-user-ada", "b", None);
    let resume = asker.resume();
    asker.session = node.client(3).session;
    node.app.sign_in(&asker.session, &stay);
    let now = node.now;
    app.subscribe_to_user(&asker.session, &channel, &node.request(Some(&resume)), now).unwrap();
    assert_eq!(asker.hear(), ["subscription_succeeded", "b 2"]);
    app.unsubscribe_from_user(asker.session.id(), "ada", now);
    node.publish("#server-to-user-ada", "c", None);
    assert_eq!((asker.hear(), other.hear()), (vec!["c".to_owned()], vec!["b".to_owned(), "c".to_owned()]));
    node.hub.prune_logs(now + ROOM.window);
    assert_eq!(node.hub.log_size(), LogSize::default());
}

#[test]
fn a_log_lives_for_its_window_without_subscribers() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.publish("c", "nobody has asked", None);
    assert_eq!(node.hub.log_size(), LogSize::default());
    node.begin(&mut client, "c");
    node.now += 10 * ROOM.window;
    node.hub.prune_logs(node.now);
    assert_eq!(node.hub.log_size().logs, 1, "it has a subscriber");
    node.publish("c", "a", None);
    assert_eq!(client.hear(), ["a 1"]);
    node.now += ROOM.window - 1;
    node.leave(&client, "c");
    node.publish("c", "b", None);
    node.now += 1;
    node.hub.prune_logs(node.now);
    assert_eq!(node.hub.log_size().events, 1, "the first is too old");
    node.now += ROOM.window - 2;
    node.hub.prune_logs(node.now);
    assert!(node.app.log_page(&name("c"), 1, 9, node.now).is_some());
    node.now += 1;
    assert!(node.app.log_page(&name("c"), 1, 9, node.now).is_none());
    let resume = client.resume();
    let (other, mut late) = (node.client(2), node.client(3));
    assert_eq!(node.subscribe(&other, "c", Some(&resume)), Some(Recovery::Lost(LossReason::Epoch)));
    node.begin(&mut late, "c");
    node.leave(&other, "c");
    node.leave(&late, "c");
    node.hub.prune_logs(node.now + ROOM.window);
    assert_eq!(node.hub.log_size(), LogSize::default());
    assert!(node.app.channel(&name("c")).is_none());
}

#[test]
fn all_logs_together_have_a_limit_and_unused_ones_go_first() {
    let mut node = Node::new(3 * 512 + 3 * 200);
    let mut clients = [1, 2, 3].map(|number| node.client(number));
    for (client, channel) in clients.iter_mut().zip(["a", "b", "c"]) {
        assert_eq!(node.begin(client, channel), Recovery::Begun);
        node.now += 1;
    }
    node.leave(&clients[1], "b");
    let mut late = node.client(4);
    assert_eq!(node.begin(&mut late, "d"), Recovery::Begun);
    assert!(node.app.channel(&name("b")).is_some());
    assert_eq!(node.begin(&mut late, "e"), Recovery::Begun, "the log of b goes");
    assert!(node.app.channel(&name("b")).is_none());
    // All are in use now: a newcomer gets none, and events make room by the log that was asked for first.
    assert_eq!(node.subscribe(&late, "f", None), Some(Recovery::Declined));
    late.hear();
    for _ in 0..4 {
        node.publish("d", "event", None);
    }
    let has_log = |channel: &str| node.app.log_page(&name(channel), 0, 9, node.now).is_some();
    assert_eq!(["a", "c", "d", "e"].map(has_log), [false, true, true, true]);
    assert_eq!(late.hear(), ["event 1", "event 2", "event 3", "event 4"]);
    node.publish("a", "event", None);
    assert_eq!(clients[0].hear(), ["event"], "without a log there is no number");
    let resume = clients[0].resume();
    let last = node.client(5);
    node.leave(&late, "e");
    assert_eq!(node.subscribe(&last, "a", Some(&resume)), Some(Recovery::Lost(LossReason::Epoch)));
    assert_eq!(node.app.end_logs(node.now), []);
    assert_eq!(node.hub.log_size(), LogSize::default());
}

#[test]
fn logs_are_read_page_by_page_and_survive_a_restart() {
    let mut node = Node::new(1 << 20);
    let mut client = node.client(1);
    node.begin(&mut client, "c");
    for event in 0..12 {
        node.publish("c", &event.to_string(), (event == 10).then(|| client.session.id()));
    }
    let page = |since, limit| node.app.log_page(&name("c"), since, limit, node.now).unwrap();
    assert_eq!(page(1, 9).events.unwrap_err(), 3);
    assert_eq!(page(2, 2).events.unwrap().into_iter().map(|(seq, _)| seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((page(12, 9).events.unwrap().len(), page(99, 9).events.unwrap().len(), page(2, 9).head), (0, 0, 12));

    client.frames();
    client.seq = 9;
    let saved = node.hub.saved_logs(node.now);
    let mut next = Node::new(1 << 20);
    next.now = 5;
    for (app, log) in saved {
        next.hub.app(&app).restore_log(log, ROOM, 99, next.now);
    }
    assert_eq!(next.hub.log_size(), node.hub.log_size());
    let resume = client.resume();
    client.session = next.client(2).session;
    assert_eq!(next.subscribe(&client, "c", Some(&resume)), Some(Recovery::Recovered(2)));
    assert_eq!(client.hear(), ["subscription_succeeded", "9 10", "recovery 11", "11 12"]);
    next.publish("c", "more", None);
    assert_eq!(client.hear(), ["more 13"]);
}

#[test]
fn a_log_of_an_earlier_life_of_the_app_begins_anew() {
    let mut node = Node::new(1 << 20);
    let mut clients = [1, 2].map(|number| node.client(number));
    for (client, channel) in clients.iter_mut().zip(["c", "d"]) {
        node.begin(client, channel);
        node.publish(channel, "a", None);
        assert_eq!(client.hear(), ["a 1"]);
    }
    let notice = |client: &Client| {
        let frames = client.frames();
        let notice: Value = serde_json::from_str(&frames[0]).unwrap();
        let lost: Value = serde_json::from_str(notice["data"].as_str().unwrap()).unwrap();
        assert_eq!((&lost["reason"], &lost["seq"], frames.len()), (&json!("epoch"), &json!(0), 1));
    };
    let head = |node: &Node, channel: &str| node.app.log_page(&name(channel), 0, 9, node.now).unwrap().head;
    node.room.life = 1;
    assert_eq!(node.app.logs_of_earlier_lives(0), []);
    assert_eq!(node.app.logs_of_earlier_lives(1), [name("c"), name("d")]);
    let renew = |node: &Node| node.app.renew_log(&name("c"), node.room, Epoch::from_random(99));
    assert_eq!((renew(&node), renew(&node)), (1, 0));
    notice(&clients[0]);
    node.publish("c", "b", None);
    assert_eq!(head(&node, "c"), 1);

    // A subscription that comes before the change is applied does the same, and gets nothing of the earlier life.
    let (mut late, resume) = (node.client(3), Resume { seq: 0, ..clients[1].resume() });
    assert_eq!(node.subscribe(&late, "d", Some(&resume)), Some(Recovery::Lost(LossReason::Epoch)));
    assert_eq!(late.hear(), ["subscription_succeeded"]);
    notice(&clients[1]);
    assert_eq!(head(&node, "d"), 0);
    assert_eq!(node.app.logs_of_earlier_lives(1), []);

    // One that was saved in an earlier life is dropped.
    let saved = node.hub.saved_logs(node.now);
    let mut next = Node::new(1 << 20);
    next.room.life = 2;
    for (app, log) in saved {
        next.hub.app(&app).restore_log(log, next.room, 99, next.now);
    }
    assert_eq!(next.hub.log_size(), LogSize::default());
}

#[test]
fn channels_with_nothing_but_a_log_make_room_for_others() {
    let mut node = Node::new(1 << 20);
    let app = node.app.clone();
    let subscribe = |node: &mut Node, client: &Client, channel: &str, limit: usize| {
        let subscriber = Subscriber {
            session: &client.session,
            member: None,
            room: PresenceRoom::UNLIMITED,
            max_channels: limit,
            wishes: Wishes::default(),
            recovery: Some(node.request(None)),
        };
        app.expect(&name(channel), &subscriber, 10_000).is_ok()
    };
    let client = node.client(1);
    for channel in ["left", "cache-left", "used"] {
        assert!(subscribe(&mut node, &client, channel, 3));
    }
    node.publish("cache-left", "remembered", None);
    node.leave(&client, "left");
    node.leave(&client, "cache-left");
    assert!(subscribe(&mut node, &client, "next", 3), "the log of the first one goes");
    assert!(!subscribe(&mut node, &client, "none", 3));
    let has = |channel: &str| app.channel(&name(channel)).is_some();
    assert_eq!(["left", "cache-left", "used", "next", "none"].map(has), [false, true, true, true, false]);
    node.leave(&client, "next");
    assert_eq!(app.check_room([name("cache-new")].iter(), 3, 10_000), Ok(()));
    assert!(!has("next"));
    assert_eq!(node.hub.log_size().logs, 2);
}
