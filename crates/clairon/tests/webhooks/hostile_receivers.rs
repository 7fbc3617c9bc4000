//! Receivers that hang, break off, answer nonsense, or say too much.

use std::sync::atomic::{AtomicBool, Ordering};

use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use serde_json::{Value, json};

/// An answer without a body, after which the connection is closed.
fn closing(status: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

/// A server whose only app has the receiver as its endpoint, which has so much time. What leaves has left at once.
fn server(app: App, receiver: &WebhookReceiver, timeout_seconds: u8) -> Server {
    Server::builder()
        .app(app.with("webhook_url", receiver.url()))
        .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "0")
        .env("CLAIRON_WEBHOOKS_TIMEOUT_SECONDS", timeout_seconds.to_string())
        .start()
}

/// A receiver that answers the first request with `first`, and takes all others.
fn first(first: Reply) -> WebhookReceiver {
    let is_first = AtomicBool::new(true);
    WebhookReceiver::answering(
        move |_| {
            if is_first.swap(false, Ordering::SeqCst) { first.clone() } else { Reply::Status(204) }
        },
    )
}

fn occupied(channel: &str) -> Value {
    json!({"name": "channel_occupied", "channel": channel})
}

fn vacated(channel: &str) -> Value {
    json!({"name": "channel_vacated", "channel": channel})
}

/// The deliveries and the events of requests, one line each.
fn lines(requests: &[Received]) -> Vec<(&str, &[Value])> {
    requests.iter().map(|request| (request.delivery(), request.events.as_slice())).collect()
}

/// Occupies and vacates a channel at a receiver whose first answer is `reply`. Returns what the receiver got once the
/// channel's last event has arrived there.
fn occupy_and_vacate(reply: Reply) -> Vec<Received> {
    // The answers with a head that does not end, or none, take all the time that a receiver has. The others have much
    // of it, as a busy machine delays good answers too.
    let timeout_seconds = match &reply {
        Reply::Endless(first, _) if !first.ends_with(b"\r\n\r\n") => 2,
        Reply::Hang => 2,
        _ => 30,
    };
    let (receiver, app) = (first(reply), App::new("hostile"));
    let server = server(app.clone(), &receiver, timeout_seconds);
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    client.unsubscribe("news");
    let is_last = |request: &Received| request.events.contains(&vacated("news"));
    let requests = receiver.wait_for("the last event", |requests| requests.last().is_some_and(is_last));
    for request in &requests {
        request.assert_signed_by(&app);
    }
    requests
}

#[test]
fn a_delivery_that_failed_comes_again_with_the_same_id_before_what_follows() {
    for reply in [
        Reply::Status(500),
        closing("503 Service Unavailable"),
        closing("404 Not Found"),
        Reply::Bytes(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n".to_vec()),
        Reply::Bytes(b"HTTP/1.1 200".to_vec()),
        Reply::Bytes(b"220 mail.example ESMTP\r\n".to_vec()),
        Reply::Endless(b"HTTP/1.1 500 Oh\r\n\r\n".to_vec(), vec![b'a'; 4_096]),
        Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Endless: a\r\n".to_vec()),
        Reply::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        Reply::Hang,
        Reply::Reset,
    ] {
        let requests = occupy_and_vacate(reply.clone());
        let (news, gone) = ([occupied("news")], [vacated("news")]);
        let [failed, repeated, last] = &lines(&requests)[..] else { panic!("{reply:?}: {requests:#?}") };
        assert_eq!((failed.1, repeated.1, last.1), (&news[..], &news[..], &gone[..]), "{reply:?}");
        assert!(failed.0 == repeated.0 && failed.0 != last.0, "{reply:?}: {requests:#?}");
    }
}

#[test]
fn a_delivery_that_was_taken_does_not_come_again() {
    for reply in [
        Reply::Status(204),
        closing("202 Accepted"),
        Reply::Bytes(b"HTTP/1.0 200 OK\r\n\r\nuntil the end".to_vec()),
        Reply::Bytes(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n".to_vec()),
        Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nless".to_vec()),
        Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 4_096]),
        Reply::Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), b"1\r\na\r\n".to_vec()),
    ] {
        let requests = occupy_and_vacate(reply.clone());
        let (news, gone) = ([occupied("news")], [vacated("news")]);
        let [taken, last] = &lines(&requests)[..] else { panic!("{reply:?}: {requests:#?}") };
        assert_eq!((taken.1, last.1), (&news[..], &gone[..]), "{reply:?}");
        assert_ne!(taken.0, last.0);
    }
}

#[test]
fn a_channel_that_is_held_back_holds_back_no_other() {
    let receiver = WebhookReceiver::answering(|request| {
        if request.events == [occupied("stuck")] { Reply::Hang } else { Reply::Status(200) }
    });
    let app = App::new("held-back");
    let server = server(app.clone(), &receiver, 10);
    let mut client = Client::connect(&server, &app);
    client.subscribe("stuck");
    client.unsubscribe("stuck");
    for number in 0..20 {
        client.subscribe(&format!("news-{number}"));
    }
    let others = |requests: &[Received]| {
        let events = requests.iter().flat_map(|request| &request.events);
        events.filter(|event| event["channel"] != "stuck").count() == 20
    };
    let requests = receiver.wait_for("the events of the other channels", others);
    let stuck = lines(&requests).into_iter().filter(|(_, events)| events[0]["channel"] == "stuck").collect::<Vec<_>>();
    assert!(!stuck.is_empty() && stuck.iter().all(|line| *line == (stuck[0].0, &[occupied("stuck")])), "{stuck:?}");
}

#[test]
fn an_endpoint_that_is_gone_gets_nothing_more() {
    let receiver = first(closing("410 Gone"));
    let app = App::new("gone");
    let server = server(app.clone(), &receiver, 30);
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    let warning = server.wait_for_log("the warning that the endpoint is off", |line| {
        line["message"].as_str().is_some_and(|message| message.contains("410"))
    });
    assert_eq!((&warning["level"], &warning["app"]), (&json!("WARN"), &json!(app.id)), "{warning}");
    client.subscribe("more");
    client.unsubscribe("news");
    // Whatever would still be on its way comes before the process ends.
    assert!(server.terminate().success());
    assert_eq!(receiver.events(), [occupied("news")]);
}

#[test]
fn private_addresses_can_be_forbidden() {
    let receiver = WebhookReceiver::start();
    let app = App::new("forbidden").with("webhook_url", receiver.url());
    let server = Server::builder().app(app.clone()).env("CLAIRON_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES", "false").start();
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    let _warning = server.wait_for_log("the warning that the endpoint cannot be reached", |line| {
        line.to_string().contains("127.0.0.1 is not a public address: webhooks.allow_private_addresses is false")
    });
    assert!(receiver.requests().is_empty());
}
