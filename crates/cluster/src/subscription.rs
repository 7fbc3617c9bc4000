//! Listens to the topics of this node's channels.
//!
//! One task and one connection. Any sign that something may have been missed ends the connection; a new one subscribes
//! to everything and then all channels are read again. Until then the node is deaf, and says so.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};
use tokio::{sync::mpsc, time};

use crate::{
    Notice, Publication,
    backoff::Backoff,
    committer,
    core::Core,
    engine::{Connection, Failure, Push, Server},
    health::{Mishap, TroubleKind},
    keys::Topic,
    message::Message,
};

/// The most topics in one command.
const BATCH: usize = 512;

/// A connection for messages.
pub(crate) struct Subscription {
    connection: Connection,
    servers: Vec<Server>,
    /// Says why it is of no more use.
    lost: mpsc::UnboundedReceiver<Failure>,
}

/// Connects, with nothing subscribed to. A user who lacks any right is refused.
pub(crate) async fn open(core: &Arc<Core>) -> Result<Subscription, Failure> {
    let (report, lost) = mpsc::unbounded_channel();
    let receiver = core.clone();
    let push: Push = Arc::new(move |info| {
        if let Err(failure) = receive(&receiver, info) {
            // Nobody listens once another connection has taken over.
            let _ = report.send(failure);
        }
    });
    let mut connection = core.connector.connect(Some(push), true).await?;
    // What server it is comes first, unless that is one more thing that the user may not ask.
    let servers = match connection.servers().await {
        Err(failure) if !failure.is_denial() => return Err(failure),
        servers => servers,
    };
    let mut lacking = connection.lacking(&core.rights).await?;
    lacking.extend(connection.lacking_to_subscribe(&core.rights).await?);
    core.rights.result(lacking)?;
    let mut servers = servers?;
    servers.sort_unstable();
    Ok(Subscription { connection, servers, lost })
}

/// Runs for ever.
pub(crate) async fn run(core: Arc<Core>, mut subscription: Subscription) {
    let mut backoff = Backoff::within(core.settings.beat);
    loop {
        let began = Instant::now();
        let failure = match serve(&core, &mut subscription).await {
            Ok(never) => match never {},
            Err(failure) => failure,
        };
        core.trouble(TroubleKind::Deaf, &failure);
        core.monitor.count(Mishap::Gap);
        let gaps = {
            let mut local = core.local.lock();
            local.topics.reset();
            local.register_again();
            local.shares.unready()
        };
        (core.deliver)(Notice::Gap { gaps });
        let servers = std::mem::take(&mut subscription.servers);
        drop(subscription);
        if began.elapsed() > core.settings.beat {
            backoff.reset();
        } else {
            // It was of no use: Redis takes connections, and is not well.
            time::sleep(backoff.next()).await;
        }
        subscription = reopen(&core, &mut backoff).await;
        let mut membership = core.membership.lock();
        membership.unsettle(core.settings.lease);
        if subscription.servers != servers {
            membership.loss_until = Some(Instant::now() + core.settings.lease);
        }
    }
}

async fn reopen(core: &Arc<Core>, backoff: &mut Backoff) -> Subscription {
    loop {
        match open(core).await {
            Ok(subscription) => return subscription,
            Err(failure) => core.trouble(TroubleKind::Deaf, &failure),
        }
        time::sleep(backoff.next()).await;
    }
}

/// Keeps the wanted topics subscribed to, until the connection is lost.
async fn serve(core: &Core, subscription: &mut Subscription) -> Result<std::convert::Infallible, Failure> {
    let Subscription { connection, lost, .. } = subscription;
    subscribe(core, connection).await?;
    connection.probe().await?;
    core.monitor.well(TroubleKind::Deaf);
    let mut probe = time::interval_at(time::Instant::now() + core.settings.beat, core.settings.beat);
    let mut received = core.received.load(Ordering::Relaxed);
    loop {
        let idle = core.local.lock().topics.next_idle();
        tokio::select! {
            Some(failure) = lost.recv() => return Err(failure),
            () = core.topics_changed.notified() => subscribe(core, connection).await?,
            () = until(idle) => unsubscribe(core, connection).await?,
            _ = probe.tick() => {
                let now = core.received.load(Ordering::Relaxed);
                // One shard may be silent while others speak.
                if now == received || core.connector.is_sharded() {
                    connection.probe().await?;
                }
                received = now;
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

async fn subscribe(core: &Core, connection: &mut Connection) -> Result<(), Failure> {
    loop {
        let names = core.local.lock().topics.take_new(BATCH);
        if names.is_empty() {
            return Ok(());
        }
        connection.subscribe(&names).await?;
        committer::subscribed(core, &names);
    }
}

async fn unsubscribe(core: &Core, connection: &mut Connection) -> Result<(), Failure> {
    let names = core.local.lock().topics.take_idle(Instant::now(), BATCH);
    if names.is_empty() {
        return Ok(());
    }
    connection.unsubscribe(&names).await?;
    core.local.lock().topics.unsubscribed(names);
    subscribe(core, connection).await
}

/// Takes what the connection brings. An error means that something may be missed from here on.
fn receive(core: &Core, PushInfo { kind, mut data }: PushInfo) -> Result<(), Failure> {
    match kind {
        PushKind::Message | PushKind::SMessage => {
            core.count_received();
            if let (Some(Value::BulkString(payload)), Some(Value::BulkString(name))) = (data.pop(), data.pop()) {
                deliver(core, &String::from_utf8_lossy(&name), &payload.into());
            }
            Ok(())
        }
        PushKind::Unsubscribe | PushKind::SUnsubscribe => match data.first() {
            // A Redis Cluster ends subscriptions when it moves their slot.
            Some(Value::BulkString(name)) if core.local.lock().topics.is_held(&String::from_utf8_lossy(name)) => {
                Err(Failure::new("Redis has ended a subscription"))
            }
            _ => Ok(()),
        },
        PushKind::Disconnection => Err(Failure::new("the connection for messages is broken")),
        _ => Ok(()),
    }
}

fn deliver(core: &Core, name: &str, payload: &Bytes) {
    let size = payload.len();
    let Some(topic) = core.keys.parse_topic(name) else { return };
    let problem = match Message::decode(payload) {
        Ok(message) => match notice(topic, message) {
            Some(notice) => return (core.deliver)(notice),
            None => "it is of a kind that does not belong on its topic".to_owned(),
        },
        Err(garbled) => garbled.to_string(),
    };
    if let Some(held_back) = core.garbled.pass(Instant::now()) {
        tracing::warn!(size, problem, held_back, "a message from elsewhere was dropped");
    }
}

fn notice(topic: Topic, message: Message) -> Option<Notice> {
    let place = match (topic, &message) {
        (Topic::Online(place), Message::Online { version, is_online }) => {
            let user_id = place.channel.user_id()?.into();
            return Some(Notice::Online { app: place.app, user_id, version: *version, is_online: *is_online });
        }
        (Topic::Online(_), _) => return None,
        (Topic::Channel(place), _) => place,
    };
    Some(match message {
        Message::Event { frame, except } => {
            let (app, channel) = (place.app, place.channel);
            Notice::Event(Publication { app, channel, frame, except, cache: None, version: None })
        }
        Message::CachedEvent { version, ttl_seconds, data, frame, except } => {
            let (app, channel) = (place.app, place.channel);
            let cache = Some(crate::CacheEntry { data: data.into(), ttl_seconds });
            Notice::Event(Publication { app, channel, frame, except, cache, version: Some(version) })
        }
        Message::MemberAdded { version, member } => Notice::MemberAdded { place, version, member },
        Message::MemberRemoved { version, user_id } => Notice::MemberRemoved { place, version, user_id },
        Message::Count { version, connections } => Notice::Count { place, version, connections },
        Message::Terminate => Notice::Terminate { user_id: place.channel.user_id()?.into(), app: place.app },
        Message::Online { .. } => return None,
    })
}
