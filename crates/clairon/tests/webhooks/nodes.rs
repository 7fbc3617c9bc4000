//! Several nodes with one database.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clairon_test_servers::{Redis, until};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::nodes::Nodes;
use clairon_tests::raw::Received as Frame;
use clairon_tests::server::{Builder, Server};
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Database, app, heard, member, once, wait_for_last};

/// Longer than the leases of endpoints.
const PATIENCE: Duration = Duration::from_mins(1);

struct Site {
    database: Database,
    nodes: Nodes<Redis>,
    app: App,
}

impl Site {
    fn start(nodes: usize, app: &App) -> Self {
        Self::with(nodes, app, Nodes::node)
    }

    /// A site in which the death of a node is noticed within a few seconds.
    fn brisk(nodes: usize, app: &App) -> Self {
        Self::with(nodes, app, Nodes::brisk_node)
    }

    fn with(nodes: usize, app: &App, node: fn(&Nodes, usize) -> Builder) -> Self {
        let mut site = Self {
            database: Database::postgres(),
            nodes: Nodes::over(Redis::start(), 0, std::slice::from_ref(app)),
            app: app.clone(),
        };
        site.nodes.servers = (0..nodes).map(|number| site.settle(node(&site.nodes, number)).start()).collect();
        site
    }

    fn builder(&self, node: usize) -> Builder {
        self.settle(self.nodes.node(node))
    }

    /// Gives a node the database, and so much patience that a client has time to come back on a busy machine.
    fn settle(&self, node: Builder) -> Builder {
        node.database(self.database.url())
            .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "4")
            .env("CLAIRON_WEBHOOKS_STARTUP_SECONDS", "5")
            .env("CLAIRON_LOG", "info,clairon_webhooks=debug")
    }

    fn server(&self, node: usize) -> &Server {
        &self.nodes.servers[node]
    }

    fn member(&self, node: usize, channel: &str, user: &str) -> Client {
        member(self.server(node), &self.app, channel, user)
    }
}

#[test]
fn an_edge_of_all_nodes_is_told_once() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let site = Site::start(2, &app);
    let mut here = site.member(0, "presence-n", "ada");
    let there = site.member(1, "presence-n", "ada");
    // She moves between the nodes.
    for node in [0, 1, 0, 1] {
        drop(here);
        here = site.member(node, "presence-n", "ada");
    }
    drop(there);
    // And is away from both for a moment.
    drop(here);
    let again = site.member(0, "presence-n", "ada");
    // Two nodes have observed them. Their order is certain once the first one is written.
    drop(wait_for_last(&receiver, "member_added presence-n ada"));
    let bob = site.member(1, "presence-n", "bob");
    drop(wait_for_last(&receiver, "member_added presence-n bob"));
    drop((again, bob));
    let all = wait_for_last(&receiver, "channel_vacated presence-n");
    let (first, last) = all.split_at(3);
    assert_eq!(first, ["channel_occupied presence-n", "member_added presence-n ada", "member_added presence-n bob"]);
    let mut removed = last[..2].to_vec();
    removed.sort();
    assert_eq!(removed, ["member_removed presence-n ada", "member_removed presence-n bob"]);
    assert_eq!(last[2..], ["channel_vacated presence-n"]);
}

#[test]
fn a_rolling_restart_makes_no_events() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let mut site = Site::start(3, &app);
    let mut clients: Vec<_> =
        (0..6).map(|user| Some(site.member(user % 3, "presence-n", &format!("user{user}")))).collect();
    let mut places: Vec<_> = (0..6).map(|user| user % 3).collect();
    for node in 0..3 {
        site.server(node).signal(Signal::TERM);
        // Each client of the node is closed, and comes back to another one at once.
        for user in 0..clients.len() {
            if places[user] != node {
                continue;
            }
            let mut client = clients[user].take().unwrap_or_else(|| panic!("client {user}"));
            while !matches!(client.socket.receive(), Frame::Close(..)) {}
            drop(client);
            places[user] = (node + 1) % 3;
            clients[user] = Some(site.member(places[user], "presence-n", &format!("user{user}")));
        }
        let replacement = site.builder(node).start();
        assert!(std::mem::replace(&mut site.nodes.servers[node], replacement).ended().success());
    }
    drop(clients);
    let all = wait_for_last(&receiver, "channel_vacated presence-n");
    let mut times = HashMap::new();
    for words in all {
        *times.entry(words).or_insert(0) += 1;
    }
    let users = |kind: &str| (0..6).map(|user| format!("{kind} presence-n user{user}")).collect::<Vec<_>>();
    let channel = ["channel_occupied presence-n", "channel_vacated presence-n"].map(str::to_owned);
    let expected: HashMap<_, _> = channel
        .into_iter()
        .chain(users("member_added"))
        .chain(users("member_removed"))
        .map(|words| (words, 1))
        .collect();
    assert_eq!(times, expected);
}

#[test]
fn what_a_killed_node_has_observed_is_told_by_another() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let mut site = Site::brisk(2, &app);
    let lost = site.member(1, "presence-n", "ada");
    let moving = site.member(1, "presence-n", "bob");
    let stays = site.member(0, "presence-n", "cem");
    drop(wait_for_last(&receiver, "member_added presence-n cem"));
    let killed = site.nodes.servers.remove(1);
    killed.signal(Signal::KILL);
    assert!(!killed.ended().success());
    drop((lost, moving));
    let moved = site.member(0, "presence-n", "bob");
    let all = wait_for_last(&receiver, "member_removed presence-n ada");
    assert_eq!(all.iter().filter(|words| words.starts_with("member_removed")).count(), 1, "{all:?}");
    drop((moved, stays));
    let all = wait_for_last(&receiver, "channel_vacated presence-n");
    assert_eq!(all.iter().filter(|words| words.starts_with("member_removed")).count(), 3, "{all:?}");
    assert_eq!(all.len(), 8, "{all:?}");
}

#[test]
fn what_a_killed_node_has_not_written_is_made_up_for() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let mut site = Site::brisk(2, &app);
    // The endpoint is known: what it does not know from now on is news.
    drop(site.member(0, "presence-first", "ada"));
    drop(wait_for_last(&receiver, "channel_vacated presence-first"));
    let before = receiver.requests().len();
    let users: Vec<_> = (0..20).map(|user| format!("user{user}")).collect();
    let mut clients: Vec<_> = users.iter().map(|_| Client::connect(site.server(1), &app)).collect();
    for (client, user) in clients.iter_mut().zip(&users) {
        client.ask_to_join("presence-n", &json!({"user_id": user}).to_string());
    }
    for client in &mut clients {
        client.succeeded("presence-n");
    }
    // The last members are in the ledger, and no node has written them to the database yet.
    let killed = site.nodes.servers.remove(1);
    killed.signal(Signal::KILL);
    assert!(!killed.ended().success());
    let back: Vec<_> = users.iter().map(|user| site.member(0, "presence-n", user)).collect();
    let added = |requests: &[Received]| {
        heard(&requests[before..]).iter().filter(|words| words.starts_with("member_added")).count()
    };
    let requests = receiver.wait_longer_for("all members", PATIENCE, |requests| added(requests) >= users.len());
    let mut heard = heard(&requests[before..]);
    assert_eq!(heard.remove(0), "channel_occupied presence-n");
    heard.sort();
    let mut expected: Vec<_> = users.iter().map(|user| format!("member_added presence-n {user}")).collect();
    expected.sort();
    assert_eq!(heard, expected);
    drop(back);
}

/// A receiver that answers with an error until the returned flag is set.
fn refusing() -> (WebhookReceiver, Arc<AtomicBool>) {
    let is_open = Arc::new(AtomicBool::new(false));
    let open = is_open.clone();
    let answer = move |_: &Received| Reply::Status(if open.load(Ordering::Relaxed) { 200 } else { 500 });
    (WebhookReceiver::answering(answer), is_open)
}

/// The node that delivers, as its log says.
fn deliverer(site: &Site) -> usize {
    let says = |node: &usize| {
        let lines = site.server(*node).log().lines();
        lines.iter().any(|line| line["message"] == "a webhook endpoint does not take a delivery")
    };
    let find = || (0..site.nodes.servers.len()).find(says);
    until("a node delivers", find, Option::is_some).unwrap_or_default()
}

/// The client events that the receiver took, each once.
fn taken(requests: &[Received], first: usize) -> Vec<String> {
    let requests = once(&requests[first..]);
    let events = requests.iter().flat_map(|request| &request.events);
    events.filter_map(|event| event["data"].as_str().map(str::to_owned)).collect()
}

/// Pending events for an endpoint that refuses them, and what is sent later over the other node.
fn pending(site: &Site, sender: usize, channel: &str) -> Client {
    let mut client = Client::connect(site.server(sender), &site.app);
    client.subscribe(channel);
    for number in 0..5 {
        client.whisper(channel, "client-number", &json!(number));
    }
    client.fence();
    client
}

#[test]
fn another_node_delivers_when_the_one_with_the_lease_is_killed() {
    let (receiver, is_open) = refusing();
    let app = app(&receiver);
    let mut site = Site::start(2, &app);
    let _first = pending(&site, 0, "private-a");
    let killed = deliverer(&site);
    let killed = site.nodes.servers.remove(killed);
    killed.signal(Signal::KILL);
    assert!(!killed.ended().success());
    is_open.store(true, Ordering::Relaxed);
    let first = receiver.requests().len();
    let _second = pending(&site, 0, "private-b");
    let requests = receiver.wait_longer_for("all are delivered", PATIENCE, |requests| {
        taken(requests, first.saturating_sub(1)).len() >= 10
    });
    let numbers = |channel: &str| {
        let requests = once(&requests);
        let events = requests.iter().flat_map(|request| &request.events).filter(|event| event["channel"] == channel);
        events.filter_map(|event| event["data"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    for channel in ["private-a", "private-b"] {
        assert_eq!(numbers(channel), ["0", "1", "2", "3", "4"], "{channel}");
    }
}

#[test]
fn a_node_that_was_paused_sends_nothing_twice() {
    let (receiver, is_open) = refusing();
    let app = app(&receiver);
    let site = Site::start(2, &app);
    let _first = pending(&site, 0, "private-a");
    let paused = deliverer(&site);
    let other = 1 - paused;
    site.server(paused).signal(Signal::STOP);
    is_open.store(true, Ordering::Relaxed);
    let _second = pending(&site, other, "private-b");
    let all = |requests: &[Received]| taken(requests, 0).len() >= 10;
    drop(receiver.wait_longer_for("the other node delivers", PATIENCE, all));
    site.server(paused).signal(Signal::CONT);
    let _third = pending(&site, paused, "private-c");
    let requests = receiver.wait_longer_for("the rest", PATIENCE, |requests| taken(requests, 0).len() >= 15);
    // What was refused came again with its id; nothing that was taken did.
    let mut accepted = HashMap::new();
    for request in &requests {
        *accepted.entry(request.delivery().to_owned()).or_insert(0) += 1;
    }
    let of_b_and_c = requests.iter().filter(|request| {
        request.events.iter().any(|event| event["channel"] == "private-b" || event["channel"] == "private-c")
    });
    for request in of_b_and_c {
        assert_eq!(accepted[request.delivery()], 1, "{request:?}");
    }
    let heard = heard(&requests);
    for channel in ["private-a", "private-b", "private-c"] {
        let words = format!("client_event {channel}");
        assert_eq!(heard.iter().filter(|heard| **heard == words).count(), 5, "{channel}");
    }
}
