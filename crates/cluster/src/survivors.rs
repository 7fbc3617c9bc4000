//! Removes what dead nodes have left in the ledger.
//!
//! No leader: whoever finds a node without a lease claims the work for a while, and any number may do it at once, for
//! each share is dropped only once. One task, so that a large clean-up keeps neither beats nor joins waiting.

use std::{collections::HashSet, sync::Arc, time::Instant};

use clairon_protocol::{AppId, ChannelName, Limits};
use redis::Value;
use tokio::{sync::mpsc, time};

use crate::{
    Place,
    backoff::Backoff,
    core::Core,
    engine::Failure,
    keys::NodeId,
    lease::parse,
    scripts::{self, Request},
};

/// The most shares dropped together.
const BATCH: usize = 256;

/// Something that a dead node may have left.
#[derive(Debug)]
pub(crate) enum Suspect {
    /// All of it.
    Node { node: NodeId },
    /// A share of a channel, found by chance: the node is not among those that have registered.
    Share { node: NodeId, place: Place },
    /// A count of clients, found the same way.
    Clients { node: NodeId, app: AppId },
}

/// Runs for ever.
pub(crate) async fn run(core: Arc<Core>, mut suspects: mpsc::UnboundedReceiver<Suspect>) {
    while let Some(first) = suspects.recv().await {
        let mut done = HashSet::new();
        let mut next = Some(first);
        // The same node may have been found many times meanwhile.
        while let Some(suspect) = next.take() {
            if !matches!(&suspect, Suspect::Node { node } if !done.insert(node.clone()))
                && let Err(failure) = examine(&core, &suspect).await
            {
                tracing::warn!(%failure, "what a dead node has left is not removed yet");
            }
            next = suspects.try_recv().ok();
        }
    }
}

async fn examine(core: &Core, suspect: &Suspect) -> Result<(), Failure> {
    if core.membership.lock().settled_at > Instant::now() {
        return Ok(());
    }
    let (Suspect::Node { node } | Suspect::Share { node, .. } | Suspect::Clients { node, .. }) = suspect;
    if core.ledger.call(scripts::condemn(&core.keys, node)).await? != Value::Int(1) {
        return Ok(());
    }
    match suspect {
        Suspect::Node { node } if claim(core, node).await? => remove(core, node).await,
        Suspect::Node { .. } => Ok(()),
        Suspect::Share { node, place } => purge(core, node, vec![place.clone()]).await,
        Suspect::Clients { node, app } => core.ledger.ask(forget_clients(core, node, app)).await.map(drop),
    }
}

/// Keeps the others from doing the same work for a lease. False where another does it.
async fn claim(core: &Core, node: &NodeId) -> Result<bool, Failure> {
    let mut claim = redis::cmd("SET");
    let lease = u64::try_from(core.settings.lease.as_millis()).unwrap_or(u64::MAX);
    claim.arg(core.keys.purger(node)).arg("").arg("NX").arg("PX").arg(lease);
    Ok(core.ledger.ask(claim).await? != Value::Nil)
}

/// Removes all that a node has left, and then the node.
pub(crate) async fn remove(core: &Core, node: &NodeId) -> Result<(), Failure> {
    let mut members = redis::cmd("SMEMBERS");
    members.arg(core.keys.apps(node));
    let apps: Vec<String> = parse(core.ledger.ask(members).await?)?;
    let mut shares = 0;
    for app in apps.iter().filter_map(|app| AppId::parse(app).ok()) {
        core.ledger.ask(forget_clients(core, node, &app)).await?;
        shares += remove_shares(core, node, &app).await?;
    }
    let mut forget = redis::cmd("DEL");
    forget.arg(core.keys.apps(node)).arg(core.keys.registration(node)).arg(core.keys.lease(node));
    forget.arg(core.keys.purger(node));
    core.ledger.ask(forget).await?;
    let mut strike = redis::cmd("SREM");
    strike.arg(core.keys.nodes()).arg(node.as_str());
    core.ledger.ask(strike).await?;
    tracing::info!(%node, shares, "removed what a node had left");
    Ok(())
}

/// Drops a node's shares of an app's channels; returns how many places were looked at.
async fn remove_shares(core: &Core, node: &NodeId, app: &AppId) -> Result<usize, Failure> {
    let index = core.keys.index(node, app);
    // Names were checked when someone joined; whatever else is there is dropped from the index all the same.
    let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
    let mut shares = 0;
    loop {
        let mut some = redis::cmd("SRANDMEMBER");
        some.arg(&index).arg(BATCH);
        let names: Vec<String> = parse(core.ledger.ask(some).await?)?;
        if names.is_empty() {
            return Ok(shares);
        }
        let channels = names.iter().filter_map(|name| ChannelName::parse(name, &limits).ok());
        let places: Vec<Place> = channels.map(|channel| Place { app: app.clone(), channel }).collect();
        shares += places.len();
        purge(core, node, places).await?;
        let mut done = redis::cmd("SREM");
        done.arg(&index).arg(&names);
        core.ledger.ask(done).await?;
    }
}

/// Drops a node's shares of these channels, and tells what that changes. Where Redis does not answer it tries again for
/// a while, because only who has dropped a share is told what that was.
async fn purge(core: &Core, node: &NodeId, mut places: Vec<Place>) -> Result<(), Failure> {
    let end = Instant::now() + core.settings.lease;
    let mut backoff = Backoff::within(core.settings.beat);
    loop {
        let failure = purge_once(core, node, &mut places).await;
        match failure {
            Err(failure) if Instant::now() > end => return Err(failure),
            Err(_) => time::sleep(backoff.next()).await,
            Ok(()) => return Ok(()),
        }
    }
}

/// Keeps in `places` those whose shares may still be there.
async fn purge_once(core: &Core, node: &NodeId, places: &mut Vec<Place>) -> Result<(), Failure> {
    let request = |place: &Place| scripts::purge(&core.keys, node, place, &core.survivor, core.remembered());
    let requests: Vec<Request> = places.iter().map(request).collect();
    let mut result = Ok(());
    let mut answers = core.ledger.run(&requests).await?.into_iter();
    places.retain(|place| match answers.next().map(|answer| answer.map(scripts::parse_edges)) {
        Some(Ok(Some(edges))) => {
            core.tell_edges(place, edges);
            false
        }
        Some(Err(failure)) => {
            result = Err(failure);
            true
        }
        Some(Ok(None)) | None => {
            result = Err(Failure::new("the answer to a removal is not understood"));
            true
        }
    });
    result
}

fn forget_clients(core: &Core, node: &NodeId, app: &AppId) -> redis::Cmd {
    let mut command = redis::cmd("HDEL");
    command.arg(core.keys.app(app)).arg(node.as_str());
    command
}
