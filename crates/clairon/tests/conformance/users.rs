//! Users: signing in, events for one user, watchlists, termination, authorized connections.

use clairon_test_servers::SharedServer;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::{Value, json};

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    Server::builder().app(app()).app(watching()).app(App::new("off").with("user_authentication", false)).start()
});

fn app() -> App {
    App::new("users")
}

fn watching() -> App {
    App::new("watching").with("watchlist", true)
}

fn connect(server: &Server) -> Client {
    Client::connect(server, &app())
}

/// A client that is signed in as `id`.
fn user(server: &Server, app: &App, id: &str) -> Client {
    let mut client = Client::connect(server, app);
    client.sign_in(&json!({ "id": id }).to_string());
    client
}

/// A client that is signed in as `id` and watches `watched`, with the watchlist events that it gets.
fn watcher(server: &Server, id: &str, watched: &[&str]) -> (Client, Vec<(String, Vec<String>)>) {
    let mut client = Client::connect(server, &watching());
    client.sign_in(&json!({"id": id, "watchlist": watched}).to_string());
    let state = watchlist(&mut client);
    (client, state)
}

/// The next watchlist events: their names and the sorted ids of users. Empty lists are omitted.
fn watchlist(client: &mut Client) -> Vec<(String, Vec<String>)> {
    let event = client.expect("pusher_internal:watchlist_events");
    assert!(event.get("channel").is_none(), "{event}");
    let events = data(&event)["events"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text in {event}")).to_owned();
    let mut lists: Vec<(String, Vec<String>)> = events
        .iter()
        .map(|list| {
            let mut ids: Vec<String> = list["user_ids"].as_array().into_iter().flatten().map(text).collect();
            ids.sort();
            (text(&list["name"]), ids)
        })
        .filter(|(_, ids)| !ids.is_empty())
        .collect();
    lists.sort();
    lists
}

fn list(name: &str, ids: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())
}

/// Asserts that no signature gives access to the channel of another user.
fn assert_kept_out(client: &mut Client, channel: &str) {
    for auth in [String::new(), client.auth(channel, None)] {
        client.send("pusher:subscribe", &json!({"channel": channel, "auth": auth}));
        client.refused(channel);
    }
}

/// Asserts that the app has terminated a connection: event and close frame with one code and message.
fn assert_ended(mut client: Client, word: &str) {
    let error = client.expect("pusher:error");
    let message = error["data"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(word), "{error}");
    assert_eq!(error["data"], json!({"code": 4009, "message": message}));
    assert_eq!(client.socket.closed(), (Some(4009), message));
}

#[test]
fn signing_in_is_answered_with_the_same_text() {
    let server = SERVER.get();
    for user_data in [
        r#"{"id":"ann"}"#,
        r#" { "id" : "ann" , "user_info" : {"name":"Ann é 😀"}, "watchlist": ["bob"], "more": [1] } "#,
        r#"{"id":"1","user_info":null}"#,
    ] {
        let mut client = connect(&server);
        client.sign_in(user_data);
        client.expect_nothing();
    }
    let mut client = connect(&server);
    let auth = sign::user(&app(), &client.socket_id, r#"{"id":"ann"}"#);
    let text = json!({"auth": auth, "user_data": r#"{"id":"ann"}"#}).to_string();
    client.send("pusher:signin", &json!(text));
    assert_eq!(
        client.expect("pusher:signin_success"),
        json!({"event": "pusher:signin_success", "data": r#"{"user_data":"{\"id\":\"ann\"}"}"#}),
    );
}

/// The official PHP library signs this for a natural callback in Laravel.
#[test]
fn a_numeric_id_is_taken_for_its_text() {
    let server = SERVER.get();
    for (user_data, answer, id) in [
        (r#"{"id":1}"#, r#"{"id":"1"}"#, "1"),
        (
            r#" { "n": {"id":7}, "id" : 9007199254740993 , "user_info" : {"name":"Ann é"} } "#,
            r#" { "n": {"id":7}, "id" : "9007199254740993" , "user_info" : {"name":"Ann é"} } "#,
            "9007199254740993",
        ),
        (r#"{"id":-1.50,"watchlist":[2]}"#, r#"{"id":"-1.50","watchlist":[2]}"#, "-1.50"),
    ] {
        let mut client = connect(&server);
        // Signing in again has the same answer.
        for _ in 0..2 {
            client.ask_to_sign_in(user_data);
            assert_eq!(data(&client.expect("pusher:signin_success")), json!({"user_data": answer}));
        }
        client.sign_in(&json!({ "id": id }).to_string());
        client.subscribe(&format!("#server-to-user-{id}"));
        api::trigger(&server, &app(), &format!("#server-to-user-{id}"), "e", "d");
        client.expect("e");
        let channel = format!("presence-number-{}", id.len());
        assert_eq!(data(&client.subscribe(&channel))["presence"]["ids"], json!([id]));
    }
}

#[test]
fn sign_ins_that_are_refused() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let good = r#"{"id":"ann"}"#;
    let (app, id) = (app(), client.socket_id.clone());
    let other = watching();
    for (auth, user_data) in [
        (sign::user(&app, &id, r#"{"id":"bob"}"#), good),
        (sign::user(&app, "1.1", good), good),
        (sign::user(&other, &id, good), good),
        (format!("{}:{}", app.key, sign::hmac(&other.secret, &format!("{id}::user::{good}"))), good),
        (sign::subscription(&app, &id, "private-x", Some(good)), good),
        (sign::hmac(&app.secret, &format!("{id}::user::{good}")), good),
        (String::new(), good),
    ] {
        client.send("pusher:signin", &json!({"auth": auth, "user_data": user_data}));
        client.complained();
    }
    for user_data in [
        "",
        "ann",
        "[]",
        "{}",
        r#"{"id":""}"#,
        r#"{"id":null}"#,
        r#"{"id":true}"#,
        r#"{"id":1,"watchlist":[true]}"#,
        r#"{"id":{}}"#,
        r#"{"user_id":"ann"}"#,
        r#"["ann"]"#,
        r#"{"id":"ann""#,
    ] {
        client.ask_to_sign_in(user_data);
        client.complained();
    }
    client.ask_to_sign_in(&json!({ "id": "i".repeat(129) }).to_string());
    client.complained();
    client.send("pusher:subscribe", &json!({"channel": "#server-to-user-ann", "auth": ""}));
    client.refused("#server-to-user-ann");
    client.sign_in(good);
}

#[test]
fn a_connection_is_one_user() {
    let server = SERVER.get();
    let mut client = user(&server, &app(), "ann");
    client.sign_in(r#"{"id":"ann"}"#);
    client.ask_to_sign_in(r#"{"id":"bob"}"#);
    client.complained();
    client.subscribe("#server-to-user-ann");
    client.send("pusher:subscribe", &json!({"channel": "#server-to-user-bob"}));
    client.refused("#server-to-user-bob");
}

#[test]
fn an_app_may_have_signing_in_off() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &App::new("off"));
    client.ask_to_sign_in(r#"{"id":"ann"}"#);
    client.complained();
}

#[test]
fn only_the_user_may_listen_to_its_events() {
    let server = SERVER.get();
    let (mut ann, mut nobody) = (user(&server, &app(), "listener é"), connect(&server));
    let success = ann.subscribe("#server-to-user-listener é");
    assert_eq!(success["data"], "{}");
    for channel in ["#server-to-user-bob", "#server-to-user-", "#server-to-user-listener"] {
        assert_kept_out(&mut ann, channel);
    }
    assert_kept_out(&mut nobody, "#server-to-user-listener é");
}

#[test]
fn an_event_for_a_user_reaches_each_connection_once() {
    let server = SERVER.get();
    let channel = "#server-to-user-many";
    let mut clients = [(); 3].map(|()| user(&server, &app(), "many"));
    let (mut other, mut member) = (user(&server, &app(), "other"), connect(&server));
    member.join("presence-many", r#"{"user_id":"many"}"#);
    // One client has subscribed, twice, and two have not.
    clients[0].subscribe(channel);
    clients[0].subscribe(channel);
    api::trigger(&server, &app(), channel, "note", "{}");
    for client in &mut clients {
        assert_eq!(client.fence(), [json!({"event": "note", "channel": channel, "data": "{}"})]);
    }
    let event = json!({"name": "note", "data": "{}", "channel": channel, "socket_id": clients[1].socket_id});
    assert_eq!(api::post(&server, &app(), "/events", &event), json!({}));
    clients[1].expect_nothing();
    clients[2].expect("note");
    other.expect_nothing();
    member.expect_nothing();
    let listed = api::get(&server, &app(), "/channels", &[]).to_string();
    assert!(listed.contains("presence-many") && !listed.contains("#server-to-user"), "{listed}");
}

#[test]
fn a_watcher_is_told_of_first_and_last_connections() {
    let server = SERVER.get();
    let online = user(&server, &watching(), "w-online");
    let (mut ann, state) = watcher(&server, "w-ann", &["w-online", "w-bob", "w-carl"]);
    assert_eq!(state, [list("offline", &["w-bob", "w-carl"]), list("online", &["w-online"])]);
    let bob = user(&server, &watching(), "w-bob");
    assert_eq!(watchlist(&mut ann), [list("online", &["w-bob"])]);
    let mut again = user(&server, &watching(), "w-bob");
    drop(bob);
    // There is no event for the second connection, nor for the end of the first. The next event is the arrival of
    // another user.
    let carl = user(&server, &watching(), "w-carl");
    assert_eq!(watchlist(&mut ann), [list("online", &["w-carl"])]);
    drop(carl);
    assert_eq!(watchlist(&mut ann), [list("offline", &["w-carl"])]);
    again.expect_nothing();
    drop(again);
    assert_eq!(watchlist(&mut ann), [list("offline", &["w-bob"])]);
    drop(online);
    assert_eq!(watchlist(&mut ann), [list("offline", &["w-online"])]);
}

#[test]
fn numbers_in_a_watchlist_count_as_their_text() {
    let server = SERVER.get();
    let mut ann = Client::connect(&server, &watching());
    ann.sign_in(r#"{"id":"n-ann","watchlist":[4711,"4711",4712]}"#);
    assert_eq!(watchlist(&mut ann), [list("offline", &["4711", "4712"])]);
    let mut other = Client::connect(&server, &watching());
    other.ask_to_sign_in(r#"{"id":4711}"#);
    assert_eq!(watchlist(&mut ann), [list("online", &["4711"])]);
}

#[test]
fn a_long_watchlist_is_cut() {
    let server = SERVER.get();
    let names: Vec<String> = (0..105).map(|n| format!("long-{n:03}")).collect();
    let mut client = Client::connect(&server, &watching());
    client.ask_to_sign_in(&json!({"id": "long", "watchlist": names}).to_string());
    let events = client.fence();
    let find = |name: &str| events.iter().find(|event| event["event"] == name);
    assert!(find("pusher:signin_success").is_some(), "{events:?}");
    let error = find("pusher:error").unwrap_or_else(|| panic!("no error in {events:?}"));
    assert_eq!(error["data"]["code"], 4302, "{error}");
    let state = find("pusher_internal:watchlist_events").unwrap_or_else(|| panic!("no state in {events:?}"));
    let state = data(state);
    let offline = state["events"].as_array().into_iter().flatten().find(|list| list["name"] == "offline");
    assert_eq!(offline.map(|list| &list["user_ids"]), Some(&json!(names[..100])));
}

#[test]
fn watchlists_are_off_unless_the_app_wants_them() {
    let server = SERVER.get();
    let mut client = connect(&server);
    client.sign_in(r#"{"id":"off-ann","watchlist":["off-bob"]}"#);
    let bob = user(&server, &app(), "off-bob");
    client.expect_nothing();
    drop(bob);
}

#[test]
fn terminating_ends_what_is_signed_in_as_the_user() {
    let server = SERVER.get();
    let gone = [(); 2].map(|()| user(&server, &app(), "a b"));
    let (mut other, mut member) = (user(&server, &app(), "a"), connect(&server));
    member.join("presence-terminated", r#"{"user_id":"a b"}"#);
    let path = "/users/a b/terminate_connections";
    let mut request = Request::new(&app(), "POST", path, &[], "{}");
    // The PHP library signs the unescaped path.
    request.path = request.path.replace(' ', "%20");
    assert_eq!(request.send(&server).ok(), json!({}));
    for client in gone {
        assert_ended(client, "disconnected");
    }
    other.expect_nothing();
    member.expect_nothing();
    assert_eq!(api::post(&server, &app(), "/users/nobody/terminate_connections", &json!({})), json!({}));
    let back = user(&server, &app(), "a b");
    drop(back);
}

#[test]
fn terminating_without_the_app_in_the_path() {
    let server = SERVER.get();
    let client = user(&server, &app(), "python");
    let mut request = Request::post(&app(), "", &json!({}));
    "/users/python/terminate_connections".clone_into(&mut request.path);
    assert_eq!(request.clone().at(&app(), api::now()).send(&server).ok(), json!({}));
    assert_ended(client, "disconnected");
    request.sign(&watching().secret).send(&server).assert_refused(401, "signature");
}

#[test]
fn connections_that_are_not_authorized_in_time_are_ended() {
    let app = App::new("strict").with("authorized_connections", true);
    let server = Server::builder().app(app.clone()).env("CLAIRON_HEARTBEAT_AUTHORIZATION_SECONDS", "3").start();
    let mut authorized = [(); 3].map(|()| Client::connect(&server, &app));
    authorized[0].sign_in(r#"{"id":"ann"}"#);
    authorized[1].subscribe("private-room");
    authorized[2].join("presence-room", r#"{"user_id":"ann"}"#);
    let silent = Client::connect(&server, &app);
    let (mut public, mut refused) = (Client::connect(&server, &app), Client::connect(&server, &app));
    public.subscribe("open");
    refused.send("pusher:subscribe", &json!({"channel": "private-room", "auth": "strict-key:00"}));
    refused.expect("pusher:subscription_error");
    refused.expect("pusher:error");
    for client in [silent, public, refused] {
        assert_ended(client, "Connection not authorized within timeout");
    }
    for client in &mut authorized {
        client.expect_nothing();
    }
}
