//! Replays of deliveries.

use clairon_protocol::AppId;
use jiff::Timestamp;

use super::{
    delivery_id::DeliveryId,
    endpoint::Endpoint,
    milliseconds,
    ordered::OrderedWrite,
    own_writes::Added,
    record::{EventRow, add_pending, insert_events},
    rows::{self, count, number},
    statements, timestamp,
};
use crate::{connection::Connection, engine::SqlValue, error::RegistryError, row::Row, webhooks::WebhookId};

/// The most deliveries that one call replays.
const PAGE: usize = 256;

/// The deliveries to replay. Only those that have ended are replayed.
#[derive(Clone, Debug)]
pub enum WhichDeliveries {
    /// The deliveries with these ids.
    Named {
        /// The ids.
        deliveries: Vec<DeliveryId>,
        /// Only of this app; `None` for all.
        app: Option<AppId>,
        /// Only of this endpoint; `None` for all.
        webhook: Option<WebhookId>,
    },
    /// Deliveries that were given up and not replayed since.
    GivenUp {
        /// Of which app; `None`: of all.
        app: Option<AppId>,
        /// Only of this endpoint; `None` for all.
        webhook: Option<WebhookId>,
    },
    /// Deliveries of events since a time, except replays.
    Since {
        /// The time.
        time: Timestamp,
        /// Of which app; `None`: of all.
        app: Option<AppId>,
        /// Only of this endpoint; `None` for all.
        webhook: Option<WebhookId>,
    },
}

/// The result of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replays {
    /// The new deliveries with their originals.
    pub deliveries: Vec<ReplayedDelivery>,
    /// The cursor for the next call; `None` at the end.
    pub next: Option<i64>,
}

/// A delivery that replays another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedDelivery {
    /// The endpoint that receives it.
    pub endpoint: Endpoint,
    /// The earlier delivery.
    pub original: DeliveryId,
    /// The new delivery.
    pub delivery: DeliveryId,
}

/// An event of a delivery to replay.
struct Original {
    channel: String,
    body: String,
}

/// Replays the next deliveries that have ended.
pub(super) async fn replay(
    write: &mut OrderedWrite,
    which: &WhichDeliveries,
    after: i64,
) -> Result<Replays, RegistryError> {
    let (found, next) = find(write, which, after).await?;
    let mut replays = Replays { deliveries: Vec::new(), next };
    for (endpoint, original) in found {
        let rows = write.run(statements::EVENTS_OF_DELIVERY, &[SqlValue::Text(original.as_str())]).await?;
        let read = |row: &Row| Ok::<_, sqlx::Error>(Original { channel: row.text_at(0)?, body: row.text_at(1)? });
        let originals = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let size = originals.len();
        let repetition = Repetition {
            endpoint: &endpoint,
            original: &original,
            delivery: DeliveryId::made_at(timestamp(write.now)),
            now: write.now,
        };
        let row = |(index, event)| repetition.row(write.next_id(), event, if index == 0 { size } else { 0 });
        let events: Vec<_> = originals.iter().enumerate().map(row).collect();
        insert_events(write, &events).await?;
        add_pending(write, &endpoint, size as u64).await?;
        write.execute(statements::NOTE_REPLAYED, &[SqlValue::Text(original.as_str())]).await?;
        let delivery = repetition.delivery;
        replays.deliveries.push(ReplayedDelivery { endpoint, original, delivery });
    }
    write.note_added(Added::Others);
    Ok(replays)
}

/// The next deliveries, and the cursor after them.
async fn find(
    write: &mut Connection,
    which: &WhichDeliveries,
    after: i64,
) -> Result<(Vec<(Endpoint, DeliveryId)>, Option<i64>), RegistryError> {
    let (after, limit) = (number(after), count(PAGE as u64));
    let of = |app: &'_ Option<AppId>, webhook: &'_ Option<WebhookId>| {
        [
            app.as_ref().map_or(String::new(), AppId::to_string),
            webhook.as_ref().map_or(String::new(), WebhookId::to_string),
        ]
    };
    let rows = match which {
        WhichDeliveries::Named { deliveries, app, webhook } => {
            let [app, webhook] = of(app, webhook);
            let mut rows = Vec::new();
            for delivery in deliveries {
                let of = [SqlValue::Text(&app), SqlValue::Text(&webhook), SqlValue::Text(delivery.as_str())];
                let values = [after, limit, of[0], of[1], of[2]];
                rows.extend(write.run(statements::ENDED_BY_NAME, &values).await?);
            }
            rows
        }
        WhichDeliveries::GivenUp { app, webhook } => {
            let [app, webhook] = of(app, webhook);
            let values = [after, limit, SqlValue::Text(&app), SqlValue::Text(&webhook)];
            write.run(statements::ENDED_GIVEN_UP, &values).await?
        }
        WhichDeliveries::Since { time, app, webhook } => {
            let [app, webhook] = of(app, webhook);
            let values = [after, limit, SqlValue::Text(&app), SqlValue::Text(&webhook), number(milliseconds(*time))];
            write.run(statements::ENDED_SINCE, &values).await?
        }
    };
    let is_named = matches!(which, WhichDeliveries::Named { .. });
    let last = if rows.len() == PAGE && !is_named { rows.last().map(Row::number).transpose()? } else { None };
    let read = |row: &Row| Ok(rows::endpoint(row, 2)?.zip(DeliveryId::parse(&row.text_at(1)?)));
    Ok((rows::read(&rows, read)?, last))
}

/// A new delivery that replays an old one.
struct Repetition<'a> {
    endpoint: &'a Endpoint,
    original: &'a DeliveryId,
    delivery: DeliveryId,
    now: i64,
}

impl<'a> Repetition<'a> {
    /// The row of an event. `delivery_events` is the number of events in the first row of the delivery, otherwise 0.
    fn row(&'a self, id: i64, event: &'a Original, delivery_events: usize) -> EventRow<'a> {
        EventRow {
            id,
            endpoint: self.endpoint.columns(),
            channel: &event.channel,
            body: &event.body,
            happened_at: self.now,
            delivery: self.delivery.as_str(),
            delivery_events: i64::try_from(delivery_events).unwrap_or(i64::MAX),
            replay_of: self.original.as_str(),
            place: None,
        }
    }
}
