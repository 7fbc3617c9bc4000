//! The limit of the logs that several nodes have in Redis.

use clairon_test_servers::{Redis, eventually};
use clairon_tests::api::Request;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::nodes::Nodes;
use clairon_tests::recovery::begin;
use serde_json::json;

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
