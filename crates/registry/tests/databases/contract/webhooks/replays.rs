//! Deliveries that are repeated.

use clairon_registry::{
    AttemptOutcome::{Delivered, GivenUp},
    DeliveryId, WhichDeliveries,
};
use jiff::Timestamp;

use super::{MANY, app, at, attempt, endpoint, event, pending, pending_bodies, pending_count, ungrouped, webhook};
use crate::support::Database;

pub(in super::super) async fn ended_deliveries_are_repeated(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let entries: Vec<_> = (0..6).map(|number| ungrouped(event("a", &number.to_string(), &[1]))).collect();
    store.record(&entries, MANY, false).await.unwrap();
    let events: Vec<_> = pending(store, 1).await.iter().map(|event| event.id).collect();
    let ids: Vec<_> = (0..3).map(|_| DeliveryId::made_at(Timestamp::now())).collect();
    for (delivery, events) in ids.iter().zip(events.chunks(2)) {
        store.group(delivery, events).await.unwrap();
    }
    let events = pending(store, 1).await;
    let made = [attempt(&events[..2], 1, Some(200), Delivered), attempt(&events[2..4], 2, Some(500), GivenUp)];
    store.note_attempts(&made).await.unwrap();

    // One that is pending comes by itself.
    let named = WhichDeliveries::Named {
        deliveries: vec![ids[2].clone(), ids[0].clone(), DeliveryId::made_at(Timestamp::now())],
        app: None,
        webhook: None,
    };
    let of_other = WhichDeliveries::Named { deliveries: ids.clone(), app: Some(app("b")), webhook: None };
    assert_eq!(store.replay(&of_other, 0).await.unwrap().deliveries, []);
    let replays = store.replay(&named, 0).await.unwrap();
    assert_eq!(replays.next, None);
    let [replay] = &replays.deliveries[..] else { panic!("{replays:?}") };
    assert_eq!((&replay.endpoint, &replay.original), (&endpoint(1), &ids[0]));
    assert_eq!(pending_bodies(store, 1).await, ["4", "5", "0", "1"]);
    let repeated = store.pending_of_delivery(&replay.delivery).await.unwrap();
    assert_eq!(repeated.iter().map(|event| event.delivery_events).collect::<Vec<_>>(), [Some(2), Some(0)]);
    assert!(repeated.iter().all(|event| event.replay_of.as_ref() == Some(&ids[0]) && event.attempts == 0));
    assert_ne!(repeated[0].happened_at, at(1_800_000_000_123), "it is new");
    assert_eq!(pending_count(store, 1).await, 4);

    // Each that was given up is repeated once.
    let given_up = |webhook| WhichDeliveries::GivenUp { app: Some(app("a")), webhook };
    assert_eq!(store.replay(&given_up(Some(webhook(2))), 0).await.unwrap().deliveries, []);
    let replays = store.replay(&given_up(None), 0).await.unwrap().deliveries;
    assert_eq!(replays.iter().map(|replay| &replay.original).collect::<Vec<_>>(), [&ids[1]]);
    assert_eq!(store.replay(&given_up(None), 0).await.unwrap().deliveries, []);

    // Of what has happened since a time, repetitions are left out.
    store.give_up(&endpoint(1), None, "?").await.unwrap();
    let since = |time| WhichDeliveries::Since { time: at(time), app: None, webhook: Some(webhook(1)) };
    assert_eq!(store.replay(&since(1_800_000_000_124), 0).await.unwrap().deliveries, []);
    let replays = store.replay(&since(1_800_000_000_123), 0).await.unwrap().deliveries;
    assert_eq!(replays.into_iter().map(|replay| replay.original).collect::<Vec<_>>(), ids);

    // Many come in several steps.
    store.give_up(&endpoint(1), None, "?").await.unwrap();
    while !store.replay(&given_up(None), 0).await.unwrap().deliveries.is_empty() {}
    store
        .record(&(0..600).map(|number| event("b", &number.to_string(), &[2])).collect::<Vec<_>>(), MANY, false)
        .await
        .unwrap();
    store.give_up(&endpoint(2), None, "?").await.unwrap();
    let (mut count, mut after) = (0, Some(0));
    while let Some(cursor) = after {
        let replays = store.replay(&given_up(Some(webhook(2))), cursor).await.unwrap();
        count += replays.deliveries.len();
        after = replays.next;
    }
    assert_eq!((count, pending_count(store, 2).await), (600, 600));
    let expected: Vec<_> = (0..600).map(|number| number.to_string()).collect();
    assert_eq!(pending_bodies(store, 2).await, expected);
}
