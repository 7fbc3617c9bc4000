//! A rolling restart: each node in turn stops and comes back, while backends publish and clients reconnect.

use std::net::TcpListener;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clairon_test_servers::{Redis, eventually, free_port};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http;
use clairon_tests::log::Log;
use clairon_tests::nodes::{Nodes, logged_edges, wait_for_members};
use clairon_tests::raw::Received;
use clairon_tests::server::Server;
use rustix::process::Signal;
use serde_json::{Value, json};

const CHANNEL: &str = "presence-x";
/// The number of clients of each node.
const CLIENTS: usize = 4;

fn app() -> App {
    App::new("rolling")
}

/// The published numbers that one connection has received.
#[derive(Debug, Default)]
struct Heard {
    /// The last number answered with 200 when its subscription succeeded.
    since: usize,
    numbers: Vec<usize>,
}

fn join(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server, &app());
    client.join(CHANNEL, &json!({"user_id": user}).to_string());
    client
}

/// Publishes the next number over a node.
fn publish(server: &Server, number: usize) {
    let body = json!({"name": "said", "channel": CHANNEL, "data": number.to_string()});
    assert_eq!(Request::post(&app(), "/events", &body).send(server).status, 200, "{number}");
}

fn number(event: &Value) -> Option<usize> {
    (event["event"] == "said").then(|| event["data"].as_str()?.parse().ok()).flatten()
}

impl Heard {
    /// Reads until the close frame. Its code must be 4200: reconnect at once.
    fn listen_to_the_end(&mut self, client: &mut Client) {
        loop {
            match client.socket.receive() {
                Received::Text(text) => {
                    let event = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                    self.numbers.extend(number(&event));
                }
                Received::Close(code, _) => return assert_eq!(code, Some(4200)),
                Received::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads until a number.
    fn listen_to(&mut self, client: &mut Client, last: usize) {
        while self.numbers.last() != Some(&last) {
            self.numbers.extend(number(&client.socket.event()));
        }
    }

    /// Asserts that it has received every number since its subscription.
    fn assert_whole(&self) {
        assert!(self.numbers.is_sorted_by(|one, next| one + 1 == *next), "{self:?}");
        assert!(self.numbers.first().is_none_or(|first| *first <= self.since + 1), "{self:?}");
    }
}

/// A client, the number of its node, and what it has received.
type Guest = (usize, Client, Heard);

/// Stops a node, and publishes over the others until all of its clients are disconnected. Returns the last number.
fn drain(nodes: &Nodes, node: usize, leaving: Vec<Guest>, last: usize) -> usize {
    nodes.servers[node].signal(Signal::TERM);
    eventually("it is not ready", || http::get(&nodes.servers[node], "/ready").status == 503);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let backend = scope.spawn(|| {
            let publish = |number: &usize| publish(&nodes.servers[(node + 1 + number % 2) % 3], *number);
            (last + 1..).inspect(publish).find(|_| is_over.load(Ordering::Relaxed))
        });
        for (_, mut client, mut heard) in leaving {
            heard.listen_to_the_end(&mut client);
            heard.assert_whole();
        }
        is_over.store(true, Ordering::Relaxed);
        backend.join().unwrap_or_else(|panic| resume_unwind(panic)).unwrap_or(last)
    })
}

/// Asserts that the log has the number of remaining clients for each wave.
fn assert_waves(log: &Log) {
    let lines = log.lines().into_iter().filter(|line| line["message"] == "draining");
    let left: Vec<u64> = lines.filter_map(|line| line["connections"].as_u64()).collect();
    assert!(left.len() >= 2 && left.is_sorted_by(|before, after| before >= after), "{left:?}");
    assert_eq!(left[0], CLIENTS as u64);
}

#[test]
fn a_rolling_restart_loses_nothing_and_leaves_no_ghost() {
    let mut nodes = Nodes::start(0, app());
    nodes.servers = (0..3).map(|node| nodes.node(node).port(free_port()).start()).collect();
    let users: Vec<String> = (0..3 * CLIENTS).map(|index| format!("u{index}")).collect();
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    let join = |nodes: &Nodes, index: usize, since| -> Guest {
        (index % 3, join(&nodes.servers[index % 3], &users[index]), Heard { since, ..Heard::default() })
    };
    let mut guests: Vec<Guest> = (0..users.len()).map(|index| join(&nodes, index, 0)).collect();
    let (mut last, mut logs) = (0, Vec::new());
    for node in 0..3 {
        let (leaving, staying) = guests.into_iter().partition(|(at, ..)| *at == node);
        guests = staying;
        last = drain(&nodes, node, leaving, last);
        for (_, client, heard) in &mut guests {
            heard.listen_to(client, last);
        }
        let stopped = nodes.servers.remove(node);
        let (port, log) = (stopped.port(), stopped.log().clone());
        assert!(stopped.terminate().success());
        assert_waves(&log);
        logs.push(log);
        nodes.servers.insert(node, nodes.node(node).port(port).start());
        guests.extend((node..users.len()).step_by(3).map(|index| join(&nodes, index, last)));
    }
    last += 1;
    publish(&nodes.servers[0], last);
    for (_, client, heard) in &mut guests {
        heard.listen_to(client, last);
        heard.assert_whole();
    }
    nodes.wait_for_members(CHANNEL, &names);
    let mut wanted = vec!["occupied".to_owned()];
    wanted.extend(users.iter().map(|user| format!("member_removed {user}")));
    wanted.extend([&users[..], &users[..]].concat().iter().map(|user| format!("member_added {user}")));
    wanted.sort();
    let edges = || {
        let stopped = logs.iter().flat_map(|log| logged_edges(log, &app(), CHANNEL));
        let mut edges: Vec<String> = stopped.chain(nodes.edges(CHANNEL)).collect();
        edges.sort();
        edges
    };
    eventually("all edges are told", || edges().len() >= wanted.len());
    assert_eq!(edges(), wanted);
}

/// Both processes have the same socket from a process manager.
#[test]
fn a_new_process_takes_new_clients_while_the_old_one_drains() {
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nodes = Nodes::over(Redis::start(), 0, &[app()]);
    let start = |node| {
        let node = nodes.node(node).passed(socket.try_clone().unwrap(), "");
        node.env("CLAIRON_SERVER_DRAIN_SECONDS", "5").start()
    };
    let old = start(0);
    // So many that the first of ten waves leaves some.
    let mut leaving: Vec<_> = (0..16).map(|user| (join(&old, &format!("old-{user}")), Heard::default())).collect();
    let new = start(1);
    assert_eq!(new.port(), old.port());
    old.signal(Signal::TERM);
    let _ = old.wait_for_log("the first wave", |line| line["message"] == "draining");
    publish(&new, 1);
    // The old process would refuse new clients, and its page says that it is not ready.
    let mut arriving: Vec<_> = (0..CLIENTS).map(|user| join(&new, &format!("new-{user}"))).collect();
    assert_eq!(http::get(&new, "/ready").status, 200);
    publish(&new, 2);
    for client in &mut arriving {
        Heard::default().listen_to(client, 2);
    }
    for (client, heard) in &mut leaving {
        heard.listen_to_the_end(client);
        heard.assert_whole();
    }
    assert!(leaving.iter().any(|(_, heard)| heard.numbers.contains(&1)), "{leaving:?}");
    assert!(old.ended().success());
    let users: Vec<String> = (0..CLIENTS).map(|user| format!("new-{user}")).collect();
    wait_for_members(&new, &app(), CHANNEL, &users.into_iter().collect());
    arriving[0].fence();
}
