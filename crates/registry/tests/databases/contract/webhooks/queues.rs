//! Pending events.

use std::time::Duration;

use clairon_protocol::UserId;
use clairon_registry::{
    AddedEvents,
    AttemptOutcome::{self, GivenUp},
    DeliveryId, Entry, LogQuery, Recorded, Subject, WhichDeliveries,
};
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{MANY, at, attempt, channel, endpoint, event, observed, pending, pending_bodies, pending_count, ungrouped};
use crate::support::Database;

/// The same entry, with deliveries of its own.
fn renewed(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    let copies = entry.event.iter_mut().flat_map(|event| &mut event.copies);
    copies.for_each(|copy| copy.delivery = DeliveryId::made_at(Timestamp::now()));
    entry
}

/// The time for which a node is waited for.
const LONG: Duration = Duration::from_mins(10);

pub(in super::super) async fn pending_events_are_read_in_their_order(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let long = format!("{{\"data\":\"{}\"}}", "é\\u0000".repeat(200_000));
    let entries =
        [event("a", "1", &[1, 2]), event("b", "2", &[1]), event("a", &long, &[2, 1]), ungrouped(event("a", "4", &[2]))];
    let recorded = store.record(&entries, MANY, false).await.unwrap();
    let added =
        async |number| AddedEvents { endpoint: endpoint(number), count: 3, events: Some(pending(store, number).await) };
    let added = vec![added(1).await, added(2).await];
    assert_eq!(recorded, Recorded { added, given_up: Vec::new() });
    assert_eq!(store.record(&[], MANY, false).await.unwrap(), Recorded::default());
    // It was not known whether they were written.
    assert_eq!(store.record(&entries, MANY, true).await.unwrap(), Recorded::default());
    assert_eq!(pending_bodies(store, 1).await, ["1", "2", &long]);
    assert_eq!(pending_bodies(store, 2).await, ["1", &long, "4"]);

    let events = pending(store, 2).await;
    let copy = entries[0].event.as_ref().unwrap().copies[1].clone();
    assert_eq!((&events[0].delivery, events[0].delivery_events), (&copy.delivery, Some(1)));
    assert_eq!(events[2].delivery_events, None);
    assert!(events.iter().all(|event| event.attempts == 0 && event.replay_of.is_none()));
    assert_eq!((events[0].body.as_deref(), &events[1].body), (Some("1"), &None), "one is long");
    assert_eq!((events[1].happened_at, &events[1].channel), (at(1_800_000_000_123), &channel("a")));
    assert_eq!(store.pending(&endpoint(2), events[0].id).await.unwrap(), events[1..]);
    assert_eq!(store.pending_in_channel(&endpoint(2), &channel("a"), events[0].id).await.unwrap(), events[1..]);
    assert_eq!(store.pending_in_channel(&endpoint(2), &channel("b"), 0).await.unwrap(), []);
    assert_eq!(store.pending_of_delivery(&copy.delivery).await.unwrap(), events[..1]);
    assert_eq!(store.pending(&endpoint(3), 0).await.unwrap(), []);
}

pub(in super::super) async fn a_record_returns_its_events_unless_others_were_added(database: &impl Database) {
    let (registry, other) = (database.open().await, database.open().await);
    let store = &*registry;
    let long = "é".repeat(5_000);
    let entries = [event("a", "1", &[1, 2]), ungrouped(event("b", &long, &[2]))];
    let mut last = 0;
    let mut returned = async |entries: &[Entry], pending_rows| {
        let entries: Vec<_> = entries.iter().map(renewed).collect();
        let recorded = store.record(&entries, pending_rows, false).await.unwrap();
        let added = recorded.added.iter().find(|added| added.endpoint == endpoint(2)).unwrap();
        let new = store.pending(&endpoint(2), last).await.unwrap();
        last = new.last().map_or(last, |event| event.id);
        if let Some(events) = &added.events {
            assert_eq!((events, added.count), (&new, new.len() as u64));
        }
        added.events.is_some()
    };
    assert!(returned(&entries, MANY).await && returned(&entries, MANY).await);
    store.note_attempts(&[attempt(&pending(store, 1).await[..1], 1, None, GivenUp)]).await.unwrap();
    assert!(returned(&entries, MANY).await, "an attempt adds none");
    other.record(&[event("a", "2", &[2])], MANY, false).await.unwrap();
    assert!(!returned(&entries, MANY).await, "another node has written");
    assert!(returned(&entries, MANY).await);
    let which = WhichDeliveries::GivenUp { app: None, webhook: None };
    assert_eq!(store.replay(&which, 0).await.unwrap().deliveries.len(), 1);
    assert!(!returned(&entries, MANY).await, "a replay was added");
    assert!(!returned(&[Entry { place: Some(1), ..event("a", "3", &[2]) }], MANY).await, "it has no order yet");
    assert!(!returned(&entries, 3).await, "the oldest are given up");
    assert!(returned(&entries, MANY).await);
    let late = database.open().await;
    let recorded = late.record(&[event("a", "4", &[2])], MANY, false).await.unwrap();
    assert_eq!(recorded.added[0].events, None, "others may have written before the start");
}

pub(in super::super) async fn nodes_write_in_one_order(database: &impl Database) {
    let mut nodes = JoinSet::new();
    for node in 0..6 {
        let registry = database.open().await;
        nodes.spawn(async move {
            for write in 0..10 {
                // All nodes observe the same; each has events of its own.
                let mut entries = vec![observed(Subject::Channel, write % 2 == 0, write + 1)];
                entries.extend((0..20).map(|number| event("c", &format!("{node} {}", 20 * write + number), &[2])));
                registry.record(&entries, MANY, false).await.unwrap();
            }
        });
    }
    nodes.join_all().await;
    let registry = database.open().await;
    let mut events = Vec::new();
    while let page = registry.pending(&endpoint(2), events.last().copied().unwrap_or(0)).await.unwrap()
        && !page.is_empty()
    {
        events.extend(page.iter().map(|event| event.id));
    }
    let bodies = registry.bodies(&events).await.unwrap();
    assert_eq!(bodies.len(), 1_200);
    for node in 0..6 {
        let own: Vec<_> = bodies.iter().filter_map(|(_, body)| body.strip_prefix(&format!("{node} "))).collect();
        assert_eq!(own, (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
    }
    // A write with an older version makes no event, so events alternate and the last one has the newest version.
    let told = pending_bodies(&*registry, 1).await;
    assert!(told.windows(2).all(|pair| pair[0][..1] != pair[1][..1]), "{told:?}");
    assert_eq!(told.last().unwrap(), "-10");
}

pub(in super::super) async fn an_endpoint_keeps_its_newest_events(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let entry = |number: u32| match number % 3 {
        0 => ungrouped(event("a", &number.to_string(), &[1, 2])),
        _ => event("a", &number.to_string(), &[1, 2]),
    };
    store.record(&(0..7).map(entry).collect::<Vec<_>>(), 10, false).await.unwrap();
    let entries: Vec<_> = (7..300).map(entry).chain([event("a", "last", &[2])]).collect();
    let recorded = store.record(&entries, 10, false).await.unwrap();
    assert_eq!(recorded.given_up, [(endpoint(1), 290), (endpoint(2), 291)]);
    let kept: Vec<_> = (290..300).map(|number| number.to_string()).collect();
    assert_eq!(pending_bodies(store, 1).await, kept);
    assert_eq!((pending_count(store, 1).await, pending_count(store, 2).await), (10, 10));
    // They are in the log, and on the list of those that can be repeated.
    let query = LogQuery { webhook: Some(super::webhook(1)), limit: 1_000, ..LogQuery::default() };
    let log = store.log(&query).await.unwrap();
    assert_eq!(log.len(), 290);
    let oldest = log.iter().find(|logged| logged.events[0].body == "0").unwrap();
    assert_eq!(oldest.attempt.outcome, AttemptOutcome::GivenUp);
    assert_eq!(oldest.attempt.problem.as_deref(), Some("given up: the endpoint has more than 10 pending events"));

    assert_eq!(store.give_up(&endpoint(1), Some(at(0)), "?").await.unwrap(), 0);
    assert_eq!(store.give_up(&endpoint(1), None, "gone").await.unwrap(), 10);
    assert_eq!((pending_bodies(store, 1).await.len(), pending_count(store, 1).await), (0, 0));
    assert_eq!(pending_bodies(store, 2).await.len(), 10);
}

pub(in super::super) async fn events_are_grouped_into_deliveries(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let entries: Vec<Entry> =
        (0..100).map(|number| ungrouped(event(["a", "b"][number % 2], &number.to_string(), &[1]))).collect();
    store.record(&entries, MANY, false).await.unwrap();
    let ids: Vec<_> = pending(store, 1).await.iter().map(|event| event.id).collect();
    let (delivery, other) = (DeliveryId::made_at(Timestamp::now()), DeliveryId::made_at(Timestamp::now()));
    store.group(&delivery, &ids[..90]).await.unwrap();
    store.group(&other, &ids[90..]).await.unwrap();
    let events = store.pending_of_delivery(&delivery).await.unwrap();
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), ids[..90]);
    let sizes: Vec<_> = pending(store, 1).await.iter().map(|event| event.delivery_events).collect();
    assert_eq!((sizes[0], sizes[1], sizes[90], sizes[91]), (Some(90), Some(0), Some(10), Some(0)));
}

pub(in super::super) async fn events_are_put_into_the_order_of_their_places(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let user = |name: &str| Subject::Member(UserId::from(name));
    let at = |place, entry| Entry { place: Some(place), ..entry };
    let record = async |entries: &[Entry]| store.record(entries, MANY, false).await.unwrap();
    let newest = async || store.newest_arriving(&endpoint(1)).await.unwrap();
    assert_eq!((newest().await, store.settle(&endpoint(1), i64::MAX).await.unwrap()), (None, 0));

    // One node writes later than the other what happened earlier.
    record(&[at(0, observed(Subject::Channel, true, 9)), at(12, observed(user("bob"), true, 12))]).await;
    let seen = newest().await.unwrap();
    record(&[
        at(9, observed(Subject::Channel, true, 8)),
        at(11, observed(user("ada"), true, 11)),
        at(13, event("room", "client", &[1])),
    ])
    .await;
    assert_eq!((pending_bodies(store, 1).await.len(), pending_count(store, 1).await), (0, 4));
    assert_eq!(store.settle(&endpoint(1), seen).await.unwrap(), 3);
    assert_eq!(pending_bodies(store, 1).await, ["+9", "+11", "+12"]);
    let events = pending(store, 1).await;
    assert_eq!(store.pending(&endpoint(1), events[0].id).await.unwrap(), events[1..]);
    assert_eq!(store.settle(&endpoint(1), newest().await.unwrap()).await.unwrap(), 1);

    // The channel was vacated after a while, and was occupied again before, which another node writes later.
    record(&[at(40, observed(Subject::Channel, false, 20))]).await;
    record(&[at(25, observed(Subject::Channel, true, 25)), at(26, observed(user("cem"), true, 26))]).await;
    record(&[at(27, event("room", "client", &[1])), at(50, event("room", "last", &[1]))]).await;
    record(&[at(45, event("other", "elsewhere", &[1]))]).await;
    assert_eq!(store.settle(&endpoint(1), i64::MAX).await.unwrap(), 6);
    let expected = ["+9", "+11", "+12", "client", "-20", "+25", "+26", "client", "elsewhere", "last"];
    assert_eq!(pending_bodies(store, 1).await, expected);

    // What comes too late comes last, and what nobody has settled can be given up.
    record(&[at(1, event("room", "late", &[1]))]).await;
    assert_eq!(store.settle(&endpoint(1), i64::MAX).await.unwrap(), 1);
    assert_eq!(pending_bodies(store, 1).await.last().unwrap(), "late");
    record(&(0..200).map(|place| at(place, event("room", "more", &[1, 2]))).collect::<Vec<_>>()).await;
    assert_eq!(store.give_up(&endpoint(1), None, "gone").await.unwrap(), 211);
    assert_eq!((newest().await, pending_count(store, 1).await), (None, 0));
    assert_eq!(store.settle(&endpoint(2), i64::MAX).await.unwrap(), 200);
}

pub(in super::super) async fn events_wait_for_nodes_that_write_late(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let at = |place: u64| Entry { place: Some(place), ..event("room", &place.to_string(), &[1]) };
    let record = async |places: &[u64]| {
        let entries: Vec<_> = places.iter().map(|place| at(*place)).collect();
        store.record(&entries, MANY, false).await.unwrap();
    };
    let settle = async || store.settle(&endpoint(1), i64::MAX).await.unwrap();
    let late = async |node: &str, place| store.note_backlog(node, Some((place, LONG))).await.unwrap();
    let punctual = async |node: &str| store.note_backlog(node, None).await.unwrap();

    late("a", 10).await;
    late("b", 20).await;
    record(&[9, 10, 25]).await;
    assert_eq!((settle().await, settle().await), (1, 0));
    // One has written a part, and the other one all.
    late("a", 15).await;
    assert_eq!(settle().await, 1);
    record(&[15, 21]).await;
    punctual("a").await;
    assert_eq!(settle().await, 1);
    punctual("b").await;
    assert_eq!(settle().await, 2);
    assert_eq!(pending_bodies(store, 1).await, ["9", "10", "15", "21", "25"]);
    // A node that ended is not waited for.
    store.note_backlog("c", Some((0, Duration::ZERO))).await.unwrap();
    record(&[30]).await;
    assert_eq!(settle().await, 1);
}
