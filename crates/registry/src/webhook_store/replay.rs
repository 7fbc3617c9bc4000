//! Deliveries that are repeated for an operator.

use clairon_protocol::AppId;
use jiff::Timestamp;

use super::{
    delivery_id::DeliveryId,
    endpoint::Endpoint,
    milliseconds,
    ordered::OrderedWrite,
    record::{EventRow, add_pending, insert_events},
    rows::{self, count, number},
    statements,
};
use crate::{
    engine::{Engine, SqlValue},
    error::RegistryError,
    webhooks::WebhookId,
};

/// How many deliveries one call repeats.
const PAGE: usize = 256;

/// Which deliveries are repeated. All of them have ended.
#[derive(Clone, Debug)]
pub enum WhichDeliveries {
    /// These.
    Named {
        /// The deliveries.
        deliveries: Vec<DeliveryId>,
        /// Only those of this app; `None`: of all.
        app: Option<AppId>,
        /// Only those of this endpoint; `None`: of all.
        webhook: Option<WebhookId>,
    },
    /// Those that were given up and not repeated since.
    GivenUp {
        /// Of which app; `None`: of all.
        app: Option<AppId>,
        /// Of which endpoint; `None`: of all.
        webhook: Option<WebhookId>,
    },
    /// Those of events that have happened since a time, but for repetitions.
    Since {
        /// The time.
        time: Timestamp,
        /// Of which app; `None`: of all.
        app: Option<AppId>,
        /// Of which endpoint; `None`: of all.
        webhook: Option<WebhookId>,
    },
}

/// Repetitions that were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replays {
    /// Each with its original.
    pub deliveries: Vec<ReplayedDelivery>,
    /// The cursor of the next call; `None`: there are no more.
    pub next: Option<i64>,
}

/// A repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedDelivery {
    /// The endpoint that gets it.
    pub endpoint: Endpoint,
    /// The delivery that is repeated.
    pub original: DeliveryId,
    /// The new one.
    pub delivery: DeliveryId,
}

/// An event of a delivery that is repeated.
struct Original {
    channel: String,
    body: String,
}

/// Makes new deliveries of the next ones that have ended.
pub(super) async fn replay<E: Engine>(
    write: &mut OrderedWrite<E>,
    which: &WhichDeliveries,
    after: i64,
) -> Result<Replays, RegistryError> {
    let (found, next) = find::<E>(write, which, after).await?;
    let mut replays = Replays { deliveries: Vec::new(), next };
    for (endpoint, original) in found {
        let rows = E::run(write, statements::EVENTS_OF_DELIVERY, &[SqlValue::Text(original.as_str())]).await?;
        let read = |row| Ok::<_, sqlx::Error>(Original { channel: E::text_at(row, 0)?, body: E::text_at(row, 1)? });
        let originals = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let size = originals.len();
        let repetition =
            Repetition { endpoint: &endpoint, original: &original, delivery: DeliveryId::random(), now: write.now };
        let row = |(index, event)| repetition.row(write.next_id(), event, if index == 0 { size } else { 0 });
        let events: Vec<_> = originals.iter().enumerate().map(row).collect();
        insert_events(write, &events).await?;
        add_pending(write, &endpoint, size as u64).await?;
        E::execute(write, statements::NOTE_REPLAYED, &[SqlValue::Text(original.as_str())]).await?;
        let delivery = repetition.delivery;
        replays.deliveries.push(ReplayedDelivery { endpoint, original, delivery });
    }
    Ok(replays)
}

/// The next deliveries, and the cursor of those behind them.
async fn find<E: Engine>(
    write: &mut E::Connection,
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
                rows.extend(E::run(write, statements::ENDED_BY_NAME, &values).await?);
            }
            rows
        }
        WhichDeliveries::GivenUp { app, webhook } => {
            let [app, webhook] = of(app, webhook);
            let values = [after, limit, SqlValue::Text(&app), SqlValue::Text(&webhook)];
            E::run(write, statements::ENDED_GIVEN_UP, &values).await?
        }
        WhichDeliveries::Since { time, app, webhook } => {
            let [app, webhook] = of(app, webhook);
            let values = [after, limit, SqlValue::Text(&app), SqlValue::Text(&webhook), number(milliseconds(*time))];
            E::run(write, statements::ENDED_SINCE, &values).await?
        }
    };
    let is_named = matches!(which, WhichDeliveries::Named { .. });
    let last = if rows.len() == PAGE && !is_named { rows.last().map(E::number).transpose()? } else { None };
    let read = |row: &E::Row| Ok(rows::endpoint::<E>(row, 2)?.zip(DeliveryId::parse(&E::text_at(row, 1)?)));
    Ok((rows::read::<E, _>(&rows, read)?, last))
}

/// A new delivery of an old one.
struct Repetition<'a> {
    endpoint: &'a Endpoint,
    original: &'a DeliveryId,
    delivery: DeliveryId,
    now: i64,
}

impl<'a> Repetition<'a> {
    /// The row of an event. `delivery_events` is that of the delivery in its first row, otherwise 0.
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
        }
    }
}
