//! Removal of old rows.

use jiff::Timestamp;

use super::{
    endpoint::Endpoint,
    milliseconds,
    ordered::OrderedWrite,
    rows::{self, count, number},
    statements::{self, Batches},
};
use crate::{engine::SqlValue, error::RegistryError, row::Row, sql::SqlRegistry};

/// The number of rows that one write removes. Other writes run in between.
const PAGE: u64 = 1_000;

/// The limits of what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Deliveries that ended before this time are removed, and so are attempts made before it.
    pub ended_since: Timestamp,
    /// Channels and members that have been absent since before this time are removed. No observation arrives that late.
    /// Cache misses are removed once they are older than both times.
    pub announced_since: Timestamp,
    /// The number of stored attempts of an endpoint.
    pub attempts: u64,
}

pub(super) async fn sweep(registry: &SqlRegistry, retention: &Retention) -> Result<u64, RegistryError> {
    let ended = milliseconds(retention.ended_since);
    let announced = [milliseconds(retention.announced_since), ended].map(number);
    let mut write = registry.begin_ordered().await?;
    let mut removed = write.execute(statements::SWEEP_ANNOUNCED, &announced).await?;
    write.end().await?;
    removed += remove_old(registry, statements::EVENTS_BY_AGE, ended, &statements::DELETE_EVENTS).await?;
    removed += remove_old(registry, statements::ATTEMPTS_BY_AGE, ended, &statements::DELETE_ATTEMPTS).await?;
    let rows = registry.select(statements::ATTEMPTS_OVER, &[count(retention.attempts)]).await?;
    let over = |row: &Row| Ok(rows::endpoint(row, 0)?.zip(Some(rows::unsigned::<u64>(row.number_at(2)?))));
    for (endpoint, attempts) in rows::read(&rows, over)? {
        removed += remove_oldest(registry, &endpoint, attempts.saturating_sub(retention.attempts)).await?;
    }
    Ok(removed)
}

/// Removes the rows that ended before a time. It reads only as many rows as are that old, because ids grow with time.
async fn remove_old(
    registry: &SqlRegistry,
    find: &'static str,
    before: i64,
    delete: &'static Batches,
) -> Result<u64, RegistryError> {
    let (mut removed, mut last) = (0, 0);
    loop {
        let rows = registry.select(find, &[number(last), count(PAGE)]).await?;
        let mut old = Vec::new();
        for row in &rows {
            let (id, ended_at) = (row.number_at(0)?, row.number_at(1)?);
            last = id;
            if ended_at != 0 && ended_at < before {
                old.push(id);
            }
        }
        if !old.is_empty() {
            let mut write = registry.begin_ordered().await?;
            remove_page(&mut write, &old, delete).await?;
            write.end().await?;
            removed += old.len() as u64;
        }
        let made_at = rows.last().map(|row| row.number_at(2)).transpose()?;
        if (rows.len() as u64) < PAGE || made_at.is_none_or(|made_at| made_at >= before) {
            return Ok(removed);
        }
    }
}

/// Removes the oldest attempts of an endpoint, page by page.
async fn remove_oldest(registry: &SqlRegistry, endpoint: &Endpoint, attempts: u64) -> Result<u64, RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let mut removed = 0;
    while removed < attempts {
        let values = [app, webhook, count(PAGE.min(attempts - removed))];
        let rows = registry.select(statements::OLDEST_ATTEMPTS, &values).await?;
        if rows.is_empty() {
            break;
        }
        let ids = rows.iter().map(Row::number).collect::<Result<Vec<_>, _>>()?;
        let mut write = registry.begin_ordered().await?;
        remove_page(&mut write, &ids, &statements::DELETE_ATTEMPTS).await?;
        write.end().await?;
        removed += ids.len() as u64;
    }
    Ok(removed)
}

async fn remove_page(write: &mut OrderedWrite, ids: &[i64], delete: &'static Batches) -> Result<(), RegistryError> {
    for (statement, ids) in delete.cut_set(ids) {
        let values: Vec<_> = ids.iter().map(|id| number(*id)).collect();
        write.execute(statement, &values).await?;
    }
    Ok(())
}
