//! The dashboard in Chromium, with clients of pusher-js. Its tests are in `tests/clients/node/dashboard`.

use clairon_test_servers::Redis;
use clairon_tests::app::App;
use clairon_tests::dashboard::{self, PASSWORD, VIEWER_PASSWORD, sign_in};
use clairon_tests::server::{Builder, Server};
use clairon_tests::suite;

fn app() -> App {
    ["client_messages", "subscription_counts", "user_authentication"]
        .into_iter()
        .fold(App::new("clients"), |app, field| app.with(field, true))
}

fn builder() -> Builder {
    // The tests of webhooks wait for edges.
    dashboard::builder().app(app()).env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "0")
}

/// Runs the suites in a folder with a session of each role.
fn run(server: &Server, directory: &str, variables: &[(&str, &str)]) {
    let [admin, viewer] = [PASSWORD, VIEWER_PASSWORD].map(|password| {
        let header = sign_in(server, password);
        header.trim().trim_start_matches("Cookie: ").to_owned()
    });
    let sessions = [
        ("CLAIRON_ADMIN_SESSION", admin.as_str()),
        ("CLAIRON_VIEWER_SESSION", viewer.as_str()),
        ("CLAIRON_DASHBOARD_PASSWORD", PASSWORD),
    ];
    suite::node_with(server, directory, &[&sessions, variables].concat());
}

#[test]
fn every_page_in_chromium() {
    run(&builder().start(), "dashboard", &[]);
}

#[test]
fn the_pages_of_two_nodes() {
    let redis = Redis::start();
    let [one, other] = [(); 2].map(|()| builder().env("CLAIRON_REDIS_URL", redis.url()).start());
    run(&one, "dashboard-nodes", &[("CLAIRON_OTHER_PORT", &other.port().to_string())]);
}
