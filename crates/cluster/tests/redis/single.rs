//! One server, and what can happen to it.

use crate::{contract, support::redis_server::RedisServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    let server = RedisServer::start();
    contract::check(&server.url()).await;
}
