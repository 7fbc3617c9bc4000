//! The node's beat: it renews its lease, looks who else lives, and finds out whether Redis takes writes.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use redis::Value;
use tokio::time;

use crate::{
    committer,
    core::Core,
    engine::Failure,
    health::TroubleKind,
    keys::NodeId,
    scripts::{self, Renewal, Request},
    survivors::Suspect,
};

/// The pause between beats while Redis is in trouble.
const TROUBLED: Duration = Duration::from_millis(500);

/// The least pause between beats, whoever rings.
const BREATH: Duration = Duration::from_millis(100);

/// A little past the end of a lease, so that it has ended when one looks.
const PAST: Duration = Duration::from_millis(20);

/// Beats until the node is to leave.
pub(crate) async fn run(core: Arc<Core>) {
    let mut stopping = core.stopping.subscribe();
    while !core.is_stopping() {
        let pause = match beat(&core).await {
            Ok(pause) => {
                core.monitor.well(TroubleKind::CannotWrite);
                pause
            }
            Err(failure) => {
                core.trouble(TroubleKind::CannotWrite, &failure);
                core.membership.lock().unsettle(core.settings.lease);
                TROUBLED.min(core.settings.beat)
            }
        };
        let next = time::Instant::now() + pause;
        time::sleep(BREATH.min(pause)).await;
        tokio::select! {
            () = time::sleep_until(next) => {}
            () = core.beat.notified() => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Takes a new id and a lease for it.
pub(crate) async fn register(core: &Core) -> Result<(), Failure> {
    let id = NodeId::random();
    // First of all: whoever ends before the rest is found by the others.
    core.ledger.ask(enroll(core, &id)).await?;
    take_lease(core, &id, true).await?;
    tracing::info!(node = %id, "registered with the other nodes");
    core.membership.lock().id = Some(id);
    core.local.lock().register_again();
    core.work.notify_one();
    Ok(())
}

fn enroll(core: &Core, id: &NodeId) -> redis::Cmd {
    let mut enroll = redis::cmd("SADD");
    enroll.arg(core.keys.nodes()).arg(id.as_str());
    enroll
}

async fn take_lease(core: &Core, id: &NodeId, is_new: bool) -> Result<Renewal, Failure> {
    let answer = core.ledger.call(scripts::lease(&core.keys, id, core.settings.lease, is_new)).await?;
    Renewal::parse(&answer).ok_or_else(|| Failure::new("the answer to a lease is not understood"))
}

/// One beat; returns when the next is due.
async fn beat(core: &Core) -> Result<Duration, Failure> {
    if core.monitor.is_in(TroubleKind::CannotWrite) {
        // A beat does not take all the rights that the user may lack.
        core.ledger.check(&core.rights).await?;
    }
    if !renew(core).await? {
        register(core).await?;
    }
    let Some(id) = core.id() else { return Ok(Duration::ZERO) };
    core.ledger.ask(enroll(core, &id)).await?;
    check_publisher(core).await?;
    let next = look_around(core, &id).await?;
    committer::commit_clients(core, &id).await?;
    end_loss(core);
    Ok(next.min(core.settings.beat))
}

/// Finds out whether events can be published: of a Redis Cluster, whether all its masters answer.
async fn check_publisher(core: &Core) -> Result<(), Failure> {
    let mut publish = redis::cmd(core.keys.publish_command());
    publish.arg(core.keys.probe()).arg("");
    let requests = [redis::cmd("PING"), publish].map(Request::Command);
    core.publisher.run(&requests).await?.into_iter().try_for_each(|answer| answer.map(drop))
}

/// False where the node has to register.
async fn renew(core: &Core) -> Result<bool, Failure> {
    let Some(id) = core.id() else { return Ok(false) };
    match take_lease(core, &id, false).await? {
        Renewal::Done => {}
        // What kept this node from it may have kept the others too.
        Renewal::Late => core.membership.lock().unsettle(core.settings.lease),
        Renewal::Refused => {
            core.lose(&id);
            return Ok(false);
        }
    }
    Ok(true)
}

/// Finds the nodes and the dead among them; returns when the next may die.
async fn look_around(core: &Core, id: &NodeId) -> Result<Duration, Failure> {
    let mut members = redis::cmd("SMEMBERS");
    members.arg(core.keys.nodes());
    let names: Vec<String> = parse(core.ledger.ask(members).await?)?;
    let nodes: Vec<NodeId> = names.into_iter().map(NodeId::from_stored).filter(|node| node != id).collect();
    let leases: Vec<Request> = nodes.iter().map(|node| Request::Command(lease_left(core, node))).collect();
    let mut dead = Vec::new();
    let mut next = core.settings.beat;
    for (node, left) in nodes.iter().zip(core.ledger.run(&leases).await?) {
        match u64::try_from(parse::<i64>(left?)?) {
            Ok(left) => next = next.min(Duration::from_millis(left) + PAST),
            Err(_) => dead.push(node.clone()),
        }
    }
    let mut membership = core.membership.lock();
    membership.known = nodes.into_iter().collect::<HashSet<_>>();
    let unsettled = membership.settled_at.saturating_duration_since(Instant::now());
    drop(membership);
    if dead.is_empty() {
        return Ok(next);
    }
    if !unsettled.is_zero() {
        return Ok(next.min(unsettled + PAST));
    }
    for node in dead {
        // Nobody looks any more once this node leaves.
        let _ = core.suspects.send(Suspect::Node { node });
    }
    Ok(next)
}

/// Asks how long a lease still lasts; negative where it is over.
fn lease_left(core: &Core, node: &NodeId) -> redis::Cmd {
    let mut command = redis::cmd("PTTL");
    command.arg(core.keys.lease(node));
    command
}

/// After a loss, once all had the time to come back: reads everything again, and now who is missing has left.
fn end_loss(core: &Core) {
    let mut membership = core.membership.lock();
    if membership.loss_until.is_some_and(|until| until <= Instant::now()) {
        membership.loss_until = None;
        drop(membership);
        core.local.lock().shares.reload();
        core.work.notify_one();
    }
}

/// Reads an answer.
pub(crate) fn parse<T: redis::FromRedisValue>(value: Value) -> Result<T, Failure> {
    redis::from_redis_value(value).map_err(|error| Failure::new(format!("the answer is not understood: {error}")))
}
