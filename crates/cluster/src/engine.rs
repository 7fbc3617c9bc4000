//! Connections to Redis or Valkey: a single server, the master that Sentinels name, or a Redis Cluster.

mod connection;
mod connector;
mod failure;
mod link;
mod sentinel;
mod server;

pub(crate) use connection::{Answer, Connection};
pub(crate) use connector::{Connector, Push};
pub(crate) use failure::{Failure, is_denial};
pub(crate) use link::Link;
pub(crate) use server::Server;
