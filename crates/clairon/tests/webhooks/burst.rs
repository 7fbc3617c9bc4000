//! Ten thousand edges at once.

use std::collections::HashSet;
use std::time::Duration;

use clairon_tests::client::Client;
use clairon_tests::webhook::WebhookReceiver;
use serde_json::json;

use crate::support::{Database, app, heard, server};

const CLIENTS: usize = 20;
/// Each has channels of its own.
const CHANNELS: usize = 500;
const PATIENCE: Duration = Duration::from_mins(3);

#[test]
fn ten_thousand_edges_all_arrive() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let database = Database::sqlite();
    let server = server(&database, &app).start();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::connect(&server, &app)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        for channel in 0..CHANNELS {
            client.send("pusher:subscribe", &json!({"channel": format!("c-{number}-{channel}")}));
        }
    }
    for client in &mut clients {
        assert_eq!(client.fence().len(), CHANNELS);
    }
    let expected = |kind: &str| -> HashSet<String> {
        let name = |index: usize| format!("{kind} c-{}-{}", index / CHANNELS, index % CHANNELS);
        (0..CLIENTS * CHANNELS).map(name).collect()
    };
    let count = CLIENTS * CHANNELS;
    let occupied = receiver.wait_longer_for("all are occupied", PATIENCE, |requests| requests.len() >= count);
    assert_eq!(heard(&occupied).into_iter().collect::<HashSet<_>>(), expected("channel_occupied"));
    drop(clients);
    let all = receiver.wait_longer_for("all are vacated", PATIENCE, |requests| requests.len() >= 2 * count);
    let vacated: HashSet<_> = heard(&all[count..]).into_iter().collect();
    assert_eq!((vacated, all.len()), (expected("channel_vacated"), 2 * count));
}
