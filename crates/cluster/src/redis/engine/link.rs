//! A connection that is made again after it is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::{Connector, Generation, Push, Pushed, RedisConnection};
use crate::{
    backoff::Backoff,
    redis::{
        failure::{Answer, Failure},
        rights::Rights,
        scripts::Request,
    },
};

/// A connection for one purpose. It is made at the first request, and again at the first request after it was lost. If
/// that fails, requests fail at once until the next attempt is due.
pub(in crate::redis) struct Link {
    connector: Arc<Connector>,
    generation: Arc<Generation>,
    repeats: bool,
    state: Mutex<LinkState>,
}

struct LinkState {
    live: Option<LiveConnection>,
    backoff: Backoff,
    /// When the next attempt to connect is due, and why the last one failed.
    refused: Option<(Instant, Failure)>,
}

/// A connection that works as far as is known.
#[derive(Clone)]
struct LiveConnection {
    connection: RedisConnection,
    /// True once the connection has ended, or a request on it has failed. The end is noticed without a request, so the
    /// next request does not fail.
    is_lost: Arc<AtomicBool>,
    /// The number of moves of the node with that to the masters behind it.
    moves: u64,
}

impl Link {
    /// With `repeats`, requests that a Redis Cluster does not answer may be sent again.
    pub(in crate::redis) fn new(
        connector: Arc<Connector>,
        generation: Arc<Generation>,
        repeats: bool,
        backoff: Backoff,
    ) -> Self {
        let state = Mutex::new(LinkState { live: None, backoff, refused: None });
        Self { connector, generation, repeats, state }
    }

    /// Sends requests together and waits for all answers. Requests of one slot run in their order; on a single server
    /// all of them do. The future is boxed, so that it and the client of Redis in it are compiled with this crate, and
    /// not again with the crate that awaits it.
    ///
    /// # Errors
    /// The connection is lost, or the node has come to another master meanwhile. It is not known which of the requests
    /// were run.
    pub(in crate::redis) fn run<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Result<Vec<Answer>, Failure>> {
        Box::pin(self.send(requests))
    }

    async fn send(&self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let LiveConnection { mut connection, is_lost, moves } = self.live().await?;
        let answers = connection.run(requests, &self.generation).await;
        let result = answers.and_then(|answers| self.generation.accept_answer(moves).map(|()| answers));
        note_loss(result, &is_lost)
    }

    /// Looks whether the masters are still the same, and learns the generation of logs that other nodes have begun.
    pub(in crate::redis) async fn look(&self) -> Result<(), Failure> {
        let LiveConnection { mut connection, is_lost, .. } = self.live().await?;
        note_loss(arrive(&mut connection, &self.generation).await.map(drop), &is_lost)
    }

    /// Begins another generation of logs.
    pub(in crate::redis) async fn begin_generation(&self) -> Result<(), Failure> {
        let LiveConnection { mut connection, is_lost, moves } = self.live().await?;
        note_loss(self.generation.begin(&mut connection, moves).await, &is_lost)
    }

    /// Sends one command; see [`Self::run`].
    pub(in crate::redis) async fn command(&self, command: redis::Cmd) -> Answer {
        self.call(Request::Command(command)).await
    }

    /// Sends one request; see [`Self::run`].
    pub(in crate::redis) async fn call(&self, request: Request) -> Answer {
        let answer = self.run(&[request]).await?.pop();
        answer.unwrap_or_else(|| Err(Failure::new("Redis gave no answer")))
    }

    /// Checks that the user has all rights except those to subscribe.
    ///
    /// # Errors
    /// Rights are missing, or they cannot be checked.
    pub(in crate::redis) async fn check_rights(&self, rights: &Rights) -> Result<(), Failure> {
        let LiveConnection { mut connection, is_lost, .. } = self.live().await?;
        let missing = note_loss(connection.missing_rights(rights).await, &is_lost)?;
        rights.result(missing)
    }

    async fn live(&self) -> Result<LiveConnection, Failure> {
        let mut state = self.state.lock().await;
        if let Some(live) = &state.live
            && !live.is_lost.load(Ordering::Relaxed)
            && live.moves == self.generation.moves()
        {
            return Ok(live.clone());
        }
        if let Some((until, failure)) = &state.refused
            && Instant::now() < *until
        {
            return Err(failure.clone());
        }
        match self.open().await {
            Ok(live) => {
                state.backoff.reset();
                state.refused = None;
                state.live = Some(live.clone());
                Ok(live)
            }
            Err(failure) => {
                state.refused = Some((Instant::now() + state.backoff.next(), failure.clone()));
                Err(failure)
            }
        }
    }

    async fn open(&self) -> Result<LiveConnection, Failure> {
        let is_lost = Arc::new(AtomicBool::new(false));
        let seen = is_lost.clone();
        let push: Push = Arc::new(move |pushed| {
            if pushed == Pushed::Disconnected {
                seen.store(true, Ordering::Relaxed);
            }
        });
        // A connection to a Redis Cluster reconnects by itself, shard by shard.
        let push = (!self.connector.is_sharded()).then_some(push);
        let mut connection = self.connector.connect(push, self.repeats).await?;
        let moves = arrive(&mut connection, &self.generation).await?;
        Ok(LiveConnection { connection, is_lost, moves })
    }
}

async fn arrive(connection: &mut RedisConnection, generation: &Generation) -> Result<u64, Failure> {
    let servers = connection.servers().await?;
    generation.arrive(connection, &servers).await
}

fn note_loss<T>(result: Result<T, Failure>, is_lost: &AtomicBool) -> Result<T, Failure> {
    result.inspect_err(|_| is_lost.store(true, Ordering::Relaxed))
}
