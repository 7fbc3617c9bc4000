//! The contract of [`WebhookStore`](clairon_registry::WebhookStore), run over every engine.

mod announcing;
mod attempts;
mod leases;
mod queues;
mod replays;

use std::time::Duration;

use clairon_protocol::{AppId, ChannelName, Limits};
use clairon_registry::{
    Attempt, AttemptOutcome, DeliveryAttempt, DeliveryId, Endpoint, Entry, EventCopy, NewEvent, Observation,
    PendingEvent, Registry, Subject, WebhookId,
};
use jiff::Timestamp;

pub(super) use self::{
    announcing::{an_observation_makes_an_event_only_if_it_is_news, what_is_announced_is_read_in_pages_and_forgotten},
    attempts::{attempts_end_deliveries_and_are_logged, what_is_old_is_removed},
    leases::a_lease_belongs_to_one_node,
    queues::{
        a_record_returns_its_events_unless_others_were_added, an_endpoint_keeps_its_newest_events,
        events_are_grouped_into_deliveries, events_are_put_into_the_order_of_their_places,
        events_wait_for_nodes_that_write_late, nodes_write_in_one_order, pending_events_are_read_in_their_order,
    },
    replays::ended_deliveries_are_repeated,
};

/// More pending events than any of these tests writes.
const MANY: u64 = 100_000;

/// An endpoint of the app `a`.
fn endpoint(number: u8) -> Endpoint {
    Endpoint::new(app("a"), webhook(number))
}

fn app(id: &str) -> AppId {
    AppId::parse(id).unwrap()
}

fn webhook(number: u8) -> WebhookId {
    WebhookId::parse(&format!("0000000000{number:02x}")).unwrap()
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name, &Limits::default()).unwrap()
}

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

/// An event of the app `a` for some endpoints, without state.
fn event(name: &str, body: &str, endpoints: &[u8]) -> Entry {
    let copy = |number: &u8| EventCopy {
        webhook: webhook(*number),
        delivery: DeliveryId::made_at(Timestamp::now()),
        is_alone: true,
    };
    let copies = endpoints.iter().map(copy).collect();
    let event = NewEvent { body: body.to_owned(), happened_at: at(1_800_000_000_123), copies };
    Entry { app: app("a"), channel: channel(name), place: None, observation: None, event: Some(event) }
}

/// The same entry, without a delivery of its own.
fn ungrouped(mut entry: Entry) -> Entry {
    entry.event.iter_mut().flat_map(|event| &mut event.copies).for_each(|copy| copy.is_alone = false);
    entry
}

/// An event for endpoint 1 that is made only if the observation is news.
fn observed(subject: Subject, is_present: bool, version: u64) -> Entry {
    let body = format!("{}{version}", if is_present { "+" } else { "-" });
    Entry { observation: Some(Observation { subject, is_present, version }), ..event("room", &body, &[1]) }
}

async fn pending(store: &dyn Registry, number: u8) -> Vec<PendingEvent> {
    let mut all: Vec<PendingEvent> = Vec::new();
    loop {
        let page = store.pending(&endpoint(number), all.last().map_or(0, |event| event.id)).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The bodies of the pending events of an endpoint, in their order.
async fn pending_bodies(store: &dyn Registry, number: u8) -> Vec<String> {
    let ids: Vec<_> = pending(store, number).await.iter().map(|event| event.id).collect();
    store.bodies(&ids).await.unwrap().into_iter().map(|(_, body)| body).collect()
}

/// How many events are pending at an endpoint, as its lease says.
async fn pending_count(store: &dyn Registry, number: u8) -> u64 {
    let leases = store.take_leases("counter", &[endpoint(number)], Duration::from_mins(1)).await.unwrap();
    store.release_leases("counter", &[endpoint(number)]).await.unwrap();
    leases[0].pending
}

/// An attempt to deliver some events of one delivery.
fn attempt(events: &[PendingEvent], millisecond: i64, status: Option<u16>, outcome: AttemptOutcome) -> DeliveryAttempt {
    let attempt = Attempt {
        endpoint: endpoint(1),
        delivery: events[0].delivery.clone(),
        replay_of: None,
        node: "n".to_owned(),
        at: at(millisecond),
        latency: Duration::from_millis(7),
        status,
        problem: None,
        outcome,
    };
    DeliveryAttempt { attempt, events: events.iter().map(|event| event.id).collect() }
}
