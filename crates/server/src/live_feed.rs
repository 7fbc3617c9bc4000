//! The live feed: the activity on this node, for clients that watch it.
//!
//! Without watchers each call that feeds it costs one relaxed load, and the delivery of events has no such call. A
//! watcher has a bounded queue. Activity that does not fit is counted, and nothing waits for the watcher.

mod activity;
mod filter;
mod tail;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use clairon_protocol::ChannelName;
use clairon_registry::{App, AppCache};
use parking_lot::Mutex;
use tokio::sync::mpsc::{self, error::TrySendError};

pub(crate) use self::{
    activity::{Activity, ActivityKind},
    filter::Filter,
    tail::Tail,
};
use crate::{
    node::Node,
    peers::{EventOrigin, OutgoingEvent},
};

/// The largest number of watchers.
pub(crate) const MAX_TAILS: usize = 8;
/// The largest number of activities that wait for a watcher.
const QUEUE: usize = 1_024;

/// All watchers.
#[derive(Default)]
pub(crate) struct LiveFeed {
    is_watched: AtomicBool,
    /// True if a watcher wants events too, which may be very many.
    wants_events: AtomicBool,
    watchers: Mutex<Vec<Watcher>>,
    last_id: AtomicU64,
}

struct Watcher {
    id: u64,
    filter: Filter,
    queue: mpsc::Sender<Arc<Activity>>,
    missed: Arc<AtomicU64>,
}

impl LiveFeed {
    /// Adds a watcher; `None` if there are too many.
    pub(crate) fn watch(self: &Arc<Self>, filter: Filter) -> Option<Tail> {
        let mut watchers = self.watchers.lock();
        if watchers.len() >= MAX_TAILS {
            return None;
        }
        let (queue, receiver) = mpsc::channel(QUEUE);
        let missed = Arc::<AtomicU64>::default();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        watchers.push(Watcher { id, filter, queue, missed: missed.clone() });
        self.note(&watchers);
        Some(Tail::new(self.clone(), id, receiver, missed))
    }

    /// Sends an activity to the watchers, if there are any.
    pub(crate) fn observe(&self, apps: &AppCache, activity: impl FnOnce() -> Activity) {
        if self.is_watched.load(Ordering::Relaxed) {
            self.send(activity(), |activity| activity.presentable(apps));
        }
    }

    fn forget(&self, id: u64) {
        let mut watchers = self.watchers.lock();
        watchers.retain(|watcher| watcher.id != id);
        self.note(&watchers);
    }

    fn note(&self, watchers: &[Watcher]) {
        self.is_watched.store(!watchers.is_empty(), Ordering::Relaxed);
        self.wants_events.store(watchers.iter().any(|watcher| watcher.filter.events), Ordering::Relaxed);
    }

    /// Sends an activity to the watchers that want it. `present` is only called if there is one.
    fn send(&self, activity: Activity, present: impl FnOnce(Activity) -> Activity) {
        let watchers = self.watchers.lock();
        let takers: Vec<_> = watchers.iter().filter(|watcher| watcher.filter.takes(&activity)).collect();
        if takers.is_empty() {
            return;
        }
        let activity = Arc::new(present(activity));
        for watcher in takers {
            if let Err(TrySendError::Full(_)) = watcher.queue.try_send(activity.clone()) {
                watcher.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Node {
    /// True if there are watchers.
    pub(crate) fn is_watched(&self) -> bool {
        self.live.is_watched.load(Ordering::Relaxed)
    }

    /// Sends an activity to the watchers, if there are any.
    pub(crate) fn observe(&self, activity: impl FnOnce() -> Activity) {
        self.live.observe(&self.apps, activity);
    }

    /// Sends a published event to the watchers that want events.
    pub(crate) fn observe_event(&self, app: &App, message: &OutgoingEvent<'_>) {
        if self.live.wants_events.load(Ordering::Relaxed) {
            for channel in message.channels.iter() {
                let event = self.published(app, message, channel);
                self.live.send(event, |event| event.presentable(&self.apps));
            }
        }
    }

    /// The number of connections of this node that get an event; `None` for the channel of a user.
    pub(crate) fn receivers(&self, app: &App, message: &OutgoingEvent<'_>, channel: &ChannelName) -> Option<usize> {
        let hub = self.hub.app(&app.id);
        channel.user_id().is_none().then(|| {
            hub.channel(channel).map_or(0, |channel| {
                let is_left_out = message.except.is_some_and(|connection| channel.contains(connection));
                channel.summary().subscription_count.saturating_sub(usize::from(is_left_out))
            })
        })
    }

    fn published(&self, app: &App, message: &OutgoingEvent<'_>, channel: &ChannelName) -> Activity {
        let (kind, user) = match message.origin {
            EventOrigin::Backend => (ActivityKind::Event, None),
            EventOrigin::Client(user) => (ActivityKind::ClientEvent, user),
        };
        let receivers = self.receivers(app, message, channel);
        let activity = Activity::new(kind).app(&app.id).channel(channel.as_str()).event(&message.event);
        activity.data(&message.data.text()).receivers(receivers).user(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed() -> Arc<LiveFeed> {
        Arc::default()
    }

    fn told(feed: &LiveFeed, channel: &str) {
        feed.send(Activity::new(ActivityKind::Subscribed).channel(channel), |activity| activity);
    }

    #[tokio::test]
    async fn who_is_slow_is_told_how_much_was_left_out() {
        let feed = feed();
        let mut tail = feed.watch(Filter::default()).unwrap();
        for number in 0..QUEUE + 5 {
            told(&feed, &number.to_string());
        }
        assert_eq!(tail.next().await.unwrap().missed(), Some(5));
        for number in 0..QUEUE {
            assert_eq!(tail.next().await.unwrap().channel_name(), Some(number.to_string().as_str()));
        }
        told(&feed, "after");
        assert_eq!(tail.next().await.unwrap().channel_name(), Some("after"));
    }

    #[test]
    fn a_few_may_watch_and_nobody_is_forgotten() {
        let feed = feed();
        assert!(!feed.is_watched.load(Ordering::Relaxed));
        let mut tails: Vec<_> = (0..MAX_TAILS).map(|_| feed.watch(Filter::default()).unwrap()).collect();
        assert!(feed.watch(Filter::default()).is_none());
        tails.pop();
        let with_events = feed.watch(Filter { events: true, ..Filter::default() }).unwrap();
        assert!(feed.wants_events.load(Ordering::Relaxed));
        drop(with_events);
        assert!(!feed.wants_events.load(Ordering::Relaxed) && feed.is_watched.load(Ordering::Relaxed));
        tails.clear();
        assert!(!feed.is_watched.load(Ordering::Relaxed));
    }
}
