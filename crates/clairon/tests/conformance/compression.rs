//! permessage-deflate (RFC 7692): the negotiation, compressed events, and compressed messages of clients.

use clairon_test_servers::SharedServer;
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::{BINARY, CONTINUATION, PING, RawFrame, RawSocket, Received, TEXT, handshake};
use clairon_tests::server::Server;
use serde_json::{Value, json};

/// The offer of all browsers.
const OFFER: &str = "permessage-deflate; client_max_window_bits";
const ACCEPTED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const PING_EVENT: &str = r#"{"event":"pusher:ping","data":{}}"#;
const PONG_EVENT: &str = r#"{"event":"pusher:pong","data":"{}"}"#;

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(app()));

fn app() -> App {
    App::new("compression").with("client_messages", true)
}

fn offering(server: &Server, offer: &str) -> Client {
    Client::connect_offering(server, &app(), offer)
}

/// A text of this many bytes, with a usual compression ratio.
fn text(size: usize) -> String {
    let words = (0..).map(|number: usize| format!("order {} of item {}, ", number * 7_919 % 1_000, number % 17));
    let mut text: String = words.take(size / 10 + 1).collect();
    text.truncate(size);
    text
}

/// The event in the next message, which must be compressed or uncompressed as `is_compressed` says.
fn event(client: &mut Client, is_compressed: bool) -> Value {
    let received = client.socket.receive();
    match (received, is_compressed) {
        (Received::Compressed(text), true) | (Received::Text(text), false) => {
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
        }
        (other, _) => panic!("compressed: not {is_compressed} but {other:?}"),
    }
}

#[test]
fn what_is_offered_is_negotiated() {
    let server = SERVER.get();
    for (offer, answer) in [
        (OFFER, Some(ACCEPTED.to_owned())),
        ("permessage-deflate; server_max_window_bits=10", Some(format!("{ACCEPTED}; server_max_window_bits=10"))),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; unheard_of, permessage-deflate", Some(ACCEPTED.to_owned())),
        ("x-webkit-deflate-frame", None),
    ] {
        let client = offering(&server, offer);
        assert_eq!(client.socket.extensions(), answer.as_deref(), "{offer}");
    }
    let refused = RawSocket::open_offering(&server, "/app/nobody", OFFER);
    assert_eq!(refused.extensions(), None, "a refusal is sent uncompressed");
}

#[test]
fn it_is_negotiated_on_a_connection_that_was_used_before() {
    let server = SERVER.get();
    let mut connection = HttpConnection::open(&server);
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.response().status, 200);
    let headers = format!("Sec-WebSocket-Extensions: {OFFER}\r\n");
    connection.write(handshake(&format!("/app/{}?protocol=7", app().key), &headers));
    let mut client = Client::established(RawSocket::switched_with_extensions(connection), &app());
    assert_eq!(client.socket.extensions(), Some(ACCEPTED));
    client.socket.send(&RawFrame::compressed(TEXT, PING_EVENT));
    assert_eq!(client.socket.receive(), Received::Text(PONG_EVENT.to_owned()));
}

#[test]
fn a_long_event_is_compressed_for_those_who_have_agreed() {
    let server = SERVER.get();
    let mut compressed = [OFFER, OFFER].map(|offer| offering(&server, offer));
    let mut plain = Client::connect(&server, &app());
    for client in compressed.iter_mut().chain([&mut plain]) {
        client.subscribe("cache-orders");
        client.expect("pusher:cache_miss");
    }
    // By default, messages of 1,024 bytes and more are compressed.
    for (size, is_long) in [(0, false), (900, false), (1_024, true), (100_000, true)] {
        let data = text(size);
        api::trigger(&server, &app(), "cache-orders", "shipped", &data);
        for client in &mut compressed {
            assert_eq!(event(client, is_long)["data"], data.as_str(), "{size} bytes");
        }
        assert_eq!(event(&mut plain, false)["data"], data.as_str(), "{size} bytes");
    }
    // The cached event is long.
    let mut late = offering(&server, OFFER);
    late.subscribe("cache-orders");
    assert_eq!(event(&mut late, true)["data"], text(100_000).as_str());
}

#[test]
fn a_long_client_event_is_compressed_for_the_others() {
    let server = SERVER.get();
    let [mut sender, mut receiver] = [OFFER, OFFER].map(|offer| offering(&server, offer));
    sender.subscribe("private-room");
    receiver.subscribe("private-room");
    let data = text(5_000);
    let whisper = json!({"event": "client-said", "channel": "private-room", "data": data}).to_string();
    sender.socket.send(&RawFrame::compressed(TEXT, &whisper));
    assert_eq!(event(&mut receiver, true)["data"], data.as_str());
    sender.expect_nothing();
}

#[test]
fn a_short_window_gets_what_fits_into_it() {
    let server = SERVER.get();
    let mut short = offering(&server, "permessage-deflate; server_max_window_bits=12");
    short.subscribe("orders");
    for (size, is_compressed) in [(4_000, true), (4_100, false)] {
        api::trigger(&server, &app(), "orders", "shipped", &text(size));
        event(&mut short, is_compressed);
    }
}

#[test]
fn clients_may_send_any_message_compressed() {
    let server = SERVER.get();
    let mut client = offering(&server, OFFER);
    let pong = Received::Text(PONG_EVENT.to_owned());
    for frame in [
        RawFrame::compressed(TEXT, PING_EVENT),
        RawFrame::compressed(BINARY, PING_EVENT),
        RawFrame::new(TEXT, PING_EVENT),
    ] {
        client.socket.send(&frame);
        assert_eq!(client.socket.receive(), pong);
    }
    // Fragments, of which the first marks the message as compressed, with a ping between them.
    let whole = RawFrame::compressed(TEXT, PING_EVENT).unmasked().to_bytes();
    let (start, end) = whole[2..].split_at(5);
    client.socket.send(&RawFrame::new(TEXT, start).reserved(0b100).unfinished());
    client.socket.send(&RawFrame::new(PING, "between"));
    assert_eq!(client.socket.receive(), Received::Pong(b"between".to_vec()));
    client.socket.send(&RawFrame::new(CONTINUATION, end));
    assert_eq!(client.socket.receive(), pong);
}

#[test]
fn what_cannot_be_inflated_ends_the_connection() {
    let server = SERVER.get();
    for (frames, code) in [
        (vec![RawFrame::new(TEXT, "no deflate").reserved(0b100)], 1007),
        (vec![RawFrame::compressed(TEXT, b"\xff")], 1007),
        (vec![RawFrame::compressed(TEXT, PING_EVENT).reserved(0b010)], 1002),
        (vec![RawFrame::compressed(TEXT, PING_EVENT).unfinished(), RawFrame::compressed(CONTINUATION, "")], 1002),
        (vec![RawFrame::new(PING, "").reserved(0b100)], 1002),
    ] {
        let mut client = offering(&server, OFFER);
        for frame in &frames {
            client.socket.send(frame);
        }
        assert_eq!(client.socket.closed().0, Some(code), "{frames:?}");
    }
    let mut plain = Client::connect(&server, &app());
    plain.socket.send(&RawFrame::compressed(TEXT, PING_EVENT));
    assert_eq!(plain.socket.closed().0, Some(1002), "it was not negotiated");
}

#[test]
fn without_the_setting_nothing_is_negotiated() {
    let server = Server::builder().app(app()).env("CLAIRON_COMPRESSION_ENABLED", "false").start();
    let mut client = offering(&server, OFFER);
    assert_eq!(client.socket.extensions(), None);
    client.subscribe("orders");
    api::trigger(&server, &app(), "orders", "shipped", &text(5_000));
    event(&mut client, false);
}

#[test]
fn the_settings_say_what_is_compressed() {
    let server = Server::builder().app(app()).env("CLAIRON_COMPRESSION_MIN_BYTES", "200").start();
    let mut client = offering(&server, OFFER);
    client.subscribe("orders");
    for (size, is_compressed) in [(100, false), (200, true)] {
        api::trigger(&server, &app(), "orders", "shipped", &text(size));
        event(&mut client, is_compressed);
    }
}
