//! A server with ten thousand declared apps.

use std::collections::BTreeSet;

use clairon_tests::admin::{TOKEN, call};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::server::{Builder, Server};
use serde_json::{Value, json};

const APPS: usize = 10_000;

fn app(number: usize) -> App {
    App::new(&format!("app{number}"))
}

fn builder() -> Builder {
    (0..APPS).map(app).fold(Server::builder(), Builder::app)
}

fn start(database: &str) -> Server {
    builder().database(database).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start()
}

/// The largest answer of the admin API about them.
const BYTES: usize = 1 << 20;

/// The answer to an operator, whose size is bounded.
fn get(server: &Server, path: &str) -> Value {
    let answer = call(server, "GET", path, None);
    assert!(answer.body.len() < BYTES, "{path}: {} bytes", answer.body.len());
    answer.ok()
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

#[test]
fn operators_get_them_in_pages_and_find_one_of_all() {
    let server = builder().env("CLAIRON_ADMIN_TOKEN", TOKEN).start();
    let first = get(&server, "/apps");
    assert_eq!((first["apps"].as_array().unwrap().len(), &first["total"]), (100, &json!(APPS)));
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&server, &format!("/apps?limit=500{after}"));
        let apps = page["apps"].as_array().unwrap();
        assert!(apps.len() <= 500 && page["total"] == APPS, "{} of {}", apps.len(), page["total"]);
        ids.extend(apps.iter().map(|app| app["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(ids.is_sorted());
    let known: BTreeSet<String> = (0..APPS).map(|number| app(number).id).collect();
    assert_eq!((ids.len(), ids.into_iter().collect::<BTreeSet<_>>()), (APPS, known));

    let last = app(APPS - 1);
    for text in [&last.id, &last.key, &last.key.to_uppercase()] {
        let found = get(&server, &format!("/apps?search={text}"));
        assert_eq!((&found["total"], &found["apps"][0]["id"]), (&json!(1), &json!(last.id)), "{text}");
    }
    let named = json!({ "name": "The one with a name" });
    assert_eq!(call(&server, "PATCH", &format!("/apps/{}", last.id), Some(&named)).status, 200);
    let found = get(&server, "/apps?search=WITH+A");
    assert_eq!((&found["total"], &found["apps"][0]["name"]), (&json!(1), &named["name"]));
    for query in ["limit=0", "limit=501", "limit=x", "page=2"] {
        call(&server, "GET", &format!("/apps?{query}"), None).assert_problem(422, "");
    }

    // The overview has the busiest, and the one that it is asked for.
    let _clients = [(); 2].map(|()| Client::connect(&server, &last));
    let other = app(APPS / 2).id;
    let overview = get(&server, &format!("/overview?app={other}"));
    let figures = |entry: &Value| json!([entry["id"], entry["connections"]]);
    assert_eq!((overview["apps"].as_array().unwrap().len(), &overview["apps_total"]), (100, &json!(APPS)));
    assert_eq!(figures(&overview["apps"][0]), json!([last.id, 2]));
    assert_eq!(figures(&overview["app"]), json!([other, 0]));
    call(&server, "GET", "/overview?app=nobody", None).assert_problem(404, "No app");
}
