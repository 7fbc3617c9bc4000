//! The receiving side of a watcher.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use clairon_registry::AppCache;
use futures_util::future::BoxFuture;
use tokio::{sync::mpsc, time::sleep_until};

use super::{LiveFeed, activity::Activity, event_text::DataLimit, filter::Filter, sampling::Sampling};

/// The activities since the start of the watch, which ends when this is dropped.
pub struct Tail {
    pub(super) feed: Arc<LiveFeed>,
    pub(super) id: u64,
    pub(super) filter: Filter,
    pub(super) data: DataLimit,
    pub(super) sampling: Sampling,
    /// What was recorded before, the oldest first.
    pub(super) recent: VecDeque<Arc<Activity>>,
    pub(super) queue: mpsc::Receiver<Arc<Activity>>,
    /// The bytes in the queue.
    pub(super) queued: Arc<AtomicUsize>,
    pub(super) missed: Arc<AtomicU64>,
}

/// What the tail waits for.
enum Turn {
    Activity(Option<Arc<Activity>>),
    Report,
}

impl Tail {
    /// Begins with activities that were recorded before, the newest first.
    pub fn begin_with(&mut self, recorded: Vec<Arc<Activity>>) {
        self.recent = recorded.into_iter().rev().collect();
    }

    /// The next activity, fit to be shown, or the number of activities that were left out since the last one.
    ///
    /// The future is boxed, so that it is compiled with this crate, which is optimized: there may be very many events.
    pub fn next<'a>(&'a mut self, apps: &'a AppCache) -> BoxFuture<'a, Option<Activity>> {
        Box::pin(self.take(apps))
    }

    async fn take(&mut self, apps: &AppCache) -> Option<Activity> {
        loop {
            if let Some(recorded) = self.recent.pop_front() {
                if let Some(shown) = self.filter.present(&recorded, apps, self.data) {
                    return Some(shown);
                }
                continue;
            }
            let missed = self.missed.swap(0, Ordering::Relaxed);
            if missed > 0 {
                return Some(Activity::of_missed(missed));
            }
            let activity = match self.turn().await {
                Turn::Report => return Some(Activity::of_missed(self.sampling.take_report(Instant::now()))),
                Turn::Activity(activity) => activity?,
            };
            self.queued.fetch_sub(activity.weight(), Ordering::Relaxed);
            // A filter without texts has decided already. So an activity that is left out costs nothing more.
            if !self.filter.has_texts() && !self.sampling.admit(Instant::now()) {
                continue;
            }
            let Some(shown) = self.filter.present(&activity, apps, self.data) else { continue };
            if !self.filter.has_texts() || self.sampling.admit(Instant::now()) {
                return Some(shown);
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let due = self.sampling.report_at();
        let report = async {
            match due {
                Some(due) => sleep_until(due.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            // A count that is due is not delayed by a flood.
            biased;
            () = report => Turn::Report,
            activity = self.queue.recv() => Turn::Activity(activity),
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.feed.forget(self.id);
    }
}
