//! Removes what dead nodes have left in the ledger.
//!
//! There is no leader. A node that finds another one without a lease claims the removal for a while. Several may do it
//! at once, because each share is removed only once. It is a task of its own, so a large removal delays neither beats
//! nor joins.

use std::{collections::HashSet, sync::Arc, time::Instant};

use clairon_protocol::AppId;
use tokio::{sync::mpsc, time};

use crate::{backoff::Backoff, core::Core, ledger::NodeId, membership::Suspect, notice::Place, redis::Failure};

/// Most shares that are removed in one round trip.
const BATCH: usize = 256;

/// Runs for ever.
pub(crate) async fn run(core: Arc<Core>, mut suspects: mpsc::UnboundedReceiver<Suspect>) {
    while let Some(first) = suspects.recv().await {
        let mut done = HashSet::new();
        let mut next = Some(first);
        // The same node may have been suspected many times while this was busy.
        while let Some(suspect) = next.take() {
            if !matches!(&suspect, Suspect::Node { node } if !done.insert(node.clone()))
                && let Err(failure) = examine(&core, &suspect).await
            {
                tracing::warn!(%failure, "the shares of a dead node are not removed yet");
            }
            next = suspects.try_recv().ok();
        }
    }
}

/// Removes what a node has left, if the node can be declared dead.
async fn examine(core: &Core, suspect: &Suspect) -> Result<(), Failure> {
    if !core.membership.unsettled_for(Instant::now()).is_zero() {
        return Ok(());
    }
    let (Suspect::Node { node } | Suspect::Share { node, .. } | Suspect::Clients { node, .. }) = suspect;
    if !core.redis.declare_dead(node).await? {
        return Ok(());
    }
    match suspect {
        Suspect::Node { node } if core.redis.claim_removal(node).await? => remove_node(core, node).await,
        Suspect::Node { .. } => Ok(()),
        Suspect::Share { node, place } => remove_shares(core, node, vec![place.clone()]).await,
        Suspect::Clients { node, app } => core.redis.remove_clients(node, app).await,
    }
}

/// Removes everything that a node has left, and then the node.
pub(crate) async fn remove_node(core: &Core, node: &NodeId) -> Result<(), Failure> {
    let mut channels = 0;
    for app in core.redis.indexed_apps(node).await? {
        core.redis.remove_clients(node, &app).await?;
        channels += remove_indexed_shares(core, node, &app).await?;
    }
    core.redis.remove_node(node).await?;
    tracing::info!(%node, channels, "removed a node and its shares of channels");
    Ok(())
}

/// Removes a node's shares of all channels of an app in its index. Returns the number of these channels.
async fn remove_indexed_shares(core: &Core, node: &NodeId, app: &AppId) -> Result<usize, Failure> {
    let mut channels = 0;
    loop {
        let indexed = core.redis.indexed_channels(node, app, BATCH).await?;
        if indexed.names.is_empty() {
            return Ok(channels);
        }
        channels += indexed.places.len();
        remove_shares(core, node, indexed.places).await?;
        core.redis.remove_names_from_index(node, app, &indexed.names).await?;
    }
}

/// Removes a node's shares of these channels, and delivers the edges. If Redis does not answer it tries again for the
/// time of a lease, because the ledger tells the edges only to the process that removed the share.
async fn remove_shares(core: &Core, node: &NodeId, mut places: Vec<Place>) -> Result<(), Failure> {
    let end = Instant::now() + core.settings.lease;
    let mut backoff = Backoff::within(core.settings.beat);
    loop {
        match try_remove_shares(core, node, &mut places).await {
            Err(failure) if Instant::now() > end => return Err(failure),
            Err(_) => time::sleep(backoff.next()).await,
            Ok(()) => return Ok(()),
        }
    }
}

/// Keeps those places whose shares may not be removed yet.
async fn try_remove_shares(core: &Core, node: &NodeId, places: &mut Vec<Place>) -> Result<(), Failure> {
    let mut result = Ok(());
    let mut removals = core.redis.remove_shares(node, places).await?.into_iter();
    places.retain(|place| match removals.next() {
        Some(Ok(edges)) => {
            core.deliver_edges(place, edges, true);
            false
        }
        Some(Err(failure)) => {
            result = Err(failure);
            true
        }
        None => true,
    });
    result
}
