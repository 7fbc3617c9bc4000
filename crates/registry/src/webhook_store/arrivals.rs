//! The order of events that several nodes write.
//!
//! A node writes an event a moment after it happened, so events of several nodes may be written in another order than
//! that of their places. They are *arriving* until it is certain that no earlier one follows. Then they get new ids, in
//! the order of their places.
//!
//! A node that is late, because more has gathered than it can write at once, says from which place on. Events with
//! later places keep arriving until it has written its own.

use std::time::Duration;

use super::{
    endpoint::Endpoint,
    ordered::OrderedWrite,
    own_writes::Added,
    rows::{count, number},
    statements,
};
use crate::{engine::SqlValue, error::RegistryError, row::Row};

/// The state of an event that is arriving.
pub(super) const ARRIVING: i64 = 4;

/// Notes that a node writes events late, beginning with one at `place`, for the next time of this length at most. With
/// `None` it no longer does.
pub(super) async fn note_backlog(
    write: &mut OrderedWrite,
    node: &str,
    backlog: Option<(u64, Duration)>,
) -> Result<(), RegistryError> {
    let (node, now) = (SqlValue::Text(node), write.now);
    write.execute(statements::END_BACKLOG, &[node, number(now)]).await?;
    if let Some((place, length)) = backlog {
        let ends_at = now.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
        write.execute(statements::INSERT_BACKLOG, &[node, count(place), number(ends_at)]).await?;
    }
    Ok(())
}

/// Puts the events with ids up to `last` into their order, and those with earlier places too. Returns their number.
pub(super) async fn settle(write: &mut OrderedWrite, endpoint: &Endpoint, last: i64) -> Result<u64, RegistryError> {
    let now = number(write.now);
    let backlog = write.run(statements::FIRST_BACKLOG, &[now]).await?;
    let end = backlog.first().map(Row::number).transpose()?.unwrap_or(i64::MAX);
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let rows = write.run(statements::ARRIVED, &[app, webhook, number(last), number(end)]).await?;
    let ids = rows.iter().map(Row::number).collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<_> = ids.into_iter().map(|id| [id, write.next_id()]).collect();
    for (statement, pairs) in statements::ARRIVE.cut_set(&pairs) {
        let values: Vec<_> = pairs.iter().flatten().map(|id| number(*id)).collect();
        write.execute(statement, &values).await?;
    }
    write.note_added(Added::Others);
    Ok(pairs.len() as u64)
}
