//! Connections to Redis or Valkey: a single server, the master that Sentinels name, or a Redis Cluster. Nothing outside
//! of this module knows which of them it is, except that topics of a Redis Cluster are sharded.

mod connection;
mod connector;
mod generation;
mod link;
mod push;
mod sentinel;
mod server;

pub(crate) use self::{
    connection::RedisConnection,
    generation::Generation,
    push::{Push, Pushed},
    server::Server,
};

pub(super) use self::{connector::Connector, link::Link};
