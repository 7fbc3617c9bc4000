//! The background jobs of a node: the sweep, delayed counts, expired events, statistics, and changed apps.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use clairon_hub::AppHub;
use clairon_protocol::{AppId, Disconnect};
use clairon_registry::{AppChange, RegistryError};
use jiff::Timestamp;
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, sleep},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use crate::{
    channel_logs, edge, figures, node::Node, node_status::NodeStatus, statistics::oldest_kept, sweep, webhooks,
};

/// The interval in which changed apps are read. A change takes effect within two seconds.
const REFRESH: Duration = Duration::from_secs(1);
/// The largest number of changes of apps that are logged one by one.
const TOLD: usize = 20;
/// The interval of test writes while the registry accepts no writes.
const WRITES: Duration = Duration::from_secs(1);
/// The interval in which the counts of large channels are sent, that of hosted Pusher.
const COUNTS: Duration = Duration::from_secs(5);
/// The interval in which expired events of cache channels are removed.
const EXPIRY: Duration = Duration::from_secs(30);
/// The interval in which old activities leave the flight recorder.
const RECORDER: Duration = Duration::from_secs(5);
/// The interval in which uses of keys are stored.
const KEY_USES: Duration = Duration::from_mins(1);
/// The interval in which old statistics are removed.
const CLEANING: Duration = Duration::from_hours(1);

/// The interval in which silent connections are checked while open files run low.
const HURRY: Duration = Duration::from_secs(1);

/// The delay of the events of a busy channel. The runtime's timer may add up to one millisecond.
const FLUSH_DELAY: Duration = Duration::from_millis(1);

/// The interval in which the status for the other nodes is renewed.
const STATUS: Duration = Duration::from_secs(2);

/// The pause before a failed job is restarted.
const REST: Duration = Duration::from_secs(1);

/// A job that runs as long as the server.
type Job = fn(Arc<Node>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

const JOBS: [(&str, Job); 20] = [
    ("sweep", |node| Box::pin(sweep::run(node))),
    ("hurry silent connections", |node| {
        Box::pin(async move { every(HURRY, || node.hurry_silent_connections()).await })
    }),
    ("tell counts", |node| Box::pin(async move { every(COUNTS, || tell_counts(&node)).await })),
    ("forget expired events", |node| Box::pin(async move { every(EXPIRY, || forget_expired(&node)).await })),
    ("expire the recorder", |node| Box::pin(async move { every(RECORDER, || node.live.expire()).await })),
    ("flush", |node| Box::pin(async move { flush(&node).await })),
    ("watch outboxes", |node| Box::pin(async move { edge::watch_outboxes(&node).await })),
    ("follow the registry", |node| Box::pin(async move { follow_registry(&node).await })),
    ("check writes to the registry", |node| Box::pin(async move { check_writes(&node).await })),
    ("take saved logs", |node| Box::pin(async move { channel_logs::take_late(&node).await })),
    ("record uses of keys", |node| Box::pin(async move { record_key_uses(&node).await })),
    ("record statistics", |node| Box::pin(async move { record_statistics(&node).await })),
    ("watch the files of certificates", |node| Box::pin(async move { watch_certificates(&node).await })),
    ("write webhooks", |node| Box::pin(async move { node.announcer.write().await })),
    ("deliver webhooks", |node| Box::pin(async move { node.announcer.deliver().await })),
    ("keep webhooks true", |node| Box::pin(async move { webhooks::keep(&node).await })),
    ("get certificates", |node| Box::pin(async move { get_certificates(&node).await })),
    ("sample figures", |node| Box::pin(async move { figures::keep(&node).await })),
    ("tell the other nodes", |node| {
        Box::pin(async move { every(STATUS, || node.peers.tell(|| NodeStatus::of(&node).text())).await })
    }),
    ("forget statistics", |node| Box::pin(async move { forget_statistics(&node).await })),
];

/// Runs all jobs until it is dropped.
pub(crate) async fn run(node: Arc<Node>) {
    let mut jobs = JoinSet::new();
    for (name, job) in JOBS {
        let node = node.clone();
        jobs.spawn(keep_up(name, move || job(node.clone())));
    }
    jobs.join_all().await;
}

/// Runs a job in its own task. If it panics, the other jobs continue, and it is restarted.
async fn keep_up<F: Future<Output = ()> + Send + 'static>(name: &str, job: impl Fn() -> F) {
    while let Err(error) = AbortOnDropHandle::new(tokio::spawn(job())).await {
        error!(job = name, %error, "a background job failed and is restarted");
        sleep(REST).await;
    }
}

async fn every(period: Duration, act: impl Fn()) {
    let mut ticks = ticks(period);
    loop {
        ticks.tick().await;
        act();
    }
}

/// An interval that skips missed ticks.
pub(crate) fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Reads changed files of certificates, if there are any files.
async fn watch_certificates(node: &Node) {
    if let Some(tls) = &node.tls {
        tls.watch_files().await;
    }
}

/// Gets certificates from the authority, if there is one.
async fn get_certificates(node: &Node) {
    if let Some(acme) = node.acme() {
        acme.run(node.registry.as_ref()).await;
    }
}

fn tell_counts(node: &Node) {
    for_each_app(node, |_, hub| hub.tell_counts(node.clock.now()));
}

fn forget_expired(node: &Node) {
    for_each_app(node, |_, hub| hub.forget_expired(node.clock.now()));
    node.hub.prune_logs(node.clock.now());
}

fn for_each_app(node: &Node, act: impl Fn(&AppId, &AppHub)) {
    for (id, hub) in node.hub.apps() {
        act(&id, &hub);
    }
}

/// Delays the events of busy channels, so that one write contains several.
async fn flush(node: &Node) {
    loop {
        poll_fn(|cx| node.hub.poll_pending_flushes(cx)).await;
        sleep(FLUSH_DELAY).await;
        node.hub.flush();
    }
}

async fn check_writes(node: &Node) {
    let mut ticks = ticks(WRITES);
    loop {
        ticks.tick().await;
        node.check_writes().await;
    }
}

async fn record_key_uses(node: &Node) {
    let mut ticks = ticks(KEY_USES);
    loop {
        ticks.tick().await;
        node.record_key_uses().await;
    }
}

/// Closes each interval at its end. If the clock is set during an interval, it is closed early or late, but no figure
/// becomes wrong.
async fn record_statistics(node: &Node) {
    loop {
        sleep(node.rest_of_interval()).await;
        node.record_statistics(false).await;
    }
}

async fn forget_statistics(node: &Node) {
    let days = node.settings.statistics.keep_days;
    if days == 0 {
        return;
    }
    let mut ticks = ticks(CLEANING);
    loop {
        ticks.tick().await;
        let uptime = Duration::from_millis(node.clock.now());
        let limit = oldest_kept(days, node.last_recorded, uptime, Timestamp::now());
        let result = node.registry.forget_statistics(limit).await;
        node.registry_health.note_write(&result, node.clock.now());
        match result {
            Ok(0) => {}
            Ok(rows) => info!(rows, days, "old statistics removed"),
            Err(error) => warn!(%error, "cannot remove old statistics"),
        }
    }
}

/// Reads the apps again when one has changed. A failure of the registry is logged once.
async fn follow_registry(node: &Node) {
    let mut ticks = ticks(REFRESH);
    let mut is_well = true;
    loop {
        ticks.tick().await;
        match look_for_changes(node).await {
            Ok(()) => {
                if !is_well {
                    info!("the registry can be read again");
                }
                is_well = true;
            }
            Err(error) => {
                if is_well {
                    error!(%error, "the registry cannot be read: the apps stay as they were");
                }
                is_well = false;
            }
        }
    }
}

/// Reads the apps again if one has changed. It gives up early if the database is silent, because it comes again.
async fn look_for_changes(node: &Node) -> Result<(), RegistryError> {
    let is_current = node.apps.is_current().await;
    node.registry_health.note_answer(is_current.is_ok(), node.clock.now());
    if is_current? { Ok(()) } else { refresh(node).await }
}

/// Reads the apps again if one has changed, and applies the changes.
///
/// # Errors
/// When the registry cannot be read.
pub async fn refresh(node: &Node) -> Result<(), RegistryError> {
    let refreshed = node.apps.refresh().await;
    node.registry_health.note_answer(refreshed.is_ok(), node.clock.now());
    let changes = refreshed?;
    for change in changes.iter().take(TOLD) {
        let (id, change_name) = match change {
            AppChange::Added(id) => (id, "added"),
            AppChange::Changed(id) => (id, "changed"),
            AppChange::Disabled(id) => (id, "disabled"),
            AppChange::Removed(id) => (id, "removed"),
        };
        info!(app = %id, change = change_name, "app changed");
    }
    if changes.len() > TOLD {
        info!(changes = changes.len() - TOLD, "more apps changed");
    }
    for change in &changes {
        apply(node, change);
    }
    Ok(())
}

fn apply(node: &Node, change: &AppChange) {
    if let AppChange::Removed(id) | AppChange::Disabled(id) = change {
        node.hub.app(id).close_all(Disconnect::AppDisabled);
        node.rates.forget(id);
    }
    let id = change.app();
    node.peers.follow_recovery(id, node.enabled_app(id).as_deref());
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_job_that_panics_begins_again() {
        let begun = Arc::new(AtomicUsize::new(0));
        let job = || {
            let begun = begun.clone();
            async move { assert_eq!(begun.fetch_add(1, Ordering::Relaxed), 2, "not yet") }
        };
        keep_up("fail", job).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}
