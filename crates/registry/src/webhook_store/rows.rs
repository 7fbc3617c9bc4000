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
use crate::engine::{Engine, SqlValue};
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
pub(super) fn read<E: Engine, T>(
    rows: &[E::Row],
    read: impl Fn(&E::Row) -> Result<Option<T>, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Reads `app_id` and `webhook_id`, beginning at a column.
pub(super) fn endpoint<E: Engine>(row: &E::Row, column: usize) -> Result<Option<Endpoint>, sqlx::Error> {
    Ok(Endpoint::parse(&E::text_at(row, column)?, &E::text_at(row, column + 1)?))
}

pub(super) fn lease<E: Engine>(row: &E::Row) -> Result<Option<Lease>, sqlx::Error> {
    let pending = unsigned(E::number_at(row, 2)?);
    Ok(endpoint::<E>(row, 0)?.map(|endpoint| Lease { endpoint, pending }))
}

pub(super) fn announced<E: Engine>(row: &E::Row) -> Result<Option<Announced>, sqlx::Error> {
    let [cursor, name, kind, user] = [0, 1, 2, 3].map(|column| E::text_at(row, column));
    let (cursor, name, version) = (cursor?, name?, unsigned(E::number_at(row, 4)?));
    let parsed = channel(&name).zip(Subject::parse(&kind?, &user?));
    Ok(parsed.map(|(channel, subject)| Announced { cursor, channel, subject, version }))
}

pub(super) fn pending<E: Engine>(row: &E::Row) -> Result<Option<PendingEvent>, sqlx::Error> {
    let (id, happened_at) = (E::number_at(row, 0)?, timestamp(E::number_at(row, 2)?));
    let (delivery, replay_of) = (DeliveryId::parse(&E::text_at(row, 3)?), DeliveryId::parse(&E::text_at(row, 6)?));
    let (delivery_events, attempts) = (E::number_at(row, 4)?.try_into().ok(), unsigned(E::number_at(row, 5)?));
    let body = Some(E::text_at(row, 7)?).filter(|body| !body.is_empty());
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
    Ok(channel(&E::text_at(row, 1)?).zip(delivery).map(event))
}

/// An attempt with its id.
pub(super) fn attempt<E: Engine>(row: &E::Row) -> Result<Option<(i64, Attempt)>, sqlx::Error> {
    let problem = E::text_at(row, 9)?;
    let Some((endpoint, delivery)) = endpoint::<E>(row, 1)?.zip(DeliveryId::parse(&E::text_at(row, 3)?)) else {
        return Ok(None);
    };
    let status: u16 = unsigned(E::number_at(row, 8)?);
    let attempt = Attempt {
        endpoint,
        delivery,
        replay_of: DeliveryId::parse(&E::text_at(row, 4)?),
        node: E::text_at(row, 5)?,
        at: timestamp(E::number_at(row, 6)?),
        latency: Duration::from_millis(unsigned(E::number_at(row, 7)?)),
        status: (status != 0).then_some(status),
        problem: (!problem.is_empty()).then_some(problem),
        outcome: AttemptOutcome::parse(E::number_at(row, 10)?, E::number_at(row, 11)?),
    };
    Ok(Some((E::number_at(row, 0)?, attempt)))
}
