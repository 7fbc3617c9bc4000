//! Apps that are created and deleted while several nodes use one database.

use std::process::Command;

use clairon_test_servers::{Redis, eventually};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::nodes::Nodes;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::{Server, binary};

/// Runs `clairon app` on a database.
fn clairon_app(database: &str, arguments: &[&str]) {
    let mut command = Command::new(binary());
    command.arg("app").args(arguments).env_clear().env("CLAIRON_DATABASE_URL", database);
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// True if a node admits clients of an app.
fn is_known(server: &Server, app: &App) -> bool {
    let event = RawSocket::open(server, &format!("/app/{}?protocol=7", app.key)).event();
    event["event"] == "pusher:connection_established"
}

#[test]
fn all_nodes_follow_the_changes_of_apps() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"));
    let database = format!("sqlite://{}", folder.path().join("apps.db").display());
    let (first, new) = (App::new("first"), App::new("new"));
    let mut nodes = Nodes::over(Redis::start(), 0, std::slice::from_ref(&first));
    nodes.servers = (0..3).map(|node| nodes.node(node).database(&database).start()).collect();
    assert!(nodes.servers.iter().all(|server| is_known(server, &first) && !is_known(server, &new)));
    clairon_app(&database, &["create", "--id", &new.id, "--key", &new.key, "--secret", &new.secret]);
    for server in &nodes.servers {
        eventually("the new app is known", || is_known(server, &new));
    }
    let mut clients = nodes.three().map(|server| Client::connect(server, &new));
    for (index, client) in clients.iter_mut().enumerate() {
        let snapshot = client.join("presence-x", &format!(r#"{{"user_id":"u{index}"}}"#));
        assert_eq!(snapshot["count"], index + 1);
    }
    let mut other = Client::connect(&nodes.servers[0], &first);
    other.subscribe("x");
    clairon_app(&database, &["delete", &new.id, "--yes"]);
    for client in &mut clients {
        while client.socket.event()["event"] != "pusher:error" {}
        assert_eq!(client.socket.closed().0, Some(4003));
    }
    for server in &nodes.servers {
        eventually("the app is gone", || !is_known(server, &new));
    }
    other.expect_nothing();
}
