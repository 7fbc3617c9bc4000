//! Metrics for Prometheus: access, names, and the right figures.

use std::collections::BTreeSet;

use clairon_test_servers::{Redis, eventually};
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http;
use clairon_tests::http::HttpConnection;
use clairon_tests::metrics::{Page, get};
use clairon_tests::nodes::Nodes;
use clairon_tests::raw::{RawFrame, RawSocket, TEXT};
use clairon_tests::server::{Builder, Server};
use serde_json::{Value, json};

const TOKEN: &str = "a-token-of-some-length";

fn app() -> App {
    App::new("metered").with("client_messages", true)
}

/// A server with a separate port for metrics.
fn builder() -> Builder {
    Server::builder().app(app()).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
}

fn of_app(page: &Page, name: &str) -> f64 {
    page.value(&format!("clairon_{name}"), &[("app_id", &app().id)])
}

fn refused(page: &Page, kind: &str, reason: &str) -> f64 {
    page.value("clairon_refusals_total", &[("kind", kind), ("reason", reason)])
}

/// The comparison is exact, because the figures are whole numbers well below 2^53.
#[track_caller]
fn assert_figures<const N: usize>(figures: [(&str, f64); N], expected: [(&str, u32); N]) {
    let expected = expected.map(|(name, figure)| (name, f64::from(figure)));
    assert_eq!(format!("{figures:?}"), format!("{expected:?}"));
}

/// A client that knows an app's id can send a WebSocket handshake to its paths, with any header.
#[test]
fn strangers_do_not_count_as_an_apps_backend() {
    let server = builder().start();
    let mut connection = HttpConnection::open(&server);
    connection.write(b"GET /up HTTP/1.1\r\nHost: x\r\n\r\n");
    let _ = connection.response().ok();
    let path = format!("/apps/{}/events", app().id);
    let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 18446744073709551613\r\n";
    connection.write(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes());
    assert_eq!(connection.response().status, 101);
    eventually("the close code", || refused(&Page::of(&server), "connection", "path_not_found") > 0.0);
    let page = Page::of(&server);
    assert!(!page.text.contains("app_id"), "the app has traffic in {}", page.text);
}

#[test]
fn the_figures_of_an_app_are_right() {
    let server = builder().start();
    let mut one = Client::connect(&server, &app());
    let mut two = Client::connect(&server, &app());
    drop(Client::connect(&server, &app()));
    one.subscribe("private-room");
    two.subscribe("private-room");
    two.subscribe("news");
    eventually("the third has left", || of_app(&Page::of(&server), "new_disconnections_total") > 0.0);
    let before = Page::of(&server);
    let names = ["connected", "new_connections_total", "new_disconnections_total", "channels", "subscriptions"];
    assert_figures(
        names.map(|name| (name, of_app(&before, name))),
        [
            ("connected", 2),
            ("new_connections_total", 3),
            ("new_disconnections_total", 1),
            ("channels", 2),
            ("subscriptions", 3),
        ],
    );

    let data = "x".repeat(1_000);
    api::trigger(&server, &app(), "private-room", "said", &data);
    let batch = json!({"batch": [
        {"name": "said", "channel": "news", "data": "a"},
        {"name": "said", "channel": "nobody", "data": "b"},
    ]});
    assert_eq!(api::post(&server, &app(), "/batch_events", &batch), json!({}));
    one.whisper("private-room", "client-typing", &json!({}));
    for (client, events) in [(&mut one, 1), (&mut two, 3)] {
        for _ in 0..events {
            client.socket.event();
        }
    }
    // Messages are counted after they are written.
    let sent = |page: &Page| of_app(page, "ws_messages_sent_total");
    eventually("all are counted", || sent(&Page::of(&server)) - sent(&before) > 3.0);
    let after = Page::of(&server);
    let grown = |name| (name, of_app(&after, name) - of_app(&before, name));
    assert_figures(
        [
            grown("ws_messages_sent_total"),
            grown("ws_messages_received_total"),
            grown("http_calls_received_total"),
            grown("events_triggered_total"),
        ],
        [
            ("ws_messages_sent_total", 4),
            ("ws_messages_received_total", 1),
            ("http_calls_received_total", 2),
            ("events_triggered_total", 3),
        ],
    );
    for (name, least) in [
        ("socket_transmitted_bytes", 2_000.0),
        ("socket_received_bytes", 40.0),
        ("http_received_bytes", 1_000.0),
        ("http_transmitted_bytes", 4.0),
    ] {
        let (_, bytes) = grown(name);
        assert!((least..least + 1_000.0).contains(&bytes), "{name} has grown by {bytes}");
    }
    eventually("deliveries are timed", || Page::of(&server).value("clairon_delivery_latency_seconds_count", &[]) > 0.0);
}

#[test]
fn refusals_are_counted_by_reason() {
    let server = builder().app(App::new("off").with("enabled", false)).start();
    let mut client = Client::connect(&server, &app());
    client.send("pusher:subscribe", &json!({"channel": "private-x", "auth": "metered-key:00"}));
    client.refused("private-x");
    client.send("pusher:signin", &json!({"auth": "wrong", "user_data": "{}"}));
    client.whisper("elsewhere", "client-e", &json!({}));
    client.fence();
    for path in ["/app/unknown?protocol=7", "/app/off-key?protocol=7", "/nowhere"] {
        RawSocket::open(&server, path).closed();
    }
    let wrong = Request::get(&app(), "/channels", &[]).with("auth_signature", "00").send(&server);
    assert_eq!(wrong.status, 401);
    assert_eq!(http::get(&server, "/no/such/page").status, 404);
    let terabyte = [&[127][..], &(1_u64 << 40).to_be_bytes()].concat();
    client.socket.write(RawFrame::new(TEXT, "").with_length(&terabyte));
    assert_eq!(client.socket.closed().0, Some(1009));
    let page = Page::of(&server);
    for (kind, reason) in [
        ("connection", "unknown_app"),
        ("connection", "app_disabled"),
        ("connection", "path_not_found"),
        ("subscription", "signature"),
        ("sign_in", "not_allowed"),
        ("client_event", "not_allowed"),
        ("message", "too_large"),
        ("request", "signature"),
        ("request", "not_found"),
    ] {
        assert_eq!(format!("{}", refused(&page, kind, reason)), "1", "{kind} {reason} in {}", page.text);
    }
}

#[test]
fn slow_consumers_and_outboxes_are_seen() {
    let server = builder().env("CLAIRON_OUTBOX_BYTES", "65536").env("CLAIRON_OUTBOX_FRAMES", "16").start();
    let mut stopped = Client::connect(&server, &app());
    stopped.subscribe("news");
    let _idle = Client::connect(&server, &app());
    let data = "x".repeat(60_000);
    let is_dropped = || Page::of(&server).value("clairon_slow_consumers_dropped_total", &[]) > 0.0;
    eventually("the slow consumer is dropped", || {
        (0..50).for_each(|_| api::trigger(&server, &app(), "news", "wide", &data));
        is_dropped()
    });
    eventually("outboxes are looked at", || Page::of(&server).value("clairon_outbox_bytes_count", &[]) > 0.0);
}

#[test]
fn metrics_are_for_those_who_may_see_them() {
    let hidden = Server::start(app());
    http::get(&hidden, "/metrics").assert_refused(404, "metrics.token (CLAIRON_METRICS_TOKEN)");
    let server = builder().env("CLAIRON_METRICS_TOKEN", TOKEN).start();
    for headers in ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic a-token-of-some-length\r\n"] {
        let answer = http::request(&server, "GET", "/metrics", headers);
        answer.assert_refused(401, "Bearer");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(get(&server, headers).starts_with("HTTP/1.1 401 "), "{headers:?}");
    }
    let right = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = http::request(&server, "GET", "/metrics", &right);
    assert_eq!(answer.status, 200);
    let page = Page::parse(&answer.body);
    assert!(page.names().contains("clairon_ready"));
    assert_eq!(format!("{}", refused(&page, "admin", "token")), "6");
    assert_eq!(format!("{}", refused(&page, "request", "signature")), "0");
    // Pages of other sites get no access.
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert!(get(&server, &right).starts_with("HTTP/1.1 200 "));
    // That port serves only metrics.
    assert!(!server.log().to_string().contains(TOKEN));
}

/// The names, types and labels of soketi 1.6, except for those about its nodes.
#[test]
fn the_dashboards_of_soketi_find_what_they_know() {
    let server = builder().env("CLAIRON_METRICS_PREFIX", "soketi").start();
    assert_eq!(api::get(&server, &app(), "/channels", &[]), json!({"channels": {}}));
    let page = Page::of(&server);
    for (name, kind) in [
        ("connected", "gauge"),
        ("new_connections_total", "counter"),
        ("new_disconnections_total", "counter"),
        ("socket_received_bytes", "counter"),
        ("socket_transmitted_bytes", "counter"),
        ("ws_messages_received_total", "counter"),
        ("ws_messages_sent_total", "counter"),
        ("http_received_bytes", "counter"),
        ("http_transmitted_bytes", "counter"),
        ("http_calls_received_total", "counter"),
    ] {
        let name = format!("soketi_{name}");
        assert_eq!(page.kind(&name), (kind, BTreeSet::from(["app_id", "port"])), "{name}");
        let port = server.port().to_string();
        let figure = page.value(&name, &[("app_id", &app().id), ("port", &port)]);
        assert_eq!(
            figure > 0.0,
            name.contains("_http_calls_") || name.contains("_http_transmitted_"),
            "{name} {figure}"
        );
    }
    assert!(page.names().iter().all(|name| name.starts_with("soketi_")), "{}", page.text);
}

#[test]
fn that_redis_is_down_is_shown() {
    let mut nodes = Nodes::over(Redis::start(), 0, &[app()]);
    let node = nodes.node(0).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start();
    let is = |name: &str, value: f64| (Page::of(&node).value(name, &[]) - value).abs() < f64::EPSILON;
    eventually("all is well", || is("clairon_bus_up", 1.0) && is("clairon_ready", 1.0));
    assert!(is("clairon_bus_gaps_total", 0.0) && is("clairon_bus_trouble_seconds", 0.0));
    nodes.redis.kill();
    eventually("Redis is down", || is("clairon_bus_up", 0.0) && is("clairon_ready", 0.0));
    assert_eq!(http::get(&node, "/ready").status, 503);
    assert!(Page::of(&node).value("clairon_bus_trouble_seconds", &[]) > 0.0);
    nodes.redis.run();
    eventually("all is well again", || is("clairon_bus_up", 1.0) && is("clairon_ready", 1.0));
    let page = Page::of(&node);
    assert!(page.value("clairon_bus_gaps_total", &[]) >= 1.0, "{}", page.text);
    // The next beat detects it.
    eventually("the lease is lost", || Page::of(&node).value("clairon_bus_lost_leases_total", &[]) >= 1.0);
}

#[test]
fn that_the_registry_is_gone_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("apps.db");
    let server = builder().database(format!("sqlite://{}", file.display())).start();
    eventually("the registry answers", || Page::of(&server).value("clairon_registry_up", &[]) > 0.0);
    let elsewhere = directory.path().join("elsewhere.db");
    std::fs::rename(&file, &elsewhere).unwrap();
    eventually("the registry is down", || Page::of(&server).value("clairon_registry_up", &[]) < 1.0);
    let page = Page::of(&server);
    assert!(page.value("clairon_registry_failures_total", &[]) >= 1.0, "{}", page.text);
    let age = || Page::of(&server).value("clairon_registry_age_seconds", &[]);
    eventually("the last query was long ago", || age() > 2.0);
    std::fs::rename(&elsewhere, &file).unwrap();
    eventually("the registry is up again", || Page::of(&server).value("clairon_registry_up", &[]) > 0.0);
    eventually("the last query was within the previous second", || age() < 1.5);
}

/// With thousands of apps, those without traffic would be most of the page.
#[test]
fn apps_without_traffic_are_left_out() {
    let (silent, asked) = (App::new("silent"), App::new("asked"));
    let server = builder().app(silent.clone()).app(asked.clone()).start();
    let apps = |page: &Page| {
        let is_there = |id: &str| page.text.contains(&format!("clairon_connected{{app_id=\"{id}\""));
        [&app().id, &asked.id, &silent.id].map(|id| is_there(id))
    };
    assert_eq!(apps(&Page::of(&server)), [false; 3]);
    drop(Client::connect(&server, &app()));
    assert_eq!(api::get(&server, &asked, "/channels", &[]), json!({"channels": {}}));
    // A failed attempt to use the key of the third app.
    assert_eq!(Request::get(&silent, "/channels", &[]).with("auth_signature", "00").send(&server).status, 401);
    assert_eq!(apps(&Page::of(&server)), [true, true, false]);
}

/// Every name of the form `${prefix}_name` in a text.
fn queried(text: &str) -> impl Iterator<Item = &str> {
    text.split("${prefix}_").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn the_dashboard_asks_for_what_there_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grafana/clairon.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let expressions: Vec<&str> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
        .map(|target| target["expr"].as_str().unwrap())
        .chain(dashboard["templating"]["list"].as_array().unwrap().iter().filter_map(|v| v["definition"].as_str()))
        .collect();
    assert!(expressions.len() > 30 && expressions.iter().all(|text| queried(text).next().is_some()), "{expressions:?}");
    for prefix in ["clairon", "soketi"] {
        let server = builder().env("CLAIRON_METRICS_PREFIX", prefix).start();
        assert_eq!(api::get(&server, &app(), "/channels", &[]), json!({"channels": {}}));
        let page = Page::of(&server);
        let names = page.names();
        for expression in &expressions {
            for name in queried(expression) {
                assert!(names.contains(format!("{prefix}_{name}").as_str()), "{name} of {expression}");
                // The labels in its filters and groups are labels of the metric, or come from Prometheus.
                let (_, labels) = page.kind(&format!("{prefix}_{name}"));
                assert!(!expression.contains("app_id") || labels.contains("app_id"), "{expression}");
                assert!(!expression.contains("by (kind, reason)") || labels.contains("reason"), "{expression}");
            }
        }
    }
    // Grafana asks for one data source at the import, and the dashboard uses only this one.
    assert_eq!(dashboard["__inputs"].as_array().unwrap().len(), 1);
    assert_eq!(dashboard["__inputs"][0]["name"], "DS_PROMETHEUS");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        for source in panel["targets"].as_array().unwrap().iter().chain([panel]) {
            assert_eq!(source["datasource"], json!({"type": "prometheus", "uid": "${DS_PROMETHEUS}"}), "{source}");
        }
    }
    assert_eq!(dashboard["id"], Value::Null);
}

#[test]
fn every_metric_is_explained() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    let text = std::fs::read_to_string(path).unwrap();
    let documented: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let server = builder().start();
    let page = Page::of(&server);
    let shown: BTreeSet<&str> =
        page.text.lines().filter_map(|line| line.strip_prefix("# TYPE clairon_")?.split(' ').next()).collect();
    let missing: Vec<_> = shown.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/metrics.md: {missing:?}");
}
