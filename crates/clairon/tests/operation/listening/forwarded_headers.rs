//! The address of the client in `X-Forwarded-For` and `Forwarded`, from trusted proxies and from other peers.

use clairon_tests::admin;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::{RawSocket, handshake};
use clairon_tests::server::Server;
use serde_json::{Value, json};

fn app() -> App {
    App::new("forwarded").with("user_authentication", true)
}

fn server(trusted: &str) -> Server {
    admin::builder().app(app()).env("CLAIRON_SERVER_TRUSTED_PROXIES", trusted).start()
}

fn path(key: &str) -> String {
    format!("/app/{key}?protocol=7")
}

/// The address in the log for a WebSocket handshake with these headers. Its key is unknown, and has to differ each
/// time.
fn peer_of_handshake(server: &Server, key: &str, headers: &str) -> Value {
    let mut socket = RawSocket::open_with(server, &path(key), headers);
    assert_eq!(socket.event()["data"]["code"], 4001);
    logged(server, key)
}

/// The address in the log for a backend's request with one of these headers and an unknown key.
fn peer_of_request(server: &Server, key: &str, header: &str) -> Value {
    let mut connection = HttpConnection::open(server);
    let request = Request::get(&app(), "/channels", &[]).with("auth_key", key);
    connection.write(request.head(header));
    assert_eq!(connection.response().status, 401);
    logged(server, key)
}

fn logged(server: &Server, part: &str) -> Value {
    server.wait_for_log(part, |line| line["reason"].as_str().is_some_and(|reason| reason.contains(part)))["peer"]
        .clone()
}

#[test]
fn a_trusted_proxy_names_the_client() {
    let server = server("127.0.0.0/8, 10.0.0.0/8");
    let forged = "X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.2\r\n";
    assert_eq!(peer_of_handshake(&server, "key-a", forged), "192.0.2.1");
    assert_eq!(
        peer_of_handshake(&server, "key-b", "Forwarded: for=\"[2001:db8::1]:4711\";proto=https\r\n"),
        "2001:db8::1"
    );
    assert_eq!(peer_of_handshake(&server, "key-c", ""), "127.0.0.1");
    assert_eq!(peer_of_request(&server, "key-d", "X-Forwarded-For: 192.0.2.4"), "192.0.2.4");
    assert_eq!(peer_of_request(&server, "key-e", "Forwarded: for=192.0.2.5"), "192.0.2.5");
}

#[test]
fn without_trust_nothing_is_believed() {
    let both = "X-Forwarded-For: 192.0.2.66\r\nForwarded: for=192.0.2.66\r\n";
    for trusted in ["", "192.0.2.0/24, unix"] {
        let server = server(trusted);
        assert_eq!(peer_of_handshake(&server, "key-a", both), "127.0.0.1");
        assert_eq!(peer_of_request(&server, "key-b", "X-Forwarded-For: 192.0.2.66"), "127.0.0.1");
    }
}

#[test]
fn requests_of_one_connection_have_their_own_clients() {
    let server = server("127.0.0.1");
    let mut connection = HttpConnection::open(&server);
    for (key, client) in [("key-a", "192.0.2.1"), ("key-b", "192.0.2.2")] {
        let request = Request::get(&app(), "/channels", &[]).with("auth_key", key);
        connection.write(request.head(&format!("X-Forwarded-For: {client}")));
        assert_eq!(connection.response().status, 401);
        assert_eq!(logged(&server, key), client);
    }
    connection.write(handshake(&path("key-c"), "X-Forwarded-For: 192.0.2.3\r\n"));
    assert_eq!(RawSocket::switched(connection).event()["data"]["code"], 4001);
    assert_eq!(logged(&server, "key-c"), "192.0.2.3");
}

#[test]
fn the_client_of_a_proxy_header_may_be_a_proxy_too() {
    let server = Server::builder().app(app()).listen(["127.0.0.1:0?proxy_protocol"]);
    let server = server.env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8").start();
    for (key, source, client) in [("key-a", "10.0.0.1", "192.0.2.1"), ("key-b", "192.0.2.9", "192.0.2.9")] {
        let mut connection = HttpConnection::open(&server);
        connection.write(format!("PROXY TCP4 {source} 192.0.2.2 56324 443\r\n"));
        connection.write(handshake(&path(key), "X-Forwarded-For: 192.0.2.1\r\n"));
        assert_eq!(RawSocket::switched(connection).event()["data"]["code"], 4001);
        assert_eq!(logged(&server, key), client);
    }
}

#[test]
fn the_log_names_the_client_of_a_closed_connection_and_of_a_change() {
    let server = server("127.0.0.1");
    let socket = RawSocket::open_with(&server, &path(&app().key), "X-Forwarded-For: 192.0.2.1\r\n");
    let mut client = Client::established(socket, &app());
    client.sign_in(r#"{"id":"ann"}"#);
    let _ = api::post(&server, &app(), "/users/ann/terminate_connections", &json!({}));
    assert_eq!(client.socket.closed().0, Some(4009));
    let line = server.wait_for_log("the end", |line| line["message"] == "closing");
    assert_eq!((&line["peer"], &line["code"]), (&json!("192.0.2.1"), &json!(4009)));

    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\nX-Forwarded-For: 192.0.2.2\r\n",
        admin::TOKEN
    );
    assert_eq!(admin::request(&server, "POST", "/apps", &headers, "{}").status, 201);
    let line = server.wait_for_log("the new app", |line| line["message"] == "app created through the admin API");
    assert_eq!(line["peer"], "192.0.2.2");
    assert_eq!(admin::request(&server, "GET", "/apps", "X-Forwarded-For: 192.0.2.3\r\n", "").status, 401);
    let line = server.wait_for_log("the refusal", |line| line["code"] == 401);
    assert_eq!(line["peer"], "192.0.2.3");
}
