//! The longest messages: as long as the limits of their parts allow in any encoding, and no longer.

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::raw::{BINARY, CONTINUATION, RawFrame, Received, TEXT};
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::json;

const PONG: &str = r#"{"event":"pusher:pong","data":"{}"}"#;
/// The longest message of [`small`]: a sign-in with one user to watch, six bytes for each byte, twelve for a character.
const MESSAGE_BYTES: usize = 6 * (2 * (12 * 128 + 3) + 2_048) + 4_096;

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::builder().app(app()).app(small()).start());

fn app() -> App {
    App::new("long").with("client_messages", true).with("watchlist", true)
}

fn small() -> App {
    App::new("small").with("event_data_bytes", 1_000).with("watchlist_users", 1)
}

/// `text` as a JSON string with every code unit escaped, the longest form.
fn escaped(text: &str) -> String {
    let units: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{}\"", units.concat())
}

/// A ping with this many bytes.
fn ping(size: usize) -> String {
    format!("{:size$}", r#"{"event":"pusher:ping","data":{}}"#)
}

/// Asserts that a message is refused with 1009 and that nothing else is sent.
fn assert_too_long(server: &Server, bytes: impl AsRef<[u8]>, size: usize, what: &str) {
    let mut client = Client::connect(server, &small());
    client.socket.write(bytes);
    let (code, reason) = client.socket.closed();
    assert_eq!(code, Some(1009), "{what}");
    assert_eq!(reason, format!("the message has at least {size} bytes, the limit is {MESSAGE_BYTES}"), "{what}");
}

#[test]
fn a_client_event_within_its_limits_is_never_too_long() {
    let (server, channel) = (SERVER.get(), "private-long");
    let [mut sender, mut receiver] = [Client::connect(&server, &app()), Client::connect(&server, &app())];
    sender.subscribe(channel);
    receiver.subscribe(channel);
    let name = format!("client-{}", "😀".repeat(193));
    let nested = json!({"html": "<a href=\"/\">".repeat(6_000)}).to_string();
    for text in ["\u{1}".repeat(102_400), "\"".repeat(102_400), "é".repeat(51_200), nested] {
        let channel = escaped(channel);
        for data in [escaped(&text), json!(text).to_string()] {
            sender.socket.text(&format!(r#"{{"event":{},"channel":{channel},"data":{data}}}"#, escaped(&name)));
            assert_eq!(receiver.expect(&name)["data"], text);
        }
    }
    sender.expect_nothing();
}

#[test]
fn data_over_its_limit_is_refused_and_ends_no_connection() {
    let (server, channel) = (SERVER.get(), "private-over");
    let mut client = Client::connect(&server, &app());
    client.subscribe(channel);
    for size in [102_401, 600_000] {
        client.whisper(channel, "client-x", &json!("x".repeat(size)));
        assert!(client.complained().contains("102400"));
    }
}

#[test]
fn a_member_within_its_limits_is_never_too_long() {
    let (server, channel) = (SERVER.get(), format!("presence-{}", "c".repeat(191)));
    let id = escaped(&"😀".repeat(128));
    let info = json!("é".repeat(1_023)).to_string();
    let member = format!(r#"{{"user_id":{id},"user_info":{info}}}"#);
    let mut client = Client::connect(&server, &app());
    let auth = client.auth(&channel, Some(&member));
    let object = format!(r#"{{"auth":"{auth}","channel":{},"channel_data":{}}}"#, escaped(&channel), escaped(&member));
    // Some clients send their data as a string.
    for text in [object.clone(), json!(object).to_string()] {
        client.socket.text(&format!(r#"{{"event":"pusher:subscribe","data":{text}}}"#));
        assert_eq!(data(&client.succeeded(&channel))["presence"]["ids"], json!(["😀".repeat(128)]));
    }
}

#[test]
fn a_sign_in_with_a_full_watchlist_is_never_too_long() {
    let server = SERVER.get();
    let ids: Vec<String> = (0..100).map(|n| escaped(&format!("{n:03}{}", "😀".repeat(125)))).collect();
    let info = json!("é".repeat(1_023)).to_string();
    let user = format!(r#"{{"id":{},"user_info":{info},"watchlist":[{}]}}"#, escaped(&"😀".repeat(128)), ids.join(","));
    let usual = json!(user).to_string();
    for user_data in [usual, escaped(&user)] {
        let mut client = Client::connect(&server, &app());
        let auth = sign::user(&app(), &client.socket_id, &user);
        client
            .socket
            .text(&format!(r#"{{"event":"pusher:signin","data":{{"auth":"{auth}","user_data":{user_data}}}}}"#));
        assert_eq!(data(&client.expect("pusher:signin_success")), json!({"user_data": user}));
        let watched = data(&client.expect("pusher_internal:watchlist_events"));
        assert_eq!(watched["events"][0]["user_ids"].as_array().map(Vec::len), Some(100));
        client.expect_nothing();
    }
}

#[test]
fn a_message_may_be_as_long_as_its_limit_and_not_longer() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &small());
    let longest = ping(MESSAGE_BYTES);
    client.socket.text(&longest);
    assert_eq!(client.socket.receive(), Received::Text(PONG.to_owned()));
    client.socket.send(&RawFrame::new(TEXT, &longest[..20_000]).unfinished());
    client.socket.send(&RawFrame::new(CONTINUATION, &longest[20_000..]));
    assert_eq!(client.socket.receive(), Received::Text(PONG.to_owned()));

    let more = MESSAGE_BYTES + 1;
    assert_too_long(&server, RawFrame::new(TEXT, ping(more)).to_bytes(), more, "one byte more");
    // The declared length is enough for a refusal. Its bytes are not awaited.
    let terabyte = [&[127][..], &(1_u64 << 40).to_be_bytes()].concat();
    assert_too_long(&server, RawFrame::new(BINARY, "").with_length(&terabyte), 1 << 40, "a terabyte");
    // The limit applies to all fragments together.
    let start = RawFrame::new(TEXT, longest).unfinished().to_bytes();
    let end = RawFrame::new(CONTINUATION, "x").to_bytes();
    assert_too_long(&server, [start, end].concat(), more, "one fragment more");
}

#[test]
fn what_is_too_long_is_logged_with_its_size_and_the_limit() {
    let server = Server::start(small());
    assert_too_long(&server, RawFrame::new(TEXT, ping(MESSAGE_BYTES + 7)).to_bytes(), MESSAGE_BYTES + 7, "too long");
    let line = server.wait_for_log("the refusal", |line| line["code"] == 1009);
    assert_eq!((&line["level"], &line["message"]), (&json!("INFO"), &json!("message refused")), "{line}");
    assert_eq!(line["app"], small().id, "{line}");
    let reason = line["reason"].as_str().unwrap_or_default();
    for word in [(MESSAGE_BYTES + 7).to_string(), MESSAGE_BYTES.to_string(), "event_data_bytes".to_owned()] {
        assert!(reason.contains(&word), "{word} in {line}");
    }
}
