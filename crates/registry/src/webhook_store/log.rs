//! The log of attempts.

use std::collections::HashMap;

use clairon_protocol::AppId;
use jiff::Timestamp;

use super::{
    attempt::Attempt,
    rows::{self, number},
    statements, timestamp,
};
use crate::{connection::Connection, engine::SqlValue, error::RegistryError, webhooks::WebhookId};

/// A query of the log.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Of which app; `None`: of all.
    pub app: Option<AppId>,
    /// Only of this endpoint; `None` for all.
    pub webhook: Option<WebhookId>,
    /// Only failed attempts.
    pub is_failed: bool,
    /// Only attempts since this time.
    pub since: Option<Timestamp>,
    /// Only attempts with a greater id, the oldest first. `None`: the newest first.
    pub after: Option<i64>,
    /// Only attempts with a smaller id.
    pub before: Option<i64>,
    /// The largest number of attempts.
    pub limit: u32,
}

/// An attempt in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedAttempt {
    /// Its position in the log.
    pub id: i64,
    /// The attempt and its result.
    pub attempt: Attempt,
    /// The events of the delivery that are still stored.
    pub events: Vec<LoggedEvent>,
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The event as a JSON object.
    pub body: String,
    /// When it happened.
    pub happened_at: Timestamp,
}

/// Reads the log.
pub(super) async fn read(connection: &mut Connection, query: &LogQuery) -> Result<Vec<LoggedAttempt>, RegistryError> {
    let LogQuery { app, webhook, is_failed, since, after, before, limit } = query;
    let statement = if after.is_some() { statements::LOG_FORWARD } else { statements::LOG_BACKWARD };
    let values = [
        SqlValue::Text(app.as_ref().map_or("", AppId::as_str)),
        SqlValue::Text(webhook.as_ref().map_or("", WebhookId::as_str)),
        // The outcome to exclude.
        number(if *is_failed { 1 } else { -1 }),
        number(since.map_or(0, super::milliseconds)),
        number(after.unwrap_or(-1)),
        number(before.unwrap_or(i64::MAX)),
        number((*limit).into()),
    ];
    let attempts = rows::read(&connection.run(statement, &values).await?, rows::attempt)?;
    let events = events(connection, &attempts).await?;
    let logged = |(id, attempt): (i64, Attempt)| {
        let events = events.get(attempt.delivery.as_str()).cloned().unwrap_or_default();
        LoggedAttempt { id, attempt, events }
    };
    Ok(attempts.into_iter().map(logged).collect())
}

/// The events of the deliveries, by delivery.
async fn events(
    connection: &mut Connection,
    attempts: &[(i64, Attempt)],
) -> Result<HashMap<String, Vec<LoggedEvent>>, RegistryError> {
    let mut deliveries: Vec<&str> = attempts.iter().map(|(_, attempt)| attempt.delivery.as_str()).collect();
    deliveries.sort_unstable();
    deliveries.dedup();
    let mut events = HashMap::<_, Vec<_>>::new();
    for (statement, deliveries) in statements::LOG_EVENTS.cut_set(&deliveries) {
        let values: Vec<_> = deliveries.iter().map(|delivery| SqlValue::Text(delivery)).collect();
        for row in connection.run(statement, &values).await? {
            let event = LoggedEvent { body: row.text_at(1)?, happened_at: timestamp(row.number_at(2)?) };
            events.entry(row.text_at(0)?).or_default().push(event);
        }
    }
    Ok(events)
}
