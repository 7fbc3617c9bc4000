//! A server with ten thousand declared apps.

use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::server::Server;
use serde_json::{Value, json};

const APPS: usize = 10_000;

fn app(number: usize) -> App {
    App::new(&format!("app{number}"))
}

fn start(database: &str) -> Server {
    let builder = Server::builder().database(database).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0");
    (0..APPS).map(app).fold(builder, clairon_tests::server::Builder::app).start()
}

/// The numbers of created, updated and unchanged apps in the log.
fn declared(server: &Server) -> Value {
    let line = server.wait_for_log("what was declared", |line| line["message"] == "apps declared");
    json!([line["created"], line["updated"], line["unchanged"]])
}

#[test]
fn they_are_there_at_once_and_silent_ones_cost_no_line() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"));
    let database = format!("sqlite://{}", folder.path().join("apps.db").display());
    let server = start(&database);
    assert_eq!(declared(&server), json!([APPS, 0, 0]));
    let _client = Client::connect(&server, &app(0));
    assert_eq!(Request::get(&app(APPS - 1), "/channels", &[]).send(&server).status, 200);
    let page = Page::of(&server).text;
    assert_eq!(page.lines().filter(|line| line.starts_with("clairon_connected{")).count(), 2);
    assert!(server.log().lines().len() < 100, "{}", server.log());
    drop(server);
    assert_eq!(declared(&start(&database)), json!([0, 0, APPS]));
}
