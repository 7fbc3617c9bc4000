//! Sends to the ledger what has changed here.
//!
//! One batch at a time: while one is on its way, further changes collect for the next. So 10,000 connections that leave
//! at once take some dozens of round trips. Joins come first.

use std::{sync::Arc, time::Instant};

use super::node_index;
use crate::{
    backoff::Backoff,
    core::Core,
    health::TroubleKind,
    ledger::{ChangeReply, ClientCount, ClientCountReply, NodeId, OnlineReply, ShareChange},
    local::shares::Settled,
    membership::Suspect,
    notice::{Notice, Place},
    redis::{
        Failure,
        changes::{Batch, BatchReplies},
        keys::Topic,
    },
    throttle::Throttle,
};

/// Most changes, counts and questions of each kind in one batch.
const BATCH: usize = 256;

/// Runs until the node leaves. It ends between two batches.
pub(crate) async fn run(core: Arc<Core>) {
    let mut backoff = Backoff::within(core.settings.beat);
    let mut stopping = core.signals.stopping();
    let failures = Throttle::default();
    while !core.signals.is_stopping() {
        let pause = match core.membership.id() {
            Some(node) => match commit(&core, &node, &failures).await {
                Ok(true) => {
                    backoff.reset();
                    continue;
                }
                Ok(false) => None,
                Err(failure) => {
                    core.trouble(TroubleKind::CannotWrite, &failure);
                    core.signals.beat.notify_one();
                    Some(backoff.next())
                }
            },
            // The next beat registers the node, and sends the signal.
            None => None,
        };
        tokio::select! {
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
            () = core.signals.changes.notified(), if pause.is_none() => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Sends one batch. Returns false if nothing was due.
async fn commit(core: &Core, node: &NodeId, failures: &Throttle) -> Result<bool, Failure> {
    let batch = take(core, node);
    if batch.is_empty() {
        return Ok(false);
    }
    match send(core, node, &batch).await {
        Ok(Some(replies)) => {
            let result = settle(core, node, batch, replies, failures);
            node_index::remove(core, node).await;
            result.map(|()| true)
        }
        Ok(None) => {
            give_back(core, batch);
            core.lose_id(node);
            Ok(true)
        }
        Err(failure) => {
            give_back(core, batch);
            Err(failure)
        }
    }
}

fn take(core: &Core, node: &NodeId) -> Batch {
    let mut local = core.local.lock();
    Batch {
        changes: local.shares.take(node, BATCH),
        counts: local.clients.take(BATCH),
        watched: local.watches.take(BATCH),
    }
}

/// Sends a batch. Returns `None` if the node was declared dead: nothing was sent.
async fn send(core: &Core, node: &NodeId, batch: &Batch) -> Result<Option<BatchReplies>, Failure> {
    if !node_index::add(core, node, &batch.changes, &batch.counts).await? {
        return Ok(None);
    }
    core.redis.commit(node, batch).await.map(Some)
}

/// The batch got no answer: all of it is due again. Counts are due until they are settled.
fn give_back(core: &Core, batch: Batch) {
    let mut local = core.local.lock();
    for change in &batch.changes {
        local.shares.unanswered(change);
    }
    for place in batch.watched {
        local.watches.ask(place);
    }
}

/// Notes all answers to a batch. It fails only if all of its parts failed: a part that fails each time must not hold up
/// the others.
fn settle(core: &Core, node: &NodeId, batch: Batch, replies: BatchReplies, failures: &Throttle) -> Result<(), Failure> {
    let mut results = Vec::new();
    for (change, reply) in batch.changes.iter().zip(replies.changes) {
        results.push(settle_change(core, node, change, reply));
    }
    for (count, reply) in batch.counts.iter().zip(replies.counts) {
        results.push(settle_count(core, count, reply));
    }
    for (place, reply) in batch.watched.into_iter().zip(replies.watched) {
        results.push(settle_watched(core, place, reply));
    }
    let has_success = results.iter().any(Result::is_ok);
    match results.into_iter().find_map(Result::err) {
        Some(failure) if !has_success => Err(failure),
        // The next beat finds out which rights are missing, and when they are not missing any more.
        Some(failure) if failure.is_denial() => {
            core.trouble(TroubleKind::CannotWrite, &failure);
            core.signals.beat.notify_one();
            Ok(())
        }
        Some(failure) => {
            if let Some(suppressed) = failures.pass(Instant::now()) {
                tracing::warn!(%failure, suppressed, "Redis refused some changes; they will be sent again");
            }
            Ok(())
        }
        None => Ok(()),
    }
}

fn settle_change(
    core: &Core,
    node: &NodeId,
    change: &ShareChange,
    reply: Result<ChangeReply, Failure>,
) -> Result<(), Failure> {
    match reply {
        Ok(ChangeReply::Made(mut outcome)) => {
            let nodes = std::mem::take(&mut outcome.nodes);
            core.suspect(nodes, |node| Suspect::Share { node, place: change.place.clone() });
            let settled = core.local.lock().shares.settle(change, outcome);
            announce(core, &change.place, settled);
            Ok(())
        }
        Ok(ChangeReply::ShareLost) => {
            if core.local.lock().shares.share_lost(change) {
                core.lose_id(node);
            }
            Ok(())
        }
        Err(failure) => {
            core.local.lock().shares.unanswered(change);
            Err(failure)
        }
    }
}

/// Delivers what a change has brought: the state first, then the edges, then the answers to joins.
fn announce(core: &Core, place: &Place, mut settled: Settled) {
    if settled.is_empty {
        let mut local = core.local.lock();
        // A connection may have joined since.
        if local.shares.connections(place) == 0 {
            core.unwant(&mut local, &Topic::Channel(place.clone()));
        }
    }
    if let Some(state) = settled.state.take() {
        let is_complete = !core.membership.is_recovering();
        (core.deliver)(Notice::Loaded { place: place.clone(), state, is_complete, gaps: settled.gaps });
    }
    core.deliver_edges(place, std::mem::take(&mut settled.edges), false);
    settled.resolve();
}

/// Notes the answer to a count, and answers the clients that wait for it.
fn settle_count(core: &Core, count: &ClientCount, reply: Result<ClientCountReply, Failure>) -> Result<(), Failure> {
    let reply = reply?;
    core.suspect(reply.nodes, |node| Suspect::Clients { node, app: count.app.clone() });
    core.local.lock().clients.settle(count, reply.admitted);
    Ok(())
}

fn settle_watched(core: &Core, place: Place, reply: Result<OnlineReply, Failure>) -> Result<(), Failure> {
    let OnlineReply { version, is_online } = match reply {
        Ok(reply) => reply,
        Err(failure) => {
            core.local.lock().watches.ask(place);
            return Err(failure);
        }
    };
    if core.local.lock().watches.is_watched(&place)
        && let Some(user_id) = place.channel.user_id().map(Into::into)
    {
        (core.deliver)(Notice::Online { app: place.app, user_id, version, is_online });
    }
    Ok(())
}
