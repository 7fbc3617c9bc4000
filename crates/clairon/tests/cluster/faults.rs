//! Three nodes and faults of their connections. Leases are two seconds here.

use clairon_test_servers::{Redis, eventually, until};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::http;
use clairon_tests::nodes::{Nodes, edges};
use clairon_tests::raw::{PONG, RawFrame, Received};
use clairon_tests::server::Server;
use rustix::process::Signal;
use serde_json::{Value, json};

fn app() -> App {
    App::new("faulty")
}

fn join(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server, &app());
    client.join("presence-x", &json!({"user_id": user}).to_string());
    client
}

/// Reads changes of members until these have arrived.
fn wait_for_changes(client: &mut Client, changes: &[&str]) {
    let mut awaited: Vec<&str> = changes.to_vec();
    while !awaited.is_empty() {
        let change = change(&client.socket.event());
        let place = awaited.iter().position(|awaited| *awaited == change);
        awaited.swap_remove(place.unwrap_or_else(|| panic!("{change} is none of {awaited:?}")));
    }
    client.expect_nothing();
}

fn change(event: &Value) -> String {
    let sign = match event["event"].as_str() {
        Some("pusher_internal:member_added") => '+',
        Some("pusher_internal:member_removed") => '-',
        _ => panic!("{event}"),
    };
    format!("{sign}{}", data(event)["user_id"].as_str().unwrap_or_default())
}

fn trigger(server: &Server) -> u16 {
    let body = json!({"name": "e", "channel": "public", "data": "d"});
    Request::post(&app(), "/events", &body).send(server).status
}

fn readiness(server: &Server) -> u16 {
    http::get(server, "/ready").status
}

#[test]
fn the_members_of_a_killed_node_are_removed_once() {
    let mut nodes = Nodes::brisk(3, app());
    let [one, two, three] = nodes.three();
    let mut ada = join(one, "ada");
    let _also_ada = join(three, "ada");
    let _bob = join(three, "bob");
    let _cem = join(two, "cem");
    wait_for_changes(&mut ada, &["+bob", "+cem"]);
    drop(nodes.servers.pop());
    wait_for_changes(&mut ada, &["-bob"]);
    nodes.wait_for_members("presence-x", &["ada", "cem"]);
    let removals = || nodes.edges("presence-x").iter().filter(|edge| *edge == "member_removed bob").count();
    assert_eq!(until("the edge is in the log", removals, |count| *count > 0), 1);
    let info = &[("info", "subscription_count")];
    let count = Request::get(&app(), "/channels/presence-x", info).send(&nodes.servers[0]).ok();
    assert_eq!(count["subscription_count"], 2);
}

#[test]
fn a_node_that_slept_past_its_lease_comes_back() {
    let nodes = Nodes::brisk(3, app());
    let [one, two, three] = nodes.three();
    let mut ada = join(one, "ada");
    let mut bob = join(three, "bob");
    wait_for_changes(&mut ada, &["+bob"]);
    three.signal(Signal::STOP);
    wait_for_changes(&mut ada, &["-bob"]);
    let _cem = join(two, "cem");
    wait_for_changes(&mut ada, &["+cem"]);
    three.signal(Signal::CONT);
    wait_for_changes(&mut ada, &["+bob"]);
    // All clients see the same history, even the one that was considered gone.
    wait_for_changes(&mut bob, &["-bob", "+cem", "+bob"]);
    nodes.wait_for_members("presence-x", &["ada", "bob", "cem"]);
    let mut dan = join(three, "dan");
    dan.expect_nothing();
    wait_for_changes(&mut ada, &["+dan"]);
}

#[test]
fn without_redis_nothing_is_lost_in_silence() {
    let mut nodes = Nodes::start(3, app());
    let mut ada = join(nodes.three()[0], "ada");
    let mut bob = join(nodes.three()[1], "bob");
    wait_for_changes(&mut ada, &["+bob"]);
    nodes.redis.kill();
    for server in nodes.three() {
        eventually("the node is not ready", || readiness(server) == 503);
        assert_eq!(trigger(server), 503);
    }
    // The clients stay and may send messages. A new subscription waits.
    ada.expect_nothing();
    let mut cem = Client::connect(nodes.three()[2], &app());
    cem.ask_to_join("presence-x", r#"{"user_id":"cem"}"#);
    cem.expect_nothing();
    // Redis comes back without its data, and no member is missing.
    nodes.redis.run();
    let snapshot = data(&cem.succeeded("presence-x"));
    assert!(snapshot["presence"]["ids"].as_array().is_some_and(|ids| ids.contains(&json!("cem"))), "{snapshot}");
    nodes.wait_for_members("presence-x", &["ada", "bob", "cem"]);
    for server in nodes.three() {
        eventually("the node is ready", || readiness(server) == 200);
        assert_eq!(trigger(server), 200);
    }
    wait_for_changes(&mut ada, &["+cem"]);
    wait_for_changes(&mut bob, &["+cem"]);
}

#[test]
fn a_frozen_redis_holds_nobody_up() {
    let nodes = Nodes::brisk(3, app());
    let [one, ..] = nodes.three();
    let mut ada = join(one, "ada");
    nodes.redis.freeze();
    assert_eq!(trigger(one), 503);
    ada.expect_nothing();
    eventually("the node is not ready", || readiness(one) == 503);
    nodes.redis.thaw();
    eventually("the node is ready", || readiness(one) == 200);
    eventually("events are taken again", || trigger(one) == 200);
    nodes.wait_for_members("presence-x", &["ada"]);
}

#[test]
fn a_redis_that_refuses_writes_is_told_of() {
    let nodes = Nodes::start(3, app());
    let [one, two, _] = nodes.three();
    let mut ada = join(one, "ada");
    nodes.redis.set("min-replicas-to-write", "1");
    eventually("the node is not ready", || readiness(one) == 503);
    let ready = http::get(one, "/ready");
    assert!(ready.json()["error"].as_str().is_some_and(|error| error.contains("NOREPLICAS")), "{ready:?}");
    nodes.redis.set("min-replicas-to-write", "0");
    eventually("the node is ready", || readiness(one) == 200);
    let _bob = join(two, "bob");
    nodes.wait_for_members("presence-x", &["ada", "bob"]);
    eventually("the other is told", || ada.fence().iter().any(|event| change(event) == "+bob"));
}

#[test]
fn a_node_that_is_stopped_sends_its_clients_to_the_others() {
    let mut nodes = Nodes::start(3, app());
    let mut ada = join(nodes.three()[0], "ada");
    let mut leaving: Vec<Client> = (0..10).map(|n| join(nodes.three()[2], &format!("u{n}"))).collect();
    nodes.wait_for_members("presence-x", &["ada", "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"]);
    let stopped = nodes.servers.pop().unwrap_or_else(|| panic!("no node"));
    stopped.signal(Signal::TERM);
    let _ = stopped.wait_for_log("the drain", |line| line["message"] == "draining");
    for client in &mut leaving {
        while client.socket.event()["event"] != "pusher:error" {}
        assert_eq!(client.socket.closed().0, Some(4200));
    }
    assert!(stopped.terminate().success());
    nodes.wait_for_members("presence-x", &["ada"]);
    // Each came and went once.
    let changes = ["+", "-"].map(|sign| (0..10).map(|n| format!("{sign}u{n}")).collect::<Vec<_>>()).concat();
    wait_for_changes(&mut ada, &changes.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(edges(&nodes.servers[0], &app(), "presence-x").iter().all(|edge| !edge.contains("Vacated")));
}

#[test]
fn a_client_event_that_waits_for_redis_does_not_hold_up_what_its_sender_gets() {
    let app = App::new("faulty").with("client_messages", true);
    let mut nodes = Nodes::over(Redis::start(), 0, std::slice::from_ref(&app));
    let node = nodes
        .node(0)
        .env("CLAIRON_REDIS_RESPONSE_SECONDS", "60")
        .env("CLAIRON_CLUSTER_LEASE_SECONDS", "600")
        .env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "1");
    nodes.servers.push(node.start());
    let [mut sender, mut listener] = [0, 1].map(|_| Client::connect(&nodes.servers[0], &app));
    sender.subscribe("private-x");
    listener.subscribe("private-x");
    nodes.redis.freeze();
    sender.whisper("private-x", "client-e", &json!(1));
    for client in [&mut sender, &mut listener] {
        assert!(matches!(client.socket.receive(), Received::Ping(_)));
        client.socket.send(&RawFrame::new(PONG, ""));
    }
    nodes.redis.thaw();
    let event = loop {
        match listener.socket.receive() {
            Received::Ping(_) => listener.socket.send(&RawFrame::new(PONG, "")),
            Received::Text(text) => break text,
            other => panic!("{other:?}"),
        }
    };
    assert!(event.contains("client-e"), "{event}");
}
