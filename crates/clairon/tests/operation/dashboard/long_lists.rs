//! Lists of very many connections and channels: each answer has a bounded size, and a search finds one of all.

use std::collections::BTreeSet;

use clairon_tests::admin::{self, call};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use serde_json::Value;

/// The open files of the test, and of the server, allow several times as many.
const CONNECTIONS: usize = 3_000;
/// The largest answer with 500 entries.
const BYTES: usize = 256 << 10;

fn app() -> App {
    App::new("many")
}

/// The answer to a request about the app, whose size is bounded.
fn get(server: &Server, path: &str) -> Value {
    let answer = call(server, "GET", &format!("/apps/{}{path}", app().id), None);
    assert!(answer.body.len() < BYTES, "{path}: {} bytes", answer.body.len());
    answer.ok()
}

/// The entries of all pages, by a field of each.
fn walk(server: &Server, list: &str, field: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(server, &format!("/{list}?limit=500{after}"));
        let entries = page[list].as_array().unwrap();
        assert!(entries.len() <= 500 && page["total"] == CONNECTIONS, "{} of {}", entries.len(), page["total"]);
        found.extend(entries.iter().map(|entry| entry[field].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        after = format!("&after={next}");
    }
}

#[test]
fn answers_about_thousands_are_bounded_and_complete() {
    let server = admin::builder().app(app()).start();
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(&server, &app())).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.subscribe(if number == 0 { "all".to_owned() } else { format!("channel-{number}") }.as_str());
        client.subscribe("all");
    }
    // One channel has all connections, and each of the others has one.
    let names: BTreeSet<String> = walk(&server, "channels", "name").into_iter().collect();
    assert_eq!(names.len(), CONNECTIONS);
    let ids = walk(&server, "connections", "socket_id");
    let known: BTreeSet<&str> = clients.iter().map(|client| client.socket_id.as_str()).collect();
    assert_eq!((ids.len(), ids.iter().map(String::as_str).collect::<BTreeSet<_>>()), (CONNECTIONS, known));

    let one = &clients[CONNECTIONS / 2].socket_id;
    let found = get(&server, &format!("/connections?search={one}"));
    assert_eq!((&found["total"], &found["connections"][0]["socket_id"]), (&1.into(), &one.as_str().into()));
    assert_eq!(get(&server, "/channels?search=channel-1234")["total"], 1);
    assert_eq!(get(&server, "/connections?channel=all&limit=1")["total"], CONNECTIONS);
    let all = get(&server, "/channels/all");
    assert_eq!((&all["subscriptions"], &all["subscribers"]["total"]), (&CONNECTIONS.into(), &CONNECTIONS.into()));
    assert_eq!(all["subscribers"]["socket_ids"].as_array().unwrap().len(), 1_000);
    let overview = call(&server, "GET", "/overview", None);
    assert!(overview.body.len() < 2_048, "{} bytes", overview.body.len());
}
