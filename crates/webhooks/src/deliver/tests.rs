//! Deliveries with a store.

use std::{sync::Arc, time::Duration};

use clairon_protocol::{ChannelName, Limits};
use clairon_registry::{App, AppCache, DeliveryId, Entry, EventCopy, NewEvent, Webhook, WebhookUrl};
use jiff::Timestamp;
use tokio::{sync::mpsc, time::timeout};

use crate::{Announcer, WebhookSettings};

/// A server that has become a lone one may find events that wait for a node which was killed while it wrote late.
#[tokio::test]
async fn what_waited_for_a_node_that_was_killed_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("clairon.db").display());
    let store = clairon_registry::open(&url, 1).await.unwrap();
    let mut app = App::random();
    // Nothing listens there. That it is tried is enough.
    app.webhooks.add(Webhook::new(WebhookUrl::parse("http://127.0.0.1:9/").unwrap()));
    store.create(&app).await.unwrap();
    let webhook = app.webhooks.iter().next().unwrap().id.clone();
    let delivery = DeliveryId::made_at(Timestamp::now());
    let copies = vec![EventCopy { webhook, delivery: delivery.clone(), is_alone: true }];
    let event = NewEvent { body: "{}".to_owned(), happened_at: Timestamp::now(), copies };
    let channel = ChannelName::parse("a", &Limits::default()).unwrap();
    let entry = Entry { app: app.id.clone(), channel, place: Some(7), observation: None, event: Some(event) };
    store.record(&[entry], 100, false).await.unwrap();
    store.note_backlog("killed", Some((0, Duration::from_secs(3)))).await.unwrap();

    let apps = Arc::new(AppCache::load(store.clone(), Vec::new()).await.unwrap());
    let (attempts, mut attempted) = mpsc::unbounded_channel();
    let on_attempt = Box::new(move |attempt: &clairon_registry::Attempt| drop(attempts.send(attempt.delivery.clone())));
    let announcer = Arc::new(Announcer::new(WebhookSettings::default(), store, apps, true, on_attempt));
    let running = announcer.clone();
    let running = tokio::spawn(async move { running.deliver().await });
    assert_eq!(timeout(Duration::from_secs(30), attempted.recv()).await.unwrap(), Some(delivery));
    announcer.stopping.cancel();
    running.await.unwrap();
}
