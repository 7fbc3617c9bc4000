//! Recovery of missed events on several nodes: on any of them, through faults of nodes and of Redis.

use clairon_test_servers::{Redis, Sentinels, eventually};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::http;
use clairon_tests::nodes::{Engine, Nodes, Proxied};
use clairon_tests::recovery::{Position, ask, begin, position, trigger};
use clairon_tests::server::Server;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn app() -> App {
    App::new("recovering").with("recovery", true).with("client_messages", true)
}

/// Nodes with one database, as the key of tokens is there.
pub(crate) struct Shared<E> {
    pub(crate) nodes: Nodes<E>,
    folder: TempDir,
    lease_seconds: u32,
}

impl<E: Engine> Shared<E> {
    fn start(redis: E, count: usize, app: App) -> Self {
        Self::with_lease(redis, count, app, 10)
    }

    pub(crate) fn with_lease(redis: E, count: usize, app: App, lease_seconds: u32) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"));
        let mut shared = Self { nodes: Nodes::over(redis, 0, &[app]), folder, lease_seconds };
        for node in 0..count {
            let server = shared.node(node);
            shared.nodes.servers.push(server);
        }
        shared
    }

    fn node(&self, node: usize) -> Server {
        let database = format!("sqlite://{}/apps.db", self.folder.path().display());
        let lease = self.lease_seconds.to_string();
        self.nodes.node(node).env("CLAIRON_CLUSTER_LEASE_SECONDS", lease).database(database).start()
    }

    pub(crate) fn servers(&self) -> [&Server; 3] {
        self.nodes.three()
    }
}

pub(crate) fn three() -> Shared<Redis> {
    Shared::start(Redis::start(), 3, app())
}

/// The next events of a client, as names with numbers.
pub(crate) fn next(client: &mut Client, count: usize) -> Vec<(String, Option<u64>)> {
    let named = |event: Value| (event["event"].as_str().unwrap_or_default().to_owned(), event["seq"].as_u64());
    (0..count).map(|_| named(client.socket.event())).collect()
}

pub(crate) fn events(named: &[(&str, u64)]) -> Vec<(String, Option<u64>)> {
    named.iter().map(|(name, seq)| ((*name).to_owned(), Some(*seq))).collect()
}

/// Subscribes a new client at a position, and returns it with the answer.
pub(crate) fn come_back(server: &Server, channel: &str, position: &Position) -> (Client, Value) {
    let mut client = Client::connect(server, &app());
    if channel.starts_with('#') {
        client.sign_in(r#"{"id":"ada"}"#);
    }
    let answer = ask(&mut client, channel, &position.recover());
    (client, answer)
}

/// Waits for the notice that events are lost.
pub(crate) fn lost(client: &mut Client) -> Value {
    let event = client.socket.event();
    assert_eq!((&event["event"], event.get("seq")), (&json!("pusher_internal:recovery"), None), "{event}");
    data(&event)
}

fn wait_until_ready(server: &Server) {
    eventually("the node is ready", || http::get(server, "/ready").status == 200);
}

#[test]
fn a_page_recovers_on_any_node() {
    let shared = three();
    let [one, two, three] = shared.servers();
    for channel in
        ["back", "private-back", "presence-back", "private-encrypted-back", "cache-back", "#server-to-user-ada"]
    {
        let mut client = Client::connect(one, &app());
        if channel.starts_with('#') {
            client.sign_in(r#"{"id":"ada"}"#);
        }
        let before = begin(&mut client, channel);
        if channel.starts_with("cache-") {
            client.expect("pusher:cache_miss");
        }
        trigger(two, &app(), channel, "live", None);
        assert_eq!(next(&mut client, 1), events(&[("live", before.seq + 1)]), "{channel}");
        client.socket.abort();
        for event in ["a", "b"] {
            trigger(two, &app(), channel, event, None);
        }
        trigger(two, &app(), channel, "own", Some(&client.socket_id));
        let (mut client, answer) = come_back(three, channel, &before.at(before.seq + 1));
        assert_eq!((&answer["recovered"], &answer["replayed"]), (&json!(true), &json!(2)), "{channel}: {answer}");
        trigger(one, &app(), channel, "c", None);
        let (first, own) = (before.seq + 2, "pusher_internal:recovery");
        let expected = [("a", first), ("b", first + 1), (own, first + 2), ("c", first + 3)];
        assert_eq!(next(&mut client, 4), events(&expected), "{channel}");
        client.expect_nothing();
    }
}

#[test]
fn a_page_recovers_after_the_crash_of_its_node() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let mut client = Client::connect(one, &app());
    let before = begin(&mut client, "presence-c");
    one.signal(Signal::KILL);
    trigger(two, &app(), "presence-c", "a", None);
    let (mut client, answer) = come_back(two, "presence-c", &before);
    assert_eq!(answer["replayed"], 1);
    assert_eq!(next(&mut client, 1), events(&[("a", 1)]));
}

#[test]
fn clients_that_did_not_ask_see_nothing_of_it() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let mut plain = Client::connect(one, &app());
    plain.subscribe("c");
    begin(&mut Client::connect(one, &app()), "c");
    trigger(two, &app(), "c", "e", None);
    let text = match plain.socket.receive() {
        clairon_tests::raw::Received::Text(text) => text,
        other => panic!("no text but {other:?}"),
    };
    assert_eq!(text, r#"{"event":"e","channel":"c","data":"{}"}"#);
}

#[test]
fn a_subscription_may_ask_later_and_stop_asking() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let mut client = Client::connect(one, &app());
    client.subscribe("c");
    let before = begin(&mut client, "c");
    trigger(two, &app(), "c", "a", None);
    assert_eq!(next(&mut client, 1), events(&[("a", before.seq + 1)]));
    client.subscribe("c");
    trigger(two, &app(), "c", "b", None);
    assert_eq!(next(&mut client, 1), [("b".to_owned(), None)]);
}

/// Publishes an event, after a subscription to another channel, and returns the events that come until then.
fn heard(client: &mut Client, server: &Server, channel: &str, event: &str) -> Vec<(String, Option<u64>)> {
    let fence = format!("fence-{event}-{}", channel.trim_start_matches('#'));
    client.send("pusher:subscribe", &json!({"channel": fence, "recover": true}));
    while client.socket.event()["channel"] != fence {}
    trigger(server, &app(), channel, event, None);
    trigger(server, &app(), &fence, "end", None);
    let events = std::iter::repeat_with(|| next(client, 1).remove(0)).take_while(|(name, _)| name != "end");
    events.filter(|(name, _)| name != "pusher_internal:subscription_succeeded").collect()
}

#[test]
fn a_subscription_that_ends_while_its_log_is_read_gets_no_numbers() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let user = "#server-to-user-ada";
    let mut client = Client::connect(one, &app());
    client.sign_in(r#"{"id":"ada"}"#);
    for channel in [user, "brief"] {
        let [asks, plain] = [true, false].map(|recover| json!({"channel": channel, "recover": recover}));
        client.subscribe(channel);
        // No answer is awaited between these.
        client.send("pusher:subscribe", &asks);
        client.send("pusher:subscribe", &plain);
        assert_eq!(heard(&mut client, two, channel, "a"), [("a".to_owned(), None)], "{channel}");
        client.send("pusher:subscribe", &asks);
        client.unsubscribe(channel);
        // Events of a user need no subscription.
        let expected = if channel == user { vec![("b".to_owned(), None)] } else { Vec::new() };
        assert_eq!(heard(&mut client, two, channel, "b"), expected, "{channel}");
    }
}

#[test]
fn forged_positions_show_nothing() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let mut member = Client::connect(one, &app());
    let first = begin(&mut member, "private-c");
    trigger(two, &app(), "private-c", "secret", None);
    let late = begin(&mut Client::connect(two, &app()), "private-c");
    for forged in [late.at(0), late.at(9), late.at((1 << 53) - 1), Position { token: "x".repeat(200), ..first.clone() }]
    {
        let (mut client, answer) = come_back(two, "private-c", &forged);
        assert_eq!((&answer["recovered"], &answer["reason"]), (&json!(false), &json!("token")), "{forged:?}");
        client.expect_nothing();
    }
    let (_, answer) = come_back(two, "private-d", &first);
    assert_eq!(answer["reason"], "token");
}

#[test]
fn a_backend_reads_the_log_on_any_node() {
    let shared = Shared::start(Redis::start(), 3, app().with("recovery_events", 3));
    let [one, two, three] = shared.servers();
    let get = |since: &str| Request::get(&app(), "/channels/c/events", &[("since", since), ("limit", "2")]).send(three);
    assert_eq!(get("0").status, 404);
    begin(&mut Client::connect(one, &app()), "c");
    for event in ["a", "b", "c", "d"] {
        trigger(two, &app(), "c", event, None);
    }
    let page = get("1").ok();
    let event = |seq: u64, name: &str| json!({"seq": seq, "name": name, "data": "{}"});
    assert_eq!((&page["seq"], &page["events"]), (&json!(4), &json!([event(2, "b"), event(3, "c")])));
    assert_eq!(get("4").ok()["events"], json!([]));
    assert_eq!((get("0").status, &get("0").json()["oldest"]), (410, &json!(2)));
}

#[test]
fn a_node_that_was_deaf_catches_up() {
    let shared = Shared::start(Proxied::start(2), 2, app());
    let [one, two] = shared.nodes.servers.as_slice() else { panic!("two nodes") };
    let mut client = Client::connect(one, &app());
    let before = begin(&mut client, "c");
    shared.nodes.redis.proxies[0].cut();
    for event in ["a", "b", "c"] {
        trigger(two, &app(), "c", event, Some("1.1"));
    }
    shared.nodes.redis.proxies[0].mend();
    let first = before.seq + 1;
    assert_eq!(next(&mut client, 3), events(&[("a", first), ("b", first + 1), ("c", first + 2)]));
    wait_until_ready(one);
    trigger(one, &app(), "c", "d", None);
    assert_eq!(next(&mut client, 1), events(&[("d", first + 3)]));
    client.expect_nothing();
}

#[test]
fn a_node_that_was_deaf_for_too_long_says_so() {
    let shared = Shared::start(Proxied::start(2), 2, app().with("recovery_events", 2));
    let [one, two] = shared.nodes.servers.as_slice() else { panic!("two nodes") };
    let mut client = Client::connect(one, &app());
    begin(&mut client, "c");
    shared.nodes.redis.proxies[0].cut();
    for _ in 0..3 {
        trigger(two, &app(), "c", "e", None);
    }
    shared.nodes.redis.proxies[0].mend();
    let notice = lost(&mut client);
    assert_eq!((&notice["recovered"], &notice["reason"], &notice["seq"]), (&json!(false), &json!("gap"), &json!(3)));
    let told = one.wait_for_log("the loss", |line| line["reason"] == "gap");
    assert_eq!(told["subscribers"], 1, "{told}");
    // The position of the notice is good from now on.
    let position = position(&client, &notice);
    client.socket.abort();
    trigger(two, &app(), "c", "f", None);
    let (mut client, answer) = come_back(one, "c", &position);
    assert_eq!(answer["replayed"], 1);
    assert_eq!(next(&mut client, 1), events(&[("f", 4)]));
}

#[test]
fn a_suspended_node_catches_up() {
    let shared = three();
    let [one, two, _] = shared.servers();
    let mut client = Client::connect(one, &app());
    let before = begin(&mut client, "c");
    one.signal(Signal::STOP);
    for event in ["a", "b"] {
        trigger(two, &app(), "c", event, None);
    }
    one.signal(Signal::CONT);
    assert_eq!(next(&mut client, 2), events(&[("a", before.seq + 1), ("b", before.seq + 2)]));
}

/// Redis loses its data, or may have: subscribers learn it, and a position from before is none.
fn loses<E: Engine>(redis: E, happen: impl FnOnce(&mut E)) {
    let mut shared = Shared::start(redis, 3, app());
    let mut client = Client::connect(shared.servers()[0], &app());
    let before = begin(&mut client, "c");
    trigger(shared.servers()[1], &app(), "c", "a", None);
    assert_eq!(next(&mut client, 1), events(&[("a", 1)]));
    happen(&mut shared.nodes.redis);
    let notice = lost(&mut client);
    assert_eq!(notice["reason"], "epoch");
    let [one, two, three] = shared.servers();
    [one, two, three].into_iter().for_each(wait_until_ready);
    eventually("an event is published", || {
        let body = json!({"name": "b", "data": "{}", "channels": ["c"]});
        Request::post(&app(), "/events", &body).send(two).status == 200
    });
    let seq = notice["seq"].as_u64().unwrap_or_else(|| panic!("{notice}"));
    let heard = next(&mut client, 1);
    assert_eq!((heard[0].0.as_str(), heard[0].1 > Some(seq)), ("b", true), "{heard:?}");
    let (_, answer) = come_back(three, "c", &before.at(1));
    assert_eq!(answer["reason"], "epoch");
    let (_, answer) = come_back(three, "c", &position(&client, &notice));
    assert_eq!(answer["recovered"], true);
}

#[test]
fn after_flushall_subscribers_learn_of_the_loss() {
    loses(Redis::start(), |redis| redis.execute("FLUSHALL"));
}

#[test]
fn after_a_restart_of_redis_subscribers_learn_of_the_loss() {
    loses(Redis::start(), |redis| {
        redis.kill();
        redis.run();
    });
}

#[test]
fn a_redis_that_kept_its_data_may_have_lost_the_last_events() {
    loses(Redis::durable(), |redis| {
        redis.kill();
        redis.run();
    });
}

#[test]
fn after_a_fail_over_subscribers_learn_of_the_loss() {
    loses(Sentinels::start(), Sentinels::fail_over);
}

#[test]
fn a_rolling_restart_loses_nothing() {
    let mut shared = three();
    let mut client = Client::connect(shared.servers()[0], &app());
    let mut before = begin(&mut client, "c");
    for node in 0..3 {
        let server = shared.nodes.servers.remove(node);
        client.socket.abort();
        trigger(&shared.nodes.servers[0], &app(), "c", "away", None);
        assert_eq!(server.terminate().code(), Some(0));
        let server = shared.node(node);
        shared.nodes.servers.insert(node, server);
        let answer;
        (client, answer) = come_back(shared.servers()[node], "c", &before);
        assert_eq!(answer["replayed"], 1, "{answer}");
        assert_eq!(next(&mut client, 1), events(&[("away", before.seq + 1)]));
        before = Position { seq: before.seq + 1, ..position(&client, &answer) };
    }
}
