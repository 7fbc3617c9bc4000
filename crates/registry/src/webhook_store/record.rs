//! Writing what was observed, and the events that it makes.

use std::collections::{BTreeMap, HashSet};

use super::{
    arrivals::ARRIVING,
    attempt::{Attempt, AttemptOutcome},
    delivery_id::DeliveryId,
    endpoint::Endpoint,
    entry::{Entry, EventCopy, NewEvent},
    event::{PendingEvent, SHORT_BODY},
    knowledge::Knowledge,
    milliseconds,
    ordered::OrderedWrite,
    own_writes::Added,
    recorded::{AddedEvents, Recorded},
    rows::{self, count, number},
    statements, timestamp,
};
use crate::{engine::SqlValue, error::RegistryError};

/// How many events are given up in one step.
const PAGE: u64 = 256;

/// A row of `webhook_events`.
#[derive(Clone, Copy)]
pub(super) struct EventRow<'a> {
    pub(super) id: i64,
    pub(super) endpoint: [&'a str; 2],
    pub(super) channel: &'a str,
    pub(super) body: &'a str,
    pub(super) happened_at: i64,
    pub(super) delivery: &'a str,
    pub(super) delivery_events: i64,
    pub(super) replay_of: &'a str,
    /// The place among the events of all nodes, as long as the order is not certain. `None`: the id is the order.
    pub(super) place: Option<i64>,
}

/// A new event for an endpoint.
struct NewRow<'a> {
    row: EventRow<'a>,
    entry: &'a Entry,
    event: &'a NewEvent,
    copy: &'a EventCopy,
}

/// Writes entries in their order.
pub(super) async fn record(
    mut write: OrderedWrite,
    entries: &[Entry],
    pending_rows: u64,
    is_repeated: bool,
) -> Result<Recorded, RegistryError> {
    let written = if is_repeated { written(&mut write, entries).await? } else { HashSet::new() };
    let mut known = Knowledge::read(&mut write, entries).await?;
    let (mut rows, mut added) = (Vec::new(), BTreeMap::<[&str; 2], Vec<NewRow<'_>>>::new());
    for (index, entry) in entries.iter().enumerate() {
        let is_news = entry.observation.as_ref().is_none_or(|observation| known.learn(index, observation, write.now));
        if let Some(event) = entry.event.as_ref().filter(|_| is_news) {
            let place = entry.place.map(|place| known.place(index, place));
            for copy in event.copies.iter().filter(|copy| !written.contains(copy.delivery.as_str())) {
                let row = row(write.next_id(), place, entry, event, copy);
                rows.push(row);
                added.entry(row.endpoint).or_default().push(NewRow { row, entry, event, copy });
            }
        }
    }
    known.store(&mut write).await?;
    insert_events(&mut write, &rows).await?;
    write.note_added(Added::Recorded);

    let mut recorded = Recorded::default();
    for (columns, rows) in added {
        let Some(endpoint) = Endpoint::parse(columns[0], columns[1]) else { continue };
        let count = rows.len() as u64;
        let excess = add_pending(&mut write, &endpoint, count).await?.saturating_sub(pending_rows);
        if excess > 0 {
            let problem = format!("given up: the endpoint has more than {pending_rows} pending events");
            let given_up = give_up(&mut write, &endpoint, None, excess, &problem).await?;
            recorded.given_up.push((endpoint.clone(), given_up));
        }
        let are_pending = excess == 0 && rows.iter().all(|new| new.row.place.is_none());
        let events = are_pending.then(|| rows.iter().map(NewRow::pending).collect());
        recorded.added.push(AddedEvents { endpoint, count, events });
    }
    let follow_each_other = write.end().await?;
    if !follow_each_other {
        recorded.added.iter_mut().for_each(|added| added.events = None);
    }
    Ok(recorded)
}

impl NewRow<'_> {
    /// The event as it is read from the store.
    fn pending(&self) -> PendingEvent {
        PendingEvent {
            id: self.row.id,
            channel: self.entry.channel.clone(),
            body: (self.event.body.len() <= SHORT_BODY).then(|| self.event.body.clone()),
            happened_at: timestamp(self.row.happened_at),
            delivery: self.copy.delivery.clone(),
            delivery_events: self.copy.is_alone.then_some(1),
            attempts: 0,
            replay_of: None,
        }
    }
}

/// The deliveries of these entries that were written before.
async fn written(write: &mut OrderedWrite, entries: &[Entry]) -> Result<HashSet<String>, RegistryError> {
    let copies = entries.iter().filter_map(|entry| entry.event.as_ref()).flat_map(|event| &event.copies);
    let deliveries: Vec<_> = copies.map(|copy| copy.delivery.as_str()).collect();
    let mut written = HashSet::new();
    for (statement, deliveries) in statements::WRITTEN.cut_set(&deliveries) {
        let values: Vec<_> = deliveries.iter().map(|delivery| SqlValue::Text(delivery)).collect();
        for row in write.run(statement, &values).await? {
            written.insert(row.text()?);
        }
    }
    Ok(written)
}

fn row<'a>(id: i64, place: Option<i64>, entry: &'a Entry, event: &'a NewEvent, copy: &'a EventCopy) -> EventRow<'a> {
    EventRow {
        id,
        endpoint: [entry.app.as_str(), copy.webhook.as_str()],
        channel: entry.channel.as_str(),
        body: &event.body,
        happened_at: milliseconds(event.happened_at),
        delivery: copy.delivery.as_str(),
        delivery_events: if copy.is_alone { 1 } else { -1 },
        replay_of: "",
        place,
    }
}

/// Inserts pending events.
pub(super) async fn insert_events(write: &mut OrderedWrite, events: &[EventRow<'_>]) -> Result<(), RegistryError> {
    for (statement, rows) in statements::INSERT_EVENTS.cut(events, |event| event.body.len()) {
        let values: Vec<_> = rows.iter().flat_map(event_values).collect();
        write.execute(statement, &values).await?;
    }
    Ok(())
}

fn event_values<'a>(event: &EventRow<'a>) -> [SqlValue<'a>; 11] {
    [
        number(event.id),
        SqlValue::Text(event.endpoint[0]),
        SqlValue::Text(event.endpoint[1]),
        SqlValue::Text(event.channel),
        SqlValue::Text(event.body),
        number(event.happened_at),
        SqlValue::Text(event.delivery),
        number(event.delivery_events),
        SqlValue::Text(event.replay_of),
        number(if event.place.is_some() { ARRIVING } else { 0 }),
        number(event.place.unwrap_or_default()),
    ]
}

/// Counts new pending events of an endpoint, and returns how many there are.
pub(super) async fn add_pending(
    write: &mut OrderedWrite,
    endpoint: &Endpoint,
    added: u64,
) -> Result<u64, RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let values = [app, webhook, count(added)];
    let rows = if write.dialect().updates_return {
        write.run(statements::ADD_PENDING_RETURNING, &values).await?
    } else {
        write.execute(statements::ADD_PENDING, &values).await?;
        write.run(statements::PENDING_OF, &values[..2]).await?
    };
    if let Some(pending) = rows.first() {
        return Ok(rows::unsigned(pending.number()?));
    }
    write.execute(statements::INSERT_LEASE, &values).await?;
    Ok(added)
}

/// Notes that events of an endpoint are pending no more.
pub(super) async fn subtract_pending(
    write: &mut OrderedWrite,
    endpoint: &Endpoint,
    ended: u64,
) -> Result<(), RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let ended = number(-i64::try_from(ended).unwrap_or(i64::MAX));
    write.execute(statements::ADD_PENDING, &[app, webhook, ended]).await?;
    Ok(())
}

/// Gives up the oldest pending events of an endpoint, at most so many. Returns how many that were.
pub(super) async fn give_up(
    write: &mut OrderedWrite,
    endpoint: &Endpoint,
    happened_before: Option<i64>,
    most: u64,
    problem: &str,
) -> Result<u64, RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let before = number(happened_before.unwrap_or(i64::MAX));
    let mut ended = 0;
    while ended < most {
        let limit = PAGE.min(most - ended);
        let rows = write.run(statements::PENDING_BEFORE, &[app, webhook, before, count(limit)]).await?;
        let events = rows::read(&rows, rows::pending)?;
        if events.is_empty() {
            break;
        }
        let now = write.now;
        let (undecided, decided): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.delivery_events.is_none());
        for (batches, events) in [(&statements::GIVE_UP, decided), (&statements::GIVE_UP_UNDECIDED, undecided)] {
            for (statement, events) in batches.cut_set(&events) {
                let values: Vec<_> = [now].into_iter().chain(events.iter().map(|event| event.id)).map(number).collect();
                write.execute(statement, &values).await?;
            }
        }
        let deliveries: BTreeMap<_, _> =
            events.iter().map(|event| (event.delivery.clone(), event.replay_of.clone())).collect();
        let attempt = |(delivery, replay_of)| Attempt {
            endpoint: endpoint.clone(),
            delivery,
            replay_of,
            node: String::new(),
            at: timestamp(now),
            latency: std::time::Duration::ZERO,
            status: None,
            problem: Some(problem.to_owned()),
            outcome: AttemptOutcome::GivenUp,
        };
        let attempts: Vec<_> = deliveries.into_iter().map(attempt).collect();
        insert_attempts(write, attempts.iter()).await?;
        ended += events.len() as u64;
    }
    subtract_pending(write, endpoint, ended).await?;
    Ok(ended)
}

/// Adds to the log.
pub(super) async fn insert_attempts(
    write: &mut OrderedWrite,
    attempts: impl Iterator<Item = &Attempt> + Send,
) -> Result<(), RegistryError> {
    let rows: Vec<_> = attempts.map(|attempt| (write.next_id(), attempt, attempt.problem_column())).collect();
    for (statement, rows) in statements::INSERT_ATTEMPTS.cut(&rows, |(_, _, problem)| problem.len()) {
        let values: Vec<_> =
            rows.iter().flat_map(|(id, attempt, problem)| attempt_values(*id, attempt, problem)).collect();
        write.execute(statement, &values).await?;
    }
    Ok(())
}

fn attempt_values<'a>(id: i64, attempt: &'a Attempt, problem: &'a str) -> [SqlValue<'a>; 12] {
    let [app, webhook] = attempt.endpoint.columns().map(SqlValue::Text);
    let [outcome, next_at] = attempt.outcome.columns().map(number);
    [
        number(id),
        app,
        webhook,
        SqlValue::Text(attempt.delivery.as_str()),
        SqlValue::Text(DeliveryId::column(attempt.replay_of.as_ref())),
        SqlValue::Text(&attempt.node),
        number(milliseconds(attempt.at)),
        number(i64::try_from(attempt.latency.as_millis()).unwrap_or(i64::MAX)),
        number(attempt.status.unwrap_or_default().into()),
        SqlValue::Text(problem),
        outcome,
        next_at,
    ]
}
