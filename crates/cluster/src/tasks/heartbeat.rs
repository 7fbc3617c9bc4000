//! The beat of this node: it renews the node's lease, looks for nodes whose lease has ended, and finds out whether
//! Redis takes writes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time;

use crate::{
    core::Core,
    health::TroubleKind,
    ledger::NodeId,
    membership::Suspect,
    notice::Notice,
    redis::{Failure, Renewal},
};

/// Pause after a beat that failed.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Least pause between two beats, however many signals ask for one.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Added to the remaining time of a lease, so that the lease has ended when this node looks again.
const MARGIN: Duration = Duration::from_millis(20);

/// Runs until the node leaves.
pub(crate) async fn run(core: Arc<Core>) {
    let mut stopping = core.signals.stopping();
    while !core.signals.is_stopping() {
        let pause = match beat(&core).await {
            Ok(pause) => {
                core.monitor.well(TroubleKind::CannotWrite);
                pause
            }
            Err(failure) => {
                core.trouble(TroubleKind::CannotWrite, &failure);
                core.membership.unsettle(Instant::now());
                RETRY_PAUSE.min(core.settings.beat)
            }
        };
        let next = time::Instant::now() + pause;
        time::sleep(LEAST_PAUSE.min(pause)).await;
        tokio::select! {
            () = time::sleep_until(next) => {}
            () = core.signals.beat.notified() => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Registers the node under a new id.
pub(crate) async fn register(core: &Core) -> Result<(), Failure> {
    let id = NodeId::random();
    // This is first, so that other nodes find this one if it ends before the rest.
    core.redis.list_node(&id).await?;
    core.renew_lease(&id, true).await?;
    tracing::info!(node = %id, "registered with the other nodes");
    core.membership.note_registered(id);
    core.local.lock().resend_all();
    core.signals.changes.notify_one();
    Ok(())
}

/// One beat. Returns the pause before the next one.
async fn beat(core: &Core) -> Result<Duration, Failure> {
    // If something is wrong, missing rights may be the cause, and this names all of them.
    let checks_first = core.monitor.is_in(TroubleKind::CannotWrite);
    if checks_first {
        core.redis.check_rights().await?;
    }
    if !renew(core).await? {
        register(core).await?;
    }
    let Some(id) = core.membership.id() else { return Ok(Duration::ZERO) };
    // Redis may have lost the list, or another node may have removed this one from it.
    core.redis.list_node(&id).await?;
    core.redis.check_publisher().await?;
    if core.redis.generation().take_news() {
        (core.deliver)(Notice::LogsBegin);
    }
    let pause = find_dead(core, &id).await?;
    let is_due = core.local.lock().clients.send_all();
    if is_due {
        core.signals.changes.notify_one();
    }
    if !checks_first {
        // Rights can be taken away at any time, and a beat does not need all of them. The lease is renewed before.
        core.redis.check_rights().await?;
    }
    if core.membership.end_recovery(Instant::now()) {
        // Members that are missing now have left.
        core.local.lock().shares.reload_all();
        core.signals.changes.notify_one();
    }
    Ok(pause.min(core.settings.beat))
}

/// Renews the lease. Returns false if the node has to register.
async fn renew(core: &Core) -> Result<bool, Failure> {
    let Some(id) = core.membership.id() else { return Ok(false) };
    match core.renew_lease(&id, false).await? {
        Renewal::Renewed => {}
        // What kept this node from renewing its lease may have kept other nodes from it too.
        Renewal::Late => core.membership.unsettle(Instant::now()),
        Renewal::Refused => {
            core.lose_id(&id);
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks at the other nodes and lets the reaper look at those whose lease has ended. Returns the time until the next
/// lease may end.
async fn find_dead(core: &Core, id: &NodeId) -> Result<Duration, Failure> {
    let nodes: Vec<NodeId> = core.redis.nodes().await?.into_iter().filter(|node| node != id).collect();
    let mut dead = Vec::new();
    let mut next = core.settings.beat;
    for (node, remaining) in nodes.iter().zip(core.redis.remaining_leases(&nodes).await?) {
        match remaining {
            Some(remaining) => next = next.min(remaining + MARGIN),
            None => dead.push(node.clone()),
        }
    }
    if core.membership.set_known(nodes) {
        (core.deliver)(Notice::NodeGone);
    }
    if dead.is_empty() {
        return Ok(next);
    }
    let unsettled = core.membership.unsettled_for(Instant::now());
    if !unsettled.is_zero() {
        return Ok(next.min(unsettled + MARGIN));
    }
    for node in dead {
        core.signals.suspect(Suspect::Node { node });
    }
    Ok(next)
}
