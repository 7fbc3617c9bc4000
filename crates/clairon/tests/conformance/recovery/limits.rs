//! The limits of logs and of replays.

use super::*;
use clairon_test_servers::eventually;
use clairon_tests::metrics::Page;

/// Subscribes at a position, and returns the result.
fn result(server: &Server, app: &App, channel: &str, position: &Position) -> Value {
    let mut client = Client::connect(server, app);
    let answer = ask(&mut client, channel, &position.recover());
    if answer["recovered"] == true { answer["replayed"].clone() } else { answer["reason"].clone() }
}

#[test]
fn a_log_ends_by_its_number_of_events_its_bytes_and_their_age() {
    let bytes = recovering("bytes").with("recovery_bytes", 2_000);
    let brief = recovering("brief").with("recovery_seconds", 1);
    let server = Server::builder().app(short()).app(bytes.clone()).app(brief.clone()).start();
    let mut client = Client::connect(&server, &short());
    let position = begin(&mut client, "c");
    for _ in 0..11 {
        trigger(&server, &short(), "c", "e", None);
    }
    assert_eq!(result(&server, &short(), "c", &position), "expired");
    assert_eq!(result(&server, &short(), "c", &position.at(1)), 10);

    let mut client = Client::connect(&server, &bytes);
    let position = begin(&mut client, "c");
    let body = json!({"name": "e", "data": "x".repeat(800), "channels": ["c"]});
    for _ in 0..3 {
        assert_eq!(Request::post(&bytes, "/events", &body).send(&server).ok(), json!({}));
    }
    assert_eq!(result(&server, &bytes, "c", &position), "expired");
    assert_eq!(result(&server, &bytes, "c", &position.at(1)), 2);

    let mut client = Client::connect(&server, &brief);
    let position = begin(&mut client, "c");
    trigger(&server, &brief, "c", "e", None);
    eventually("the event is too old", || result(&server, &brief, "c", &position) == "expired");
}

#[test]
fn a_replay_does_not_overflow_the_outbox() {
    let app = recovering("outbox");
    let server = Server::builder().app(app.clone()).app(short()).env("CLAIRON_OUTBOX_FRAMES", "40").start();
    let mut client = Client::connect(&server, &app);
    let position = begin(&mut client, "c");
    for _ in 0..21 {
        trigger(&server, &app, "c", "e", None);
    }
    assert_eq!(result(&server, &app, "c", &position), "limit");
    assert_eq!(result(&server, &app, "c", &position.at(1)), 20);
    // The connection of the first stays, and so does that of one that asks again and again.
    let mut client = Client::connect(&server, &app);
    for _ in 0..50 {
        let subscribe = json!({"channel": "c", "auth": "", "recover": position.at(1).recover()});
        client.send("pusher:subscribe", &subscribe);
    }
    assert_eq!(client.fence().len(), 50 * 21);
}

#[test]
fn replayed_bytes_of_a_connection_have_a_limit() {
    let app = recovering("bytes");
    let server = Server::start(app.clone());
    let mut client = Client::connect(&server, &app);
    let position = begin(&mut client, "c");
    let body = json!({"name": "e", "data": "x".repeat(100_000), "channels": ["c"]});
    for _ in 0..10 {
        assert_eq!(Request::post(&app, "/events", &body).send(&server).ok(), json!({}));
    }
    client.fence();
    let mut results = Vec::new();
    for _ in 0..10 {
        let answer = ask(&mut client, "c", &position.recover());
        results.push(answer["recovered"] == true);
        client.fence();
    }
    assert_eq!(results.iter().filter(|recovered| **recovered).count(), 8, "8 MiB a minute: {results:?}");
    assert_eq!(results.last(), Some(&false));
}

#[test]
fn clients_cannot_make_the_logs_outgrow_their_limit() {
    let app = recovering("many").with("subscriptions_per_connection", 100_000);
    let server = Server::builder()
        .app(app.clone())
        .env("CLAIRON_RECOVERY_BYTES_TOTAL", (1 << 20).to_string())
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        .env("CLAIRON_EDGE_MESSAGES_PER_CONNECTION_PER_SECOND", "100000")
        .start();
    let mut client = Client::connect(&server, &app);
    let mut declined = 0;
    for number in 0..2_100 {
        let answer = ask(&mut client, &format!("c-{number}"), &json!(true));
        declined += usize::from(answer.is_null());
    }
    assert_eq!(declined, 2_100 - 2_048, "a log without events counts 512 bytes");
    let page = Page::of(&server);
    let value = |name: &str, labels: &[(&str, &str)]| page.value(&format!("clairon_{name}"), labels);
    let figures = [
        value("recovery_logs", &[]),
        value("recovery_log_bytes", &[]),
        value("recoveries_total", &[("outcome", "declined")]),
    ];
    assert_eq!(figures.map(|figure| figure.to_string()), ["2048", "1048576", "52"]);
    // Nor by subscriptions that end at once.
    for number in 0..2_100 {
        let channel = format!("brief-{number}");
        client.send("pusher:subscribe", &json!({"channel": channel, "recover": true}));
        client.unsubscribe(&channel);
        client.unsubscribe(&format!("c-{number}"));
    }
    client.fence();
    let page = Page::of(&server);
    assert!(page.value("clairon_recovery_log_bytes", &[]) <= 1_048_576.0);
    // Logs that nobody uses any more go first.
    client.socket.abort();
    let mut client = Client::connect(&server, &app);
    eventually("a log can be opened", || !ask(&mut client, "another", &json!(true)).is_null());
}
