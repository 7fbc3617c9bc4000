//! The servers that tests of all crates start: Redis, Sentinels, a Redis Cluster, Postgres, MariaDB, nginx, and a TCP
//! proxy that fails on demand.
//!
//! Each server is a process of its own on a free port of the loopback, or on a socket, in a temporary folder. It ends
//! when its value is dropped. [`SharedServer`] is for a server that the tests of one executable share.
//!
//! A failure of a server is a failure of the test: everything here panics, and the panic says what did not come.

pub mod certificates;
mod mariadb;
mod nginx;
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
    postgres::Postgres,
    process::free_port,
    proxy::Proxy,
    redis::Redis,
    redis_cluster::RedisCluster,
    sentinel::Sentinels,
    shared_server::SharedServer,
    wait::{DEADLINE, eventually, until},
};
