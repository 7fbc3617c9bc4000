//! Whether a node can work with the others.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use tokio::sync::watch;

/// Whether a node can work with Redis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The worst trouble, if there is any.
    pub trouble: Option<Trouble>,
}

/// Something that keeps a node from working with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: TroubleKind,
    /// When it began. It has not paused since.
    pub since: Instant,
    /// The words of Redis, the network or this program.
    pub cause: String,
}

/// The kinds of trouble. The worst is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleKind {
    /// The node does not receive messages of other nodes: it has no subscriptions. It publishes nothing.
    Deaf,
    /// Redis takes no writes: joins wait, and the other nodes do not see what changes on this node.
    CannotWrite,
}

impl Health {
    /// True if there is no trouble.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.trouble.is_none()
    }
}

/// Collects the troubles that the tasks find, and shows the worst.
#[derive(Debug)]
pub(crate) struct Monitor {
    /// By [`TroubleKind`].
    found: parking_lot::Mutex<[Option<Trouble>; 2]>,
    shown: watch::Sender<Health>,
    /// By [`Mishap`].
    mishaps: [AtomicU64; 3],
}

/// Something that may go wrong. It is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The connection for messages was lost. Events of other nodes may have been missed.
    Gap,
    /// Redis did not confirm that events were published. It is not known whether they were.
    UnansweredPublish,
    /// Other nodes declared this node dead, or Redis lost its data. The node registered again.
    LostLease,
}

impl Monitor {
    /// A monitor without any trouble.
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

    /// How many times a mishap has happened.
    pub(crate) fn mishaps(&self, mishap: Mishap) -> u64 {
        self.mishaps[mishap as usize].load(Ordering::Relaxed)
    }

    /// Counts a mishap.
    pub(crate) fn count(&self, mishap: Mishap) {
        self.mishaps[mishap as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a trouble. If it was noted before, it keeps the time of its beginning.
    pub(crate) fn trouble(&self, kind: TroubleKind, cause: &str) {
        let mut found = self.found.lock();
        let slot = &mut found[kind as usize];
        let since = slot.as_ref().map_or_else(Instant::now, |trouble| trouble.since);
        if slot.is_none() {
            tracing::warn!(?kind, cause, "cannot work with Redis");
        }
        *slot = Some(Trouble { kind, since, cause: cause.to_owned() });
        self.show(&found);
    }

    /// Notes the end of a trouble.
    pub(crate) fn well(&self, kind: TroubleKind) {
        let mut found = self.found.lock();
        if let Some(trouble) = found[kind as usize].take() {
            tracing::info!(?kind, seconds = trouble.since.elapsed().as_secs_f32(), "can work with Redis again");
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
    fn the_worst_trouble_is_shown_with_the_time_of_its_beginning() {
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
