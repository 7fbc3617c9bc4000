//! What a node does by itself: it listens for silence, tells late counts, forgets old events, and reads changed apps.

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

use crate::{node::Node, statistics::oldest_kept, sweep};

/// How often changed apps are looked for: a change takes effect within two seconds.
const REFRESH: Duration = Duration::from_secs(1);
/// How many changes of apps are logged one by one.
const TOLD: usize = 20;
/// How often the registry is asked whether it takes writes again.
const WRITES: Duration = Duration::from_secs(1);
/// How often the counts of large channels are told, as Pusher does.
const COUNTS: Duration = Duration::from_secs(5);
/// How often cache channels are searched for events that have expired.
const EXPIRY: Duration = Duration::from_secs(30);
/// How often the registry is told which keys were used.
const KEY_USES: Duration = Duration::from_mins(1);
/// How often old statistics are removed.
const CLEANING: Duration = Duration::from_hours(1);

/// How often it is looked whether silent connections have to be hurried.
const HURRY: Duration = Duration::from_secs(1);

/// How long the events of a busy channel may be held back. The runtime's timer makes it up to one millisecond more.
const FLUSH_DELAY: Duration = Duration::from_millis(1);

/// How long a job that has failed rests.
const REST: Duration = Duration::from_secs(1);

/// Something that goes on for as long as the server runs.
type Job = fn(Arc<Node>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

const JOBS: [(&str, Job); 10] = [
    ("sweep", |node| Box::pin(sweep::run(node))),
    ("hurry silent connections", |node| {
        Box::pin(async move { every(HURRY, || node.hurry_silent_connections()).await })
    }),
    ("tell counts", |node| Box::pin(async move { every(COUNTS, || tell_counts(&node)).await })),
    ("forget expired events", |node| Box::pin(async move { every(EXPIRY, || forget_expired(&node)).await })),
    ("flush", |node| Box::pin(async move { flush(&node).await })),
    ("follow the registry", |node| Box::pin(async move { follow_registry(&node).await })),
    ("check writes to the registry", |node| Box::pin(async move { check_writes(&node).await })),
    ("record uses of keys", |node| Box::pin(async move { record_key_uses(&node).await })),
    ("record statistics", |node| Box::pin(async move { record_statistics(&node).await })),
    ("forget statistics", |node| Box::pin(async move { forget_statistics(&node).await })),
];

/// Runs until it is dropped.
pub(crate) async fn run(node: Arc<Node>) {
    let mut jobs = JoinSet::new();
    for (name, job) in JOBS {
        let node = node.clone();
        jobs.spawn(keep_up(name, move || job(node.clone())));
    }
    jobs.join_all().await;
}

/// Runs a job in a task of its own: where it panics, the others go on, and it begins again.
async fn keep_up<F: Future<Output = ()> + Send + 'static>(name: &str, job: impl Fn() -> F) {
    while let Err(error) = AbortOnDropHandle::new(tokio::spawn(job())).await {
        error!(job = name, %error, "a job of the server has failed, and begins again");
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

/// Ticks that are never made up for.
fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn tell_counts(node: &Node) {
    for_each_app(node, |_, hub| hub.tell_counts(node.clock.now()));
}

fn forget_expired(node: &Node) {
    for_each_app(node, |_, hub| hub.forget_expired(node.clock.now()));
}

fn for_each_app(node: &Node, act: impl Fn(&AppId, &AppHub)) {
    for (id, hub) in node.hub.apps() {
        act(&id, &hub);
    }
}

/// Lets the events of busy channels wait for each other, so that one write carries several.
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

/// Closes each interval when it is over. A clock that is set while one waits makes that early or late, and no figure
/// wrong.
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
            Err(error) => warn!(%error, "old statistics could not be removed"),
        }
    }
}

/// Reads the apps again whenever one has changed. That the registry cannot be asked is logged once.
async fn follow_registry(node: &Node) {
    let mut ticks = ticks(REFRESH);
    let mut is_well = true;
    loop {
        ticks.tick().await;
        match refresh(node).await {
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

/// Reads the apps again if one has changed, and acts on that.
pub(crate) async fn refresh(node: &Node) -> Result<(), RegistryError> {
    let is_current = node.apps.is_current().await;
    node.registry_health.note_answer(is_current.is_ok(), node.clock.now());
    if is_current? {
        return Ok(());
    }
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
    }
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
