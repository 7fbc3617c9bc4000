//! The store over SQL, the same for every engine.

use std::time::Duration;

use async_trait::async_trait;
use clairon_protocol::{AppId, ChannelName};
use jiff::Timestamp;

use super::{
    Announced, DeliveryAttempt, DeliveryId, Endpoint, Entry, Lease, LogQuery, LoggedAttempt, PendingEvent, Recorded,
    Replays, Retention, WebhookStore, WhichDeliveries, arrivals,
    entry::subjects_of,
    log, milliseconds,
    ordered::OrderedWrite,
    queue, record, replay,
    rows::{self, number},
    statements, sweep,
};
use crate::{engine::SqlValue, error::RegistryError, row::Row, sql::SqlRegistry};

/// The number of events that [`WebhookStore::give_up`] gives up in one write. Other writes run in between.
const GIVE_UP_PAGE: u64 = 1_024;

#[async_trait]
impl WebhookStore for SqlRegistry {
    async fn record(&self, entries: &[Entry], pending_rows: u64, is_repeated: bool) -> Result<Recorded, RegistryError> {
        record::record(self.begin_ordered().await?, entries, pending_rows, is_repeated).await
    }

    async fn announced(&self, app: &AppId, after: Option<&str>, limit: u32) -> Result<Vec<Announced>, RegistryError> {
        let values = [SqlValue::Text(app.as_str()), SqlValue::Text(after.unwrap_or_default()), number(limit.into())];
        let rows = self.select(statements::ANNOUNCED, &values).await?;
        Ok(rows::read(&rows, rows::announced)?)
    }

    async fn announced_in_channel(&self, app: &AppId, channel: &ChannelName) -> Result<Vec<Announced>, RegistryError> {
        let [first, last] = subjects_of(channel);
        let values = [app.as_str(), &first, &last, channel.as_str()].map(SqlValue::Text);
        let rows = self.select(statements::ANNOUNCED_IN_CHANNEL, &values).await?;
        Ok(rows::read(&rows, rows::announced)?)
    }

    async fn announced_apps(&self) -> Result<Vec<AppId>, RegistryError> {
        let rows = self.select(statements::ANNOUNCED_APPS, &[]).await?;
        Ok(rows::read(&rows, |row| Ok(AppId::parse(&row.text_at(0)?).ok()))?)
    }

    async fn forget_announced(&self, app: &AppId) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        write.execute(statements::FORGET_ANNOUNCED, &[SqlValue::Text(app.as_str())]).await?;
        write.end().await.map(drop)
    }

    async fn introduce(&self, endpoints: &[Endpoint]) -> Result<bool, RegistryError> {
        let mut write = self.begin_ordered().await?;
        let is_any_new = queue::introduce(&mut write, endpoints).await?;
        write.end().await?;
        Ok(is_any_new)
    }

    async fn newest_version(&self) -> Result<u64, RegistryError> {
        let rows = self.select(statements::NEWEST_VERSION, &[]).await?;
        Ok(rows.first().map(Row::number).transpose()?.map(rows::unsigned).unwrap_or_default())
    }

    async fn unleased(&self) -> Result<Vec<Endpoint>, RegistryError> {
        let rows = self.select_now(statements::UNLEASED).await?;
        Ok(rows::read(&rows, |row| rows::endpoint(row, 0))?)
    }

    async fn take_leases(
        &self,
        node: &str,
        endpoints: &[Endpoint],
        length: Duration,
    ) -> Result<Vec<Lease>, RegistryError> {
        let mut write = self.begin_ordered().await?;
        let taken = queue::take_leases(&mut write, node, endpoints, length).await?;
        write.end().await?;
        Ok(taken)
    }

    async fn renew_leases(&self, node: &str, length: Duration) -> Result<Vec<Lease>, RegistryError> {
        let mut write = self.begin_ordered().await?;
        let renewed = queue::renew_leases(&mut write, node, length).await?;
        write.end().await?;
        Ok(renewed)
    }

    async fn lease_holders(&self) -> Result<Vec<String>, RegistryError> {
        let rows = self.select_now(statements::LEASE_HOLDERS).await?;
        Ok(rows::read(&rows, |row| row.text().map(Some))?)
    }

    async fn end_leases(&self, node: &str) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        write.execute(statements::END_LEASES, &[SqlValue::Text(node)]).await?;
        write.end().await.map(drop)
    }

    async fn release_leases(&self, node: &str, endpoints: &[Endpoint]) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        queue::release_leases(&mut write, node, endpoints).await?;
        write.end().await.map(drop)
    }

    async fn pending(&self, endpoint: &Endpoint, after: i64) -> Result<Vec<PendingEvent>, RegistryError> {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        let rows = self.select(&statements::PENDING, &[app, webhook, number(after)]).await?;
        Ok(rows::read(&rows, rows::pending)?)
    }

    async fn newest_arriving(&self, endpoint: &Endpoint) -> Result<Option<i64>, RegistryError> {
        let rows = self.select(statements::NEWEST_ARRIVING, &endpoint.columns().map(SqlValue::Text)).await?;
        Ok(rows.first().map(Row::number).transpose()?.filter(|id| *id > 0))
    }

    async fn note_backlog(&self, node: &str, backlog: Option<(u64, Duration)>) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        arrivals::note_backlog(&mut write, node, backlog).await?;
        write.end().await.map(drop)
    }

    async fn settle(&self, endpoint: &Endpoint, last: i64) -> Result<u64, RegistryError> {
        let mut write = self.begin_ordered().await?;
        let settled = arrivals::settle(&mut write, endpoint, last).await?;
        write.end().await?;
        Ok(settled)
    }

    async fn pending_in_channel(
        &self,
        endpoint: &Endpoint,
        channel: &ChannelName,
        after: i64,
    ) -> Result<Vec<PendingEvent>, RegistryError> {
        let [app, webhook] = endpoint.columns().map(SqlValue::Text);
        let values = [app, webhook, number(after), SqlValue::Text(channel.as_str())];
        let rows = self.select(&statements::PENDING_IN_CHANNEL, &values).await?;
        Ok(rows::read(&rows, rows::pending)?)
    }

    async fn pending_of_delivery(&self, delivery: &DeliveryId) -> Result<Vec<PendingEvent>, RegistryError> {
        let rows = self.select(statements::PENDING_OF_DELIVERY, &[SqlValue::Text(delivery.as_str())]).await?;
        Ok(rows::read(&rows, rows::pending)?)
    }

    async fn bodies(&self, events: &[i64]) -> Result<Vec<(i64, String)>, RegistryError> {
        let mut connection = self.connection().await?;
        let mut bodies = Vec::with_capacity(events.len());
        for (statement, ids) in statements::BODIES.cut_set(events) {
            let values: Vec<_> = ids.iter().map(|id| number(*id)).collect();
            for row in connection.run(statement, &values).await? {
                bodies.push((row.number_at(0)?, row.text_at(1)?));
            }
        }
        connection.done();
        bodies.sort_unstable_by_key(|(id, _)| *id);
        Ok(bodies)
    }

    async fn group(&self, delivery: &DeliveryId, events: &[i64]) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        queue::group(&mut write, delivery, events).await?;
        write.end().await.map(drop)
    }

    async fn note_attempts(&self, attempts: &[DeliveryAttempt]) -> Result<(), RegistryError> {
        let mut write = self.begin_ordered().await?;
        queue::note_attempts(&mut write, attempts).await?;
        write.end().await.map(drop)
    }

    async fn give_up(
        &self,
        endpoint: &Endpoint,
        happened_before: Option<Timestamp>,
        problem: &str,
    ) -> Result<u64, RegistryError> {
        self.settle(endpoint, i64::MAX).await?;
        let before = happened_before.map(milliseconds);
        let mut given_up = 0;
        loop {
            let mut write = self.begin_ordered().await?;
            let page = record::give_up(&mut write, endpoint, before, GIVE_UP_PAGE, problem).await?;
            write.end().await?;
            given_up += page;
            if page < GIVE_UP_PAGE {
                return Ok(given_up);
            }
        }
    }

    async fn log(&self, query: &LogQuery) -> Result<Vec<LoggedAttempt>, RegistryError> {
        let mut connection = self.connection().await?;
        let attempts = log::read(&mut connection, query).await?;
        connection.done();
        Ok(attempts)
    }

    async fn replay(&self, which: &WhichDeliveries, after: i64) -> Result<Replays, RegistryError> {
        let mut write = self.begin_ordered().await?;
        let replays = replay::replay(&mut write, which, after).await?;
        write.end().await?;
        Ok(replays)
    }

    async fn sweep(&self, retention: &Retention) -> Result<u64, RegistryError> {
        sweep::sweep(self, retention).await
    }
}

impl SqlRegistry {
    /// Begins a write to the tables of webhooks.
    pub(super) async fn begin_ordered(&self) -> Result<OrderedWrite, RegistryError> {
        OrderedWrite::begin(self).await
    }

    /// Runs a statement whose parameter is the time of the database's clock.
    async fn select_now(&self, statement: &'static str) -> Result<Vec<Row>, RegistryError> {
        let mut connection = self.connection().await?;
        let now = connection.dialect().now;
        let now = connection.number(now).await?;
        let rows = connection.run(statement, &[number(now)]).await?;
        connection.done();
        Ok(rows)
    }

    pub(super) async fn select(
        &self,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<Vec<Row>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = connection.run(statement, values).await?;
        connection.done();
        Ok(rows)
    }
}
