//! Frames: rules of RFC 6455 that the cases of Autobahn do not cover, and messages that are not understood.

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::{BINARY, CLOSE, CONTINUATION, PING, PONG, RawFrame, Received, TEXT};
use clairon_tests::server::Server;
use serde_json::json;

const PING_EVENT: &str = r#"{"event":"pusher:ping","data":{}}"#;
const PONG_EVENT: &str = r#"{"event":"pusher:pong","data":"{}"}"#;

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(app()));

fn app() -> App {
    App::new("frames")
}

fn pong() -> Received {
    Received::Text(PONG_EVENT.to_owned())
}

fn connect(server: &Server) -> Client {
    Client::connect(server, &app())
}

#[test]
fn a_message_may_come_in_fragments() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let message = r#"{"event":"pusher:ping","data":"é😀"}"#.as_bytes();
    // Every position, also within characters.
    for cut in 0..=message.len() {
        client.socket.send(&RawFrame::new(TEXT, &message[..cut]).unfinished());
        client.socket.send(&RawFrame::new(CONTINUATION, &message[cut..]));
        assert_eq!(client.socket.receive(), pong(), "cut at {cut}");
    }
    client.socket.send(&RawFrame::new(TEXT, "").unfinished());
    for byte in message {
        client.socket.send(&RawFrame::new(CONTINUATION, [*byte]).unfinished());
    }
    client.socket.send(&RawFrame::new(CONTINUATION, ""));
    assert_eq!(client.socket.receive(), pong());
}

#[test]
fn control_frames_come_between_fragments() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let (start, end) = PING_EVENT.split_at(10);
    client.socket.send(&RawFrame::new(TEXT, start).unfinished());
    client.socket.send(&RawFrame::new(PING, "between"));
    client.socket.send(&RawFrame::new(PONG, "unasked"));
    assert_eq!(client.socket.receive(), Received::Pong(b"between".to_vec()));
    client.socket.send(&RawFrame::new(CONTINUATION, end));
    assert_eq!(client.socket.receive(), pong());
    client.socket.send(&RawFrame::new(TEXT, start).unfinished());
    client.socket.send(&RawFrame::close(1000, ""));
    assert_eq!(client.socket.closed().0, Some(1000));
}

#[test]
fn frames_may_come_in_pieces_and_in_heaps() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for byte in RawFrame::new(TEXT, format!(r#"{{"event":"pusher:ping","data":"{}"}}"#, "x".repeat(200))).to_bytes() {
        client.socket.write([byte]);
    }
    assert_eq!(client.socket.receive(), pong());
    let frames = [RawFrame::new(TEXT, PING_EVENT), RawFrame::new(PING, "1"), RawFrame::new(BINARY, PING_EVENT)];
    let heap: Vec<u8> = frames.iter().cycle().take(300).flat_map(RawFrame::to_bytes).collect();
    client.socket.write(heap);
    for _ in 0..100 {
        assert_eq!(client.socket.receive(), pong());
        assert_eq!(client.socket.receive(), Received::Pong(b"1".to_vec()));
        assert_eq!(client.socket.receive(), pong());
    }
}

#[test]
fn a_close_frame_is_answered() {
    let server = SERVER.get();
    for code in [1000, 1001, 1003, 1011, 3000, 3999, 4000, 4999] {
        let mut client = connect(&server);
        client.socket.send(&RawFrame::close(code, "bye é"));
        // Everything after a close frame is ignored.
        client.socket.text(PING_EVENT);
        assert_eq!(client.socket.closed().0, Some(code));
    }
    let mut client = connect(&server);
    client.socket.send(&RawFrame::new(CLOSE, ""));
    let (code, _) = client.socket.closed();
    assert!(matches!(code, None | Some(1000)), "{code:?}");
}

#[test]
fn binary_json_is_taken_as_text() {
    let server = SERVER.get();
    let mut client = connect(&server);
    client.socket.send(&RawFrame::new(BINARY, PING_EVENT));
    assert_eq!(client.socket.receive(), pong());
    let (start, end) = PING_EVENT.split_at(10);
    client.socket.send(&RawFrame::new(BINARY, start).unfinished());
    client.socket.send(&RawFrame::new(CONTINUATION, end));
    assert_eq!(client.socket.receive(), pong());
}

#[test]
fn broken_frames_end_the_connection() {
    let server = SERVER.get();
    let text = || RawFrame::new(TEXT, PING_EVENT);
    for (what, bytes) in [
        ("not masked", text().unmasked().to_bytes()),
        ("a control frame that is not masked", RawFrame::new(PING, "").unmasked().to_bytes()),
        ("a close in fragments", RawFrame::close(1000, "").unfinished().to_bytes()),
        ("16 bits for a short length", RawFrame::new(TEXT, "{}").with_length(&[126, 0, 2])),
        ("64 bits for a short length", RawFrame::new(TEXT, "{}").with_length(&[127, 0, 0, 0, 0, 0, 0, 0, 2])),
        ("a length with its highest bit", RawFrame::new(TEXT, "{}").with_length(&[127, 128, 0, 0, 0, 0, 0, 0, 2])),
    ] {
        let mut client = connect(&server);
        client.socket.write(bytes);
        match client.socket.receive() {
            Received::Close(found, _) => assert_eq!(found, Some(1002), "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_understood_is_no_reason_to_leave() {
    let server = SERVER.get();
    let mut client = connect(&server);
    let deep = format!("{}{}", "[".repeat(1_500), "]".repeat(1_500));
    let deep_data = format!(r#"{{"event":"pusher:subscribe","data":{deep:.1000}"#);
    for text in [
        "",
        " ",
        "ping",
        "7",
        "null",
        "[]",
        r#""pusher:ping""#,
        r#"{"event":"pusher:ping""#,
        r#"{"event":"pusher:ping"}}"#,
        "{}",
        r#"{"event":7}"#,
        r#"{"event":null,"data":{}}"#,
        r#"{"data":{"channel":"c"}}"#,
        r#"{"event":"pusher:subscribe"}"#,
        r#"{"event":"pusher:subscribe","data":null}"#,
        r#"{"event":"pusher:subscribe","data":"channel"}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":7}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":null}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":["a"]}}"#,
        r#"{"event":"pusher:unsubscribe","data":{}}"#,
        r#"{"event":"pusher:signin","data":{}}"#,
        r#"{"event":"pusher:signin","data":{"auth":"a:b"}}"#,
        &deep,
        &deep_data,
    ] {
        client.socket.text(text);
        assert!(client.complained().len() <= 500, "{text}");
    }
}

#[test]
fn events_that_no_client_may_send_are_named() {
    let server = SERVER.get();
    let mut client = connect(&server);
    for name in [
        "hello",
        "",
        "x-client-y",
        "Client-x",
        "pusher:unknown",
        "pusher:connection_established",
        "pusher:error",
        "pusher_internal:subscription_succeeded",
        "pusher_internal:member_added",
        "App\\Events\\OrderShipped",
    ] {
        client.send(name, &json!({"channel": "c"}));
        let message = client.complained();
        assert!(message.contains("Unsupported") && message.contains(name), "{name}: {message}");
    }
}

#[test]
fn repeated_members_are_no_reason_to_leave() {
    let server = SERVER.get();
    let mut client = connect(&server);
    client.socket.text(r#"{"event":"pusher:ping","event":"pusher:ping","data":{},"data":""}"#);
    // The answer to the ping is optional.
    assert!(matches!(client.socket.receive(), Received::Text(_)));
    client.fence();
}

#[test]
fn unknown_members_are_passed_over() {
    let server = SERVER.get();
    let mut client = connect(&server);
    client.socket.text(r#" { "x" : [1, {"y": null}], "event" : "\u0070usher:ping", "data" : {"z": 1.5e3} } "#);
    assert_eq!(client.socket.receive(), pong());
    let subscribe = json!({"event": "pusher:subscribe", "id": 7, "data": {"channel": "c", "x": {"y": []}}});
    client.socket.text(&subscribe.to_string());
    client.succeeded("c");
}
