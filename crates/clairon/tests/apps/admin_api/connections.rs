//! The connections of an app.

use std::sync::Arc;

use clairon_test_servers::{SharedServer, eventually};
use clairon_tests::admin::{self, call};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::Server;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    let builder = admin::builder().env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1");
    builder.start()
});

/// The server and an app of the test's own.
fn server() -> (Arc<Server>, App) {
    let server = SERVER.get();
    let app = admin::create(&server, &json!({"user_authentication": true}));
    (server, app)
}

fn get(server: &Server, app: &App, path: &str) -> Value {
    call(server, "GET", &format!("/apps/{}/connections{path}", app.id), None).ok()
}

fn ids(list: &Value) -> Vec<&str> {
    list["connections"].as_array().unwrap().iter().map(|entry| entry["socket_id"].as_str().unwrap()).collect()
}

#[test]
fn a_connection_says_who_it_is_and_from_where() {
    let (server, app) = server();
    let path = format!("/app/{}?protocol=7", app.key);
    let socket = RawSocket::open_with(&server, &path, "X-Forwarded-For: 192.0.2.7\r\n");
    let mut ann = Client::established(socket, &app);
    ann.join("presence-room", r#"{"user_id":"ann"}"#);
    ann.subscribe("news");
    let id = ann.socket_id.clone();
    let list = get(&server, &app, "");
    assert_eq!((&list["scope"], &list["total"], &list["next"]), (&json!({"nodes": "all"}), &json!(1), &Value::Null));
    let entry = &list["connections"][0];
    assert_eq!((&entry["socket_id"], &entry["peer"]), (&json!(id), &json!("192.0.2.7")));
    assert_eq!((&entry["user_id"], &entry["signed_in"], &entry["channels"]), (&json!("ann"), &json!(false), &json!(2)));
    assert_eq!((&entry["queued_bytes"], &entry["queued_frames"]), (&json!(0), &json!(0)));
    assert!(entry["connected_at"].as_str().unwrap().ends_with('Z'), "{entry}");

    ann.sign_in(&json!({"id": "ann-the-user"}).to_string());
    let details = get(&server, &app, &format!("/{id}"));
    assert_eq!((&details["user_id"], &details["signed_in"]), (&json!("ann-the-user"), &json!(true)));
    assert_eq!(details["channel_names"], json!(["news", "presence-room"]));
    assert_eq!(details["presence_of"], json!([{"channel": "presence-room", "user_id": "ann"}]));
    assert_eq!(details["waiting_for"], json!([]));
}

#[test]
fn connections_are_listed_in_pages_and_found() {
    let (server, app) = server();
    let mut clients: Vec<Client> = (0..7).map(|_| Client::connect(&server, &app)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.join("presence-all", &json!({"user_id": format!("member-{number}")}).to_string());
        client.fence();
    }
    for client in &mut clients {
        client.fence();
    }
    clients[0].subscribe("news");
    clients[0].sign_in(&json!({"id": "seven"}).to_string());
    clients[1].sign_in(&json!({"id": "seventy"}).to_string());
    let mut sorted: Vec<&str> = clients.iter().map(|client| client.socket_id.as_str()).collect();
    sorted.sort_by_key(|id| id.split('.').map(|half| half.parse::<u64>().unwrap()).collect::<Vec<_>>());

    let mut found = Vec::new();
    let mut after = String::new();
    for _ in 0..3 {
        let page = get(&server, &app, &format!("?limit=3{after}"));
        assert_eq!(page["total"], 7);
        found.extend(ids(&page).into_iter().map(str::to_owned));
        after = page["next"].as_str().map(|next| format!("&after={next}")).unwrap_or_default();
    }
    assert_eq!((found, after.as_str()), (sorted.iter().map(|id| (*id).to_owned()).collect(), ""));

    let only = |client: &Client| vec![client.socket_id.clone()];
    for (query, expected) in [
        ("?channel=news", only(&clients[0])),
        ("?user=seven", only(&clients[0])),
        ("?user=member-3", only(&clients[3])),
        ("?user=member-3&channel=news", vec![]),
        ("?search=sevent", only(&clients[1])),
        ("?search=sev?n", only(&clients[0])),
        (&format!("?search={}", clients[5].socket_id), only(&clients[5])),
        ("?search=192.0.2", vec![]),
        ("?channel=%23server-to-user-seven", only(&clients[0])),
    ] {
        let list = get(&server, &app, query);
        assert_eq!(
            (ids(&list), &list["total"]),
            (expected.iter().map(String::as_str).collect(), &json!(expected.len()))
        );
    }
    assert_eq!(get(&server, &app, "?search=127.0.0.*")["total"], 7);
}

#[test]
fn a_connection_is_closed_for_good_or_to_connect_again() {
    let (server, app) = server();
    let close = |client: &Client, query: &str| {
        let path = format!("/apps/{}/connections/{}{query}", app.id, client.socket_id);
        call(&server, "DELETE", &path, None)
    };
    for (query, code) in [("", 4009), ("?reconnect=false", 4009), ("?reconnect=true", 4200)] {
        let mut client = Client::connect(&server, &app);
        client.subscribe("news");
        assert_eq!(close(&client, query).status, 204);
        let error = client.expect("pusher:error");
        assert_eq!(error["data"]["code"], code, "{error}");
        assert_eq!(client.socket.closed().0, Some(code));
        eventually("the connection to be gone", || close(&client, query).status == 404);
    }
    let client = Client::connect(&server, &app);
    close(&client, "?reconnect=yes").assert_problem(422, "query string");
    assert_eq!(get(&server, &app, "")["total"], 1);
}

#[test]
fn a_connection_of_another_app_is_not_reached() {
    let (server, app) = server();
    let other = admin::create(&server, &json!({}));
    let mut client = Client::connect(&server, &other);
    let path = format!("/apps/{}/connections/{}", app.id, client.socket_id);
    let words = format!("is one of the app {}", other.id);
    call(&server, "GET", &path, None).assert_problem(404, &words);
    call(&server, "DELETE", &path, None).assert_problem(404, &words);
    let event = json!({"name": "e", "data": "x"});
    call(&server, "POST", &format!("{path}/events"), Some(&event)).assert_problem(404, &words);
    client.expect_nothing();
    for id in ["1", "1.1.1", "01.1", "a.b", "%3Cb%3E"] {
        let path = format!("/apps/{}/connections/{id}", app.id);
        call(&server, "GET", &path, None).assert_problem(404, "is no socket id");
    }
}

/// The task of a client that does not read is asked too.
#[test]
fn a_connection_that_does_not_read_is_described() {
    let (server, app) = server();
    let mut client = Client::connect(&server, &app);
    client.subscribe("wide");
    let path = format!("/{}", client.socket_id);
    let data = "x".repeat(9_000);
    let mut details = Value::Null;
    for _ in 0..100 {
        for _ in 0..10 {
            clairon_tests::api::trigger(&server, &app, "wide", "e", &data);
        }
        details = get(&server, &app, &path);
        if details["queued_frames"].as_u64().unwrap() > 0 {
            break;
        }
    }
    assert!(details["queued_bytes"].as_u64().unwrap() >= 9_000, "{details}");
    assert_eq!(details["channel_names"], json!(["wide"]));
}
