//! Whether a node can hear the others and be heard.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use tokio::sync::watch;

/// How a node stands with Redis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What is wrong, and since when; `None` is well.
    pub trouble: Option<Trouble>,
}

/// Something that keeps a node from working with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// Since when without a pause.
    pub since: Instant,
    /// What Redis or the network says.
    pub cause: String,
}

/// The kinds of trouble, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleKind {
    /// The node does not hear the others: its subscriptions are gone. It publishes nothing.
    Deaf,
    /// Redis takes no writes: joins wait, and others do not see what changes here.
    CannotWrite,
}

impl Health {
    /// True where nothing is wrong.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.trouble.is_none()
    }
}

/// Collects what the connections find, and shows the worst of it.
#[derive(Debug)]
pub(crate) struct Monitor {
    /// By [`TroubleKind`].
    found: parking_lot::Mutex<[Option<Trouble>; 2]>,
    shown: watch::Sender<Health>,
    /// By [`Mishap`].
    mishaps: [AtomicU64; 3],
}

/// What may go wrong, and is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Events of other nodes may have been missed: the connection that brings them was lost, and made again.
    Gap,
    /// Redis did not confirm events that were to be published. Whether they were is not known.
    UnansweredPublish,
    /// The node was taken for dead, or Redis has lost its data: it had to register again.
    LostLease,
}

impl Monitor {
    /// Nothing is wrong yet.
    pub(crate) fn new() -> Self {
        Self { found: parking_lot::Mutex::default(), shown: watch::Sender::default(), mishaps: Default::default() }
    }

    pub(crate) fn receiver(&self) -> watch::Receiver<Health> {
        self.shown.subscribe()
    }

    /// True while something of this kind is wrong.
    pub(crate) fn is_in(&self, kind: TroubleKind) -> bool {
        self.found.lock()[kind as usize].is_some()
    }

    /// How many times it has happened.
    pub(crate) fn mishaps(&self, mishap: Mishap) -> u64 {
        self.mishaps[mishap as usize].load(Ordering::Relaxed)
    }

    /// Counts that it has happened.
    pub(crate) fn count(&self, mishap: Mishap) {
        self.mishaps[mishap as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that something is wrong; it keeps the time at which it began.
    pub(crate) fn trouble(&self, kind: TroubleKind, cause: &str) {
        let mut found = self.found.lock();
        let slot = &mut found[kind as usize];
        let since = slot.as_ref().map_or_else(Instant::now, |trouble| trouble.since);
        if slot.is_none() {
            tracing::warn!(?kind, cause, "trouble with Redis");
        }
        *slot = Some(Trouble { kind, since, cause: cause.to_owned() });
        self.show(&found);
    }

    /// Notes that it is well again.
    pub(crate) fn well(&self, kind: TroubleKind) {
        let mut found = self.found.lock();
        if let Some(trouble) = found[kind as usize].take() {
            tracing::info!(?kind, seconds = trouble.since.elapsed().as_secs_f32(), "well with Redis again");
            self.show(&found);
        }
    }

    fn show(&self, found: &[Option<Trouble>; 2]) {
        let worst = found.iter().flatten().next().cloned();
        self.shown.send_if_modified(|health| {
            let is_news = health.trouble != worst;
            health.trouble.clone_from(&worst);
            is_news
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_trouble_is_shown_since_it_began() {
        let monitor = Monitor::new();
        let health = monitor.receiver();
        let shown = || health.borrow().trouble.as_ref().map(|trouble| (trouble.kind, trouble.cause.clone()));
        assert!(health.borrow().is_well());
        monitor.trouble(TroubleKind::CannotWrite, "OOM");
        let since = health.borrow().trouble.as_ref().unwrap().since;
        monitor.trouble(TroubleKind::Deaf, "cut");
        assert_eq!(shown(), Some((TroubleKind::Deaf, "cut".to_owned())));
        assert!(monitor.is_in(TroubleKind::Deaf));
        monitor.trouble(TroubleKind::CannotWrite, "READONLY");
        monitor.well(TroubleKind::Deaf);
        assert_eq!(shown(), Some((TroubleKind::CannotWrite, "READONLY".to_owned())));
        assert_eq!(health.borrow().trouble.as_ref().unwrap().since, since);
        monitor.well(TroubleKind::CannotWrite);
        assert!(health.borrow().is_well());
    }
}
