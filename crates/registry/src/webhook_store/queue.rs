//! Leases and results of attempts.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use super::{
    attempt::{AttemptOutcome, DeliveryAttempt},
    delivery_id::DeliveryId,
    endpoint::{Endpoint, Lease},
    ordered::OrderedWrite,
    record::{insert_attempts, subtract_pending},
    rows::{self, number},
    statements::{self, Batches},
};
use crate::{engine::SqlValue, error::RegistryError, row::Row};

/// Adds the leases of new endpoints. True if there was one.
pub(super) async fn introduce(write: &mut OrderedWrite, endpoints: &[Endpoint]) -> Result<bool, RegistryError> {
    let mut is_any_new = false;
    for endpoint in endpoints {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        if write.run(statements::PENDING_OF, &[app, webhook]).await?.is_empty() {
            write.execute(statements::INSERT_LEASE, &[app, webhook, number(0)]).await?;
            is_any_new = true;
        }
    }
    Ok(is_any_new)
}

/// Acquires free leases.
pub(super) async fn take_leases(
    write: &mut OrderedWrite,
    node: &str,
    endpoints: &[Endpoint],
    length: Duration,
) -> Result<Vec<Lease>, RegistryError> {
    let (now, until) = (number(write.now), number(end(write.now, length)));
    let mut taken = Vec::new();
    for endpoint in endpoints {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        if write.execute(statements::TAKE_LEASE, &[app, webhook, SqlValue::Text(node), now, until]).await? > 0 {
            let rows = write.run(statements::PENDING_OF, &[app, webhook]).await?;
            let pending = rows.first().map(Row::number).transpose()?.map(rows::unsigned).unwrap_or_default();
            taken.push(Lease { endpoint: endpoint.clone(), pending });
        }
    }
    Ok(taken)
}

/// Renews the unexpired leases of a node.
pub(super) async fn renew_leases(
    write: &mut OrderedWrite,
    node: &str,
    length: Duration,
) -> Result<Vec<Lease>, RegistryError> {
    let (node, now, until) = (SqlValue::Text(node), number(write.now), number(end(write.now, length)));
    write.execute(statements::RENEW_LEASES, &[node, now, until]).await?;
    let rows = write.run(statements::LEASES, &[node, now]).await?;
    Ok(rows::read(&rows, rows::lease)?)
}

fn end(now: i64, length: Duration) -> i64 {
    now.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

/// Releases leases.
pub(super) async fn release_leases(
    write: &mut OrderedWrite,
    node: &str,
    endpoints: &[Endpoint],
) -> Result<(), RegistryError> {
    for endpoint in endpoints {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        write.execute(statements::RELEASE_LEASE, &[app, webhook, SqlValue::Text(node)]).await?;
    }
    Ok(())
}

/// Groups events into one delivery.
pub(super) async fn group(
    write: &mut OrderedWrite,
    delivery: &DeliveryId,
    events: &[i64],
) -> Result<(), RegistryError> {
    for (statement, ids) in statements::GROUP.cut_set(events) {
        let values: Vec<_> =
            std::iter::once(SqlValue::Text(delivery.as_str())).chain(ids.iter().map(|id| number(*id))).collect();
        write.execute(statement, &values).await?;
    }
    if let Some(first) = events.first() {
        let values = [number(*first), rows::count(events.len() as u64)];
        write.execute(statements::GROUP_FIRST, &values).await?;
    }
    Ok(())
}

/// Records the results of attempts.
pub(super) async fn note_attempts(write: &mut OrderedWrite, attempts: &[DeliveryAttempt]) -> Result<(), RegistryError> {
    let mut by_endpoint = BTreeMap::<&Endpoint, Vec<&DeliveryAttempt>>::new();
    for attempt in attempts {
        by_endpoint.entry(&attempt.attempt.endpoint).or_default().push(attempt);
    }
    for (endpoint, attempts) in by_endpoint {
        end_events(write, endpoint, &attempts).await?;
    }
    insert_attempts(write, attempts.iter().map(|attempt| &attempt.attempt)).await
}

async fn end_events(
    write: &mut OrderedWrite,
    endpoint: &Endpoint,
    attempts: &[&DeliveryAttempt],
) -> Result<(), RegistryError> {
    let of = |wanted: fn(&AttemptOutcome) -> bool| -> Vec<i64> {
        let attempts = attempts.iter().filter(|attempt| wanted(&attempt.attempt.outcome));
        attempts.flat_map(|attempt| &attempt.events).copied().collect()
    };
    let mut retried = of(|outcome| matches!(outcome, AttemptOutcome::Retried { .. }));
    let delivered = of(|outcome| matches!(outcome, AttemptOutcome::Delivered));
    let given_up = of(|outcome| matches!(outcome, AttemptOutcome::GivenUp));

    // A delivery may have failed several times while the database was away. A statement counts each event once.
    while !retried.is_empty() {
        let mut seen = HashSet::new();
        let (first, again): (Vec<_>, Vec<_>) = retried.into_iter().partition(|event| seen.insert(*event));
        update(write, &statements::RETRY, &[], &first).await?;
        retried = again;
    }
    let now = [number(write.now)];
    let mut ended = update(write, &statements::DELIVERED, &now, &delivered).await?;
    if ended != delivered.len() as u64 {
        // Some were given up in the meantime.
        update(write, &statements::DELIVERED_AFTER_ALL, &now, &delivered).await?;
    }
    ended += update(write, &statements::GIVEN_UP, &now, &given_up).await?;
    if ended > 0 {
        subtract_pending(write, endpoint, ended).await?;
    }
    Ok(())
}

/// Changes events. Returns the number of changed ones.
async fn update(
    write: &mut OrderedWrite,
    batches: &'static Batches,
    first: &[SqlValue<'_>],
    events: &[i64],
) -> Result<u64, RegistryError> {
    let mut changed = 0;
    for (statement, events) in batches.cut_set(events) {
        let values: Vec<_> = first.iter().copied().chain(events.into_iter().map(number)).collect();
        changed += write.execute(statement, &values).await?;
    }
    Ok(changed)
}
