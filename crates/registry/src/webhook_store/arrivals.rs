//! The order of events that several nodes write.
//!
//! A node writes an event a moment after it happened, so events of several nodes may be written in another order than
//! that of their places. They are *arriving* until it is certain that no earlier one follows. Then they get new ids, in
//! the order of their places.

use super::{endpoint::Endpoint, ordered::OrderedWrite, rows::number, statements};
use crate::{
    engine::{Engine, SqlValue},
    error::RegistryError,
};

/// The state of an event that is arriving.
pub(super) const ARRIVING: i64 = 4;

/// Puts the events with ids up to `last` into their order, and those with earlier places too. Returns their number.
pub(super) async fn settle<E: Engine>(
    write: &mut OrderedWrite<E>,
    endpoint: &Endpoint,
    last: i64,
) -> Result<u64, RegistryError> {
    let [app, webhook] = endpoint.columns().map(SqlValue::Text);
    let rows = E::run(write, statements::ARRIVED, &[app, webhook, number(last)]).await?;
    let ids = rows.iter().map(E::number).collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<_> = ids.into_iter().map(|id| [id, write.next_id()]).collect();
    for (statement, pairs) in statements::ARRIVE.cut(&pairs, |_| 0) {
        let values: Vec<_> = pairs.iter().flatten().map(|id| number(*id)).collect();
        E::execute(write, statement, &values).await?;
    }
    Ok(pairs.len() as u64)
}
