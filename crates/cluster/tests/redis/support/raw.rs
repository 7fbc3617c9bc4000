//! A plain client of Redis, for what nodes do not do.

use redis::{
    Client, FromRedisValue, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo},
};

/// A connection to a server or a Redis Cluster.
pub(crate) enum Raw {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Connects to a single server or a Redis Cluster by the URL of a node.
pub(crate) async fn raw(url: &str) -> Raw {
    let (scheme, hosts) = url.split_once("://").expect("a URL");
    if scheme == "redis+cluster" {
        let urls: Vec<String> = hosts.split(',').map(|host| format!("redis://{host}")).collect();
        let client = ClusterClient::new(urls).expect("URLs");
        return Raw::Cluster(client.get_async_connection().await.expect("a cluster"));
    }
    Raw::Single(Client::open(url).expect("a URL").get_multiplexed_async_connection().await.expect("a server"))
}

impl Raw {
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let answer: RedisResult<Value> = match self {
            Self::Single(connection) => connection.req_packed_command(&command).await,
            Self::Cluster(connection) => connection.req_packed_command(&command).await,
        };
        redis::from_redis_value(answer.expect("an answer")).expect("another kind of answer")
    }

    pub(crate) async fn publish(&mut self, topic: &str, payload: &str) {
        let command = if matches!(self, Self::Single(_)) { "PUBLISH" } else { "SPUBLISH" };
        self.ask::<()>(&[command, topic, payload]).await;
    }

    pub(crate) async fn delete(&mut self, key: &str) {
        self.ask::<()>(&["DEL", key]).await;
    }

    pub(crate) async fn members(&mut self, key: &str) -> Vec<String> {
        self.ask(&["SMEMBERS", key]).await
    }

    pub(crate) async fn keys(&mut self, pattern: &str) -> Vec<String> {
        match self {
            Self::Single(_) => self.ask(&["KEYS", pattern]).await,
            Self::Cluster(connection) => {
                let all = (MultipleNodeRoutingInfo::AllMasters, Some(ResponsePolicy::CombineArrays));
                let command = redis::cmd("KEYS").arg(pattern).to_owned();
                let answer = connection.route_command(command, RoutingInfo::MultiNode(all)).await.expect("an answer");
                redis::from_redis_value(answer).expect("names")
            }
        }
    }
}
