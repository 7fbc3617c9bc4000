//! Writing what was observed, and the events that it makes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    attempt::{Attempt, AttemptOutcome},
    delivery_id::DeliveryId,
    endpoint::Endpoint,
    entry::{Entry, EventCopy, NewEvent, Observation, Recorded},
    milliseconds,
    ordered::OrderedWrite,
    rows::{self, count, number},
    statements, timestamp,
};
use crate::{
    engine::{Engine, SqlValue},
    error::RegistryError,
};

/// How many events are given up in one step.
const PAGE: u64 = 256;

/// What endpoints know of one subject.
struct Known {
    app: String,
    subject: String,
    kind: &'static str,
    channel: String,
    user: String,
    /// What is so, at which version; `None`: nothing is known.
    state: Option<(bool, u64)>,
    changed_at: i64,
    has_changed: bool,
}

/// A row of `webhook_events`.
pub(super) struct EventRow<'a> {
    pub(super) id: i64,
    pub(super) endpoint: [&'a str; 2],
    pub(super) channel: &'a str,
    pub(super) body: &'a str,
    pub(super) happened_at: i64,
    pub(super) delivery: &'a str,
    pub(super) delivery_events: i64,
    pub(super) replay_of: &'a str,
}

/// Writes entries in their order.
pub(super) async fn record<E: Engine>(
    write: &mut OrderedWrite<E>,
    entries: &[Entry],
    pending_rows: u64,
    is_repeated: bool,
) -> Result<Recorded, RegistryError> {
    let written = if is_repeated { written(write, entries).await? } else { HashSet::new() };
    let mut known = Knowledge::read(write, entries).await?;
    let mut events = Vec::new();
    for entry in entries {
        let is_news = entry.observation.as_ref().is_none_or(|observation| known.learn(entry, observation, write.now));
        if let Some(event) = entry.event.as_ref().filter(|_| is_news) {
            let copies = event.copies.iter().filter(|copy| !written.contains(copy.delivery.as_str()));
            events.extend(copies.map(|copy| row(write.next_id(), entry, event, copy)));
        }
    }
    known.store(write).await?;
    insert_events(write, &events).await?;

    let mut recorded = Recorded::default();
    let mut added = BTreeMap::<[&str; 2], u64>::new();
    for event in &events {
        *added.entry(event.endpoint).or_default() += 1;
    }
    for (columns, added) in added {
        let Some(endpoint) = Endpoint::parse(columns[0], columns[1]) else { continue };
        let excess = add_pending(write, &endpoint, added).await?.saturating_sub(pending_rows);
        if excess > 0 {
            let problem = format!("given up: the endpoint has more than {pending_rows} pending events");
            give_up(write, &endpoint, None, excess, &problem).await?;
            recorded.given_up.push((endpoint.clone(), excess));
        }
        recorded.added.push((endpoint, added));
    }
    Ok(recorded)
}

/// The deliveries of these entries that were written before.
async fn written<E: Engine>(write: &mut OrderedWrite<E>, entries: &[Entry]) -> Result<HashSet<String>, RegistryError> {
    let copies = entries.iter().filter_map(|entry| entry.event.as_ref()).flat_map(|event| &event.copies);
    let deliveries: Vec<_> = copies.map(|copy| copy.delivery.as_str()).collect();
    let mut written = HashSet::new();
    for (statement, deliveries) in statements::WRITTEN.cut(&deliveries, |_| 0) {
        let values: Vec<_> = deliveries.iter().map(|delivery| SqlValue::Text(delivery)).collect();
        for row in E::run(write, statement, &values).await? {
            written.insert(E::text(&row)?);
        }
    }
    Ok(written)
}

fn row<'a>(id: i64, entry: &'a Entry, event: &'a NewEvent, copy: &'a EventCopy) -> EventRow<'a> {
    EventRow {
        id,
        endpoint: [entry.app.as_str(), copy.webhook.as_str()],
        channel: entry.channel.as_str(),
        body: &event.body,
        happened_at: milliseconds(event.happened_at),
        delivery: copy.delivery.as_str(),
        delivery_events: if copy.is_alone { 1 } else { -1 },
        replay_of: "",
    }
}

/// Inserts pending events.
pub(super) async fn insert_events<E: Engine>(
    write: &mut OrderedWrite<E>,
    events: &[EventRow<'_>],
) -> Result<(), RegistryError> {
    for (statement, rows) in statements::INSERT_EVENTS.cut(events, |event| event.body.len()) {
        let values: Vec<_> = rows.iter().flat_map(event_values).collect();
        E::execute(write, statement, &values).await?;
    }
    Ok(())
}

fn event_values<'a>(event: &EventRow<'a>) -> [SqlValue<'a>; 12] {
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
        number(0),
        number(0),
        number(0),
    ]
}

/// Counts new pending events of an endpoint, and returns how many there are.
pub(super) async fn add_pending<E: Engine>(
    write: &mut OrderedWrite<E>,
    endpoint: &Endpoint,
    added: u64,
) -> Result<u64, RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let values = [app, webhook, count(added)];
    if E::execute(write, statements::ADD_PENDING, &values).await? == 0 {
        E::execute(write, statements::INSERT_LEASE, &values).await?;
    }
    let rows = E::run(write, statements::PENDING_OF, &values[..2]).await?;
    Ok(rows.first().map(E::number).transpose()?.map(rows::unsigned).unwrap_or_default())
}

/// Notes that events of an endpoint are pending no more.
pub(super) async fn subtract_pending<E: Engine>(
    write: &mut OrderedWrite<E>,
    endpoint: &Endpoint,
    ended: u64,
) -> Result<(), RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let ended = number(-i64::try_from(ended).unwrap_or(i64::MAX));
    E::execute(write, statements::ADD_PENDING, &[app, webhook, ended]).await?;
    Ok(())
}

/// Gives up the oldest pending events of an endpoint, at most so many. Returns how many that were.
pub(super) async fn give_up<E: Engine>(
    write: &mut OrderedWrite<E>,
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
        let rows = E::run(write, statements::PENDING_BEFORE, &[app, webhook, before, count(limit)]).await?;
        let events = rows::read::<E, _>(&rows, rows::pending::<E>)?;
        if events.is_empty() {
            break;
        }
        let now = write.now;
        let (undecided, decided): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.delivery_events.is_none());
        for (batches, events) in [(&statements::GIVE_UP, decided), (&statements::GIVE_UP_UNDECIDED, undecided)] {
            for (statement, events) in batches.cut(&events, |_| 0) {
                let values: Vec<_> = [now].into_iter().chain(events.iter().map(|event| event.id)).map(number).collect();
                E::execute(write, statement, &values).await?;
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
        insert_attempts(write, &deliveries.into_iter().map(attempt).collect::<Vec<_>>()).await?;
        ended += events.len() as u64;
    }
    subtract_pending(write, endpoint, ended).await?;
    Ok(ended)
}

/// Adds to the log.
pub(super) async fn insert_attempts<E: Engine>(
    write: &mut OrderedWrite<E>,
    attempts: &[Attempt],
) -> Result<(), RegistryError> {
    let rows: Vec<_> = attempts.iter().map(|attempt| (write.next_id(), attempt, attempt.problem_column())).collect();
    for (statement, rows) in statements::INSERT_ATTEMPTS.cut(&rows, |(_, _, problem)| problem.len()) {
        let values: Vec<_> =
            rows.iter().flat_map(|(id, attempt, problem)| attempt_values(*id, attempt, problem)).collect();
        E::execute(write, statement, &values).await?;
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

/// What endpoints know of the subjects of some entries, by app and subject.
struct Knowledge(HashMap<(String, String), Known>);

impl Knowledge {
    async fn read<E: Engine>(write: &mut OrderedWrite<E>, entries: &[Entry]) -> Result<Self, RegistryError> {
        let mut all = HashMap::new();
        let mut subjects = BTreeMap::<&str, Vec<String>>::new();
        for entry in entries {
            let Some(observation) = &entry.observation else { continue };
            let (app, subject) = (entry.app.as_str(), observation.subject.digest(&entry.channel));
            let unknown = || Known {
                app: app.to_owned(),
                subject: subject.clone(),
                kind: observation.subject.kind(),
                channel: entry.channel.as_str().to_owned(),
                user: observation.subject.user_column(),
                state: None,
                changed_at: 0,
                has_changed: false,
            };
            all.entry((app.to_owned(), subject.clone())).or_insert_with(|| {
                subjects.entry(app).or_default().push(subject.clone());
                unknown()
            });
        }
        for (app, subjects) in subjects {
            for (statement, subjects) in statements::KNOWN.cut(&subjects, |_| 0) {
                let texts = std::iter::once(app).chain(subjects.iter().map(String::as_str));
                let values: Vec<_> = texts.map(SqlValue::Text).collect();
                for row in E::run(write, statement, &values).await? {
                    let Some(known) = all.get_mut(&(app.to_owned(), E::text_at(&row, 0)?)) else { continue };
                    known.state = Some((E::number_at(&row, 1)? != 0, rows::unsigned(E::number_at(&row, 2)?)));
                    known.changed_at = E::number_at(&row, 3)?;
                }
            }
        }
        Ok(Self(all))
    }

    /// Takes an observation in. True if it is news.
    fn learn(&mut self, entry: &Entry, observation: &Observation, now: i64) -> bool {
        let key = (entry.app.as_str().to_owned(), observation.subject.digest(&entry.channel));
        let Some(known) = self.0.get_mut(&key) else { return false };
        let before = known.state;
        let is_news = observation.learn(&mut known.state);
        if is_news || before.is_none() {
            known.changed_at = now;
        }
        known.has_changed |= known.state != before;
        is_news
    }

    async fn store<E: Engine>(self, write: &mut OrderedWrite<E>) -> Result<(), RegistryError> {
        let mut changed: Vec<_> = self.0.into_values().filter(|known| known.has_changed).collect();
        // In the order of the key, which is the order of the rows.
        changed.sort_unstable_by(|one, other| (&one.app, &one.subject).cmp(&(&other.app, &other.subject)));
        for (statement, rows) in E::upsert_announced().cut(&changed, |_| 0) {
            let values: Vec<_> = rows.iter().flat_map(Known::values).collect();
            E::execute(write, statement, &values).await?;
        }
        Ok(())
    }
}

impl Known {
    fn values(&self) -> [SqlValue<'_>; 8] {
        let (is_present, version) = self.state.unwrap_or_default();
        [
            SqlValue::Text(&self.app),
            SqlValue::Text(&self.subject),
            SqlValue::Text(self.kind),
            SqlValue::Text(&self.channel),
            SqlValue::Text(&self.user),
            number(is_present.into()),
            count(version),
            number(self.changed_at),
        ]
    }
}
