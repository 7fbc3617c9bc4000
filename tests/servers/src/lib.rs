//! The servers for the tests of all crates: Redis, Sentinels, a Redis Cluster, Postgres, MariaDB, nginx, the ACME
//! server Pebble, and a TCP proxy that fails on demand.
//!
//! Each server is a process on a free port of the loopback, or on a socket, with a temporary folder. It is stopped on
//! drop. Tests of one executable can share a server with [`SharedServer`].
//!
//! A failure of a server fails the test: everything here panics with a message that names what was awaited.

pub mod certificates;
mod mariadb;
mod nginx;
mod pebble;
mod postgres;
mod process;
mod proxy;
mod redis;
mod redis_cluster;
mod sentinel;
mod shared_server;
mod wait;

pub use self::{
    mariadb::MariaDb,
    nginx::{Nginx, PASS_UPGRADE},
    pebble::{Pebble, PebbleSettings, REFUSED_DOMAIN},
    postgres::Postgres,
    process::free_port,
    proxy::Proxy,
    redis::Redis,
    redis_cluster::RedisCluster,
    sentinel::Sentinels,
    shared_server::SharedServer,
    wait::{DEADLINE, eventually, until},
};
