//! Features of a single node that work the same with three nodes.

use std::sync::Barrier;
use std::thread;

use clairon_test_servers::eventually;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::nodes::Nodes;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::Server;
use serde_json::{Value, json};

fn app() -> App {
    ["client_messages", "subscription_counts", "watchlist"]
        .into_iter()
        .fold(App::new("shared"), |app, field| app.with(field, true))
}

/// A client on each node.
fn clients(nodes: &Nodes) -> [Client; 3] {
    nodes.three().map(|server| Client::connect(server, &app()))
}

fn trigger(server: &Server, body: &Value) {
    assert_eq!(Request::post(&app(), "/events", body).send(server).ok(), json!({}));
}

fn event(channel: &str, data: &str) -> Value {
    json!({"name": "e", "channels": [channel], "data": data})
}

/// Reads events until the next one with this name.
fn next(client: &mut Client, name: &str) -> Value {
    loop {
        let event = client.socket.event();
        if event["event"] == name {
            return event;
        }
    }
}

#[test]
fn an_event_reaches_all_nodes_but_not_its_sender() {
    let nodes = Nodes::start(3, app());
    let mut clients = clients(&nodes);
    for channel in ["public", "private-x", "presence-x", "private-encrypted-x", "cache-x", "private-cache-x"] {
        for (index, client) in clients.iter_mut().enumerate() {
            if channel.starts_with("presence-") {
                client.ask_to_join(channel, &json!({"user_id": format!("u{index}")}).to_string());
            } else {
                let auth = client.auth(channel, None);
                client.send("pusher:subscribe", &json!({"channel": channel, "auth": auth}));
            }
            next(client, "pusher_internal:subscription_succeeded");
        }
        for (index, server) in nodes.three().into_iter().enumerate() {
            let mut excluding = event(channel, "without the next");
            excluding["socket_id"] = json!(clients[(index + 1) % 3].socket_id);
            trigger(server, &excluding);
            trigger(server, &event(channel, "for all"));
            for (other, client) in clients.iter_mut().enumerate() {
                if other != (index + 1) % 3 {
                    assert_eq!(next(client, "e")["data"], "without the next", "{channel}");
                }
                assert_eq!(next(client, "e")["data"], "for all", "{channel}");
            }
        }
    }
    // A whisper reaches all others, with the authorized id of its sender.
    let [one, rest @ ..] = &mut clients;
    one.whisper("presence-x", "client-hello", &json!({"n": 1}));
    for client in rest {
        let whisper = next(client, "client-hello");
        assert_eq!((&whisper["user_id"], &whisper["channel"]), (&json!("u0"), &json!("presence-x")));
    }
    assert!(one.fence().iter().all(|event| event["event"] != "client-hello"));
}

#[test]
fn a_user_on_all_nodes_is_one_member() {
    let nodes = Nodes::start(3, app());
    let mut watcher = Client::connect(nodes.three()[0], &app());
    assert_eq!(watcher.join("presence-x", r#"{"user_id":"watcher"}"#)["count"], 1);
    let mut clients = [clients(&nodes), clients(&nodes)];
    thread::scope(|scope| {
        for (index, client) in clients.iter_mut().flatten().enumerate() {
            // The same user at the same time on all nodes, and a different user on each.
            scope.spawn(move || {
                client.ask_to_join("presence-x", r#"{"user_id":"ada","user_info":{"n":1}}"#);
                client.ask_to_join("presence-x-more", &format!(r#"{{"user_id":{index}}}"#));
                for _ in 0..2 {
                    next(client, "pusher_internal:subscription_succeeded");
                }
            });
        }
    });
    nodes.wait_for_members("presence-x", &["ada", "watcher"]);
    nodes.wait_for_members("presence-x-more", &["0", "1", "2", "3", "4", "5"]);
    for server in nodes.three() {
        let info = &[("info", "user_count,subscription_count")];
        let channel = Request::get(&app(), "/channels/presence-x", info).send(server).ok();
        assert_eq!(channel, json!({"occupied": true, "user_count": 2, "subscription_count": 7}));
    }
    let added = watcher.expect("pusher_internal:member_added");
    assert_eq!(data(&added), json!({"user_id": "ada", "user_info": {"n": 1}}));
    watcher.expect_nothing();
    // All connections but one end, in every possible way. Then the last one ends.
    let [[mut last, quiet, aborted], others] = clients;
    quiet.socket.abort();
    aborted.socket.abort();
    for client in others {
        client.socket.abort();
    }
    eventually("two connections", || {
        let channel = Request::get(&app(), "/channels/presence-x", &[("info", "subscription_count")]);
        channel.send(nodes.three()[1]).ok()["subscription_count"] == 2
    });
    watcher.expect_nothing();
    last.unsubscribe("presence-x");
    let removed = watcher.expect("pusher_internal:member_removed");
    assert_eq!(data(&removed), json!({"user_id": "ada"}));
    drop(last);
    watcher.socket.abort();
    let edges = ["ada", "watcher"].map(|user| [format!("member_added {user}"), format!("member_removed {user}")]);
    let mut expected = edges.concat();
    expected.extend(["occupied".to_owned(), "vacated".to_owned()]);
    expected.sort();
    nodes.wait_for_edges("presence-x", &expected);
}

#[test]
fn members_are_limited_over_all_nodes() {
    let nodes = Nodes::start(3, app().with("presence_members", 2));
    let [mut a, mut b, mut c] = clients(&nodes);
    a.join("presence-x", r#"{"user_id":"ada"}"#);
    b.join("presence-x", r#"{"user_id":"bob"}"#);
    c.ask_to_join("presence-x", r#"{"user_id":"cem"}"#);
    let refusal = c.expect("pusher:subscription_error");
    assert_eq!(data(&refusal)["status"], 403);
    c.expect("pusher:error");
    // A member may subscribe again.
    assert_eq!(c.join("presence-x", r#"{"user_id":"ada"}"#)["count"], 2);
    nodes.wait_for_members("presence-x", &["ada", "bob"]);
}

#[test]
fn the_bytes_of_members_are_limited_over_all_nodes() {
    let nodes = Nodes::start(3, app().with("snapshot_bytes", 1_000));
    let [mut a, mut b, _] = clients(&nodes);
    let member = |id: &str, size| json!({"user_id": id, "user_info": "x".repeat(size)}).to_string();
    a.join("presence-x", &member("ada", 600));
    b.ask_to_join("presence-x", &member("bob", 600));
    let refusal = b.expect("pusher:subscription_error");
    assert_eq!(data(&refusal)["status"], 403);
    assert!(data(&refusal)["error"].as_str().is_some_and(|error| error.contains("snapshot_bytes")), "{refusal}");
    b.expect("pusher:error");
    b.join("presence-x", &member("bob", 200));
    nodes.wait_for_members("presence-x", &["ada", "bob"]);
}

#[test]
fn remembered_events_are_limited_over_all_nodes() {
    // A third of the limit, which is the part of each node, holds one event with its frame and its data.
    let app = app().with("cached_bytes", 3 * 150_000);
    let nodes = Nodes::start(3, app.clone());
    let [one, two, _] = nodes.three();
    let is_remembered = |server: &Server, channel: &str| {
        let path = format!("/channels/{channel}");
        !Request::get(&app, &path, &[("info", "cache")]).send(server).ok()["cache"].is_null()
    };
    let data = "x".repeat(60_000);
    let mut client = Client::connect(two, &app);
    client.subscribe("cache-a");
    client.expect("pusher:cache_miss");
    // The nodes know each other after a heartbeat. Before that, one of them uses more than its part.
    eventually("only the part of a node is remembered", || {
        for channel in ["cache-a", "cache-b"] {
            api::trigger(one, &app, channel, "e", &data);
        }
        eventually("the last one", || is_remembered(two, "cache-b"));
        !is_remembered(two, "cache-a")
    });
    // The node with a subscriber forgets its copy too. Later subscribers get a cache miss.
    let late = || {
        let mut client = Client::connect(two, &app);
        client.subscribe("cache-a");
        client.socket.event()["event"] == "pusher:cache_miss"
    };
    eventually("the end of the copy", late);
}

#[test]
fn connections_are_limited_over_all_nodes() {
    let app = App::new("shared").with("capacity", 2);
    let nodes = Nodes::start(3, app.clone());
    let [one, two, three] = nodes.three();
    let [first, _second] = [one, two].map(|server| Client::connect(server, &app));
    let mut third = RawSocket::open(three, &format!("/app/{}?protocol=7", app.key));
    assert_eq!(third.event()["data"]["code"], 4004);
    assert_eq!(third.closed().0, Some(4004));
    first.socket.abort();
    eventually("room for another", || {
        let mut socket = RawSocket::open(three, &format!("/app/{}?protocol=7", app.key));
        socket.event()["event"] == "pusher:connection_established"
    });
}

#[test]
fn every_node_tells_how_many_clients_all_have() {
    for app in [App::new("shared"), App::new("shared").with("capacity", 100)] {
        let mut nodes = Nodes::brisk(3, app.clone());
        let count = |server: &Server| Request::get(&app, "/connections", &[]).send(server).ok();
        let all_tell = |nodes: &Nodes, connections: usize| {
            eventually("the count on every node", || {
                nodes.servers.iter().all(|server| count(server) == json!({ "connections": connections }))
            });
        };
        all_tell(&nodes, 0);
        let [one, two, _] = nodes.three();
        let [_first, second, third] = [one, one, two].map(|server| Client::connect(server, &app));
        // A node counts its own clients at once.
        assert!(count(one)["connections"].as_u64() >= Some(2));
        all_tell(&nodes, 3);
        second.socket.abort();
        all_tell(&nodes, 2);
        // The clients of a stopped node are no longer counted.
        drop(nodes.servers.remove(1));
        all_tell(&nodes, 1);
        drop(third);
    }
}

#[test]
fn subscribers_are_counted_over_all_nodes() {
    let nodes = Nodes::start(3, app());
    let mut clients = clients(&nodes);
    for (index, client) in clients.iter_mut().enumerate() {
        client.subscribe("counted");
        let count = next(client, "pusher_internal:subscription_count");
        assert_eq!(data(&count)["subscription_count"], index + 1);
    }
    let counts = |client: &mut Client| data(&next(client, "pusher_internal:subscription_count"));
    assert_eq!(
        [counts(&mut clients[0]), counts(&mut clients[0])].map(|count| count["subscription_count"].clone()),
        [2, 3]
    );
    let body = json!({"name": "e", "channel": "counted", "data": "d", "info": "subscription_count"});
    for server in nodes.three() {
        let answer = Request::post(&app(), "/events", &body).send(server).ok();
        assert_eq!(answer, json!({"channels": {"counted": {"subscription_count": 3}}}));
        let channels = Request::get(&app(), "/channels", &[("info", "subscription_count")]).send(server).ok();
        assert_eq!(channels, json!({"channels": {"counted": {"subscription_count": 3}}}));
    }
}

#[test]
fn a_cache_channel_is_remembered_by_all() {
    let nodes = Nodes::start(3, app());
    let [one, two, three] = nodes.three();
    let mut early = Client::connect(one, &app());
    early.subscribe("cache-x");
    early.expect("pusher:cache_miss");
    trigger(two, &event("cache-x", "first"));
    trigger(three, &event("cache-x", "second"));
    assert_eq!([next(&mut early, "e"), next(&mut early, "e")].map(|event| event["data"].clone()), ["first", "second"]);
    early.socket.abort();
    for server in [one, two, three] {
        let mut late = Client::connect(server, &app());
        late.subscribe("cache-x");
        assert_eq!(late.expect("e")["data"], "second");
        let cache = Request::get(&app(), "/channels/cache-x", &[("info", "cache")]).send(server).ok();
        assert_eq!(cache["cache"]["data"], "second");
    }
}

#[test]
fn users_are_reached_and_watched_everywhere() {
    let nodes = Nodes::start(3, app());
    let [mut watcher, mut bob, mut bob_again] = clients(&nodes);
    watcher.sign_in(r#"{"id":"ada","watchlist":["bob","cem"]}"#);
    let changes = |event: &Value| data(event)["events"].clone();
    let state = changes(&watcher.expect("pusher_internal:watchlist_events"));
    assert_eq!(state, json!([{"name": "offline", "user_ids": ["bob", "cem"]}]));
    bob.sign_in(r#"{"id":"bob"}"#);
    bob_again.sign_in(r#"{"id":"bob"}"#);
    let online = changes(&watcher.expect("pusher_internal:watchlist_events"));
    assert_eq!(online, json!([{"name": "online", "user_ids": ["bob"]}]));
    watcher.expect_nothing();
    trigger(nodes.three()[0], &event("#server-to-user-bob", "hello"));
    for client in [&mut bob, &mut bob_again] {
        assert_eq!(client.expect("e")["data"], "hello");
    }
    let answer = Request::post(&app(), "/users/bob/terminate_connections", &json!({})).send(nodes.three()[0]);
    assert_eq!(answer.ok(), json!({}));
    for client in [&mut bob, &mut bob_again] {
        client.expect("pusher:error");
        assert_eq!(client.socket.closed().0, Some(4009));
    }
    let offline = changes(&watcher.expect("pusher_internal:watchlist_events"));
    assert_eq!(offline, json!([{"name": "offline", "user_ids": ["bob"]}]));
    let channels = Request::get(&app(), "/channels", &[]).send(nodes.three()[1]).ok();
    assert_eq!(channels, json!({"channels": {}}), "users are no channels");
}

#[test]
fn all_hear_the_same_order() {
    const EVENTS: usize = 40;
    let nodes = Nodes::start(3, app());
    let mut clients = clients(&nodes);
    for client in &mut clients {
        client.subscribe("order");
    }
    thread::scope(|scope| {
        for (index, server) in nodes.three().into_iter().enumerate() {
            scope.spawn(move || (0..EVENTS).for_each(|n| trigger(server, &event("order", &format!("{index}:{n}")))));
        }
    });
    let heard = clients.map(|mut client| -> Vec<String> {
        (0..3 * EVENTS).map(|_| next(&mut client, "e")["data"].as_str().unwrap_or_default().to_owned()).collect()
    });
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
    for index in 0..3 {
        let own: Vec<_> = heard[0].iter().filter(|text| text.starts_with(&format!("{index}:"))).collect();
        assert!(own.iter().enumerate().all(|(n, text)| **text == format!("{index}:{n}")), "{own:?}");
    }
}

#[test]
fn what_nobody_heard_is_remembered_by_all() {
    let nodes = Nodes::start(3, app());
    for (index, server) in nodes.three().into_iter().enumerate() {
        // No node has ever had a subscriber of this channel, and the node that gets the event will not have one.
        let channel = format!("private-cache-{index}");
        trigger(server, &event(&channel, "unheard"));
        for other in [(index + 1) % 3, (index + 2) % 3] {
            let mut late = Client::connect(nodes.three()[other], &app());
            late.subscribe(&channel);
            assert_eq!(next(&mut late, "e")["data"], "unheard");
        }
    }
}

#[test]
fn nothing_is_missed_from_the_success_on() {
    const EVENTS: usize = 300;
    let nodes = Nodes::start(3, app());
    let [one, two, three] = nodes.three();
    // While a backend publishes without pause, others subscribe, on nodes with and without earlier subscribers.
    let number = |event: &Value| event["data"].as_str().and_then(|text| text.parse::<usize>().ok());
    let all_are_there = &Barrier::new(5);
    thread::scope(|scope| {
        for server in [two, three, two, three] {
            scope.spawn(move || {
                let mut client = Client::connect(server, &app());
                client.subscribe("flow");
                all_are_there.wait();
                let heard = std::iter::repeat_with(|| number(&next(&mut client, "e")));
                let heard: Vec<usize> = heard.map_while(|number| number.filter(|number| *number != 0)).collect();
                assert!(heard.is_sorted_by(|before, after| before + 1 == *after), "{heard:?}");
                assert!(heard.is_empty() || heard.last() == Some(&EVENTS), "{heard:?}");
            });
        }
        (1..=EVENTS).for_each(|n| trigger(one, &event("flow", &n.to_string())));
        all_are_there.wait();
        trigger(one, &event("flow", "0"));
    });
}
