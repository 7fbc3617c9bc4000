//! The live feed: the activity on this node, for clients that watch it, and the flight recorder.
//!
//! Without watchers and without a recorder each call that feeds it costs one relaxed load, and the delivery of events
//! has no such call. A watcher has a bounded queue. Activity that does not fit is counted, and nothing waits for the
//! watcher. Texts of peers are searched for secrets by the reader, not by the caller that feeds.

mod activity;
mod client_details;
mod event_text;
mod filter;
mod kind;
mod observe;
mod recorder;
mod relayed;
mod sampling;
mod tail;
mod text;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use clairon_protocol::{AppId, ChannelName};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::mpsc::{self, error::TrySendError};

pub(crate) use self::client_details::ClientDetails;
pub use self::{
    activity::Activity,
    event_text::{DataLimit, EventText, MAX_DATA},
    filter::Filter,
    kind::ActivityKind,
    recorder::Recording,
    tail::Tail,
};
use self::{recorder::Recorder, relayed::PublishedHere, sampling::Sampling};
use crate::clock::Clock;

/// The largest number of watchers.
pub const MAX_TAILS: usize = 8;
/// The largest number of activities that wait for a watcher, and of their bytes. An event with more bytes is alone in
/// the queue.
const QUEUE: usize = 1_024;
const QUEUE_BYTES: usize = 4 << 20;
/// The number of recorded activities that are looked at under one lock.
const CHUNK: usize = 4_096;

/// All watchers, and the recorder.
pub struct LiveFeed {
    /// True if there is a watcher, or something is recorded.
    is_used: AtomicBool,
    clock: Clock,
    state: Mutex<FeedState>,
    published_here: Mutex<PublishedHere>,
}

struct FeedState {
    watchers: Vec<Watcher>,
    recorder: Recorder,
    last_watcher: u64,
    /// The id of the latest activity.
    last_activity: u64,
}

struct Watcher {
    id: u64,
    filter: Filter,
    queue: mpsc::Sender<Arc<Activity>>,
    queued: Arc<AtomicUsize>,
    missed: Arc<AtomicU64>,
}

/// What a watcher wants to see of the activities.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Which activities it wants.
    pub filter: Filter,
    /// How much data it wants of each.
    pub data: DataLimit,
    /// The largest number of activities in a second; `None` for no limit.
    pub max_per_second: Option<u32>,
}

impl LiveFeed {
    /// A feed that always records up to `recorder_bytes`; with 0 it only records what is watched.
    pub(crate) fn new(recorder_bytes: usize, clock: Clock) -> Self {
        // In microseconds, so that a restarted server continues with greater ids, unless it had a million in a second.
        let last_activity = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default();
        let recorder = Recorder::new(recorder_bytes, clock.now());
        let is_used = AtomicBool::new(recorder.is_on());
        let state = FeedState { watchers: Vec::new(), recorder, last_watcher: 0, last_activity };
        Self { is_used, clock, state: Mutex::new(state), published_here: Mutex::default() }
    }

    /// Adds a watcher; `None` if there are too many. Also returns the id of the latest activity before.
    pub fn watch(self: &Arc<Self>, view: View) -> Option<(Tail, u64)> {
        let View { filter, data, max_per_second } = view;
        let mut state = self.state.lock();
        if state.watchers.len() >= MAX_TAILS {
            return None;
        }
        let (sender, queue) = mpsc::channel(QUEUE);
        let (missed, queued) = (Arc::<AtomicU64>::default(), Arc::<AtomicUsize>::default());
        state.last_watcher += 1;
        let id = state.last_watcher;
        state.recorder.open(filter.app.as_deref(), self.clock.now());
        let watcher =
            Watcher { id, filter: filter.clone(), queue: sender, queued: queued.clone(), missed: missed.clone() };
        state.watchers.push(watcher);
        self.note_use(&state);
        let sampling = Sampling::new(max_per_second, Instant::now());
        let (feed, recent, last) = (self.clone(), VecDeque::new(), state.last_activity);
        Some((Tail { feed, id, filter, data, sampling, recent, queue, queued, missed }, last))
    }

    fn forget(&self, id: u64) {
        let mut state = self.state.lock();
        if let Some(index) = state.watchers.iter().position(|watcher| watcher.id == id) {
            let watcher = state.watchers.swap_remove(index);
            state.recorder.close(watcher.filter.app.as_deref(), self.clock.now());
            self.note_use(&state);
        }
    }

    /// Drops what is recorded for too long. It is called every few seconds.
    pub(crate) fn expire(&self) {
        if self.is_used() {
            let mut state = self.state.lock();
            state.recorder.expire(self.clock.now());
            self.note_use(&state);
        }
    }

    fn note_use(&self, state: &FeedState) {
        let is_used = !state.watchers.is_empty() || state.recorder.is_on();
        self.is_used.store(is_used, Ordering::Relaxed);
        if !is_used {
            self.published_here.lock().clear();
        }
    }

    /// True if there is a watcher, or something is recorded.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// True if activities of the app are recorded or may be watched.
    fn wants(&self, app: &AppId) -> bool {
        let state = self.state.lock();
        let is_watched =
            || state.watchers.iter().any(|watcher| watcher.filter.app.as_deref().is_none_or(|id| id == app.as_str()));
        state.recorder.records(Some(app.as_str())) || is_watched()
    }

    /// Sends an activity to the watchers, if there are any, and records it.
    pub(crate) fn observe(&self, activity: impl FnOnce() -> Activity) {
        if self.is_used() {
            self.send(activity());
        }
    }

    /// Sends an activity to the watchers that want it, and records it.
    fn send(&self, activity: Activity) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.last_activity += 1;
        let activity = Arc::new(activity.numbered(state.last_activity));
        for watcher in state.watchers.iter().filter(|watcher| watcher.filter.may_take(&activity)) {
            watcher.push(&activity);
        }
        state.recorder.note(&activity, now);
    }

    /// The recorded activities that a filter may take and that have smaller ids than `before`: the newest `limit`, the
    /// newest first. The recorder is locked for a part of them at a time.
    pub fn recorded(&self, filter: &Filter, before: u64, limit: usize) -> Vec<Arc<Activity>> {
        let (mut found, mut before) = (Vec::new(), before);
        while found.len() < limit {
            let chunk = self.state.lock().recorder.before(before, CHUNK);
            let Some(oldest) = chunk.last() else { break };
            before = oldest.id();
            found.extend(chunk.into_iter().filter(|activity| filter.takes(activity)));
        }
        found.truncate(limit);
        found
    }

    /// The state of the recorder for an app.
    pub fn recording(&self, app: &AppId) -> Recording {
        let mut state = self.state.lock();
        state.recorder.expire(self.clock.now());
        state.recorder.recording(Some(app.as_str()))
    }

    /// Notes an event that this node publishes and that comes back from Redis.
    pub(crate) fn expect_back(&self, app: &AppId, channel: &ChannelName, frame: &[u8]) {
        if self.is_used() {
            self.published_here.lock().note(app, channel, frame, self.clock.now());
        }
    }
}

impl Watcher {
    fn push(&self, activity: &Arc<Activity>) {
        let weight = activity.weight();
        let queued = self.queued.fetch_add(weight, Ordering::Relaxed);
        let has_room = queued == 0 || queued + weight <= QUEUE_BYTES;
        let sent =
            if has_room { self.queue.try_send(activity.clone()) } else { Err(TrySendError::Full(activity.clone())) };
        if let Err(error) = sent {
            self.queued.fetch_sub(weight, Ordering::Relaxed);
            if matches!(error, TrySendError::Full(_)) {
                self.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clairon_registry::AppCache;

    use super::*;

    fn feed() -> Arc<LiveFeed> {
        Arc::new(LiveFeed::new(0, Clock::start()))
    }

    async fn apps() -> AppCache {
        let registry = clairon_registry::open("sqlite::memory:", 1).await.unwrap();
        AppCache::load(registry, vec![clairon_protocol::Secret::parse("operators-token").unwrap()]).await.unwrap()
    }

    fn subscribed(channel: &str) -> Activity {
        Activity::new(ActivityKind::Subscribed).channel(channel)
    }

    fn view(filter: Filter) -> View {
        View { filter, ..View::default() }
    }

    async fn channel(tail: &mut Tail, apps: &AppCache) -> String {
        tail.next(apps).await.unwrap().channel_name().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_slow_watcher_gets_the_number_of_what_was_left_out() {
        let (feed, apps) = (feed(), apps().await);
        let mut tail = feed.watch(View::default()).unwrap().0;
        for number in 0..QUEUE + 5 {
            feed.send(subscribed(&number.to_string()));
        }
        assert_eq!(tail.next(&apps).await.unwrap().missed(), Some(5));
        for number in 0..QUEUE {
            assert_eq!(channel(&mut tail, &apps).await, number.to_string());
        }
        feed.send(subscribed("after"));
        assert_eq!(channel(&mut tail, &apps).await, "after");
    }

    #[tokio::test]
    async fn the_queue_of_a_watcher_has_so_many_bytes_at_most() {
        let (feed, apps) = (feed(), apps().await);
        let mut tail = feed.watch(view(Filter { events: true, ..Filter::default() })).unwrap().0;
        let data = EventText::of(&"x".repeat(65_536));
        let sent = QUEUE_BYTES / 65_536 + 10;
        for _ in 0..sent {
            feed.send(Activity::new(ActivityKind::Event).data(&data, 1));
        }
        assert!(tail.queued.load(Ordering::Relaxed) <= QUEUE_BYTES);
        let missed = tail.next(&apps).await.unwrap().missed().unwrap();
        assert!((10..20).contains(&missed), "{missed}");
        for _ in 0..sent as u64 - missed {
            assert_eq!(tail.next(&apps).await.unwrap().kind(), ActivityKind::Event);
        }
        assert_eq!(tail.queued.load(Ordering::Relaxed), 0);
        let longest = EventText::of(&"x".repeat(MAX_DATA));
        feed.send(Activity::new(ActivityKind::Event).data(&longest, 1));
        feed.send(Activity::new(ActivityKind::Event).data(&data, 1));
        assert_eq!(tail.next(&apps).await.unwrap().missed(), Some(1), "no other event waits beside the longest one");
        assert_eq!(tail.next(&apps).await.unwrap().kind(), ActivityKind::Event);
    }

    #[tokio::test]
    async fn what_is_over_the_rate_is_counted_once_a_second() {
        let (feed, apps) = (feed(), apps().await);
        tokio::time::pause();
        let mut tail = feed.watch(View { max_per_second: Some(3), ..View::default() }).unwrap().0;
        for number in 0..100 {
            feed.send(subscribed(&number.to_string()));
        }
        for number in 0..3 {
            assert_eq!(channel(&mut tail, &apps).await, number.to_string());
        }
        assert_eq!(tail.next(&apps).await.unwrap().missed(), Some(97), "also if nothing else happens");
    }

    #[tokio::test]
    async fn a_filter_guesses_no_secret() {
        let (feed, apps) = (feed(), apps().await);
        let guess = |text: &str| view(Filter { text: Some(text.to_owned()), ..Filter::default() });
        let mut hidden = feed.watch(guess("operators")).unwrap().0;
        let mut shown = feed.watch(guess("lobby")).unwrap().0;
        for channel in ["x-operators-token", "lobby-operators-token", "operators"] {
            feed.send(subscribed(channel));
        }
        assert_eq!(channel(&mut hidden, &apps).await, "operators");
        assert_eq!(channel(&mut shown, &apps).await, "lobby-[a secret]");
    }

    #[tokio::test]
    async fn data_is_cut_and_says_so() {
        let (feed, apps) = (feed(), apps().await);
        let wanted = |data| View { filter: Filter { events: true, ..Filter::default() }, data, ..View::default() };
        let text = "\u{e9}".repeat(300);
        for (limit, chars) in [
            (DataLimit::default(), 200),
            (DataLimit::Bytes(101), 50),
            (DataLimit::Bytes(600), 300),
            (DataLimit::Bytes(0), 0),
        ] {
            let mut tail = feed.watch(wanted(limit)).unwrap().0;
            feed.send(Activity::new(ActivityKind::Event).data(&EventText::of(&text), 1));
            let json = serde_json::to_value(tail.next(&apps).await.unwrap()).unwrap();
            assert_eq!(json["data"].as_str().unwrap().chars().count(), chars);
            assert_eq!(
                (json["bytes"].as_u64(), json["data_cut"].as_bool()),
                (Some(600), (chars < 300).then_some(true))
            );
        }
    }

    #[test]
    fn a_few_may_watch_and_each_is_forgotten() {
        let feed = feed();
        assert!(!feed.is_used());
        let mut tails: Vec<_> = (0..MAX_TAILS).map(|_| feed.watch(View::default()).unwrap()).collect();
        assert!(feed.is_used() && feed.watch(View::default()).is_none());
        tails.pop();
        assert!(feed.watch(View::default()).is_some());
        tails.clear();
        assert!(feed.state.lock().watchers.is_empty() && feed.is_used(), "the recording goes on for a minute");
    }

    #[test]
    fn what_was_recorded_is_found_by_filter_and_id() {
        let feed = feed();
        let _tail = feed.watch(View::default()).unwrap();
        for number in 0..10_000 {
            feed.send(subscribed(if number % 1_000 == 0 { "rare" } else { "usual" }));
        }
        let filter = Filter { text: Some("rare".to_owned()), ..Filter::default() };
        let all = feed.recorded(&filter, u64::MAX, 100);
        assert!(all.len() >= 5 && all.is_sorted_by(|one, other| one.id() > other.id()));
        assert_eq!(
            feed.recorded(&filter, all[1].id(), 2).iter().map(|found| found.id()).collect::<Vec<_>>(),
            [all[2].id(), all[3].id()]
        );
    }
}
