//! A Redis Cluster, and what can happen to it.

use crate::{contract, support::redis_cluster::RedisCluster};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    let cluster = RedisCluster::start();
    contract::check(&cluster.url()).await;
}
