//! The nodes in the overview of the dashboard.

use clairon_test_servers::until;
use clairon_tests::admin::{self, TOKEN};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::nodes::Nodes;
use clairon_tests::server::Server;
use rustix::process::Signal;
use serde_json::{Value, json};

/// The leases of the nodes. A node that was not seen for longer is shown no more.
const LEASE_SECONDS: u64 = 4;

fn app() -> App {
    App::new("overview")
}

fn get(server: &Server, path: &str) -> Value {
    admin::request(server, "GET", path, &format!("Authorization: Bearer {TOKEN}\r\n"), "").ok()
}

fn wait_for(server: &Server, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Value {
    until(what, || get(server, "/overview"), |overview| is_so(overview["nodes"].as_array().map_or(&[], Vec::as_slice)))
}

#[test]
fn every_node_shows_all_nodes_until_one_is_gone() {
    let mut nodes = Nodes::start(0, app());
    nodes.servers = (0..3).map(|node| nodes.brisk_node(node).env("CLAIRON_ADMIN_TOKEN", TOKEN).start()).collect();
    let [one, two, _] = nodes.three();
    let _clients = [Client::connect(one, &app()), Client::connect(two, &app()), Client::connect(two, &app())];
    let id = get(two, "/overview")["node"].as_str().unwrap().to_owned();
    let overview = wait_for(one, "all nodes with their connections", |nodes| {
        nodes.len() == 3 && nodes.iter().any(|node| node["node"] == id.as_str() && node["connections"] == 2)
    });
    assert_eq!((&overview["scope"], &overview["totals"]["connections"]), (&json!({ "nodes": "all" }), &json!(3)));
    let states = overview["nodes"].as_array().unwrap();
    assert_eq!((&states[0]["this"], &states[0]["node"]), (&json!(true), &overview["node"]));
    for node in states {
        assert_eq!((&node["ready"], &node["trouble"]), (&json!(true), &Value::Null), "{node}");
        assert_eq!(node["version"], env!("CARGO_PKG_VERSION"));
        assert!(node["seen_seconds_ago"].as_u64().is_some_and(|seconds| seconds <= LEASE_SECONDS), "{node}");
    }
    let checks = get(one, "/checks");
    let redis = checks["checks"].as_array().unwrap().iter().find(|check| check["id"] == "redis").unwrap();
    assert_eq!(redis["state"], "ok");

    nodes.servers[1].signal(Signal::KILL);
    let one = &nodes.servers[0];
    wait_for(one, "the killed node is removed", |nodes| nodes.len() == 2);
    until("it counts no more", || get(one, "/overview"), |overview| overview["totals"]["connections"] == 1);
    let session = get(one, "/session");
    assert_eq!((&session["server"]["cluster"], &session["server"]["node"]), (&json!(true), &overview["node"]));
}

#[test]
fn figures_are_those_of_all_nodes_while_they_are_known() {
    let mut nodes = Nodes::start(0, app());
    nodes.servers = (0..2).map(|node| nodes.node(node).env("CLAIRON_ADMIN_TOKEN", TOKEN).start()).collect();
    let [one, two] = [&nodes.servers[0], &nodes.servers[1]];
    until(
        "both nodes",
        || get(one, "/overview"),
        |overview| {
            overview["nodes"].as_array().is_some_and(|nodes| nodes.iter().all(|node| !node["connections"].is_null()))
                && overview["scope"] == json!({ "nodes": "all" })
        },
    );
    // All traffic is that of the other node.
    let mut client = Client::connect(two, &app());
    client.subscribe("news");
    let figures = until(
        "the figures of the other node",
        || {
            api::trigger(two, &app(), "news", "e", "x");
            client.expect("e");
            get(one, "/overview")
        },
        |overview| overview["totals"]["api_calls_per_second"].as_f64() > Some(0.0),
    );
    let of_app = &figures["apps"][0];
    assert_eq!((&of_app["id"], &of_app["connections"]), (&json!(app().id), &json!(1)));
    for name in ["messages_per_second", "delivery_p99_milliseconds"] {
        assert!(of_app[name].as_f64() > Some(0.0), "{name} in {of_app}");
    }
    for path in ["/history".to_owned(), format!("/history?app={}", app().id)] {
        let history = until("a sample", || get(one, &path), |history| history["api_calls"][359].as_f64() > Some(0.0));
        assert_eq!(
            (&history["scope"], &history["connections"][359]),
            (&json!({ "nodes": "all" }), &json!(1)),
            "{path}"
        );
    }
    // Without Redis a node knows its own figures alone, and says so.
    nodes.redis.freeze();
    let alone = until("its own figures", || get(one, "/overview"), |overview| overview["scope"]["node"].is_string());
    assert_eq!((&alone["totals"]["connections"], &alone["scope"]["node"]), (&json!(0), &alone["node"]));
    nodes.redis.thaw();
    until(
        "the figures of all",
        || get(one, "/overview"),
        |overview| overview["scope"] == json!({ "nodes": "all" }) && overview["totals"]["connections"] == 1,
    );
}
