//! Listens to the topics that this node wants.
//!
//! It uses one connection. Any sign that a message may have been missed ends the connection. A new one then subscribes
//! to all wanted topics, and the state of all channels is read again. Until then the node is deaf, and its health says
//! so.

use std::{convert::Infallible, sync::Arc, time::Instant};

use tokio::{sync::mpsc, time};

use super::receiver::Receiver;
use crate::{
    backoff::Backoff,
    core::Core,
    health::{Mishap, TroubleKind},
    notice::Notice,
    redis::{
        Failure,
        engine::{Push, RedisConnection, Server},
        keys::Topic,
    },
};

/// Most topics in one command.
const BATCH: usize = 512;

/// The listener, with a connection that is not subscribed to anything yet.
pub(crate) struct Listener {
    core: Arc<Core>,
    receiver: Arc<Receiver>,
    open: OpenConnection,
}

struct OpenConnection {
    connection: RedisConnection,
    /// The servers behind the connection. If they are others than before, data may be missing.
    servers: Vec<Server>,
    /// The number of moves of the node with that to them.
    moves: u64,
    /// Receives the reason why the connection cannot be used any more.
    lost: mpsc::UnboundedReceiver<Failure>,
}

impl Listener {
    /// Connects.
    pub(crate) async fn connect(core: Arc<Core>) -> Result<Self, Failure> {
        let receiver = Arc::new(Receiver::new(core.clone()));
        let open = open(&core, &receiver).await?;
        Ok(Self { core, receiver, open })
    }

    /// Runs for ever.
    pub(crate) async fn run(self) {
        let Self { core, receiver, mut open } = self;
        let mut backoff = Backoff::within(core.settings.beat);
        loop {
            let began = Instant::now();
            let failure = match serve(&core, &receiver, &mut open).await {
                Ok(never) => match never {},
                Err(failure) => failure,
            };
            core.trouble(TroubleKind::Deaf, &failure);
            note_gap(&core);
            let servers = std::mem::take(&mut open.servers);
            drop(open);
            if began.elapsed() > core.settings.beat {
                backoff.reset();
            } else {
                // Redis takes connections but does not work.
                time::sleep(backoff.next()).await;
            }
            open = reopen(&core, &receiver, &mut backoff).await;
            core.membership.unsettle(Instant::now());
            if open.servers != servers {
                core.membership.recover(Instant::now());
            }
        }
    }
}

/// Messages may have been missed: everything is subscribed to, sent and read again.
fn note_gap(core: &Core) {
    core.monitor.count(Mishap::Gap);
    let gaps = {
        let mut local = core.local.lock();
        local.topics.reset();
        local.resend_all();
        local.shares.note_gap()
    };
    (core.deliver)(Notice::Gap { gaps });
}

async fn reopen(core: &Core, receiver: &Arc<Receiver>, backoff: &mut Backoff) -> OpenConnection {
    loop {
        match open(core, receiver).await {
            Ok(open) => return open,
            Err(failure) => core.trouble(TroubleKind::Deaf, &failure),
        }
        time::sleep(backoff.next()).await;
    }
}

/// Keeps the wanted topics subscribed to until the connection is lost.
async fn serve(core: &Core, receiver: &Receiver, open: &mut OpenConnection) -> Result<Infallible, Failure> {
    let OpenConnection { connection, lost, moves, .. } = open;
    let moved = core.redis.generation().moved_since(*moves);
    tokio::pin!(moved);
    subscribe(core, connection).await?;
    connection.probe().await?;
    core.monitor.well(TroubleKind::Deaf);
    let mut probe = time::interval_at(time::Instant::now() + core.settings.beat, core.settings.beat);
    let mut before = receiver.received();
    loop {
        let idle = core.local.lock().topics.next_idle();
        tokio::select! {
            Some(failure) = lost.recv() => return Err(failure),
            () = &mut moved => return Err(Failure::new("another master has taken over")),
            () = core.signals.topics.notified() => subscribe(core, connection).await?,
            () = until(idle) => unsubscribe(core, connection).await?,
            _ = probe.tick() => {
                let now = receiver.received();
                // Messages prove that the connection works. In a Redis Cluster they prove it for one shard only.
                if now == before || core.redis.is_sharded() {
                    connection.probe().await?;
                }
                before = now;
            }
        }
    }
}

async fn open(core: &Core, receiver: &Arc<Receiver>) -> Result<OpenConnection, Failure> {
    let (report, lost) = mpsc::unbounded_channel();
    let receiver = receiver.clone();
    let push: Push = Arc::new(move |pushed| {
        if let Err(failure) = receiver.receive(pushed) {
            // This fails once another connection is used.
            let _ = report.send(failure);
        }
    });
    let (connection, servers, moves) = core.redis.listen(push).await?;
    Ok(OpenConnection { connection, servers, moves, lost })
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

async fn subscribe(core: &Core, connection: &mut RedisConnection) -> Result<(), Failure> {
    loop {
        let names = core.local.lock().topics.take_new(BATCH);
        if names.is_empty() {
            return Ok(());
        }
        connection.subscribe(&names).await?;
        note_subscribed(core, &names);
    }
}

/// These topics are subscribed to: their channels can be sent to the ledger, their users asked about.
fn note_subscribed(core: &Core, names: &[String]) {
    let mut local = core.local.lock();
    local.topics.subscribed(names);
    for topic in names.iter().filter_map(|name| core.redis.parse_topic(name)) {
        match topic {
            Topic::Channel(place) => local.shares.note_subscribed(&place),
            Topic::Online(place) => local.watches.ask(place),
        }
    }
    drop(local);
    core.signals.changes.notify_one();
}

async fn unsubscribe(core: &Core, connection: &mut RedisConnection) -> Result<(), Failure> {
    let names = core.local.lock().topics.take_idle(Instant::now(), BATCH);
    if names.is_empty() {
        return Ok(());
    }
    connection.unsubscribe(&names).await?;
    core.local.lock().topics.unsubscribed(names);
    subscribe(core, connection).await
}
