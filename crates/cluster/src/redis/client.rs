//! The connections of this node, publishing, and listening.

use std::{sync::Arc, time::Duration};

use clairon_protocol::Publication;
use clairon_tls::Authorities;
use futures_util::future::{BoxFuture, try_join};
use redis::Value;

use super::{
    engine::{Connector, Generation, Link, Push, RedisConnection, Server},
    failure::{Answer, Failure},
    keys::{Keys, Topic},
    message,
    rights::Rights,
    scripts::{self, Request},
    url::RedisUrl,
};
use crate::{backoff::Backoff, ledger::NodeId, notice::Place};

/// How long the answer to a change can be asked for again, in leases: longer than it takes any node to lose its lease.
const REMEMBERED_LEASES: u32 = 4;

/// What this node asks of Redis.
pub(crate) struct RedisClient {
    pub(super) keys: Keys,
    /// Changes the ledger.
    pub(super) ledger: Link,
    /// Answers the questions of the HTTP API.
    pub(super) reader: Link,
    /// Publishes events. A Redis Cluster gets none of them twice.
    publisher: Link,
    generation: Arc<Generation>,
    connector: Arc<Connector>,
    rights: Rights,
    /// Names this process when it removes dead nodes. It is not the id of a node.
    pub(super) reaper: NodeId,
    pub(super) lease: Duration,
}

/// How a [`RedisClient`] reaches Redis, and its share of the settings.
pub(crate) struct ClientSettings {
    pub(crate) url: RedisUrl,
    pub(crate) authorities: Option<Authorities>,
    pub(crate) prefix: String,
    pub(crate) response_timeout: Duration,
    pub(crate) lease: Duration,
    pub(crate) beat: Duration,
}

impl RedisClient {
    /// Connects at the first request.
    pub(crate) fn new(settings: ClientSettings) -> Self {
        let ClientSettings { url, authorities, prefix, response_timeout, lease, beat } = settings;
        let keys = Keys::new(&prefix, url.db, url.is_sharded());
        let rights = Rights::new(&url, &keys);
        let connector = Arc::new(Connector { url, authorities, response_timeout });
        let generation = Arc::new(Generation::new(&keys, connector.is_sharded()));
        let link = |repeats| Link::new(connector.clone(), generation.clone(), repeats, Backoff::within(beat));
        Self {
            keys,
            ledger: link(true),
            reader: link(true),
            publisher: link(false),
            generation,
            connector,
            rights,
            reaper: NodeId::random(),
            lease,
        }
    }

    /// The URL without user and passwords.
    pub(crate) fn address(&self) -> String {
        self.connector.address()
    }

    /// True for a Redis Cluster: each topic belongs to a shard.
    pub(crate) fn is_sharded(&self) -> bool {
        self.connector.is_sharded()
    }

    /// How long the answer to a change can be asked for again.
    pub(super) fn remembered(&self) -> Duration {
        self.lease * REMEMBERED_LEASES
    }

    /// The cause of a failure; if rights are missing, with the command that gives them.
    pub(crate) fn explain(&self, failure: &Failure) -> String {
        self.rights.explain(failure)
    }

    /// Checks that the user of Redis has all rights except those to subscribe.
    pub(crate) async fn check_rights(&self) -> Result<(), Failure> {
        self.ledger.check_rights(&self.rights).await
    }

    /// The generation of logs, and the masters of this node.
    pub(crate) fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Begins another generation of logs.
    pub(crate) async fn begin_generation(&self) -> Result<(), Failure> {
        self.ledger.begin_generation().await
    }

    /// Makes a connection of its own for messages. Returns it with the servers behind it, in a fixed order, and the
    /// number of [moves](Generation::moved_since) of this node with that to them.
    ///
    /// # Errors
    /// There is no connection, this program cannot use a server, or the user of Redis lacks rights.
    pub(crate) async fn listen(&self, push: Push) -> Result<(RedisConnection, Vec<Server>, u64), Failure> {
        let mut connection = self.connector.connect(Some(push), true).await?;
        // The servers are checked before the rights, unless the user lacks the right to ask for them.
        let servers = match connection.servers().await {
            Err(failure) if !failure.is_denial() => return Err(failure),
            servers => servers,
        };
        connection.check_rights(&self.rights).await?;
        let servers = servers?;
        let moves = self.generation.arrive(&mut connection, &servers).await?;
        Ok((connection, servers, moves))
    }

    /// The name of a topic.
    pub(crate) fn topic(&self, topic: &Topic) -> String {
        self.keys.topic(topic)
    }

    /// Reads the name of a topic.
    pub(crate) fn parse_topic(&self, name: &str) -> Option<Topic> {
        self.keys.parse_topic(name)
    }

    /// The requests that publish events, in their order.
    pub(crate) fn publications(&self, events: impl IntoIterator<Item = Publication>) -> Vec<Request> {
        let request = |event: Publication| {
            let place = Place { app: event.app.clone(), channel: event.channel.clone() };
            match (&event.log, &event.cache) {
                (Some(room), _) => scripts::publish_logged(&self.keys, &place, &event, *room),
                (None, Some(entry)) => scripts::publish_cached(&self.keys, &place, &event, entry),
                (None, None) => self.publication(&self.keys.record(&place), &message::encode_event(&event)),
            }
        };
        events.into_iter().map(request).collect()
    }

    /// The request that publishes an event which is not remembered, and asks for its time.
    pub(crate) fn timed_publication(&self, event: &Publication) -> Request {
        let place = Place { app: event.app.clone(), channel: event.channel.clone() };
        scripts::publish_timed(&self.keys, &place, event)
    }

    /// The request that forgets the remembered event with this version.
    pub(crate) fn forgetting(&self, place: &Place, version: u64) -> Request {
        scripts::forget_cached(&self.keys, place, version)
    }

    /// The version of a remembered event, or the time of another one, in the answer to a request for it.
    pub(crate) fn version(answer: &Value) -> Option<u64> {
        scripts::parse_version(answer)
    }

    /// The request that lets all nodes close the connections of a user.
    pub(crate) fn termination(&self, place: &Place) -> Request {
        self.publication(&self.keys.record(place), message::TERMINATE)
    }

    /// Publishes in one round trip. A request is published if its answer is not an error.
    pub(crate) fn publish<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Result<Vec<Answer>, Failure>> {
        self.publisher.run(requests)
    }

    /// Checks that events can be published, and learns the generation of logs. In a Redis Cluster all masters must
    /// answer.
    pub(crate) async fn check_publisher(&self) -> Result<(), Failure> {
        // The two are not one call. The client library keeps sending PING to a master that is gone; such an error makes
        // the link connect anew only if nothing else in the call succeeds.
        let ping = self.publisher.command(redis::cmd("PING"));
        let publish = self.publisher.call(self.publication(&self.keys.probe(), &[]));
        try_join(ping, publish).await?;
        self.publisher.look().await
    }

    fn publication(&self, topic: &str, payload: &[u8]) -> Request {
        let mut command = redis::cmd(self.keys.publish_command());
        command.arg(topic).arg(payload);
        Request::Command(command)
    }
}
