//! The new events of an endpoint, from the writer to the courier.

use clairon_registry::{PENDING_PAGE, PendingEvent};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The new events of an endpoint. The courier takes them from here if the writer is on the same node and nobody else
/// has written in between, so that they need not be read from the store.
#[derive(Debug, Default)]
pub(super) struct News {
    events: Mutex<NewEvents>,
    arrived: Notify,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum NewEvents {
    /// None.
    #[default]
    Nothing,
    /// All that became pending since the last time, in their order.
    Complete(Vec<PendingEvent>),
    /// There are some, which have to be read from the store.
    Unknown,
}

impl News {
    /// Adds events that directly follow those that were added before. `None`: they have to be read.
    pub(super) fn add(&self, added: Option<Vec<PendingEvent>>) {
        let mut events = self.events.lock();
        match (&mut *events, added) {
            // More than a page is read from the store, once there is room in the queue.
            (NewEvents::Nothing, Some(added)) if added.len() <= PENDING_PAGE => *events = NewEvents::Complete(added),
            (NewEvents::Complete(waiting), Some(added)) if waiting.len() + added.len() <= PENDING_PAGE => {
                waiting.extend(added);
            }
            _ => *events = NewEvents::Unknown,
        }
        drop(events);
        self.arrived.notify_one();
    }

    /// Waits for new events.
    pub(super) async fn arrived(&self) -> NewEvents {
        self.arrived.notified().await;
        std::mem::take(&mut *self.events.lock())
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{ChannelName, Limits};
    use clairon_registry::DeliveryId;
    use futures_util::FutureExt;
    use jiff::Timestamp;

    use super::*;

    fn events(ids: impl IntoIterator<Item = i64>) -> Vec<PendingEvent> {
        let event = |id| PendingEvent {
            id,
            channel: ChannelName::parse("a", &Limits::default()).unwrap(),
            body: None,
            happened_at: Timestamp::UNIX_EPOCH,
            delivery: DeliveryId::parse("0123456789ab0123456789ab").unwrap(),
            delivery_events: Some(1),
            attempts: 0,
            replay_of: None,
        };
        ids.into_iter().map(event).collect()
    }

    #[test]
    fn events_are_complete_or_have_to_be_read() {
        let news = News::default();
        let taken = || news.arrived().now_or_never();
        assert_eq!(taken(), None);
        news.add(Some(events([1, 2])));
        news.add(Some(events([3])));
        assert_eq!(taken(), Some(NewEvents::Complete(events([1, 2, 3]))));
        assert_eq!(taken(), None);
        news.add(Some(events([4])));
        news.add(None);
        news.add(Some(events([5])));
        assert_eq!(taken(), Some(NewEvents::Unknown));
        let page = i64::try_from(PENDING_PAGE).unwrap();
        news.add(Some(events(0..page)));
        news.add(Some(events([page])));
        assert_eq!(taken(), Some(NewEvents::Unknown), "too many");
    }
}
