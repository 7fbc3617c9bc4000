//! The flight recorder: the latest activities, within a number of bytes.
//!
//! While an app is watched, and a minute longer, its last minute is recorded, in [`WATCHED_BYTES`] at most, or only the
//! latest event if that has more. A setting lets it record more, always and for all apps. The time is a parameter.

use std::{collections::VecDeque, sync::Arc};

use clairon_hub::Millis;

use super::activity::Activity;

/// The largest recording of watched apps, in bytes.
const WATCHED_BYTES: usize = 4 << 20;
/// The time for which watched apps are recorded, and after which the recording of an app ends that is not watched any
/// more, in milliseconds.
const MINUTE: Millis = 60_000;

/// The recorded activities of all apps, in their order.
#[derive(Debug)]
pub(super) struct Recorder {
    /// The bytes that are always recorded; 0 for none.
    always: usize,
    entries: VecDeque<Entry>,
    /// The bytes of all entries.
    bytes: usize,
    spans: Vec<Span>,
    /// The time of the start, for what is always recorded.
    started_at: Millis,
    /// The time of the latest activity that was dropped to make room.
    dropped_until: Option<Millis>,
}

#[derive(Debug)]
struct Entry {
    at: Millis,
    weight: usize,
    activity: Arc<Activity>,
}

/// A time in which an app is recorded because it is watched.
#[derive(Debug)]
struct Span {
    /// `None` for all apps.
    app: Option<String>,
    since: Millis,
    /// The number of watchers.
    watchers: usize,
    /// The end, once there is no watcher.
    until: Millis,
}

/// The state of the recorder for one app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Since when all activities of the app are recorded; `None` if they are not.
    pub since: Option<Millis>,
    /// The bytes of the recording of all apps.
    pub bytes: usize,
    /// The largest number of these bytes.
    pub limit_bytes: usize,
}

impl Recorder {
    pub(super) fn new(always: usize, now: Millis) -> Self {
        let (entries, spans) = (VecDeque::new(), Vec::new());
        Self { always, entries, bytes: 0, spans, started_at: now, dropped_until: None }
    }

    /// True if it records any app.
    pub(super) const fn is_on(&self) -> bool {
        self.always > 0 || !self.spans.is_empty()
    }

    /// True if it records this app; with `None`, what belongs to no app.
    pub(super) fn records(&self, app: Option<&str>) -> bool {
        self.always > 0 || self.spans_of(app).next().is_some()
    }

    fn spans_of(&self, app: Option<&str>) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(move |span| span.app.is_none() || span.app.as_deref() == app)
    }

    /// Begins to record an app, or all with `None`, because it is watched.
    pub(super) fn open(&mut self, app: Option<&str>, now: Millis) {
        self.expire(now);
        if let Some(span) = self.spans.iter_mut().find(|span| span.app.as_deref() == app) {
            span.watchers += 1;
        } else {
            let app = app.map(str::to_owned);
            self.spans.push(Span { app, since: now, watchers: 1, until: now });
        }
    }

    /// Ends one [`Self::open`].
    pub(super) fn close(&mut self, app: Option<&str>, now: Millis) {
        if let Some(span) = self.spans.iter_mut().find(|span| span.app.as_deref() == app) {
            span.watchers = span.watchers.saturating_sub(1);
            span.until = now + MINUTE;
        }
    }

    /// Records an activity, if its app is recorded.
    pub(super) fn note(&mut self, activity: &Arc<Activity>, now: Millis) {
        if !self.records(activity.app_id()) {
            return;
        }
        let weight = activity.weight() + size_of::<Entry>();
        if self.spans.is_empty() && weight > self.always {
            // It would push out all others and then itself.
            self.dropped_until = Some(now);
            return;
        }
        self.entries.push_back(Entry { at: now, weight, activity: activity.clone() });
        self.bytes += weight;
        self.drop_excess(now);
    }

    /// Drops what is too old, and ends the recording of apps that are not watched any more.
    pub(super) fn expire(&mut self, now: Millis) {
        self.spans.retain(|span| span.watchers > 0 || span.until > now);
        self.drop_excess(now);
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }

    const fn limit(&self) -> usize {
        if self.spans.is_empty() || self.always > WATCHED_BYTES { self.always } else { WATCHED_BYTES }
    }

    fn drop_excess(&mut self, now: Millis) {
        let limit = self.limit();
        // What is watched can be looked at and sent again, whatever its size.
        let always_kept = usize::from(!self.spans.is_empty());
        while let Some(oldest) = self.entries.front() {
            let is_old = self.bytes > self.always && oldest.at + MINUTE < now;
            let is_excess = self.bytes > limit && self.entries.len() > always_kept;
            if !is_excess && !is_old {
                return;
            }
            self.bytes -= oldest.weight;
            self.dropped_until = Some(oldest.at);
            self.entries.pop_front();
        }
    }

    /// The state for an app.
    pub(super) fn recording(&self, app: Option<&str>) -> Recording {
        let watched = self.spans_of(app).map(|span| span.since).min();
        let since = if self.always > 0 { Some(self.started_at) } else { watched };
        let since = since.map(|since| self.dropped_until.map_or(since, |dropped| since.max(dropped + 1)));
        Recording { since, bytes: self.bytes, limit_bytes: self.limit() }
    }

    /// Up to `count` activities with smaller ids than `before`, the newest first.
    pub(super) fn before(&self, before: u64, count: usize) -> Vec<Arc<Activity>> {
        let end = self.entries.partition_point(|entry| entry.activity.id() < before);
        self.entries.range(..end).rev().take(count).map(|entry| entry.activity.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::AppId;
    use jiff::Timestamp;

    use super::*;
    use crate::live_feed::{ActivityKind, EventText};

    fn activity(id: u64, app: &str) -> Arc<Activity> {
        let activity = Activity::at(Timestamp::UNIX_EPOCH, ActivityKind::Subscribed);
        Arc::new(activity.app(&AppId::parse(app).unwrap()).numbered(id))
    }

    fn ids(recorder: &Recorder) -> Vec<u64> {
        recorder.before(u64::MAX, usize::MAX).iter().rev().map(|activity| activity.id()).collect()
    }

    #[test]
    fn nothing_is_recorded_without_a_watcher() {
        let mut recorder = Recorder::new(0, 0);
        recorder.note(&activity(1, "a"), 5);
        assert!(!recorder.is_on() && ids(&recorder).is_empty());
        assert_eq!(recorder.recording(Some("a")), Recording { since: None, bytes: 0, limit_bytes: 0 });
    }

    #[test]
    fn the_last_minute_of_a_watched_app_is_recorded_and_a_minute_longer() {
        let mut recorder = Recorder::new(0, 0);
        recorder.open(Some("a"), 1_000);
        recorder.note(&activity(1, "a"), 2_000);
        recorder.note(&activity(2, "b"), 2_000);
        recorder.note(&activity(3, "a"), 50_000);
        assert_eq!((ids(&recorder), recorder.recording(Some("a")).since), (vec![1, 3], Some(1_000)));
        assert_eq!(recorder.recording(Some("b")).since, None);
        recorder.note(&activity(4, "a"), 62_001);
        assert_eq!(ids(&recorder), [3, 4], "the first is older than a minute");
        assert_eq!(recorder.recording(Some("a")).since, Some(2_001));
        recorder.close(Some("a"), 70_000);
        recorder.note(&activity(5, "a"), 129_000);
        recorder.expire(129_999);
        assert_eq!(ids(&recorder), [5]);
        recorder.expire(130_000);
        assert!(!recorder.is_on() && ids(&recorder).is_empty());
        assert_eq!((recorder.bytes, recorder.entries.capacity()), (0, 0));
    }

    #[test]
    fn a_watcher_that_comes_back_in_time_continues_the_recording() {
        let mut recorder = Recorder::new(0, 0);
        recorder.open(None, 0);
        recorder.open(None, 10);
        recorder.close(None, 20);
        recorder.close(None, 30_000);
        recorder.open(None, 80_000);
        recorder.expire(200_000);
        assert_eq!(recorder.recording(Some("any")).since, Some(0));
        assert!(recorder.records(None));
    }

    #[test]
    fn it_has_so_many_bytes_at_most() {
        let weight = activity(1, "a").weight() + size_of::<Entry>();
        let mut recorder = Recorder::new(0, 0);
        recorder.open(None, 0);
        for id in 1..20_000 {
            recorder.note(&activity(id, "a"), id);
            assert!(recorder.bytes <= WATCHED_BYTES);
        }
        let kept = WATCHED_BYTES / weight;
        assert_eq!(ids(&recorder).len(), kept);
        assert_eq!(recorder.recording(None).since, Some(20_000 - kept as u64), "all after the dropped ones");
    }

    #[test]
    fn the_latest_event_of_a_watched_app_is_kept_whatever_its_size() {
        let long = |id| {
            let data = EventText::of(&"x".repeat(WATCHED_BYTES));
            Arc::new(Activity::new(ActivityKind::Event).data(&data, 1).numbered(id))
        };
        let mut recorder = Recorder::new(0, 0);
        recorder.open(None, 0);
        recorder.note(&activity(1, "a"), 0);
        recorder.note(&long(2), 0);
        assert_eq!(ids(&recorder), [2]);
        recorder.note(&long(3), 0);
        assert_eq!(ids(&recorder), [3]);
        recorder.expire(60_001);
        assert!(ids(&recorder).is_empty());

        let mut unwatched = Recorder::new(100_000, 0);
        unwatched.note(&activity(1, "a"), 5);
        unwatched.note(&long(2), 6);
        assert_eq!(ids(&unwatched), [1], "the setting is a limit, and what fits stays");
        assert_eq!(unwatched.recording(None).since, Some(7));
    }

    #[test]
    fn what_the_setting_allows_is_recorded_always_and_is_not_dropped_for_its_age() {
        let weight = activity(1, "a").weight() + size_of::<Entry>();
        let mut recorder = Recorder::new(3 * weight, 7);
        for id in 1..=3 {
            recorder.note(&activity(id, "a"), 10);
        }
        recorder.expire(1_000_000);
        assert_eq!((ids(&recorder), recorder.recording(Some("b")).since), (vec![1, 2, 3], Some(7)));
        recorder.note(&activity(4, "b"), 1_000_000);
        assert_eq!(ids(&recorder), [2, 3, 4]);
        recorder.open(Some("a"), 1_000_000);
        recorder.note(&activity(5, "a"), 1_000_001);
        assert_eq!(ids(&recorder), [3, 4, 5], "beyond the setting there is only the last minute");
        recorder.note(&activity(6, "a"), 1_000_002);
        recorder.note(&activity(7, "a"), 1_000_003);
        assert_eq!(ids(&recorder), [4, 5, 6, 7]);
    }

    #[test]
    fn pages_go_back_from_an_id() {
        let mut recorder = Recorder::new(1 << 20, 0);
        for id in [3, 5, 9, 12] {
            recorder.note(&activity(id, "a"), 0);
        }
        let before = |before, count| recorder.before(before, count).iter().map(|entry| entry.id()).collect::<Vec<_>>();
        assert_eq!(before(9, 5), [5, 3]);
        assert_eq!(before(100, 2), [12, 9]);
        assert!(before(3, 2).is_empty());
    }
}
