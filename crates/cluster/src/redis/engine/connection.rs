//! One connection, and the requests on it.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};

use super::{
    Generation,
    server::{self, Server},
};
use crate::redis::{
    failure::{Answer, Failure},
    rights::Rights,
    scripts::{Request, try_commands},
};

/// How many times a request is sent again because a Redis Cluster has moved its key.
const MOVES: u32 = 3;
/// Pause before a moved request is sent again: the client library needs it to fetch the new map of the slots.
const MOVE_PAUSE: Duration = Duration::from_millis(25);

/// A connection to a master, or to all masters of a Redis Cluster. Clones share it.
#[derive(Clone)]
pub(crate) enum RedisConnection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl RedisConnection {
    /// Sends requests together and waits for all answers. Requests of one slot run in their order; on a single server
    /// all of them do.
    ///
    /// # Errors
    /// The connection cannot be used any more: it is broken or too slow, or its server is not a master any more.
    pub(in crate::redis) async fn run(
        &mut self,
        requests: &[Request],
        generation: &Generation,
    ) -> Result<Vec<Answer>, Failure> {
        let owner = |life| generation.argument(life);
        let commands = requests.iter().map(|request| match request {
            Request::Command(command) => command.clone(),
            Request::Script(call) => call.by_hash(owner),
        });
        let mut results = self.send(commands.collect()).await?;
        for attempt in 0..=MOVES {
            let (refused, again): (Vec<usize>, Vec<Cmd>) = (0..requests.len())
                .filter_map(|index| Some((index, again(&requests[index], &results[index], owner)?)))
                .unzip();
            if again.is_empty() {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(MOVE_PAUSE).await;
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
            // It reconnects by itself, shard by shard. It cannot be used if no shard answers.
            Self::Cluster(_) => errors.find(|error| is_end(error)).filter(|_| results.iter().all(Result::is_err)),
        };
        match end {
            Some(error) => Err(error.clone().into()),
            None => Ok(results),
        }
    }

    /// Subscribes to topics. After it returns, everything that is published to them comes.
    pub(crate) async fn subscribe(&mut self, topics: &[String]) -> Result<(), Failure> {
        Ok(self.try_subscribe(topics).await?)
    }

    async fn try_subscribe(&mut self, topics: &[String]) -> RedisResult<()> {
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

    /// Ends the subscriptions to topics.
    pub(crate) async fn unsubscribe(&mut self, topics: &[String]) -> Result<(), Failure> {
        Ok(self.try_unsubscribe(topics).await?)
    }

    async fn try_unsubscribe(&mut self, topics: &[String]) -> RedisResult<()> {
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

    /// Asks every master for its identity, and checks that this program can use it. The order is fixed.
    pub(crate) async fn servers(&mut self) -> Result<Vec<Server>, Failure> {
        let info = redis::cmd("INFO");
        match self {
            Self::Single(connection) => {
                let text: String = info.query_async(connection).await?;
                Ok(vec![server::parse_single(&text)?])
            }
            Self::Cluster(connection) => {
                let texts: Vec<(String, String)> = ask_all_masters(connection, info).await?;
                let mut servers =
                    texts.iter().map(|(_, text)| server::parse_cluster(text)).collect::<Result<Vec<_>, _>>()?;
                servers.sort_unstable();
                Ok(servers)
            }
        }
    }

    /// The rights that the user lacks on any master, except those to subscribe.
    ///
    /// # Errors
    /// The rights cannot be checked.
    pub(super) async fn missing_rights(&mut self, rights: &Rights) -> Result<BTreeSet<String>, Failure> {
        let (call, no_log) = (try_commands(rights.tried()), |_| String::new());
        let mut missing = BTreeSet::new();
        for (name, command) in [("eval", call.by_text(no_log)), ("evalsha", call.by_hash(no_log))] {
            let answers: Vec<RedisResult<Value>> = match self {
                Self::Single(connection) => vec![command.query_async(connection).await],
                Self::Cluster(connection) => match ask_all_masters::<Value>(connection, command).await {
                    Ok(answers) => answers.into_iter().map(|(_, answer)| answer.extract_error()).collect(),
                    Err(error) => vec![Err(error)],
                },
            };
            for answer in answers {
                // The server does not know the script if EVAL is forbidden.
                let is_unknown = |error: &RedisError| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript);
                if !answer.as_ref().is_err_and(is_unknown) {
                    rights.note_tried(name, answer, &mut missing)?;
                }
            }
        }
        Ok(missing)
    }

    /// The rights to subscribe that the user lacks; in a Redis Cluster on any shard.
    ///
    /// # Errors
    /// The rights cannot be checked.
    async fn missing_rights_to_subscribe(&mut self, rights: &Rights) -> Result<BTreeSet<String>, Failure> {
        let [subscribe, unsubscribe] = rights.subscribing();
        let topics = [rights.topic().to_owned()];
        let mut missing = BTreeSet::new();
        if let Err(error) = self.try_subscribe(&topics).await {
            rights.note(subscribe, error, &mut missing)?;
        }
        if let Err(error) = self.try_unsubscribe(&topics).await {
            rights.note(unsubscribe, error, &mut missing)?;
        }
        Ok(missing)
    }

    /// Checks that the user has all rights.
    ///
    /// # Errors
    /// Rights are missing, or they cannot be checked.
    pub(in crate::redis) async fn check_rights(&mut self, rights: &Rights) -> Result<(), Failure> {
        let mut missing = self.missing_rights(rights).await?;
        missing.extend(self.missing_rights_to_subscribe(rights).await?);
        rights.result(missing)
    }

    /// Checks that all masters answer. In a Redis Cluster they must also find that the cluster works.
    pub(crate) async fn probe(&mut self) -> Result<(), Failure> {
        match self {
            Self::Single(connection) => Ok(redis::cmd("PING").query_async(connection).await?),
            Self::Cluster(connection) => {
                let info = redis::cmd("CLUSTER").arg("INFO").to_owned();
                let texts: Vec<(String, String)> = ask_all_masters(connection, info).await?;
                match texts.iter().find(|(_, text)| !text.contains("cluster_state:ok")) {
                    Some((address, _)) => Err(Failure::new(format!("{address} says that the cluster is down"))),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Asks every master of a Redis Cluster. Each answer comes with the address of its master.
async fn ask_all_masters<T: FromRedisValue>(
    connection: &mut ClusterConnection,
    command: Cmd,
) -> RedisResult<Vec<(String, T)>> {
    let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    Ok(redis::from_redis_value(connection.route_command(command, all).await?)?)
}

/// The command to send again, for a request that was refused without being run: its script is new to the server, or a
/// Redis Cluster has moved its key.
fn again(request: &Request, result: &RedisResult<Value>, owner: impl Fn(u64) -> String) -> Option<Cmd> {
    use ServerErrorKind::{Moved, NoScript, TryAgain};
    let ErrorKind::Server(kind) = result.as_ref().err()?.kind() else { return None };
    match (kind, request) {
        (NoScript, Request::Script(call)) => Some(call.by_text(owner)),
        (Moved | TryAgain, Request::Script(call)) => Some(call.by_hash(owner)),
        (Moved | TryAgain, Request::Command(command)) => Some(command.clone()),
        _ => None,
    }
}

/// True if another connection must be made, perhaps to another server.
fn is_end(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    error.is_unrecoverable_error()
        || matches!(error.kind(), ErrorKind::Io | ErrorKind::Server(ReadOnly | MasterDown | BusyLoading))
}
