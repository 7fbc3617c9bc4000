//! A connection that is made again when it is lost.

use std::{sync::Arc, time::Instant};

use tokio::sync::Mutex;

use super::{Answer, Connection, Connector, Failure};
use crate::{backoff::Backoff, scripts::Request};

/// A connection for one purpose. It is made when it is first used, and again after it was lost; while that fails, who
/// asks is refused at once until the next attempt is due.
pub(crate) struct Link {
    connector: Arc<Connector>,
    repeats: bool,
    state: Mutex<State>,
}

struct State {
    connection: Option<Connection>,
    /// Tells one connection from the next.
    number: u64,
    backoff: Backoff,
    refused: Option<(Instant, Failure)>,
}

impl Link {
    /// With `repeats`, a request that a Redis Cluster has not answered may be sent again.
    pub(crate) fn new(connector: Arc<Connector>, repeats: bool, backoff: Backoff) -> Self {
        Self { connector, repeats, state: Mutex::new(State { connection: None, number: 0, backoff, refused: None }) }
    }

    /// Sends requests together and waits for all answers. They run in their order, those of one slot at least.
    ///
    /// # Errors
    /// When the connection is lost: what became of the requests is not known.
    pub(crate) async fn run(&self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let (number, mut connection) = self.connection().await?;
        let result = connection.run(requests).await;
        if result.is_err() {
            let mut state = self.state.lock().await;
            if state.number == number {
                state.connection = None;
            }
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

    async fn connection(&self) -> Result<(u64, Connection), Failure> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok((state.number, connection.clone()));
        }
        if let Some((until, failure)) = &state.refused
            && Instant::now() < *until
        {
            return Err(failure.clone());
        }
        match self.open().await {
            Ok(connection) => {
                state.number += 1;
                state.backoff.reset();
                state.refused = None;
                state.connection = Some(connection.clone());
                Ok((state.number, connection))
            }
            Err(failure) => {
                state.refused = Some((Instant::now() + state.backoff.next(), failure.clone()));
                Err(failure)
            }
        }
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let mut connection = self.connector.connect(None, self.repeats).await?;
        connection.servers().await?;
        Ok(connection)
    }
}
