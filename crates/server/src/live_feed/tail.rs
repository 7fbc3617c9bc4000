//! The receiving side of a watcher.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::mpsc;

use super::{LiveFeed, activity::Activity};

/// The activities since the start of the watch, which ends when this is dropped.
pub(crate) struct Tail {
    feed: Arc<LiveFeed>,
    id: u64,
    queue: mpsc::Receiver<Arc<Activity>>,
    missed: Arc<AtomicU64>,
}

impl Tail {
    pub(super) fn new(
        feed: Arc<LiveFeed>,
        id: u64,
        queue: mpsc::Receiver<Arc<Activity>>,
        missed: Arc<AtomicU64>,
    ) -> Self {
        Self { feed, id, queue, missed }
    }

    /// The next activity, or the number of activities that were left out since the last one.
    pub(crate) async fn next(&mut self) -> Option<Arc<Activity>> {
        match self.missed.swap(0, Ordering::Relaxed) {
            0 => self.queue.recv().await,
            count => Some(Arc::new(Activity::of_missed(count))),
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.feed.forget(self.id);
    }
}
