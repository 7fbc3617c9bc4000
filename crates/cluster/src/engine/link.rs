//! A connection that is made again when it is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use redis::{PushInfo, PushKind};
use tokio::sync::Mutex;

use super::{Answer, Connection, Connector, Failure, Push};
use crate::{
    backoff::Backoff,
    scripts::{Request, Rights},
};

/// A connection for one purpose. It is made when it is first used, and again after it was lost; while that fails, who
/// asks is refused at once until the next attempt is due.
pub(crate) struct Link {
    connector: Arc<Connector>,
    repeats: bool,
    state: Mutex<State>,
}

struct State {
    live: Option<Live>,
    backoff: Backoff,
    refused: Option<(Instant, Failure)>,
}

/// A connection that works as far as is known.
#[derive(Clone)]
struct Live {
    connection: Connection,
    /// Set as soon as its end is seen, so that no request has to find that out, or when a request has failed.
    is_lost: Arc<AtomicBool>,
}

impl Link {
    /// With `repeats`, a request that a Redis Cluster has not answered may be sent again.
    pub(crate) fn new(connector: Arc<Connector>, repeats: bool, backoff: Backoff) -> Self {
        Self { connector, repeats, state: Mutex::new(State { live: None, backoff, refused: None }) }
    }

    /// Sends requests together and waits for all answers. They run in their order, those of one slot at least.
    ///
    /// # Errors
    /// When the connection is lost: what became of the requests is not known.
    pub(crate) async fn run(&self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let Live { mut connection, is_lost } = self.live().await?;
        let result = connection.run(requests).await;
        if result.is_err() {
            is_lost.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Sends one command; see [`Self::run`].
    pub(crate) async fn ask(&self, command: redis::Cmd) -> Answer {
        self.call(Request::Command(command)).await
    }

    /// Sends one request; see [`Self::run`].
    pub(crate) async fn call(&self, request: Request) -> Answer {
        let answer = self.run(&[request]).await?.pop();
        answer.unwrap_or_else(|| Err(Failure::new("no answer")))
    }

    /// Finds out whether the user has all rights, but for those to subscribe.
    ///
    /// # Errors
    /// Where any are lacking, or that cannot be found out.
    pub(crate) async fn check(&self, rights: &Rights) -> Result<(), Failure> {
        let Live { mut connection, .. } = self.live().await?;
        rights.result(connection.lacking(rights).await?)
    }

    async fn live(&self) -> Result<Live, Failure> {
        let mut state = self.state.lock().await;
        if let Some(live) = &state.live
            && !live.is_lost.load(Ordering::Relaxed)
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

    async fn open(&self) -> Result<Live, Failure> {
        let is_lost = Arc::new(AtomicBool::new(false));
        let seen = is_lost.clone();
        let push: Push = Arc::new(move |info: PushInfo| {
            if info.kind == PushKind::Disconnection {
                seen.store(true, Ordering::Relaxed);
            }
        });
        // A connection to a Redis Cluster mends itself, shard by shard.
        let push = (!self.connector.is_sharded()).then_some(push);
        let mut connection = self.connector.connect(push, self.repeats).await?;
        connection.servers().await?;
        Ok(Live { connection, is_lost })
    }
}
