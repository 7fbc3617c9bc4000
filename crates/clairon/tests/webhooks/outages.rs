//! A database that is away.

use std::thread;
use std::time::{Duration, Instant};

use clairon_test_servers::{MariaDb, until};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use clairon_tests::webhook::WebhookReceiver;
use serde_json::json;

use crate::support::{app, member, metric, wait_for_last, wait_for_times};

/// The length of the outage in seconds, unless the variable says otherwise.
const OUTAGE: u64 = 30;
const OUTAGE_VARIABLE: &str = "CLAIRON_TEST_OUTAGE_SECONDS";

fn start(database: &MariaDb, name: &str, app: &App) -> Server {
    Server::builder()
        .app(app.clone())
        .database(database.url(name))
        .env("CLAIRON_WEBHOOKS_LINGER_SECONDS", "1")
        .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
        // The hand-off is to be full within the outage.
        .env("CLAIRON_EDGE_BYTES_PER_CONNECTION_PER_SECOND", "1000000000")
        .start()
}

#[test]
fn what_the_hand_off_holds_outlives_an_outage_and_the_rest_is_counted() {
    let mut database = MariaDb::start();
    let name = database.create_database();
    let receiver = WebhookReceiver::start();
    let app = app(&receiver).with("client_events_per_second", 10_000).with("event_data_bytes", 1_000_000);
    let server = start(&database, &name, &app);
    let lost_of = |kind| metric(&server, "webhook_handoff_lost_total", Some(("kind", kind)));
    let ada = member(&server, &app, "presence-o", "ada");
    drop(wait_for_last(&receiver, "member_added presence-o ada"));

    let outage = std::env::var(OUTAGE_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(OUTAGE);
    let outage = Duration::from_secs(outage);
    database.kill();
    let began = Instant::now();
    // Who leaves for longer than the linger, and comes back, makes a pair, though nothing can be written.
    drop(ada);
    let is_up = || metric(&server, "webhook_database_up", None);
    until("the absence is due, and cannot be written", is_up, |is_up| *is_up == 0);
    let ada = member(&server, &app, "presence-o", "ada");
    let mut bob = member(&server, &app, "presence-o", "bob");
    let sent = 80;
    for number in 0..sent {
        bob.whisper("presence-o", "client-large", &json!(format!("{number}{}", " ".repeat(999_000))));
    }
    bob.fence();
    let lost = usize::try_from(until("some do not fit", || lost_of("event"), |lost| *lost > 0)).unwrap_or_default();
    let says_so = |line: &serde_json::Value| line["events"].as_u64().is_some_and(|events| events > 0);
    drop(server.wait_for_log("what was left out", says_so));
    assert_eq!(lost_of("edge"), 0);
    let mut cem = Client::connect(&server, &app);
    cem.subscribe("room");

    while let Some(rest) = outage.checked_sub(began.elapsed()).filter(|rest| !rest.is_zero()) {
        thread::park_timeout(rest);
    }
    database.run();
    drop((ada, bob));
    let all = wait_for_times(&receiver, "channel_vacated presence-o", 2);
    let (events, edges): (Vec<_>, Vec<_>) = all.into_iter().partition(|words| words.starts_with("client_event"));
    assert_eq!(
        edges,
        [
            "channel_occupied presence-o",
            "member_added presence-o ada",
            "member_removed presence-o ada",
            "channel_vacated presence-o",
            "channel_occupied presence-o",
            "member_added presence-o ada",
            "member_added presence-o bob",
            "member_removed presence-o ada",
            "member_removed presence-o bob",
            "channel_vacated presence-o",
        ]
    );
    assert_eq!(events.len() + lost, sent, "each is delivered or counted");
    drop(wait_for_last(&receiver, "channel_occupied room"));
    assert_eq!(is_up(), 1);
}
