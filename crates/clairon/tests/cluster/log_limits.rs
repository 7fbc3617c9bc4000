//! The limits of the logs that several nodes have in Redis, and of what is read of them.

use clairon_test_servers::{Redis, eventually};
use clairon_tests::api::Request;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::nodes::Nodes;
use clairon_tests::recovery::{Position, ask, begin};
use serde_json::{Value, json};

use crate::recovery::app;

#[test]
fn logs_that_clients_leave_behind_in_redis_have_a_limit() {
    const LIMIT: &str = "1048576";
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"));
    let nodes = Nodes::over(Redis::start(), 0, &[app()]);
    let node = |number: usize| {
        let database = format!("sqlite://{}/apps.db", folder.path().display());
        let limited = nodes.node(number).database(database).env("CLAIRON_RECOVERY_BYTES_TOTAL", LIMIT);
        limited.env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start()
    };
    let (one, two) = (node(0), node(1));
    let body = |channel: &str| json!({"name": "e", "data": "x".repeat(10_000), "channels": [channel]});
    let fill = |channel: &str| {
        for _ in 0..60 {
            assert_eq!(Request::post(&app(), "/events", &body(channel)).send(&two).status, 200);
        }
    };
    let exists = |channel: &str| nodes.redis.ask::<bool>(&format!("EXISTS clairon:{{{}/{channel}}}:log", app().id));
    let bytes = || Page::of(&one).value("clairon_recovery_redis_log_bytes", &[]);
    // The first two leave their channels in this order. The third stays.
    let mut staying = Client::connect(&one, &app());
    begin(&mut staying, "stays");
    for channel in ["left-first", "left-last"] {
        begin(&mut Client::connect(&one, &app()), channel);
        fill(channel);
        eventually("the log counts", || !exists("left-first") || bytes() > 600_000.0);
    }
    eventually("the log that was left first has gone", || !exists("left-first"));
    assert!(exists("left-last") && exists("stays"));
    eventually("the logs that remain count", || (600_000.0..=1_048_576.0).contains(&bytes()));
}

/// Otherwise a few bytes of a client would make Redis read and send a megabyte.
#[test]
fn a_client_cannot_make_redis_read_a_log_again_and_again() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"));
    let nodes = Nodes::over(Redis::start(), 0, &[app()]);
    let server = nodes.node(0).database(format!("sqlite://{}/apps.db", folder.path().display())).start();
    let mut client = Client::connect(&server, &app());
    let position = begin(&mut client, "c");
    let body = json!({"name": "e", "data": "x".repeat(10_000), "channels": ["c"]});
    for _ in 0..80 {
        assert_eq!(Request::post(&app(), "/events", &body).send(&server).status, 200);
        assert_eq!(client.socket.event()["event"], "e");
    }
    client.unsubscribe("c");
    let sent = || {
        let stats: String = nodes.redis.ask("INFO stats");
        let bytes = stats.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:"));
        bytes.and_then(|bytes| bytes.parse::<u64>().ok()).unwrap_or_else(|| panic!("no number in {stats}"))
    };
    // Each time the node forgets its copy of the log.
    let mut come_and_go = |recover: &Value, times: usize| {
        let before = sent();
        let mut last = Value::Null;
        for _ in 0..times {
            last = ask(&mut client, "c", recover);
            client.unsubscribe("c");
            client.fence();
        }
        (last, sent() - before)
    };
    for recover in
        [json!(true), Position { token: "x".to_owned(), ..position.clone() }.recover(), position.at(1 << 40).recover()]
    {
        let (answer, bytes) = come_and_go(&recover, 20);
        assert!(bytes < 800_000, "{bytes} bytes for {recover}: {answer}");
    }
    // A position of its own opens what a connection may get in a minute, and then nothing more is read.
    let (answer, bytes) = come_and_go(&position.recover(), 40);
    assert_eq!(answer["recovered"], false, "{answer}");
    assert!(bytes < 16 << 20, "{bytes} bytes: {answer}");
}
