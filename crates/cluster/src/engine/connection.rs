//! One connection, and what goes over it.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};

use super::{
    Failure,
    server::{self, Server},
};
use crate::scripts::{Request, Rights};

/// How many times a Redis Cluster may say that something has moved, and how long its map of that takes to come.
const MOVES: u32 = 3;
const MOVE: Duration = Duration::from_millis(25);

/// What Redis says to one request.
pub(crate) type Answer = Result<Value, Failure>;

/// A connection to a master, or to all masters of a Redis Cluster. Clones share it.
#[derive(Clone)]
pub(crate) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    /// Sends requests together and waits for all answers. They run in their order, those of one slot at least.
    ///
    /// # Errors
    /// When the connection is of no more use: it is broken, too slow, or its other end is no master any more.
    pub(crate) async fn run(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        let commands = requests.iter().map(|request| match request {
            Request::Command(command) => command.clone(),
            Request::Script(call) => call.by_hash(),
        });
        let mut results = self.send(commands.collect()).await?;
        for attempt in 0..=MOVES {
            let (refused, again): (Vec<usize>, Vec<Cmd>) = (0..requests.len())
                .filter_map(|index| Some((index, again(&requests[index], &results[index])?)))
                .unzip();
            if again.is_empty() {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(MOVE).await;
            }
            for (index, result) in refused.into_iter().zip(self.send(again).await?) {
                results[index] = result;
            }
        }
        Ok(results.into_iter().map(|result| result.map_err(Failure::from)).collect())
    }

    async fn send(&mut self, commands: Vec<Cmd>) -> Result<Vec<RedisResult<Value>>, Failure> {
        let count = commands.len();
        let results = match self {
            Self::Single(connection) => {
                let mut pipeline = Pipeline::with_capacity(count);
                for command in commands {
                    pipeline.add_command(command);
                }
                pipeline.ignore_errors().query_async::<Vec<RedisResult<Value>>>(connection).await?
            }
            Self::Cluster(connection) => {
                let send = |command: Cmd| {
                    let mut connection = connection.clone();
                    async move { connection.req_packed_command(&command).await.and_then(Value::extract_error) }
                };
                join_all(commands.into_iter().map(send)).await
            }
        };
        if results.len() != count {
            return Err(Failure::new(format!("{} answers to {count} requests", results.len())));
        }
        let mut errors = results.iter().filter_map(|result| result.as_ref().err());
        let end = match self {
            Self::Single(_) => errors.find(|error| is_end(error)),
            // It mends itself, shard by shard.
            Self::Cluster(_) => errors.find(|error| is_end(error)).filter(|_| results.iter().all(Result::is_err)),
        };
        match end {
            Some(error) => Err(error.clone().into()),
            None => Ok(results),
        }
    }

    /// Subscribes to topics; when it returns, what is published to them comes.
    pub(crate) async fn subscribe(&mut self, topics: &[String]) -> RedisResult<()> {
        match self {
            Self::Single(connection) => connection.subscribe(topics).await,
            Self::Cluster(connection) => {
                let subscribe = |topic: &String| {
                    let (mut connection, topic) = (connection.clone(), topic.clone());
                    async move { connection.ssubscribe(topic).await }
                };
                join_all(topics.iter().map(subscribe)).await.into_iter().collect()
            }
        }
    }

    /// Ends subscriptions.
    pub(crate) async fn unsubscribe(&mut self, topics: &[String]) -> RedisResult<()> {
        match self {
            Self::Single(connection) => connection.unsubscribe(topics).await,
            Self::Cluster(connection) => {
                let unsubscribe = |topic: &String| {
                    let (mut connection, topic) = (connection.clone(), topic.clone());
                    async move { connection.sunsubscribe(topic).await }
                };
                join_all(topics.iter().map(unsubscribe)).await.into_iter().collect()
            }
        }
    }

    /// Asks every master who it is, and checks that it can be worked with.
    pub(crate) async fn servers(&mut self) -> Result<Vec<Server>, Failure> {
        let info = redis::cmd("INFO");
        match self {
            Self::Single(connection) => {
                let text: String = info.query_async(connection).await?;
                Ok(vec![server::parse_single(&text)?])
            }
            Self::Cluster(connection) => {
                let texts: Vec<(String, String)> = ask_masters(connection, info).await?;
                texts.iter().map(|(_, text)| server::parse_cluster(text)).collect()
            }
        }
    }

    /// Finds out which rights the user lacks on any master, but for those to subscribe.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub(crate) async fn lacking(&mut self, rights: &Rights) -> Result<BTreeSet<String>, Failure> {
        let call = rights.call();
        let mut lacking = BTreeSet::new();
        for (name, command) in [("eval", call.by_text()), ("evalsha", call.by_hash())] {
            let answers: Vec<RedisResult<Value>> = match self {
                Self::Single(connection) => vec![command.query_async(connection).await],
                Self::Cluster(connection) => match ask_masters::<Vec<(String, Value)>>(connection, command).await {
                    Ok(answers) => answers.into_iter().map(|(_, answer)| answer.extract_error()).collect(),
                    Err(error) => vec![Err(error)],
                },
            };
            for answer in answers {
                // It was not loaded, where EVAL is not allowed.
                if !answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)) {
                    rights.note_tried(name, answer, &mut lacking)?;
                }
            }
        }
        Ok(lacking)
    }

    /// Finds out which rights to subscribe the user lacks, of any shard in a Redis Cluster.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub(crate) async fn lacking_to_subscribe(&mut self, rights: &Rights) -> Result<BTreeSet<String>, Failure> {
        let [subscribe, unsubscribe] = rights.subscribing();
        let topics = [rights.topic().to_owned()];
        let mut lacking = BTreeSet::new();
        if let Err(error) = self.subscribe(&topics).await {
            rights.note(subscribe, error, &mut lacking)?;
        }
        if let Err(error) = self.unsubscribe(&topics).await {
            rights.note(unsubscribe, error, &mut lacking)?;
        }
        Ok(lacking)
    }

    /// Finds out whether all masters still answer, and believe that they are.
    pub(crate) async fn probe(&mut self) -> Result<(), Failure> {
        match self {
            Self::Single(connection) => Ok(redis::cmd("PING").query_async(connection).await?),
            Self::Cluster(connection) => {
                let info = redis::cmd("CLUSTER").arg("INFO").to_owned();
                let texts: Vec<(String, String)> = ask_masters(connection, info).await?;
                match texts.iter().find(|(_, text)| !text.contains("cluster_state:ok")) {
                    Some((address, _)) => Err(Failure::new(format!("{address} says that the cluster is down"))),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Has all masters of a Redis Cluster answer, each with its address.
async fn ask_masters<T: FromRedisValue>(connection: &mut ClusterConnection, command: Cmd) -> RedisResult<T> {
    let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    Ok(redis::from_redis_value(connection.route_command(command, all).await?)?)
}

/// What to send again, for a request that was refused without being run: a script that the server has not seen, and
/// whatever a Redis Cluster has moved elsewhere.
fn again(request: &Request, result: &RedisResult<Value>) -> Option<Cmd> {
    use ServerErrorKind::{Moved, NoScript, TryAgain};
    let ErrorKind::Server(kind) = result.as_ref().err()?.kind() else { return None };
    match (kind, request) {
        (NoScript, Request::Script(call)) => Some(call.by_text()),
        (Moved | TryAgain, Request::Script(call)) => Some(call.by_hash()),
        (Moved | TryAgain, Request::Command(command)) => Some(command.clone()),
        _ => None,
    }
}

/// True where another connection must be made: perhaps to another server.
fn is_end(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    error.is_unrecoverable_error()
        || matches!(error.kind(), ErrorKind::Io | ErrorKind::Server(ReadOnly | MasterDown | BusyLoading))
}
