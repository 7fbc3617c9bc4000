//! A node whose own connection to Redis is cut, frozen or slow, while the others have no problem.

use std::collections::BTreeSet;
use std::time::Duration;

use clairon_test_servers::{Proxy, eventually, until};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::http;
use clairon_tests::nodes::{Nodes, Proxied, members, wait_for_gap};
use clairon_tests::server::Server;
use serde_json::{Value, json};

const CHANNEL: &str = "presence-x";
/// The data of an event that was answered with 503 because Redis did not answer. It may still have been published.
const REFUSED: &str = "refused";

fn app() -> App {
    App::new("parted")
}

fn start() -> Nodes<Proxied> {
    Nodes::over(Proxied::start(3), 3, &[app()])
}

fn start_brisk() -> Nodes<Proxied> {
    Nodes::brisk_over(Proxied::start(3), 3, &[app()])
}

fn join(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server, &app());
    client.join(CHANNEL, &json!({"user_id": user}).to_string());
    client
}

fn trigger(server: &Server, text: &str) -> u16 {
    let body = json!({"name": "said", "channel": CHANNEL, "data": text});
    Request::post(&app(), "/events", &body).send(server).status
}

fn is_ready(server: &Server) -> bool {
    http::get(server, "/ready").status == 200
}

/// An event in one word: `+user`, `-user`, or its data.
fn word(event: &Value) -> String {
    let user = || data(event)["user_id"].as_str().unwrap_or_default().to_owned();
    match event["event"].as_str() {
        Some("pusher_internal:member_added") => format!("+{}", user()),
        Some("pusher_internal:member_removed") => format!("-{}", user()),
        Some("said") => event["data"].as_str().unwrap_or_default().to_owned(),
        _ => panic!("{event}"),
    }
}

/// The next event other than [`REFUSED`].
fn next(client: &mut Client) -> String {
    let mut words = std::iter::repeat_with(|| word(&client.socket.event()));
    words.find(|word| word != REFUSED).unwrap_or_default()
}

/// Asserts that the next events are these, in this order.
fn expect(client: &mut Client, words: &[&str]) {
    let heard: Vec<String> = words.iter().map(|_| next(client)).collect();
    assert_eq!(heard, words);
}

/// Asserts that the next events are these, in any order.
fn expect_all(client: &mut Client, words: &[&str]) {
    let heard: BTreeSet<String> = words.iter().map(|_| next(client)).collect();
    assert_eq!(heard, words.iter().map(|&word| word.to_owned()).collect());
}

/// One node loses Redis for longer than its lease. The others continue without it, and it comes back with all its
/// clients.
fn part(separate: fn(&Proxy)) {
    let nodes = start_brisk();
    let [one, two, three] = nodes.three();
    let proxy = &nodes.redis.proxies[2];
    let mut ada = join(one, "ada");
    let mut bob = join(two, "bob");
    let mut cem = join(three, "cem");
    expect(&mut ada, &["+bob", "+cem"]);
    expect(&mut bob, &["+cem"]);
    separate(proxy);
    eventually("the node says that it is cut off", || !is_ready(three));
    let reason = http::get(three, "/ready").json()["error"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("Redis") || reason.contains("nodes"), "{reason}");
    assert_eq!(trigger(three, REFUSED), 503);
    assert!(is_ready(one) && is_ready(two));
    assert_eq!(trigger(one, "without cem"), 200);
    expect_all(&mut ada, &["without cem", "-cem"]);
    expect_all(&mut bob, &["without cem", "-cem"]);
    let mut dan = join(two, "dan");
    expect(&mut ada, &["+dan"]);
    // A client on the cut-off node stays connected and misses events.
    cem.expect_nothing();
    proxy.mend();
    eventually("the node is back", || is_ready(three));
    expect(&mut ada, &["+cem"]);
    expect(&mut bob, &["+dan", "+cem"]);
    expect(&mut dan, &["+cem"]);
    eventually("it publishes", || trigger(three, "again") == 200);
    for client in [&mut ada, &mut bob, &mut dan] {
        expect(client, &["again"]);
    }
    // It gets what its node has missed, including its own absence if the ledger had noticed that. Delayed events may
    // still arrive.
    let mut heard = Vec::new();
    while heard.last().is_none_or(|word| word != "again") {
        heard.push(next(&mut cem));
    }
    heard.retain(|word| word != "without cem");
    heard.sort();
    assert!(heard == ["+cem", "+dan", "-cem", "again"] || heard == ["+dan", "again"], "{heard:?}");
    nodes.wait_for_members(CHANNEL, &["ada", "bob", "cem", "dan"]);
    let is_of_cem = |edge: &String| edge.contains("cem");
    let cem_edges = || nodes.edges(CHANNEL).into_iter().filter(is_of_cem).collect::<Vec<_>>();
    let cem_edges = until("the edges are in the log", cem_edges, |edges| edges.len() >= 3);
    assert_eq!(cem_edges, ["member_added cem", "member_added cem", "member_removed cem"]);
}

#[test]
fn a_node_that_is_cut_off_comes_back() {
    part(Proxy::cut);
}

#[test]
fn a_node_whose_connections_are_frozen_comes_back() {
    part(Proxy::freeze);
}

#[test]
fn a_hiccup_is_nobodys_leaving() {
    let nodes = start();
    let [one, _, three] = nodes.three();
    let mut ada = join(one, "ada");
    let mut cem = join(three, "cem");
    expect(&mut ada, &["+cem"]);
    nodes.redis.proxies[2].hiccup();
    wait_for_gap(three);
    // A node may notice that its other connections are lost only when it next uses them, and then answers 503.
    eventually("both publish", || trigger(three, "probe") == 200 && is_ready(three));
    let mut dan = join(one, "dan");
    assert_eq!(trigger(one, "end"), 200);
    let heard = |client: &mut Client| {
        let words = std::iter::repeat_with(|| word(&client.socket.event()));
        let told: Vec<String> = words.take_while(|word| word != "end").filter(|word| word != "probe").collect();
        told
    };
    assert_eq!(heard(&mut ada), ["+dan"]);
    assert_eq!(heard(&mut cem), ["+dan"]);
    assert_eq!(heard(&mut dan), Vec::<String>::new());
    let edges = ["member_added ada", "member_added cem", "member_added dan", "occupied"];
    nodes.wait_for_edges(CHANNEL, &edges.map(str::to_owned));
}

#[test]
fn a_slow_way_to_redis_loses_nothing() {
    const EVENTS: usize = 10;
    let nodes = start();
    let [one, two, three] = nodes.three();
    let mut ada = join(one, "ada");
    nodes.redis.proxies[2].slow(Duration::from_millis(50));
    let mut cem = join(three, "cem");
    let _also_cem = join(two, "cem");
    expect(&mut ada, &["+cem"]);
    let said: Vec<String> = (0..EVENTS).map(|n| format!("m{n}")).collect();
    for (text, server) in said.iter().zip([one, two, three].into_iter().cycle()) {
        assert_eq!(trigger(server, text), 200);
    }
    for client in [&mut ada, &mut cem] {
        expect(client, &said.iter().map(String::as_str).collect::<Vec<_>>());
        client.expect_nothing();
    }
    assert!(is_ready(three));
    cem.unsubscribe(CHANNEL);
    cem.expect_nothing();
    nodes.wait_for_members(CHANNEL, &["ada", "cem"]);
    ada.expect_nothing();
}

#[test]
fn a_way_to_redis_that_is_too_slow_is_told_of() {
    let nodes = start_brisk();
    let [one, _, three] = nodes.three();
    let mut ada = join(one, "ada");
    let proxy = &nodes.redis.proxies[2];
    // More than `redis.response_seconds`, which is 2 here.
    proxy.slow(Duration::from_secs(5));
    assert_eq!(trigger(three, REFUSED), 503);
    eventually("the node says so", || !is_ready(three));
    assert!(is_ready(one));
    proxy.mend();
    eventually("it is ready", || is_ready(three));
    eventually("it publishes", || trigger(three, "again") == 200);
    expect(&mut ada, &["again"]);
    assert_eq!(members(one, &app(), CHANNEL), Some(BTreeSet::from(["ada".to_owned()])));
}
