//! Clients that send too fast, or cause too much traffic for others, are read later; floods are disconnected.

use clairon_test_servers::eventually;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::metrics::Page;
use clairon_tests::raw::{CONTINUATION, PING, RawFrame, Received, TEXT};
use clairon_tests::server::Server;
use serde_json::json;

const CHANNEL: &str = "presence-room";

fn app() -> App {
    App::new("pace").with("presence_members", 200)
}

fn start(limits: &[(&str, &str)]) -> Server {
    let server = Server::builder().app(app()).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0");
    limits.iter().fold(server, |server, (name, limit)| server.env(&format!("CLAIRON_EDGE_{name}"), *limit)).start()
}

fn effects(server: &Server, limit: &str, effect: &str) -> f64 {
    Page::of(server).value("clairon_edge_limits_total", &[("limit", limit), ("effect", effect)])
}

/// The line about a limit. It is written once a minute, so a test sees it once.
fn logged(server: &Server, limit: &str) {
    let line = server.wait_for_log("the line about the limit", |line| line["limit"] == format!("edge.{limit}"));
    assert_eq!((line["peer"].as_str(), line["app"].as_str()), (Some("127.0.0.1"), Some(app().id.as_str())), "{line}");
}

/// A client that keeps its pace beside others is answered at once.
fn assert_unharmed(client: &mut Client) {
    client.expect_nothing();
}

#[test]
fn messages_that_come_too_fast_are_all_answered_later() {
    let server = start(&[("MESSAGES_PER_CONNECTION_PER_SECOND", "20")]);
    let (mut fast, mut calm) = (Client::connect(&server, &app()), Client::connect(&server, &app()));
    // Twice as many as may come at once, of several kinds.
    for _ in 0..10 {
        fast.send("pusher:ping", &json!({}));
        fast.send("pusher:subscribe", &json!({"channel": "c"}));
        fast.unsubscribe("c");
        fast.socket.send(&RawFrame::new(PING, ""));
    }
    eventually("a delay", || effects(&server, "messages_per_connection_per_second", "delayed") > 0.0);
    assert_unharmed(&mut calm);
    for _ in 0..10 {
        fast.expect("pusher:pong");
        fast.succeeded("c");
        assert!(matches!(fast.socket.receive(), Received::Pong(_)));
    }
    fast.expect_nothing();
    logged(&server, "messages_per_connection_per_second");
}

#[test]
fn a_flood_of_messages_ends_the_connection() {
    let server = start(&[("MESSAGES_PER_CONNECTION_PER_SECOND", "20")]);
    let (mut flood, mut calm) = (Client::connect(&server, &app()), Client::connect(&server, &app()));
    flood.socket.write(RawFrame::new(PING, "").to_bytes().repeat(1_000));
    assert_over_capacity(&mut flood);
    assert_unharmed(&mut calm);
    assert!(effects(&server, "messages_per_connection_per_second", "closed") > 0.0);
}

#[test]
fn bytes_that_come_too_fast_are_read_later_even_within_a_message() {
    let server = start(&[("BYTES_PER_CONNECTION_PER_SECOND", "10000")]);
    let (mut fast, mut calm) = (Client::connect(&server, &app()), Client::connect(&server, &app()));
    let part = |opcode| RawFrame::new(opcode, " ".repeat(2_000)).unfinished();
    fast.socket.send(&part(TEXT));
    for _ in 0..9 {
        fast.socket.send(&part(CONTINUATION));
    }
    fast.socket.send(&RawFrame::new(CONTINUATION, r#"{"event":"pusher:ping"}"#));
    eventually("a delay", || {
        fast.send("pusher:pong", &json!({}));
        effects(&server, "bytes_per_connection_per_second", "delayed") > 0.0
    });
    assert_unharmed(&mut calm);
    fast.expect("pusher:pong");
    logged(&server, "bytes_per_connection_per_second");
}

/// A few bytes can be inflated to a long message, which costs as much as a long one that is sent as it is.
#[test]
fn compressed_messages_count_with_their_length() {
    let server = start(&[("BYTES_PER_CONNECTION_PER_SECOND", "400000")]);
    let mut fast = Client::connect_offering(&server, &app(), "permessage-deflate");
    let mut calm = Client::connect_offering(&server, &app(), "permessage-deflate");
    let long = format!(r#"{{"event":"pusher:ping","data":{{}}{}}}"#, " ".repeat(500_000));
    let frame = RawFrame::compressed(TEXT, long);
    assert!(frame.payload().len() < 1_000);
    // Two in one packet, and one in two fragments.
    fast.socket.write(frame.to_bytes().repeat(2));
    eventually("a delay", || effects(&server, "bytes_per_connection_per_second", "delayed") > 0.0);
    assert_unharmed(&mut calm);
    let (start, end) = frame.payload().split_at(300);
    fast.socket.send(&RawFrame::new(TEXT, start).reserved(0b100).unfinished());
    fast.socket.send(&RawFrame::new(CONTINUATION, end));
    for _ in 0..3 {
        fast.expect("pusher:pong");
    }
    logged(&server, "bytes_per_connection_per_second");
    let short = RawFrame::compressed(TEXT, r#"{"event":"pusher:ping","data":{}}"#);
    for _ in 0..100 {
        calm.socket.send(&short);
    }
    for _ in 0..100 {
        calm.expect("pusher:pong");
    }
}

#[test]
fn a_flood_of_bytes_ends_the_connection() {
    let server = start(&[("BYTES_PER_CONNECTION_PER_SECOND", "1000")]);
    let mut flood = Client::connect(&server, &app());
    // In fragments without an end, which are no messages.
    let fragments = RawFrame::new(TEXT, "").unfinished().to_bytes();
    let more = RawFrame::new(CONTINUATION, "").unfinished().to_bytes().repeat(10_000);
    flood.socket.write([fragments, more].concat());
    assert_over_capacity(&mut flood);
    assert!(effects(&server, "bytes_per_connection_per_second", "closed") > 0.0);
}

/// One signature joins and leaves a presence channel again and again. Each time, all members get a message.
#[test]
fn what_a_client_makes_others_receive_slows_it_down_and_is_not_refused() {
    let server = start(&[("FANOUT_PER_CONNECTION_PER_SECOND", "100")]);
    let mut members: Vec<Client> = (0..10)
        .map(|user| {
            let mut member = Client::connect(&server, &app());
            member.join(CHANNEL, &json!({"user_id": user}).to_string());
            member
        })
        .collect();
    let mut restless = Client::connect(&server, &app());
    let data = json!({"user_id": "restless"}).to_string();
    for _ in 0..15 {
        restless.ask_to_join(CHANNEL, &data);
        restless.unsubscribe(CHANNEL);
    }
    eventually("a delay", || effects(&server, "fanout_per_connection_per_second", "delayed") > 0.0);
    let mut calm = Client::connect(&server, &app());
    assert_unharmed(&mut calm);
    for _ in 0..15 {
        restless.succeeded(CHANNEL);
    }
    restless.expect_nothing();
    // The members have seen all of it.
    let member = &mut members[9];
    for _ in 0..15 {
        member.expect("pusher_internal:member_added");
        member.expect("pusher_internal:member_removed");
    }
    logged(&server, "fanout_per_connection_per_second");
}

#[test]
fn client_events_and_subscription_counts_are_paid_for_too() {
    let app =
        app().with("client_messages", true).with("client_events_per_second", 1_000).with("subscription_counts", true);
    let server = Server::builder()
        .app(app.clone())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_FANOUT_PER_CONNECTION_PER_SECOND", "20")
        .start();
    let delays = || effects(&server, "fanout_per_connection_per_second", "delayed");
    let mut listeners: Vec<Client> = (0..10).map(|_| Client::connect(&server, &app)).collect();
    for listener in &mut listeners {
        listener.subscribe("private-c");
    }
    let mut speaker = Client::connect(&server, &app);
    speaker.subscribe("private-c");
    assert!(delays() == 0.0, "ten messages to others");
    for number in 0..4 {
        speaker.whisper("private-c", "client-e", &json!(number));
    }
    eventually("a delay", || delays() > 0.0);
    speaker.fence();
    let mut counted = Client::connect(&server, &app);
    let before = delays();
    let auth = counted.auth("private-c", None);
    for _ in 0..3 {
        counted.send("pusher:subscribe", &json!({"channel": "private-c", "auth": auth}));
        counted.unsubscribe("private-c");
    }
    eventually("another delay", || delays() > before);
    counted.fence();
}

#[test]
fn a_sign_in_is_paid_for_by_its_watchers() {
    let app = app().with("user_authentication", true).with("watchlist", true);
    let server = Server::builder()
        .app(app.clone())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_FANOUT_PER_CONNECTION_PER_SECOND", "10")
        .start();
    let mut watchers: Vec<Client> = (0..12).map(|_| Client::connect(&server, &app)).collect();
    for (number, watcher) in watchers.iter_mut().enumerate() {
        watcher.sign_in(&json!({"id": format!("watcher-{number}"), "watchlist": ["ann"]}).to_string());
        watcher.expect("pusher_internal:watchlist_events");
    }
    assert!(effects(&server, "fanout_per_connection_per_second", "delayed") == 0.0);
    let mut ann = Client::connect(&server, &app);
    ann.sign_in(r#"{"id":"ann"}"#);
    eventually("a delay", || effects(&server, "fanout_per_connection_per_second", "delayed") > 0.0);
    for watcher in &mut watchers {
        watcher.expect("pusher_internal:watchlist_events");
    }
    ann.fence();
}

#[test]
fn a_page_that_reconnects_with_a_hundred_channels_feels_no_limit() {
    let server = start(&[]);
    let mut members: Vec<Client> = (0..20).map(|_| Client::connect(&server, &app())).collect();
    for (user, member) in members.iter_mut().enumerate() {
        for room in 0..5 {
            member.join(&format!("presence-{room}"), &json!({"user_id": user}).to_string());
        }
    }
    let mut page = Client::connect(&server, &app());
    for channel in 0..95 {
        let channel = format!("private-{channel}");
        page.send("pusher:subscribe", &json!({"channel": channel, "auth": page.auth(&channel, None)}));
    }
    for room in 0..5 {
        page.ask_to_join(&format!("presence-{room}"), &json!({"user_id": "page"}).to_string());
    }
    assert_eq!(page.fence().len(), 100);
    let metrics = Page::of(&server);
    let touched = |line: &&str| line.starts_with("clairon_edge_limits_total") && !line.ends_with(" 0");
    assert_eq!(metrics.text.lines().filter(touched).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_limit_of_0_is_none() {
    let server = start(&[
        ("MESSAGES_PER_CONNECTION_PER_SECOND", "0"),
        ("BYTES_PER_CONNECTION_PER_SECOND", "0"),
        ("FANOUT_PER_CONNECTION_PER_SECOND", "0"),
    ]);
    let mut client = Client::connect(&server, &app());
    let writer = client.socket.writer();
    let flood = std::thread::spawn(move || {
        let mut writer = writer;
        std::io::Write::write_all(&mut writer, &RawFrame::new(PING, "").to_bytes().repeat(50_000))
    });
    for _ in 0..50_000 {
        assert!(matches!(client.socket.receive(), Received::Pong(_)));
    }
    flood.join().expect("a thread").expect("a write");
}

fn assert_over_capacity(client: &mut Client) {
    assert_eq!(client.socket.closed(), (Some(4100), "Over capacity: the client sends too much".to_owned()));
}
