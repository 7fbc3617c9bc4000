//! Rows of the tables of webhooks.

use super::{
    announced::{Announced, channel},
    attempt::{Attempt, AttemptOutcome},
    delivery_id::DeliveryId,
    endpoint::{Endpoint, Lease},
    entry::Subject,
    event::PendingEvent,
    timestamp,
};
use crate::{engine::SqlValue, row::Row};
use std::time::Duration;

/// A number as a value.
pub(super) const fn number<'a>(number: i64) -> SqlValue<'a> {
    SqlValue::Number(Some(number))
}

/// A count as a value.
pub(super) fn count<'a>(count: u64) -> SqlValue<'a> {
    number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A count as it was stored.
pub(super) fn unsigned<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

/// The parsed rows. Rows that no server can have written are skipped.
pub(super) fn read<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<Option<T>, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Reads `app_id` and `webhook_id`, beginning at a column.
pub(super) fn endpoint(row: &Row, column: usize) -> Result<Option<Endpoint>, sqlx::Error> {
    Ok(Endpoint::parse(&row.text_at(column)?, &row.text_at(column + 1)?))
}

pub(super) fn lease(row: &Row) -> Result<Option<Lease>, sqlx::Error> {
    let pending = unsigned(row.number_at(2)?);
    Ok(endpoint(row, 0)?.map(|endpoint| Lease { endpoint, pending }))
}

pub(super) fn announced(row: &Row) -> Result<Option<Announced>, sqlx::Error> {
    let [cursor, name, kind, user] = [0, 1, 2, 3].map(|column| row.text_at(column));
    let (cursor, name, version) = (cursor?, name?, unsigned(row.number_at(4)?));
    let parsed = channel(&name).zip(Subject::parse(&kind?, &user?));
    Ok(parsed.map(|(channel, subject)| Announced { cursor, channel, subject, version }))
}

pub(super) fn pending(row: &Row) -> Result<Option<PendingEvent>, sqlx::Error> {
    let (id, happened_at) = (row.number_at(0)?, timestamp(row.number_at(2)?));
    let (delivery, replay_of) = (DeliveryId::parse(&row.text_at(3)?), DeliveryId::parse(&row.text_at(6)?));
    let (delivery_events, attempts) = (row.number_at(4)?.try_into().ok(), unsigned(row.number_at(5)?));
    let body = Some(row.text_at(7)?).filter(|body| !body.is_empty());
    let event = |(channel, delivery)| PendingEvent {
        id,
        channel,
        body,
        happened_at,
        delivery,
        delivery_events,
        attempts,
        replay_of,
    };
    Ok(channel(&row.text_at(1)?).zip(delivery).map(event))
}

/// An attempt with its id.
pub(super) fn attempt(row: &Row) -> Result<Option<(i64, Attempt)>, sqlx::Error> {
    let problem = row.text_at(9)?;
    let Some((endpoint, delivery)) = endpoint(row, 1)?.zip(DeliveryId::parse(&row.text_at(3)?)) else {
        return Ok(None);
    };
    let status: u16 = unsigned(row.number_at(8)?);
    let attempt = Attempt {
        endpoint,
        delivery,
        replay_of: DeliveryId::parse(&row.text_at(4)?),
        node: row.text_at(5)?,
        at: timestamp(row.number_at(6)?),
        latency: Duration::from_millis(unsigned(row.number_at(7)?)),
        status: (status != 0).then_some(status),
        problem: (!problem.is_empty()).then_some(problem),
        outcome: AttemptOutcome::parse(row.number_at(10)?, row.number_at(11)?),
    };
    Ok(Some((row.number_at(0)?, attempt)))
}
