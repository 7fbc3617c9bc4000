//! Every public client library, each with its own server. Its tests are in `tests/clients`.

use clairon_test_servers::certificates::Authority;
use clairon_tests::admin;
use clairon_tests::app::App;
use clairon_tests::server::Server;
use clairon_tests::suite;

/// An app with all features of the protocol enabled.
fn app() -> App {
    ["client_messages", "subscription_counts", "user_authentication", "watchlist"]
        .into_iter()
        .fold(App::new("clients"), |app, field| app.with(field, true))
}

fn server() -> Server {
    Server::start(app())
}

#[test]
fn pusher_js() {
    suite::node(&server(), "pusher-js");
}

#[test]
fn the_admin_api_and_pusher_js() {
    suite::node(&admin::builder().app(app()).start(), "admin");
}

#[test]
fn laravel_echo() {
    suite::node(&server(), "laravel-echo");
}

/// The client of recovery, over pusher-js and Echo. `RECOVERY_SECONDS` and `RECOVERY_SEED` choose the random run.
#[test]
fn recovery_of_missed_events() {
    let app = App::new("recovery").with("recovery", true).with("client_messages", true);
    suite::node(&Server::start(app), "recover");
}

#[test]
fn the_built_client_of_recovery_is_current_and_small() {
    suite::check_built_client();
}

#[test]
fn laravel_echo_in_chromium() {
    suite::node(&server(), "browser");
}

#[test]
fn laravel_echo_and_the_server_library_for_node_over_tls() {
    let authority = Authority::new();
    let certificate = authority.issue("127.0.0.1");
    let server = Server::builder()
        .app(app())
        .listen(["tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .start();
    suite::node_trusting(&server, &authority.file(), "laravel-echo");
    suite::node_trusting(&server, &authority.file(), "library");
}

#[test]
fn pusher_server_library_for_node() {
    suite::node(&server(), "library");
}

#[test]
fn pusher_and_pysher_for_python() {
    suite::python(&server(), &[]);
}

#[test]
fn pusher_and_pysher_for_python_with_an_app_that_recovers() {
    suite::python(&Server::start(app().with("recovery", true)), &[("CLAIRON_APP_RECOVERY", "true")]);
}

#[test]
fn curl_and_openssl() {
    suite::node(&server(), "curl");
}

#[test]
fn publish_and_listen() {
    suite::node(&server(), "live-tools");
}
