//! `kill -9` between an event and its delivery, again and again: what was in the database is delivered in the end, in
//! the order of each channel, and twice only with the same id.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clairon_test_servers::until;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Database, metric, once, server};

/// How often the server is killed on each database, unless the variable says otherwise.
const CRASHES: usize = 20;
const CRASHES_VARIABLE: &str = "CLAIRON_TEST_CRASHES";
const CHANNELS: [&str; 3] = ["private-a", "private-b", "private-c"];
/// How many events of each channel are in the database for certain before each crash.
const CERTAIN: usize = 4;
/// How many more are sent at the same moment as the signal.
const UNCERTAIN: usize = 3;

#[test]
fn nothing_is_lost_on_sqlite() {
    crash(&Database::sqlite());
}

#[test]
fn nothing_is_lost_on_postgres() {
    crash(&Database::postgres());
}

#[test]
fn nothing_is_lost_on_mysql() {
    crash(&Database::mysql());
}

fn crash(database: &Database) {
    let is_calm = Arc::new(AtomicBool::new(false));
    let calm = is_calm.clone();
    // Each third attempt fails, and some answers take their time, so that something is always on its way.
    let receiver = WebhookReceiver::answering(move |request| {
        let chance = request.body.bytes().map(usize::from).sum::<usize>() + request.connection;
        if calm.load(Ordering::Relaxed) {
            return Reply::Status(200);
        }
        thread::park_timeout(Duration::from_millis((chance % 4 * 5) as u64));
        Reply::Status(if chance % 3 == 0 { 500 } else { 200 })
    });
    let app = App::new("crash")
        .with("client_messages", true)
        .with("client_events_per_second", 1_000)
        .with("webhook_url", receiver.url());
    let crashes = std::env::var(CRASHES_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(CRASHES);
    let mut certain = Vec::new();
    let mut number = 0;
    for round in 0..crashes {
        let running = server(database, &app).start();
        let mut client = Client::connect(&running, &app);
        for channel in CHANNELS {
            client.subscribe(channel);
        }
        let before = written(&running);
        for _ in 0..CERTAIN {
            number += 1;
            for channel in CHANNELS {
                client.whisper(channel, "client-number", &json!(number));
                certain.push((channel, number));
            }
        }
        let wanted = before + (CERTAIN * CHANNELS.len()) as u64;
        until("the events are in the database", || written(&running), |written| *written >= wanted);
        for _ in 0..UNCERTAIN {
            number += 1;
            for channel in CHANNELS {
                client.whisper(channel, "client-number", &json!(number));
            }
        }
        thread::park_timeout(Duration::from_millis((round * 7 % 60) as u64));
        running.signal(Signal::KILL);
        assert!(!running.ended().success());
    }
    is_calm.store(true, Ordering::Relaxed);
    let last = server(database, &app).start();
    let requests = receiver.wait_for("all that was certain, and the end of all channels", |requests| {
        let heard = numbers(requests);
        certain.iter().all(|(channel, number)| heard.get(*channel).is_some_and(|heard| heard.contains(number)))
            && CHANNELS
                .iter()
                .all(|channel| edges(requests, channel).last().is_some_and(|edge| edge == "channel_vacated"))
    });
    drop(last);
    for channel in CHANNELS {
        // A machine that needs longer than `startup_seconds` for a start makes pairs.
        let edges = edges(&requests, channel);
        let pairs = edges.as_chunks::<2>();
        assert!(
            pairs.1.is_empty() && pairs.0.iter().all(|pair| *pair == ["channel_occupied", "channel_vacated"]),
            "{edges:?}"
        );
    }
    for (channel, numbers) in numbers(&requests) {
        assert!(numbers.is_sorted_by(|one, next| one < next), "{channel} out of order: {numbers:?}");
    }
    check_deliveries(&requests);
}

/// How many events the server has written.
fn written(server: &Server) -> u64 {
    metric(server, "webhook_events_total", None)
}

/// The numbers of each channel in the order in which they came first.
fn numbers(requests: &[Received]) -> BTreeMap<String, Vec<usize>> {
    let mut numbers = BTreeMap::<String, Vec<usize>>::new();
    let events = once(requests).into_iter().flat_map(|request| &request.events);
    for event in events.filter(|event| event["name"] == "client_event") {
        let channel = event["channel"].as_str().unwrap_or_default().to_owned();
        let number = event["data"].as_str().and_then(|data| data.parse::<usize>().ok());
        numbers.entry(channel).or_default().extend(number);
    }
    numbers
}

/// The edges of a channel in the order in which they came first.
fn edges(requests: &[Received], channel: &str) -> Vec<String> {
    let events = once(requests).into_iter().flat_map(|request| &request.events);
    let edges = events.filter(|event| event["name"] != "client_event" && event["channel"] == channel);
    edges.map(|event| event["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Each event has one delivery.
fn check_deliveries(requests: &[Received]) {
    let mut deliveries = HashMap::new();
    for request in requests {
        let events: Vec<_> = request.events.iter().filter(|event| event["name"] == "client_event").collect();
        for event in events {
            let known = deliveries.entry(event.to_string()).or_insert_with(|| request.delivery().to_owned());
            assert_eq!(known, request.delivery(), "two deliveries of {event}");
        }
    }
}
