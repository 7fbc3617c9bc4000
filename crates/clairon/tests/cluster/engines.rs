//! The same with each kind of Redis: one that keeps its data, Sentinels, and a Redis Cluster.

use clairon_test_servers::{Redis, RedisCluster, Sentinels, eventually};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::http;
use clairon_tests::nodes::{Engine, Nodes, wait_for_gap};
use clairon_tests::server::Server;
use serde_json::{Value, json};

/// Enough channels for each shard of a Redis Cluster to have some.
const CHANNELS: usize = 12;

fn app() -> App {
    App::new("engines")
}

fn channels() -> impl Iterator<Item = String> {
    (0..CHANNELS).map(|index| format!("presence-{index}"))
}

/// A client on every channel.
fn join_all(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server, &app());
    for channel in channels() {
        client.join(&channel, &json!({"user_id": user}).to_string());
    }
    client
}

fn trigger(server: &Server, channel: &str, text: &str) -> u16 {
    let body = json!({"name": "said", "channel": channel, "data": text});
    Request::post(&app(), "/events", &body).send(server).status
}

fn change(event: &Value) -> (String, String, String) {
    let field = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    (field("event"), field("channel"), data(event)["user_id"].as_str().unwrap_or_default().to_owned())
}

/// Reads events until each channel has had its last change, which must be of this kind and user.
fn expect_everywhere(client: &mut Client, name: &str, user: &str) {
    let mut told: Vec<_> = channels().map(|_| change(&client.socket.event())).collect();
    let mut wanted: Vec<_> = channels().map(|channel| (name.to_owned(), channel, user.to_owned())).collect();
    told.sort();
    wanted.sort();
    assert_eq!(told, wanted);
}

/// Asserts that an event on each channel from each node reaches all clients in the same order.
fn speak(servers: [&Server; 3], clients: &mut [&mut Client]) {
    for channel in channels() {
        for (index, server) in servers.into_iter().enumerate() {
            eventually(&format!("node {index} publishes on {channel}"), || trigger(server, &channel, "probe") == 200);
        }
        assert_eq!(trigger(servers[0], &channel, "end"), 200);
        let heard = clients.iter_mut().map(|client| heard_up_to_end(client, &channel)).collect::<Vec<_>>();
        assert!(heard.iter().all(|probes| *probes == heard[0] && *probes >= 3), "{channel}: {heard:?}");
    }
}

fn heard_up_to_end(client: &mut Client, channel: &str) -> usize {
    let events = std::iter::repeat_with(|| client.socket.event());
    let said =
        events.inspect(|event| assert_eq!((&event["event"], &event["channel"]), (&json!("said"), &json!(channel))));
    said.take_while(|event| event["data"] != "end").count()
}

/// Redis may have a fault that loses no data: clients are not notified of anything, and everything continues.
fn survive<E: Engine>(redis: E, fault: Option<fn(&mut E)>) {
    let mut nodes = Nodes::over(redis, 3, &[app()]);
    let mut ada = join_all(nodes.three()[0], "ada");
    let mut bob = join_all(nodes.three()[1], "bob");
    expect_everywhere(&mut ada, "pusher_internal:member_added", "bob");
    speak(nodes.three(), &mut [&mut ada, &mut bob]);
    if let Some(fault) = fault {
        fault(&mut nodes.redis);
        nodes.servers.iter().for_each(wait_for_gap);
    }
    for server in nodes.three() {
        eventually("the node is ready", || http::get(server, "/ready").status == 200);
    }
    speak(nodes.three(), &mut [&mut ada, &mut bob]);
    let cem = join_all(nodes.three()[2], "cem");
    for client in [&mut ada, &mut bob] {
        expect_everywhere(client, "pusher_internal:member_added", "cem");
    }
    for channel in channels() {
        nodes.wait_for_members(&channel, &["ada", "bob", "cem"]);
    }
    cem.socket.abort();
    for client in [&mut ada, &mut bob] {
        expect_everywhere(client, "pusher_internal:member_removed", "cem");
        client.expect_nothing();
    }
    for channel in channels() {
        let edges = ["ada", "bob", "cem"].map(|user| format!("member_added {user}"));
        let wanted = [&edges[..], &["member_removed cem".to_owned(), "occupied".to_owned()]].concat();
        nodes.wait_for_edges(&channel, &wanted);
    }
}

#[test]
fn a_redis_that_keeps_its_data_restarts() {
    let restart = |redis: &mut Redis| {
        redis.kill();
        redis.run();
    };
    survive(Redis::durable(), Some(restart));
}

#[test]
fn sentinels_replace_the_master() {
    survive(Sentinels::start(), Some(Sentinels::fail_over));
}

#[test]
fn a_redis_cluster_replaces_a_master() {
    survive(RedisCluster::start(), Some(RedisCluster::fail_over));
}

#[test]
fn clients_are_served_by_a_redis_cluster() {
    survive(RedisCluster::start(), None);
}
