//! Deliveries of the sender, as receivers parse them.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use clairon_protocol::{AppKey, Secret, SocketId};
use clairon_test_servers::certificates::Authority;
use clairon_tests::app::App;
use clairon_tls::Authorities;
use clairon_webhooks::{Delivery, Fence, Outcome, Sender, WebhookEvent, WebhookSettings, write_body};
use serde_json::Value;

use super::receiver::{Receiver, Runtime};

/// Characters that middleware, parsers or printing may change: white space at the ends, an empty text, quotes, control
/// characters, line separators, and a character outside of the basic plane.
pub(super) const STRANGE: &str = " \u{feff}é\"\\/\u{0}\u{1b}\u{2028}<>&😀\u{202e}\n ";

/// One event of each kind, and events with texts that are easily changed.
fn events() -> Vec<String> {
    let (channel, user_id) = ("presence-room", "7");
    let client_event = |data, user_id| {
        let socket_id = SocketId::from_random(7);
        WebhookEvent::ClientEvent { channel, event: "client-typing", data, socket_id, user_id }
    };
    [
        WebhookEvent::ChannelOccupied { channel },
        WebhookEvent::MemberAdded { channel, user_id },
        WebhookEvent::MemberRemoved { channel, user_id: STRANGE },
        WebhookEvent::ChannelVacated { channel },
        WebhookEvent::CacheMiss { channel: "cache-prices" },
        WebhookEvent::SubscriptionCount { channel: "news", subscription_count: 12 },
        client_event(r#"{"on":true}"#, None),
        client_event(STRANGE, Some(user_id)),
        client_event("", Some(user_id)),
    ]
    .iter()
    .map(WebhookEvent::to_json)
    .collect()
}

/// A delivery with an age of `age` seconds.
pub(crate) fn delivery(app: &App, url: &str, events: &[String], age: i64) -> Delivery {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    Delivery {
        url: url.parse().unwrap(),
        headers: Vec::new(),
        key: AppKey::parse(&app.key).unwrap(),
        secret: Secret::parse(&app.secret).unwrap(),
        body: write_body(now - 1_000 * age, now, events.iter().map(String::as_str)),
        id: "delivery-1".to_owned(),
        replay_of: None,
        fence: Fence::default(),
    }
}

fn status(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Delivered(answer) | Outcome::Refused(answer) => answer.status,
        Outcome::Failed { failure, .. } => panic!("{failure}"),
    }
}

/// Sends batches and single events to a receiver, valid and forged ones, and compares what it has parsed.
async fn exchange(runtime: Runtime, authority: Option<&Authority>) {
    let app = App::new("receivers");
    let receiver = Receiver::start(runtime, &app, authority.map(|authority| authority.issue("localhost")).as_ref());
    let authorities = authority.map(|authority| Authorities::from_pem(fs::read(authority.file()).unwrap()).unwrap());
    let settings = WebhookSettings { authorities, ..WebhookSettings::default() };
    let sender = Sender::with_environment(&settings, |_| None);
    let events = events();

    let forged = |change: &dyn Fn(&mut Delivery)| {
        let mut delivery = delivery(&app, &receiver.url(), &events, 0);
        change(&mut delivery);
        delivery
    };
    for forged in [
        forged(&|delivery| delivery.secret = Secret::parse("another-secret").unwrap()),
        forged(&|delivery| delivery.key = AppKey::parse("another-key").unwrap()),
    ] {
        assert_eq!(status(&sender.send(&forged).await), 401);
    }

    let mut expected = Vec::new();
    for (batch, age) in events.chunks(1).chain([&events[..]]).zip([0, 86_400].into_iter().cycle()) {
        let delivery = delivery(&app, &receiver.url(), batch, age);
        assert_eq!(status(&sender.send(&delivery).await), 204, "{batch:?}");
        expected.extend(batch.iter().map(|event| serde_json::from_str::<Value>(event).unwrap()));
    }
    // The receiver has accepted none of the forged ones.
    assert_eq!(receiver.events(expected.len()), expected);
}

#[tokio::test]
async fn laravel_makes_events_of_what_is_sent() {
    exchange(Runtime::Laravel, None).await;
}

#[tokio::test]
async fn node_makes_events_of_what_is_sent() {
    exchange(Runtime::Node, None).await;
}

#[tokio::test]
async fn node_makes_events_of_what_is_sent_over_https() {
    exchange(Runtime::Node, Some(&Authority::new())).await;
}

#[tokio::test]
async fn python_makes_events_of_what_is_sent() {
    exchange(Runtime::Python, None).await;
}

#[tokio::test]
async fn python_makes_events_of_what_is_sent_over_https() {
    exchange(Runtime::Python, Some(&Authority::new())).await;
}
