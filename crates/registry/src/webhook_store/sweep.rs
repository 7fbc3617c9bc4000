//! Removal of old rows.

use jiff::Timestamp;

use super::{
    milliseconds,
    ordered::OrderedWrite,
    rows::{self, count, number},
    statements::{self, Batches},
};
use crate::{
    engine::{Engine, SqlValue},
    error::RegistryError,
    sql::SqlRegistry,
};

/// The number of rows that one write removes. Other writes run in between.
const PAGE: u64 = 1_000;

/// The limits of what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Deliveries that ended before this time are removed, and so are attempts made before it.
    pub ended_since: Timestamp,
    /// Channels and members that have been absent since before this time are removed. No observation arrives that late.
    pub announced_since: Timestamp,
    /// The number of stored attempts of an endpoint.
    pub attempts: u64,
}

pub(super) async fn sweep<E: Engine>(registry: &SqlRegistry<E>, retention: &Retention) -> Result<u64, RegistryError> {
    let ended = [number(milliseconds(retention.ended_since)), count(PAGE)];
    let announced = [number(milliseconds(retention.announced_since)), ended[0]];
    let mut write = registry.begin_ordered().await?;
    let mut removed = E::execute(&mut write, statements::SWEEP_ANNOUNCED, &announced).await?;
    let endpoints = E::run(&mut write, statements::ENDPOINTS, &[]).await?;
    write.end().await?;
    removed += remove(registry, statements::OLD_EVENTS, &ended, &statements::DELETE_EVENTS).await?;
    removed += remove(registry, statements::OLD_ATTEMPTS, &ended, &statements::DELETE_ATTEMPTS).await?;
    for endpoint in rows::read::<E, _>(&endpoints, |row| rows::endpoint::<E>(row, 0))? {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        let values = [app, webhook, count(retention.attempts), count(PAGE)];
        removed += remove(registry, statements::EXCESS_ATTEMPTS, &values, &statements::DELETE_ATTEMPTS).await?;
    }
    Ok(removed)
}

/// Removes the rows that a statement finds, page by page.
async fn remove<E: Engine>(
    registry: &SqlRegistry<E>,
    find: &'static str,
    values: &[SqlValue<'_>],
    delete: &'static Batches,
) -> Result<u64, RegistryError> {
    let mut removed = 0;
    loop {
        let mut write = registry.begin_ordered().await?;
        let rows = E::run(&mut write, find, values).await?;
        let ids = rows.iter().map(E::number).collect::<Result<Vec<_>, _>>()?;
        remove_page(&mut write, &ids, delete).await?;
        write.end().await?;
        removed += ids.len() as u64;
        if (ids.len() as u64) < PAGE {
            return Ok(removed);
        }
    }
}

async fn remove_page<E: Engine>(
    write: &mut OrderedWrite<E>,
    ids: &[i64],
    delete: &'static Batches,
) -> Result<(), RegistryError> {
    for (statement, ids) in delete.cut(ids, |_| 0) {
        let values: Vec<_> = ids.iter().map(|id| number(*id)).collect();
        E::execute(write, statement, &values).await?;
    }
    Ok(())
}
